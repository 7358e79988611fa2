"""Locking with the real uv, of small packages."""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from apply.making import files_of, migration, request
from uvmigrate.apply import LockError, lock
from uvmigrate.codemod import LockRequest, Settings
from uvmigrate.project import read_lock

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
#: The hash of six 1.16.0's wheel.
SIX = "sha256:8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254"


def manifest(*dependencies: str, more: str = "", python: str = f"=={PYTHON}.*", static: bool = True) -> bytes:
    """A pyproject.toml with these dependencies; its version is dynamic if it is not *static*."""
    version = 'version = "0.1.0"' if static else 'dynamic = ["version"]'
    return (
        f'[project]\nname = "shop"\n{version}\nrequires-python = "{python}"\n'
        f"dependencies = {list(dependencies)}\n{more}"
    ).encode()


def made(
    root: Path,
    files: dict[str, bytes | None],
    *requests: LockRequest,
    settings: Settings | None = None,
    told: list[str] | None = None,
) -> dict[str, bytes]:
    """The locks of a migration that writes *files*; nothing is written by making them."""
    before = files_of(root)
    plan = migration(root, files, locks=requests)
    try:
        locks = lock(plan, settings or Settings(), ([] if told is None else told).append)
    finally:
        assert files_of(root) == before
    return {str(path): data for path, data in locks.items()}


def versions(data: bytes) -> dict[str, str | None]:
    return {name: package.version for name, packages in read_lock(data).items() for package in packages}


def test_a_lock_holds_the_pins_and_is_not_written(repository: Path) -> None:
    told: list[str] = []
    wanted = request("api", python=PYTHON, pins={"six": "1.16"}, hashes={"six": (SIX,)})
    locks = made(repository, {"api/pyproject.toml": manifest("six==1.16.0")}, wanted, told=told)
    assert versions(locks["api/uv.lock"]) == {"shop": "0.1.0", "six": "1.16.0"}
    assert told[0].startswith("locking api with uv ")
    assert told[1:] == ["locked 2 packages, pinned versions kept: 1"]


def test_without_a_request_nothing_is_made(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert made(repository, {"Dockerfile": b"FROM a\n"}) == {}


def test_another_version_than_the_pinned_one_is_an_error(repository: Path) -> None:
    with pytest.raises(LockError) as raised:
        made(repository, {"pyproject.toml": manifest("six==1.15.0")}, request(pins={"six": "1.16.0"}))
    assert str(raised.value) == "uv.lock would change what is installed: six: pinned 1.16.0, locked 1.15.0"


def test_what_nothing_requires_is_named_with_the_advice(repository: Path) -> None:
    wanted = request(pins={"six": "1.16.0", "idna": "3.4"})
    with pytest.raises(LockError) as raised:
        made(repository, {"pyproject.toml": manifest("six==1.16.0")}, wanted)
    assert str(raised.value) == (
        "uv.lock would change what is installed: idna: pinned 3.4, not locked:"
        " nothing requires it, so take it out of the old lock, or declare it"
    )


def test_a_file_that_was_never_accepted_is_an_error(repository: Path) -> None:
    wanted = request(hashes={"six": ("sha256:" + "0" * 64,)})
    with pytest.raises(LockError, match=r"six: locked 1\.16\.0 has none of the hashes"):
        made(repository, {"pyproject.toml": manifest("six==1.16.0")}, wanted)


def test_constraints_hold_versions_and_are_not_in_the_lock(repository: Path) -> None:
    wanted = request(constraints=("idna==3.4",))
    locks = made(
        repository, {"pyproject.toml": manifest("idna>=3", more="[tool.uv]\npackage = false\n")}, wanted
    )
    assert versions(locks["uv.lock"])["idna"] == "3.4"
    assert b"constraints" not in locks["uv.lock"]


def test_an_old_lock_keeps_its_versions(repository: Path) -> None:
    old = made(repository, {"pyproject.toml": manifest("idna==3.4")}, request())["uv.lock"]
    (repository / "uv.lock").write_bytes(old)
    assert (
        versions(made(repository, {"pyproject.toml": manifest("idna>=3")}, request())["uv.lock"])["idna"]
        == "3.4"
    )


def test_two_images_of_one_project_get_one_lock(repository: Path) -> None:
    """Which Python an image has is no matter to the lock, as long as the project allows it."""
    files: dict[str, bytes | None] = {"pyproject.toml": manifest("six==1.16.0", python=">=3.9")}
    locks = made(repository, files, request(python="3.9"), request(python="3.99"))
    assert list(locks) == ["uv.lock"]


def test_the_members_of_a_workspace_are_locked_with_it(repository: Path) -> None:
    member = b'[project]\nname = "lib"\nversion = "1"\ndependencies = ["six==1.16.0"]\n'
    files: dict[str, bytes | None] = {
        "pyproject.toml": manifest(more='[tool.uv.workspace]\nmembers = ["libs/*"]\n'),
        "libs/lib/pyproject.toml": member,
    }
    assert versions(made(repository, files, request())["uv.lock"]) == {
        "shop": "0.1.0",
        "lib": "1",
        "six": "1.16.0",
    }


def test_a_wheel_of_the_repository_is_there_for_locking(repository: Path) -> None:
    wheel = io.BytesIO()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("lib-7.dist-info/METADATA", "Metadata-Version: 2.1\nName: lib\nVersion: 7\n")
        archive.writestr("lib-7.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("lib-7.dist-info/RECORD", "")
    more = '[tool.uv.sources]\nlib = { path = "wheels/lib-7-py3-none-any.whl" }\n'
    files = {
        "pyproject.toml": manifest("lib", more=more),
        "wheels/lib-7-py3-none-any.whl": wheel.getvalue(),
    }
    assert versions(made(repository, {**files}, request())["uv.lock"])["lib"] == "7"


def test_the_lock_of_a_member_belongs_to_the_workspace(repository: Path) -> None:
    files: dict[str, bytes | None] = {
        "pyproject.toml": manifest(more='[tool.uv.workspace]\nmembers = ["lib"]\n'),
        "lib/pyproject.toml": b'[project]\nname = "lib"\nversion = "1"\n',
    }
    with pytest.raises(LockError, match=r"^lib is a member of a workspace"):
        made(repository, files, request("lib"))


def test_the_shell_s_own_uv_settings_do_not_reach_the_lock(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "UV_FROZEN": "1",
        "UV_PROJECT": "/nowhere",
        "UV_PYTHON": "3.99",
        "UV_RESOLUTION": "lowest",
        "VIRTUAL_ENV": "/nowhere",
    }.items():
        monkeypatch.setenv(name, value)
    locks = made(repository, {"pyproject.toml": manifest("six>=1.15")}, request())
    assert versions(locks["uv.lock"])["six"] != "1.15.0"


# Where it cannot be done


@pytest.mark.parametrize("field", ["version", "dependencies", "optional-dependencies", "requires-python"])
def test_dynamic_metadata_is_refused_before_uv_is_called(
    repository: Path, field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    files: dict[str, bytes | None] = {
        "pyproject.toml": f'[project]\nname = "a"\ndynamic = ["{field}"]\n'.encode()
    }
    with pytest.raises(LockError, match=f"^{field} is dynamic in pyproject.toml: .* pass --allow-build$"):
        made(repository, files, request())


def test_the_repository_s_code_runs_only_where_that_is_allowed(repository: Path, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    setup = "from pathlib import Path\nfrom setuptools import setup\n"
    setup += f"Path({str(mark)!r}).touch()\nsetup(version='1')\n"
    (repository / "setup.py").write_text(setup)
    files: dict[str, bytes | None] = {
        "pyproject.toml": manifest(
            "six==1.16.0", static=False, more='[build-system]\nrequires = ["setuptools"]\n'
        )
    }
    with pytest.raises(LockError, match=r"version is dynamic"):
        made(repository, files, request())
    assert not mark.exists()
    made(repository, files, request(python=PYTHON), settings=Settings(allow_build=True))
    assert mark.exists()


def test_a_build_does_not_find_the_modules_of_the_shell_s_own_project(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "setuptools.py").write_text("raise ImportError('somebody else')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (repository / "setup.py").write_text("from setuptools import setup\nsetup(version='1')\n")
    files: dict[str, bytes | None] = {
        "pyproject.toml": manifest(static=False, more='[build-system]\nrequires = ["setuptools"]\n')
    }
    locks = made(repository, files, request(python=PYTHON), settings=Settings(allow_build=True))
    assert "uv.lock" in locks


def test_setup_py_beside_static_metadata_does_not_run(repository: Path, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    (repository / "setup.py").write_text(f"from pathlib import Path\nPath({str(mark)!r}).touch()\n")
    made(
        repository, {"pyproject.toml": manifest("six==1.16.0", more="[tool.uv]\npackage = true\n")}, request()
    )
    assert not mark.exists()


@pytest.mark.parametrize(
    ("more", "lib"),
    [
        ('[tool.uv.workspace]\nmembers = ["libs/*"]\n', b'[project]\nname = "lib"\ndynamic = ["version"]\n'),
        (
            '[tool.uv.sources]\nlib = { path = "libs/lib" }\n',
            b'[project]\nname = "lib"\ndynamic = ["version"]\n',
        ),
        ('[tool.uv.sources]\nlib = [{ path = "./libs/lib" }]\n', b"[build-system]\n"),
        ('[tool.uv.sources]\nlib = { path = "libs/lib" }\n', None),
        (
            '[tool.uv.sources]\nlib = { path = "libs/lib", editable = true }\n',
            b'[project]\nname = "lib"\nversion = "1"\n[tool.poetry.dependencies]\nsix = "*"\n',
        ),
    ],
)
def test_the_code_of_neighbours_counts_as_well(repository: Path, more: str, lib: bytes | None) -> None:
    files = {"pyproject.toml": manifest(more=more), "libs/lib/pyproject.toml": lib}
    with pytest.raises(LockError, match=r"libs/lib/pyproject\.toml.*--allow-build"):
        made(repository, files, request())


def test_members_that_a_workspace_excludes_do_not_count(repository: Path) -> None:
    files: dict[str, bytes | None] = {
        "pyproject.toml": manifest(
            more='[tool.uv.workspace]\nmembers = ["libs/*"]\nexclude = ["libs/old"]\n'
        ),
        "libs/old/pyproject.toml": b'[project]\nname = "old"\ndynamic = ["version"]\n',
        "libs/new/pyproject.toml": b'[project]\nname = "new"\nversion = "1"\n',
        "libs/new/tests/pyproject.toml": b'[project]\nname = "fixture"\ndynamic = ["version"]\n',
    }
    assert "uv.lock" in made(repository, files, request())


@pytest.mark.parametrize("path", ["../lib", "/srv/lib", "a/../../lib"])
def test_a_source_out_of_the_repository_is_refused(repository: Path, path: str) -> None:
    more = f'[tool.uv.sources]\nlib = {{ path = "{path}" }}\n'
    with pytest.raises(LockError, match=r"leads out of the repository"):
        made(repository, {"pyproject.toml": manifest("lib", more=more)}, request())


def test_a_manifest_without_project_cannot_be_locked(repository: Path) -> None:
    with pytest.raises(LockError, match=r"^api/pyproject\.toml has no \[project\] table"):
        made(repository, {"api/pyproject.toml": b"[tool.poetry]\n"}, request("api"))


GROUPS_ALONE = """\
[dependency-groups]
main = ["six==1.16.0"]

[tool.uv]
default-groups = ["main"]
environments = ["python_full_version == '{}.*'"]
"""


def test_groups_alone_can_be_locked(repository: Path) -> None:
    (repository / "setup.py").write_text("raise SystemExit(1)\n")
    wanted = request(python=PYTHON, pins={"six": "1.16.0"})
    locks = made(repository, {"pyproject.toml": GROUPS_ALONE.format(PYTHON).encode()}, wanted)
    assert versions(locks["uv.lock"]) == {"six": "1.16.0"}


def test_groups_alone_are_not_locked_for_another_python(repository: Path) -> None:
    manifest = GROUPS_ALONE.format("3.8").encode()
    with pytest.raises(LockError, match=r"`python_full_version == '3.8.\*'` don't overlap"):
        made(repository, {"pyproject.toml": manifest}, request(python=PYTHON))


def test_missing_uv_is_said_with_the_remedy(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    # Python's own way to say that a module is not there (import system, "The module cache").
    monkeypatch.setitem(sys.modules, "uv", None)
    with pytest.raises(LockError, match=r"^uv is missing: pip install uv$"):
        made(repository, {"pyproject.toml": manifest()}, request())


def test_a_missing_interpreter_is_named(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "none"))
    with pytest.raises(LockError) as raised:
        made(repository, {"pyproject.toml": manifest(python="==3.99.*")}, request(python="3.99"))
    assert str(raised.value) == (
        "no Python 3.99 here for uv to lock with: install it (`uv python install 3.99`), or lock with "
        "--lock-in-container"
    )


def test_uv_s_own_words_are_shown_on_one_line(repository: Path) -> None:
    with pytest.raises(LockError) as raised:
        made(repository, {"api/pyproject.toml": manifest("six==99.1")}, request("api"))
    message = str(raised.value)
    assert message.startswith("uv lock failed for api/pyproject.toml: No solution found")
    assert "there is no version of six==99.1" in message
    assert "\n" not in message


def test_a_package_without_wheels_is_named_with_the_advice(repository: Path) -> None:
    with pytest.raises(LockError, match=r"to let uv build docopt, which runs its code, pass --allow-build$"):
        made(repository, {"pyproject.toml": manifest("docopt==0.6.2")}, request())


def test_credentials_are_masked_in_uv_s_words(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    index = '[[tool.uv.index]]\nurl = "http://bob:s3cret@127.0.0.1:9/simple?token=t0ken"\ndefault = true\n'
    with pytest.raises(LockError, match=r"127\.0\.0\.1") as raised:
        made(repository, {"pyproject.toml": manifest("six", more=index)}, request())
    assert "s3cret" not in str(raised.value)
    assert "t0ken" not in str(raised.value)


def test_the_paths_in_uv_s_words_are_those_of_the_repository(repository: Path) -> None:
    with pytest.raises(LockError, match=r"Failed to build `shop @ file://\.`") as raised:
        made(repository, {"pyproject.toml": manifest("six @ nonsense")}, request())
    assert "uvmigrate-" not in str(raised.value)


def test_the_project_s_own_python_counts_before_a_chosen_one(repository: Path) -> None:
    files: dict[str, bytes | None] = {"pyproject.toml": manifest("six")}
    locks = made(repository, files, request(python=PYTHON), settings=Settings(python="3.99"))
    assert b'name = "six"' in locks["uv.lock"]


def test_a_lock_file_name_is_made_for_each_folder(repository: Path) -> None:
    files: dict[str, bytes | None] = {
        "a/pyproject.toml": manifest("six"),
        "b/pyproject.toml": manifest("idna"),
    }
    plan = migration(repository, files, locks=(request("a"), request("b")))
    assert set(lock(plan, Settings(), print)) == {PurePosixPath("a/uv.lock"), PurePosixPath("b/uv.lock")}

from __future__ import annotations

import base64
import hashlib
import subprocess
import tomllib
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uv import find_uv_bin

from uvmigrate.project import (
    CannotExtendError,
    ProjectSet,
    combine,
    extend_pyproject,
    new_pyproject,
    read_lock,
)
from uvmigrate.source import Repo


def requirements(files: dict[str, str]) -> ProjectSet:
    repo = Repo.of({name: text.encode() for name, text in files.items()})
    found = combine(repo, [frozenset({PurePosixPath("requirements.txt")})])
    assert isinstance(found, ProjectSet), found
    return found


def written(text: str) -> str:
    return new_pyproject("shop", "0.1.0", "==3.11.*", requirements({"requirements.txt": text}))


def test_a_pinned_file_becomes_a_short_project_that_is_no_package() -> None:
    assert (
        written("flask==3.0.0\nsix==1.16.0; python_version < '3.12'\n")
        == """\
[project]
name = "shop"
version = "0.1.0"
requires-python = "==3.11.*"
dependencies = [
    "flask==3.0.0",
    "six==1.16.0 ; python_version < '3.12'",
]

[tool.uv]
package = false
"""
    )


FULL = {
    "requirements.txt": "-i https://example.org/simple\n--extra-index-url https://example.org/gpu\n"
    "-f https://example.org/wheels.html\n-c limits.txt\n--pre\n--no-binary six\n--only-binary :all:\n"
    'six==1.16.0 ; os_name == "posix"\n',
    "limits.txt": "idna<4\n",
    "requirements-dev.txt": "-r requirements.txt\n-r requirements-test.txt\nipdb\n",
    "requirements-test.txt": "pytest==8.0.0\n",
}


def test_groups_indexes_constraints_and_options_have_their_places() -> None:
    assert (
        new_pyproject("shop", "0.1.0", "==3.11.*", requirements(FULL))
        == """\
[project]
name = "shop"
version = "0.1.0"
requires-python = "==3.11.*"
dependencies = [
    'six==1.16.0 ; os_name == "posix"',
]

[dependency-groups]
dev = [
    { include-group = "test" },
    "ipdb",
]
test = [
    "pytest==8.0.0",
]

[tool.uv]
package = false
index-strategy = "unsafe-best-match"
find-links = [
    "https://example.org/wheels.html",
]
constraint-dependencies = [
    "idna<4",
]
prerelease = "allow"
no-binary-package = [
    "six",
]
no-build = true

[[tool.uv.index]]
url = "https://example.org/simple"
default = true

[[tool.uv.index]]
url = "https://example.org/gpu"
"""
    )


@pytest.mark.parametrize(
    ("lines", "key", "value"),
    [
        ("--no-binary :all:", "no-binary", True),
        ("--no-binary a,b\n--no-binary c", "no-binary-package", ["a", "b", "c"]),
        ("--no-binary a\n--no-binary :none:", "no-binary-package", None),
        ("--only-binary :all:\n--only-binary :none:,b", "no-build-package", ["b"]),
        ("--no-index\n-f https://example.org/w", "no-index", True),
    ],
)
def test_format_controls_add_up_as_pips_do(lines: str, key: str, value: object) -> None:
    assert tomllib.loads(written(f"{lines}\nsix\n"))["tool"]["uv"].get(key) == value


@given(st.text(min_size=1))
def test_any_text_comes_back_from_the_toml(text: str) -> None:
    manifest = new_pyproject(text, "1", "==3.11.*", requirements({"requirements.txt": "six\n"}))
    assert tomllib.loads(manifest)["project"]["name"] == text


SETTINGS = """\
# House style.
# Do not reorder.

# The linter.
[tool.ruff]
line-length = 100   # wide
"""


def extended(original: str, files: dict[str, str] | None = None) -> str:
    found = requirements(files or {"requirements.txt": "six==1.16.0\n"})
    return extend_pyproject(original.encode(), "shop", "0.1.0", "==3.11.*", found).decode()


def test_a_settings_file_gets_the_project_below_its_opening_comment_and_keeps_every_byte() -> None:
    assert (
        extended(SETTINGS)
        == """\
# House style.
# Do not reorder.

[project]
name = "shop"
version = "0.1.0"
requires-python = "==3.11.*"
dependencies = [
    "six==1.16.0",
]

# The linter.
[tool.ruff]
line-length = 100   # wide

[tool.uv]
package = false
"""
    )


def test_settings_go_into_the_table_that_is_there() -> None:
    original = "[tool.uv] # ours\nlink-mode = 'copy'\n\n[tool.ruff]\n"
    result = extended(original, FULL)
    assert "[tool.uv] # ours\npackage = false\nindex-strategy" in result
    read = tomllib.loads(result)["tool"]["uv"]
    assert (read["link-mode"], read["no-build"], len(read["index"])) == ("copy", True, 2)


def test_what_the_file_says_on_package_stays() -> None:
    result = extended("[tool.uv]\npackage = true\n")
    assert tomllib.loads(result)["tool"]["uv"] == {"package": True}


@pytest.mark.parametrize(
    "original",
    [
        "",
        "\n",
        SETTINGS,
        SETTINGS.rstrip("\n"),
        "[tool.uv]",
        "[tool.uv.pip]\ncompile = true\n",
        "# a\n\n# b\n\n",
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_extending_only_inserts_and_keeps_the_files_line_ends(original: str, newline: str) -> None:
    before = original.replace("\n", newline)
    result = extended(before, FULL)
    rest = iter(result)
    assert all(character in rest for character in before)
    if newline in before:
        assert result.count("\n") == result.count(newline)
    assert tomllib.loads(result)["project"]["name"] == "shop"


@pytest.mark.parametrize(
    "original",
    [
        "[project]\nname = 'a'\n",
        "[dependency-groups]\nlint = []\n",
        "[tool.uv]\nconstraint-dependencies = ['six<2']\n",
        "tool.uv.link-mode = 'copy'\n",
        "[tool]\nuv = { link-mode = 'copy' }\n",
        "[tool.uv]\nindex = [{ url = 'https://example.org' }]\n",
        "[tool.a]\ntext = '''\n[tool.uv]\n'''\n",
    ],
)
def test_what_cannot_be_added_to_is_refused(original: str) -> None:
    with pytest.raises(CannotExtendError):
        extended(original, FULL)


def wheel(folder: Path, name: str, version: str) -> None:
    """An empty but valid wheel (PEP 427)."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
        record += f"{path},sha256={digest},{len(text)}\n"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for path, text in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            archive.writestr(path, text)


def uv_lock(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [find_uv_bin(), "lock", "--no-build", "--no-cache", "--offline", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_uv_locks_what_is_written_with_its_groups_and_constraints(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for name, version in [
        ("aa", "1.0"),
        ("aa", "2.0"),
        ("bb", "1.0"),
        ("bb", "2.0"),
        ("cc", "1.0"),
        ("dd", "1"),
    ]:
        wheel(wheels, name, version)
    found = requirements(
        {
            "requirements.txt": "aa==1.0\nbb\n-c limits.txt\n--only-binary bb\n",
            "limits.txt": "bb<2\n",
            "requirements-dev.txt": "-r requirements.txt\n-r requirements-test.txt\ncc ; os_name != 'nt'\n",
            "requirements-test.txt": "dd\n",
        }
    )
    project = tmp_path / "shop"
    project.mkdir()
    (project / "pyproject.toml").write_text(new_pyproject("shop", "0.1.0", "==3.11.*", found))
    done = uv_lock(project, "--no-index", "--find-links", str(wheels))
    assert done.returncode == 0, done.stderr
    packages = read_lock((project / "uv.lock").read_bytes())
    versions = {name: [package.version for package in found] for name, found in packages.items()}
    assert versions == {"shop": ["0.1.0"], "aa": ["1.0"], "bb": ["1.0"], "cc": ["1.0"], "dd": ["1"]}
    assert packages["shop"][0].source == "virtual"


def test_uv_knows_every_setting_that_is_written(tmp_path: Path) -> None:
    lines = (
        FULL["requirements.txt"].replace("six==1.16.0", "# ") + "--no-index\n--only-binary :none:,bb\n-e .\n"
    )
    manifest = written(lines.replace("-c limits.txt\n", ""))
    (tmp_path / "pyproject.toml").write_text(manifest)
    done = uv_lock(tmp_path)
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr

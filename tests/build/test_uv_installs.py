"""Installs by uv: the files that each reads, and how to run one without the sources."""

from __future__ import annotations

from build.reading import build_in
from uvmigrate.build import UvInstall, uv_installs

PROJECT = '[project]\nname = "shop"\nversion = "1"\n'
PACKAGE = PROJECT + '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
COPIED = "FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\n"


def test_a_project_that_is_no_package_needs_its_manifest_and_lock_only() -> None:
    install = _install("uv sync --locked", {"pyproject.toml": PROJECT})
    assert _files(install) == {"/app/pyproject.toml": "pyproject.toml", "/app/uv.lock": "uv.lock"}
    assert (install.first, install.builds) == ((), None)


def test_what_uv_looks_for_beside_the_manifest_is_read_too() -> None:
    install = _install("uv sync", {"pyproject.toml": PROJECT, ".python-version": "3.13\n", "uv.toml": ""})
    assert set(_files(install)) >= {"/app/.python-version", "/app/uv.toml"}


def test_a_package_is_left_to_a_second_sync() -> None:
    install = _install("uv sync --locked", {"pyproject.toml": PACKAGE})
    assert install.first == ("--no-install-project",)
    assert str(install.builds) == "/app"


def test_a_package_that_is_left_out_already_is_not() -> None:
    for command in (
        "uv sync --no-install-project",
        "UV_NO_INSTALL_PROJECT=1 uv sync",
        "uv sync --only-group dev",
    ):
        install = _install(command, {"pyproject.toml": PACKAGE})
        assert (install.first, install.builds) == ((), None), command


def test_a_lock_cannot_be_checked_without_what_it_names() -> None:
    workspace = _install(
        "uv sync --locked", {"pyproject.toml": PACKAGE + '[tool.uv.workspace]\nmembers = ["a"]\n'}
    )
    assert workspace.first == ("--frozen", "--no-install-workspace")
    path = _install("uv sync", {"pyproject.toml": PROJECT + '[tool.uv.sources]\ntill = { path = "till" }\n'})
    assert path.first == ("--frozen", "--no-install-local")
    dynamic = PACKAGE.replace('version = "1"', 'version = "1"\ndynamic = ["dependencies"]')
    assert _install("uv sync", {"pyproject.toml": dynamic}).first == ("--frozen", "--no-install-project")


def test_the_project_is_found_upwards_and_where_an_option_names_it() -> None:
    files = {"backend/pyproject.toml": PROJECT}
    assert set(_files(_install("cd backend/src && uv sync", files))) >= {"/app/backend/pyproject.toml"}
    assert set(_files(_install("uv sync --project backend", files))) >= {"/app/backend/pyproject.toml"}
    assert _install("uv sync", files).first is None


def test_a_member_of_a_workspace_is_not_a_project_of_its_own() -> None:
    member = PACKAGE + "[tool.uv.sources]\ntill = { workspace = true }\n"
    assert _install("uv sync", {"pyproject.toml": member}).first is None


def test_a_lock_that_is_ignored_is_no_lock() -> None:
    install = _install("uv sync", {"pyproject.toml": PROJECT, ".dockerignore": "*.lock\n"})
    assert (install.first, install.why) == (None, "uv.lock does not reach the build")


def test_a_pyproject_without_a_project_is_none() -> None:
    assert _install("uv sync", {"pyproject.toml": '[tool.poetry]\nname = "shop"\n'}).project is None


def test_requirement_files_are_read_with_all_that_they_include() -> None:
    files = {
        "requirements/prod.txt": "-r base.txt\n-c ../pins.txt\n",
        "requirements/base.txt": "",
        "pins.txt": "",
    }
    install = _install("uv pip install -r requirements/prod.txt", files)
    assert _files(install) == {
        "/app/requirements/prod.txt": "requirements/prod.txt",
        "/app/requirements/base.txt": "requirements/base.txt",
        "/app/pins.txt": "pins.txt",
    }
    assert install.first == ()


def test_requirement_files_may_need_the_sources_themselves() -> None:
    for line in ("-e .", "./till", "till @ file:///app/till", "--find-links wheels", "-r missing.txt"):
        assert _install("uv pip install -r r.txt", {"r.txt": line + "\n"}).first is None, line
    assert (
        _install("uv pip install -r r.txt", {"r.txt": "-e git+https://git.example/till#egg=till\n"}).first
        == ()
    )


def test_a_folder_that_is_installed_is_built_unless_it_is_editable() -> None:
    assert str(_install("uv pip install .[till]", {"setup.py": ""}).builds) == "/app"
    assert _install("uv pip install -e .", {"setup.py": ""}).builds is None
    assert _install("uv pip install dist/*.whl", {"dist/shop-1-py3-none-any.whl": ""}).builds is None
    assert _install("uv pip install .", {"setup.py": ""}).first is None


def test_packages_by_name_read_nothing() -> None:
    install = _install("uv pip install gunicorn", {})
    assert (_files(install), install.first) == ({}, ())


def _install(command: str, files: dict[str, str]) -> UvInstall:
    return uv_installs(build_in({"Dockerfile": f"{COPIED}RUN {command}\n", **files}))[0]


def _files(install: UvInstall) -> dict[str, str]:
    return {str(place): str(source) for place, source in install.files.items()}

from __future__ import annotations

import json
import sys
from pathlib import Path, PurePosixPath

import pytest

from project.wheels import installed, lock, wheel
from uvmigrate.project import Converted, read_pipfile
from uvmigrate.source import Repo

#: The one that runs the tests is there for uv, too.
PYTHON = sys.version_info[:2]
PIPFILE = """\
[packages]
aa = ">=1"
local = {path = "./wheels/local-1.0-py3-none-any.whl"}

[dev-packages]
cc = "*"

[docs]
dd = {version = "*", markers = "sys_platform == 'linux'"}
"""
LOCK = {
    "default": {
        "aa": {"version": "==1.0", "markers": "python_version >= '2.7' and python_version not in '3.0, 3.1'"},
        "bb": {"version": "==1.1"},
        "local": {"path": "./wheels/local-1.0-py3-none-any.whl"},
    },
    "develop": {"cc": {"version": "==0.9"}},
    "docs": {"dd": {"version": "==2.0", "markers": "sys_platform == 'linux'"}},
}


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """Packages of which the lock does not hold the newest."""
    folder = tmp_path / "shop/wheels"
    wheel(folder, "local", "1.0")
    for version in ("1.0", "2.0"):
        wheel(folder, "aa", version, "bb>=1")
    for name, versions in {"bb": ("1.0", "1.1", "3.0"), "cc": ("0.9", "1.0"), "dd": ("1.0", "2.0")}.items():
        for version in versions:
            wheel(folder, name, version)
    return folder


def converted(project: Path, files: dict[str, str]) -> Converted:
    for name, text in files.items():
        (project / name).write_text(text)
    result = read_pipfile(Repo.open(project), PurePosixPath(), name="shop", python=PYTHON)
    assert isinstance(result, Converted), result
    (project / "pyproject.toml").write_bytes(result.manifest)
    return result


def test_uv_locks_the_versions_of_the_old_lock(wheels: Path) -> None:
    project = wheels.parent
    result = converted(project, {"Pipfile": PIPFILE, "Pipfile.lock": json.dumps(LOCK)})
    versions = lock(project, wheels, result.constraints)
    assert versions.pop("shop") == {"0.1.0"}
    assert versions.pop("local") == {"1.0"}
    assert versions == {name: set(pins) for name, pins in result.pins.items()}
    assert versions == {"aa": {"1.0"}, "bb": {"1.1"}, "cc": {"0.9"}, "dd": {"2.0"}}


def test_each_category_is_installed_where_it_is_asked_for(wheels: Path) -> None:
    project = wheels.parent
    result = converted(project, {"Pipfile": PIPFILE, "Pipfile.lock": json.dumps(LOCK)})
    lock(project, wheels, result.constraints)
    always = {"aa==1.0", "bb==1.1", "./wheels/local-1.0-py3-none-any.whl"}
    assert installed(project, "--no-dev") == always
    assert installed(project) == always | {"cc==0.9"}
    assert installed(project, "--no-dev", "--group", result.groups["docs"]) == always | {"dd==2.0"}


def test_beside_setup_py_groups_alone_hold_the_same(wheels: Path) -> None:
    project = wheels.parent
    files = {"Pipfile": PIPFILE, "Pipfile.lock": json.dumps(LOCK), "setup.py": "raise SystemExit(1)"}
    result = converted(project, files)
    versions = lock(project, wheels, result.constraints, here=True)
    assert versions.pop("local") == {"1.0"}
    assert versions == {name: set(pins) for name, pins in result.pins.items()}
    always = {"aa==1.0", "bb==1.1", "./wheels/local-1.0-py3-none-any.whl"}
    assert installed(project, "--no-dev") == always
    assert installed(project) == always | {"cc==0.9"}
    assert installed(project, "--only-group", "dev") == {"cc==0.9"}
    assert installed(project, "--no-dev", "--group", result.groups["docs"]) == always | {"dd==2.0"}


def test_a_project_that_installs_itself_with_an_extra_locks(wheels: Path) -> None:
    project = wheels.parent
    files = {
        "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.11"\n'
        'dependencies = ["aa"]\n[project.optional-dependencies]\nextra = ["cc"]\n'
        "[build-system]\nrequires = []\n",
        "Pipfile": '[packages]\nshop = {path = ".", editable = true}\n'
        '[dev-packages]\nshop = {path = ".", extras = ["extra"], editable = true}\n',
    }
    result = converted(project, files)
    assert result.packaged
    assert lock(project, wheels) == {"shop": {"1"}, "aa": {"2.0"}, "bb": {"3.0"}, "cc": {"1.0"}}
    assert installed(project, "--no-dev") == {"-e .", "aa==2.0", "bb==3.0"}
    assert installed(project) == {"-e .", "aa==2.0", "bb==3.0", "cc==1.0"}


def test_every_kind_of_source_is_one_to_uv(wheels: Path) -> None:
    project = wheels.parent
    pipfile = """\
[[source]]
name = "acme eu"
url = "https://user:secret@packages.acme.example/simple"

[[source]]
name = "other"
url = "https://other.acme.example/simple"

[packages]
local = {file = "wheels/local-1.0-py3-none-any.whl", markers = "sys_platform == 'linux'"}
lib = {path = "lib", editable = true}

[pipenv]
allow_prereleases = true
"""
    pipfile += f'[requires]\npython_version = "{PYTHON[0]}.{PYTHON[1]}"\n'
    (project / "lib").mkdir()
    (project / "lib/pyproject.toml").write_text('[project]\nname = "lib"\nversion = "3"\n')
    result = converted(project, {"Pipfile": pipfile})
    assert b"secret" not in result.manifest
    assert lock(project, wheels) == {"shop": {"0.1.0"}, "local": {"1.0"}, "lib": {"3"}}

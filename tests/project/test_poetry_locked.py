"""The real uv and the real poetry-core on what poetry's projects become."""

from __future__ import annotations

import email
import tomllib
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from project.test_poetry_lock import LOCK_1_1, LOCK_2_1
from project.wheels import installed, lock, wheel
from uvmigrate.project import Converted, read_poetry
from uvmigrate.source import Repo

PYPROJECT = """\
[tool.poetry]
package-mode = false

[tool.poetry.dependencies]
python = "^3.11"
web = "^1"
extra = { version = "*", optional = true }

[tool.poetry.extras]
more = ["extra"]

[tool.poetry.group.lint.dependencies]
lint = "*"

[tool.poetry.group.docs]
optional = true

[tool.poetry.group.docs.dependencies]
docs = "*"
"""
OTHERS = "".join(
    f'[[package]]\nname = "{name}"\nversion = "1"\npython-versions = "*"\ngroups = ["main"]\nfiles = []\n'
    for name in ("extra", "lint", "docs")
)


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """Packages of which the locks do not hold the newest."""
    folder = tmp_path / "shop/wheels"
    for version in ("1.4", "1.5"):
        wheel(folder, "web", version, "num>=1")
    for version in ("1.0", "2.0", "3.0"):
        wheel(folder, "num", version)
    for name in ("extra", "lint", "docs"):
        for version in ("1", "2"):
            wheel(folder, name, version)
    return folder


def converted(project: Path) -> Converted:
    result = read_poetry(Repo.open(project), PurePosixPath(), name="shop", python=(3, 11))
    assert isinstance(result, Converted), result
    (project / "pyproject.toml").write_bytes(result.manifest)
    return result


@pytest.mark.parametrize("text", [LOCK_2_1, LOCK_1_1.replace("{NUM}", '">=1"')], ids=["2.1", "1.1"])
def test_uv_locks_the_versions_of_the_old_lock_and_each_where_it_was(wheels: Path, text: str) -> None:
    project = wheels.parent
    (project / "pyproject.toml").write_text(PYPROJECT)
    (project / "poetry.lock").write_text(text.replace("[metadata]", OTHERS + "[metadata]"))
    result = converted(project)
    versions = lock(project, wheels, result.constraints)
    assert versions.pop("shop") == {"0.1.0"}
    assert versions == {name: set(pins) for name, pins in result.pins.items()}
    assert versions["num"] == {"1.0", "2.0"}
    parted = {
        str(package["version"]): package["resolution-markers"]
        for package in tomllib.loads((project / "uv.lock").read_text())["package"]
        if package["name"] == "num"
    }
    assert parted == {"1.0": ["python_full_version < '3.12'"], "2.0": ["python_full_version >= '3.12'"]}


def test_uv_installs_the_groups_and_extras_that_poetry_would(wheels: Path) -> None:
    project = wheels.parent
    (project / "pyproject.toml").write_text(PYPROJECT)
    result = converted(project)
    lock(project, wheels, result.constraints)
    main = {"web==1.5", "num==3.0"}
    assert installed(project) == main | {"lint==2"}
    assert installed(project, "--no-default-groups") == main
    assert installed(project, "--group", result.groups["docs"]) == main | {"lint==2", "docs==2"}
    assert installed(project, "--no-default-groups", "--extra", "more") == main | {"extra==2"}


PACKAGE = """\
[tool.poetry]
name = "Acme.Shop"
version = "1.0-rc1"
description = "Sells things"
authors = ["Ada <ada@acme.example>", "Bo"]
maintainers = ["Cy <cy@acme.example>"]
readme = ["README.md", "CHANGES.md"]
license = "Acme's own"
keywords = ["tills", "carts"]
homepage = "https://acme.example"
documentation = "https://acme.example/docs"
packages = [{ include = "shop", from = "lib" }, { include = "extra.py" }]
include = [{ path = "data/*.json", format = "wheel" }]
exclude = ["lib/shop/tests"]

[tool.poetry.urls]
"Bug Tracker" = "https://acme.example/bugs"

[tool.poetry.dependencies]
python = "~3.11 || ~3.12"
a = "^1.2"
b = { version = "~2", extras = ["x"], markers = "sys_platform == 'linux'" }
c = [{ version = "<2", python = "<3.12" }, { version = ">=2", python = ">=3.12" }]
d = { version = "*", optional = true }

[tool.poetry.extras]
more = ["d"]

[tool.poetry.scripts]
sell = "shop.cli:main"
tool = { reference = "bin/tool", type = "file" }

[tool.poetry.plugins."acme.tills"]
front = "shop:Till"

[build-system]
requires = ["poetry-core>=1.0"]
build-backend = "poetry.core.masonry.api"
"""
FILES = {
    "lib/shop/__init__.py": "",
    "lib/shop/tests/test_shop.py": "",
    "extra.py": "",
    "data/tills.json": "{}",
    "README.md": "# Shop\n",
    "CHANGES.md": "None\n",
    "LICENSE": "Ours\n",
    "bin/tool": "#!/bin/sh\n",
}


def built(project: Path, to: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """The files of the wheel that poetry-core builds, and its metadata but for the classifiers."""
    from poetry.core.masonry import api

    to.mkdir()
    monkeypatch.chdir(project)
    name = api.build_wheel(str(to))
    with zipfile.ZipFile(to / name) as archive:
        files: dict[str, object] = {
            path: archive.read(path).decode() for path in archive.namelist() if not path.endswith("/RECORD")
        }
    metadata = next(path for path in files if path.endswith("/METADATA"))
    message = email.message_from_string(str(files[metadata]))
    del message["Classifier"]
    files[metadata] = (sorted(message.items()), message.get_payload())
    return {"name": name, **files}


def test_poetry_core_builds_the_same_wheel_as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "shop"
    for path, text in {**FILES, "pyproject.toml": PACKAGE}.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(text)
    before = built(project, tmp_path / "before", monkeypatch)
    result = converted(project)
    assert (result.packaged, "poetry" in tomllib.loads(result.manifest.decode())["tool"]) == (True, True)
    assert built(project, tmp_path / "after", monkeypatch) == before
    assert {"acme_shop-1.0rc1.data/scripts/tool", "lib/shop/tests/test_shop.py"} & set(before) == {
        "acme_shop-1.0rc1.data/scripts/tool"
    }

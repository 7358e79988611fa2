"""setup.cfg alone, or below a setup.py."""

from __future__ import annotations

import tomllib
from pathlib import PurePosixPath
from typing import Any

import pytest

from uvmigrate.project import NotAProject
from uvmigrate.project.converted import Converted
from uvmigrate.project.setup_py import read_setup
from uvmigrate.source import Repo

CFG = """\
[metadata]
name = shop
version = attr: shop.__version__
description = Sells things.
long-description = file: README.rst
author = A. Author
author_email = author@acme.example
home-page = https://acme.example/shop
project_urls =
    Bug tracker = https://acme.example/bugs
    Source=https://acme.example/code
keywords = shop, web
classifiers =
    Programming Language :: Python :: 3
    Topic :: Office/Business
license = MIT

[options]
package_dir =
    =src
packages = find:
python_requires = >=3.9
install_requires =
    flask >= 2
    # the old one
    six==1.16.0; python_version < "3.12"

[options.packages.find]
where = src

[options.extras_require]
dev = pytest; ruff
db-Tools =
    file-of-names
docs = file: docs/requirements.txt

[options.entry_points]
console_scripts =
    shop = shop.cli:main
shop.plugins =
    # ours
    a = shop.a

[flake8]
max-line-length = 100
"""
FILES = {
    "setup.cfg": CFG,
    "README.rst": "Shop\n====\n",
    "docs/requirements.txt": "# docs\nsphinx\n",
    "src/shop/__init__.py": "import os\n__version__ = '2.4.1'\n",
}


def read(files: dict[str, str]) -> Converted | NotAProject:
    repo = Repo.of({f"web/{name}": text.encode() for name, text in files.items()})
    return read_setup(repo, PurePosixPath("web"), name="folder", python=(3, 11))


def project(files: dict[str, str]) -> dict[str, Any]:
    found = read(files)
    assert isinstance(found, Converted), found
    table = tomllib.loads(found.manifest.decode())["project"]
    assert isinstance(table, dict)
    return table


def refused(cfg: str, **files: str) -> tuple[str, str, int]:
    found = read({"setup.cfg": cfg, **files})
    assert isinstance(found, NotAProject), found
    assert found.path is not None
    return found.code, f"{found.path.name}: {found.why}", found.line


def test_everything_has_its_place() -> None:
    assert project(FILES) == {
        "name": "shop",
        "version": "2.4.1",
        "description": "Sells things.",
        "readme": "README.rst",
        "authors": [{"name": "A. Author", "email": "author@acme.example"}],
        "keywords": ["shop", "web"],
        "classifiers": ["Programming Language :: Python :: 3", "Topic :: Office/Business"],
        "requires-python": ">=3.9",
        "dependencies": ["flask>=2", 'six==1.16.0 ; python_version < "3.12"'],
        "dynamic": ["license"],
        "optional-dependencies": {
            "dev": ["pytest", "ruff"],
            "db-Tools": ["file-of-names"],
            "docs": ["sphinx"],
        },
        "scripts": {"shop": "shop.cli:main"},
        "entry-points": {"shop.plugins": {"a": "shop.a"}},
        "urls": {
            "Homepage": "https://acme.example/shop",
            "Bug tracker": "https://acme.example/bugs",
            "Source": "https://acme.example/code",
        },
    }


def test_it_stays_beside_what_it_became() -> None:
    found = read(FILES)
    assert isinstance(found, Converted)
    assert found.notes == (
        "setup.cfg stays: setuptools takes packages and extensions from there; for all else"
        " pyproject.toml has the last word",
        "uv.lock is for the image's Python and newer ones, for older ones nothing is resolved",
    )


def test_setup_py_comes_first_and_setup_cfg_gives_the_rest() -> None:
    setup = "from setuptools import setup\nsetup(version='3', description='', install_requires=['django'])\n"
    table = project({**FILES, "setup.py": setup})
    assert (table["name"], table["version"], table["dependencies"]) == ("shop", "3", ["django"])
    assert (table["description"], table["scripts"]) == ("Sells things.", {"shop": "shop.cli:main"})


def test_a_requirements_file_is_read() -> None:
    cfg = (
        "[metadata]\nname = a\nversion = file: VERSION\n"
        "[options]\ninstall_requires = file: requirements.txt\n"
    )
    table = project({"setup.cfg": cfg, "VERSION": "7\n", "requirements.txt": "flask\n# six\n\ndjango>4\n"})
    assert (table["version"], table["dependencies"]) == ("7", ["flask", "django>4"])


def test_entry_points_may_be_one_text() -> None:
    cfg = "[metadata]\nname = a\n[options]\nentry_points =\n    [console_scripts]\n    a = b:c\n"
    assert project({"setup.cfg": cfg})["scripts"] == {"a": "b:c"}


@pytest.mark.parametrize(
    ("module", "version"),
    [
        ("__version__ = '1.2'\n__version__ = '1.3'\n", "1.2"),
        ("__version__: str = '1.2'\n", "1.2"),
        ("__version__ = (1, 2)\n", "1.2"),
    ],
)
def test_a_version_is_the_literal_that_setuptools_takes(module: str, version: str) -> None:
    cfg = "[metadata]\nname = a\nversion = attr: shop.__version__\n"
    assert project({"setup.cfg": cfg, "shop.py": module})["version"] == version


VERSION = "[metadata]\nname = a\nversion = attr: shop.__version__\n"


@pytest.mark.parametrize(
    ("cfg", "files", "expected"),
    [
        (VERSION, {}, ("setup-code", "setup.cfg: `attr: shop.__version__` is only known when it runs", 3)),
        (
            VERSION,
            {"shop.py": "import os\n__version__ = os.environ['V']\n"},
            ("setup-code", "setup.cfg: `attr: shop.__version__` is only known when it runs", 3),
        ),
        (
            "[metadata]\nversion = 1\n[egg_info]\ntag_build = dev\n",
            {},
            ("setup-code", "setup.cfg: [egg_info] tag_build makes another version", 4),
        ),
        ("[metadata]\nversion = one\n", {}, ("invalid-setup", "setup.cfg: 'one' is no version (PEP 440)", 2)),
        (
            "[metadata]\nname = a\nname = b\n",
            {},
            ("invalid-setup", "setup.cfg: setuptools cannot read it: DuplicateOptionError", 3),
        ),
        (
            "name = a\n",
            {},
            ("invalid-setup", "setup.cfg: setuptools cannot read it: MissingSectionHeaderError", 1),
        ),
        ("[options]\npackages = find:\ninstall-requires =\n  a=1\n", {}, ("invalid-requirement", None, 3)),
        ("[flake8]\n", {}, ("missing-file", "setup.py: there is no setup.py", 0)),
    ],
)
def test_what_is_not_certain_is_refused_with_its_line(
    cfg: str, files: dict[str, str], expected: tuple[str, str | None, int]
) -> None:
    code, why, line = refused(cfg, **files)
    assert (code, line) == (expected[0], expected[2])
    assert expected[1] is None or why == expected[1]


def test_a_file_that_is_no_text_is_refused() -> None:
    found = read_setup(
        Repo.of({"setup.cfg": b"[metadata]\nname = \xff\n"}), PurePosixPath(), name="a", python=(3, 11)
    )
    assert found == NotAProject("unreadable-file", "it is not UTF-8", PurePosixPath("setup.cfg"), 0)

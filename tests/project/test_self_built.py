from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from uvmigrate.project import build_requires, needs_more
from uvmigrate.source import Repo

SYSTEM = '[build-system]\nrequires = ["setuptools>=64"]\nbuild-backend = "setuptools.build_meta"\n'
FOLDER = PurePosixPath("shop")


def more(**files: str) -> str | None:
    """What the project of these files needs; ``_`` in a name stands for the dot."""
    named = {f"shop/{name.replace('__', '/').replace('_', '.')}": text for name, text in files.items()}
    return needs_more(Repo.of({path: text.encode() for path, text in named.items()}), FOLDER)


@pytest.mark.parametrize(
    "pyproject",
    [
        SYSTEM,
        '[project]\nname = "shop"\nversion = "1"\n',
        '[build-system]\nrequires = ["setuptools", "wheel", "Cython<4"]\n',
        SYSTEM + '[project]\nname = "shop"\ndynamic = ["version"]\n'
        '[tool.setuptools.dynamic]\nversion = {file = "VERSION"}\n',
        '[build-system]\nrequires = ["setuptools", "setuptools_scm[toml]"]\n'
        '[project]\nname = "shop"\ndynamic = ["version"]\n[tool.setuptools_scm]\n',
    ],
)
def test_setuptools_alone_builds_it(pyproject: str) -> None:
    assert more(pyproject_toml=pyproject) is None


@pytest.mark.parametrize(
    ("pyproject", "because"),
    [
        ("[build-system\n", "pyproject.toml is no TOML"),
        (
            '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n',
            "another build backend",
        ),
        (SYSTEM + 'backend-path = ["."]\n', "another build backend"),
        ("build-system = 1\n", "another build backend"),
        ('[build-system]\nrequires = ["wheel"]\n', "does not require setuptools"),
        ('[build-system]\nrequires = ["setuptools", "torch==2.4"]\n', "it is built against torch"),
        ('[build-system]\nrequires = ["setuptools ="]\n', "Expected semicolon"),
        (SYSTEM + "[tool.setuptools]\ncmdclass = {build = 'shop.Build'}\n", "commands of its own"),
        (SYSTEM + "[tool.setuptools_scm]\n", "setuptools_scm is for setuptools-scm"),
        (SYSTEM + '[project]\nname = "shop"\ndynamic = ["version"]\n', "what says its version"),
        (
            SYSTEM + '[tool.setuptools.dynamic]\nversion = {attr = "shop.gone"}\n',
            "shop.gone, which is no literal",
        ),
    ],
)
def test_what_else_a_pyproject_asks_for(pyproject: str, because: str) -> None:
    assert because in (more(pyproject_toml=pyproject) or "")


@pytest.mark.parametrize(
    ("module", "literal"),
    [
        ('__version__ = "1"\nimport numpy\n', True),
        ('__version__: str = "1"\n', True),
        ("from shop.about import __version__\n", False),
        ("__version__ = get()\n", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("place", ["shop__init_py", "src__shop__init_py"])
def test_setuptools_imports_no_module_for_a_literal(place: str, module: str, literal: bool) -> None:
    said = SYSTEM + '[tool.setuptools.dynamic]\nversion = {attr = "shop.__version__"}\n'
    path = f"shop/{'src/' if place.startswith('src') else ''}shop/__init__.py"
    repo = Repo.of({"shop/pyproject.toml": said.encode(), path: module.encode()})
    assert (needs_more(repo, FOLDER) is None) is literal


def test_of_two_modules_of_a_name_none_is_certain() -> None:
    said = SYSTEM + '[tool.setuptools.dynamic]\nversion = {attr = "shop.version"}\n'
    one = {"shop/pyproject.toml": said.encode(), "shop/shop.py": b"version = '1'\n"}
    assert needs_more(Repo.of(one), FOLDER) is None
    assert needs_more(Repo.of({**one, "shop/src/shop.py": b"version = '2'\n"}), FOLDER) is not None


@pytest.mark.parametrize(
    "setup",
    [
        "from setuptools import setup\nsetup()\n",
        "import os, re\nfrom distutils.core import setup\nsetup(version=open('VERSION').read())\n",
    ],
)
def test_a_setup_py_of_its_own_builds_it(setup: str) -> None:
    assert more(setup_py=setup) is None


@pytest.mark.parametrize(
    ("setup", "because"),
    [
        ("import numpy", "imports numpy"),
        ("def late():\n    from torch.utils import cpp_extension", "imports torch"),
        ("import shop", "imports shop"),
        ("from . import about", "imports from its own folder"),
        ("import subprocess", "imports subprocess"),
        ("from sysconfig import get_path", "imports sysconfig"),
        ("from pkg_resources import parse_version", "imports pkg_resources"),
        ("exec(open('about.py').read())", "calls exec"),
        ("import os\nos.system('make')", "calls system"),
        ("setup(setup_requires=['numpy'])", "has setup_requires"),
        ("setup(**{'setup_requires': ['numpy']})", "has setup_requires"),
        ("setup(use_scm_version=True)", "use_scm_version is for setuptools-scm"),
        ("setup(", "is no Python"),
    ],
)
def test_what_else_a_setup_py_asks_for(setup: str, because: str) -> None:
    assert because in (more(setup_py=setup) or "")


@pytest.mark.parametrize(
    ("cfg", "because"),
    [
        ("[options]\nsetup_requires = numpy\n", "has setup_requires"),
        ("[options]\ncmdclass =\n  build = shop.Build\n", "has cmdclass"),
        ("[metadata]\nversion = attr: shop.version\n", "takes the version from a module"),
        ("[metadata\n", "cannot read it"),
    ],
)
def test_what_else_a_setup_cfg_asks_for(cfg: str, because: str) -> None:
    assert because in (more(setup_cfg=cfg) or "")
    assert more(setup_cfg="[metadata]\nname = shop\nversion = 1\n") is None


def test_a_tool_that_is_required_may_be_imported() -> None:
    system = '[build-system]\nrequires = ["setuptools", "Cython"]\n'
    setup = "from Cython.Build import cythonize\nsetup(ext_modules=cythonize('a.pyx'))\n"
    assert more(pyproject_toml=system, setup_py=setup) is None
    assert "imports Cython" in (more(setup_py=setup) or "")


def test_installers_have_a_default() -> None:
    assert build_requires(Repo.of({}), FOLDER) == ("setuptools", "wheel")
    given = Repo.of({"shop/pyproject.toml": SYSTEM.encode()})
    assert build_requires(given, FOLDER) == ("setuptools>=64",)

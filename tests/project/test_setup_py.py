"""setup.py is read without being run; what is read is what a run gives."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path, PurePosixPath

import pytest

from uvmigrate.project import NotAProject
from uvmigrate.project.converted import Converted
from uvmigrate.project.setup_py import read_setup
from uvmigrate.project.static import CannotReadError, Modules, unknown_in
from uvmigrate.source import Repo

FILES = {
    "README.md": "# Shop\n\nSells things.\n",
    "VERSION": "2.4.1\n",
    "package.json": '{"name": "shop", "version": "2.4.1"}\n',
    "requirements.txt": "# the web\nflask>=2  # the framework\n\nsix==1.16.0\n",
    "shop/__init__.py": '"""Shop."""\nfrom .version import __version__\n__all__ = ["run"]\n',
    "shop/version.py": 'VERSION = (2, 4, 1)\n__version__ = ".".join(map(str, VERSION))\n',
    "shop/about.py": "__title__ = 'shop'\n__version__ = '2.4.1'\n",
}
HEAD = "import os, re, io, sys\nfrom pathlib import Path\nfrom setuptools import setup, find_packages\n"


def keywords(text: str, files: dict[str, str] | None = None) -> dict[str, object]:
    """What the reading gives, without what it does not know."""
    repo = Repo.of(
        {name: body.encode() for name, body in {**FILES, **(files or {}), "setup.py": text}.items()}
    )
    machine = Modules(repo, PurePosixPath())
    machine.run(PurePosixPath("setup.py"))
    assert machine.keywords is not None
    return {key: given.value for key, given in machine.keywords.items() if not unknown_in(given.value)}


def blocks(name: str) -> dict[str, str]:
    """The code blocks of a page by their headings."""
    page = Path(__file__).with_name(name).read_text()
    found = re.findall(r"^## ([^\n]+)\n\n```setup.py\n(.+?)^```$", page, re.MULTILINE | re.DOTALL)
    assert len(found) == page.count("\n## ")
    return dict(found)


RUNNER = """\
import json, sys, types
made = types.ModuleType("setuptools")
made.setup = lambda **given: print(json.dumps(given, default=repr))
made.find_packages = lambda *a, **b: ["shop"]
sys.modules["setuptools"] = made
sys.path.insert(0, "")
source = open("setup.py").read()
exec(compile(source, "setup.py", "exec"), {"__name__": "__main__", "__file__": sys.argv[1] + "/setup.py"})
"""


def really(text: str, folder: Path) -> dict[str, object]:
    """What a run hands to ``setup()``, with a setuptools that only prints it."""
    for name, body in {**FILES, "setup.py": text}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(body)
    done = subprocess.run(
        [sys.executable, "-B", "-c", RUNNER, str(folder)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


SHAPES = blocks("setup_known.md")


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_read_is_what_a_run_gives(shape: str, tmp_path: Path) -> None:
    text = SHAPES[shape] if SHAPES[shape].startswith("'''") else HEAD + SHAPES[shape]
    assert json.loads(json.dumps(keywords(text))) == really(text, tmp_path)


OPEN = blocks("setup_open.md")


@pytest.mark.parametrize("shape", OPEN)
def test_what_only_a_run_could_tell_is_not_known(shape: str) -> None:
    assert keywords(HEAD + OPEN[shape]) == {"name": "shop"}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_broken_file_is_refused_or_read_and_never_an_error(shape: str) -> None:
    lines = SHAPES[shape].splitlines(keepends=True)
    for at in range(len(lines)):
        for broken in (lines[:at] + lines[at + 1 :], lines[:at] + lines[at:][::-1], [*lines[:at], "(\n"]):
            assert isinstance(read(HEAD + "".join(broken)), Converted | NotAProject)


@pytest.mark.parametrize(
    ("text", "why", "line"),
    [
        ("if os.name == 'nt':\n    setup(name='a')\n", "it may call setup() here or not", 5),
        ("for n in os.listdir():\n    setup(name=n)\n", "it may call setup() here or not", 5),
        ("def main():\n    setup()\nwhile True:\n    main()\n", "it may call setup() here or not", 5),
        ("setup(name='a')\nsetup(name='b')\n", "it calls setup() twice", 5),
        ("print('hello')\n", "it never calls setuptools.setup()", 0),
        (
            "setup(**os.environ)\n",
            "which keywords it hands to setup(): `os.environ` is only known when it runs",
            4,
        ),
        ("def f():\n    return f()\nsetup(name=f())\n", "its functions call each other too deeply", 5),
        ("x = [i for i in range(10)]\nprint 'a'\n", "is no Python: Missing parentheses", 5),
    ],
)
def test_a_file_that_cannot_be_followed_says_where(text: str, why: str, line: int) -> None:
    with pytest.raises(CannotReadError) as caught:
        keywords(HEAD + text)
    assert caught.value.why.startswith(why)
    assert caught.value.line == line


def read(
    text: str, files: dict[str, str] | None = None, python: tuple[int, int] | None = (3, 11)
) -> Converted | NotAProject:
    repo = Repo.of(
        {name: body.encode() for name, body in {**FILES, "setup.py": text, **(files or {})}.items()}
    )
    return read_setup(repo, PurePosixPath(), name="folder", python=python)


def project(text: str, files: dict[str, str] | None = None) -> dict[str, object]:
    found = read(HEAD + text, files)
    assert isinstance(found, Converted), found
    table = tomllib.loads(found.manifest.decode())["project"]
    assert isinstance(table, dict)
    return table


def refused(text: str, files: dict[str, str] | None = None) -> tuple[str, str, str, int]:
    found = read(HEAD + text, files)
    assert isinstance(found, NotAProject), found
    return found.code, found.why, str(found.path), found.line


WHOLE = """\
setup(
    name="shop", version="2.4.1", description="Sells things.",
    long_description=open("README.md").read(), long_description_content_type="text/markdown",
    author="A. Author", author_email="author@acme.example", license="MIT",
    url="https://acme.example/shop", project_urls={"Bug tracker": "https://acme.example/bugs"},
    keywords="shop, web", classifiers=["Programming Language :: Python :: 3"],
    packages=find_packages(), python_requires=">=3.9",
    install_requires=open("requirements.txt").read().splitlines(),
    extras_require={
        "dev": ["pytest"],
        ":os_name == 'nt'": ["colorama"],
        "db:python_version < '3.10'": "a>1 ; os_name == 'x'",
    },
    entry_points={"console_scripts": ["shop = shop.cli:main"], "gui_scripts": "shopw=shop.gui:main",
                  "shop.plugins": ["a = shop.a"]},
)
"""


def test_everything_has_its_place() -> None:
    found = read(HEAD + WHOLE)
    assert isinstance(found, Converted)
    assert found.manifest.decode() == (
        """\
[build-system]
requires = [
    "setuptools>=64",
]
build-backend = "setuptools.build_meta"

[project]
name = "shop"
version = "2.4.1"
description = "Sells things."
readme = "README.md"
authors = [{ name = "A. Author", email = "author@acme.example" }]
keywords = [
    "shop",
    "web",
]
classifiers = [
    "Programming Language :: Python :: 3",
]
requires-python = ">=3.9"
dependencies = [
    "flask>=2",
    "six==1.16.0",
    "colorama ; os_name == 'nt'",
]
dynamic = [
    "license",
]

[project.optional-dependencies]
dev = [
    "pytest",
]
db = [
    'a>1 ; os_name == "x" and python_version < "3.10"',
]

[project.scripts]
shop = "shop.cli:main"

[project.gui-scripts]
shopw = "shop.gui:main"

[project.entry-points."shop.plugins"]
a = "shop.a"

[project.urls]
Homepage = "https://acme.example/shop"
"Bug tracker" = "https://acme.example/bugs"

[tool.uv]
environments = [
    "python_version >= '3.11'",
]

[tool.setuptools]
include-package-data = false
"""
    )
    assert (found.extras, found.packaged, found.groups, found.pins) == (("dev", "db"), True, {}, {})
    assert found.notes == (
        "setup.py stays: setuptools takes packages and extensions from there; for all else pyproject.toml has"
        " the last word",
        "what setup.py reads from requirements.txt stands in pyproject.toml now, too",
        "uv.lock is for the image's Python and newer ones, for older ones nothing is resolved",
    )
    assert [str(path) for path in found.reads] == ["README.md", "requirements.txt"]


@pytest.mark.parametrize(
    ("text", "dynamic"),
    [
        ("setup(license='MIT')", ["license"]),
        ("setup(long_description='\\n' + open('README.md').read())", ["readme"]),
        (
            "t = 'a'\nif os.path.exists('README.md'):\n"
            "    t = open('README.md').read()\nsetup(long_description=t)",
            ["readme"],
        ),
        ("setup(author='A, B', author_email='a@acme.example, b@acme.example')", ["authors"]),
        ("setup(author='A', author_email='nobody')", ["authors"]),
        ("setup(description='a\\nb')", ["description"]),
        ("setup(project_urls={'a': 'acme.example'})", ["urls"]),
        ("setup(url='acme.example', maintainer='A')", None),
    ],
)
def test_what_project_cannot_say_stays_with_setup_py(text: str, dynamic: list[str] | None) -> None:
    assert project(text).get("dynamic") == dynamic


def test_setuptools_passes_over_keywords_that_it_does_not_know() -> None:
    assert (
        project("setup(name='shop', version='1', bugtrack_url='', options={'build': {}})")["name"] == "shop"
    )


def test_what_is_not_given_is_what_setuptools_takes() -> None:
    table = project("setup()")
    assert table == {"name": "folder", "version": "0.0.0", "requires-python": "==3.11.*", "dependencies": []}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "setup(\n    version=os.environ['V'],\n)",
            ("setup-code", "`os.environ['V']` is only known when it runs", "setup.py", 5),
        ),
        (
            "req = ['a']\nif os.name == 'nt':\n    req.append('b')\nsetup(install_requires=req)",
            ("setup-code", "`if os.name == 'nt':` is only known when it runs", "setup.py", 5),
        ),
        (
            "setup(use_scm_version=True)",
            ("setup-code", "setuptools_scm works the version out from git when it is built", "setup.py", 4),
        ),
        ("setup(install_requires=['a=1'])", ("invalid-requirement", None, "setup.py", 4)),
        ("setup(install_requires=['-r requirements.txt'])", ("invalid-requirement", None, "setup.py", 4)),
        ("setup(install_requires=['a @ file:///x'])", ("local-path", None, "setup.py", 4)),
        (
            "setup(install_requires=['a @ https://u:p@acme.example/a.zip'])",
            ("url-credentials", None, "setup.py", 4),
        ),
        (
            "setup(name='shop', install_requires=['Shop'])",
            ("invalid-requirement", "it depends on itself", "setup.py", 4),
        ),
        ("setup(version='one')", ("invalid-setup", "'one' is no version (PEP 440)", "setup.py", 4)),
        (
            "setup(python_requires='3')",
            ("invalid-setup", "'3' is no version specifier (PEP 440)", "setup.py", 4),
        ),
        (
            "setup(extras_require={'a-b': [], 'a_b': []})",
            ("invalid-setup", "a_b and a-b are one extra", "setup.py", 4),
        ),
        (
            "setup(entry_points={'console_scripts': ['a = b:c()']})",
            ("setup-code", "'a = b:c()' is no entry point that [project] can say", "setup.py", 4),
        ),
        (
            "setup(version='1', setup_requires=['maker'], made=True)",
            ("setup-code", "what made means to maker is not known", "setup.py", 4),
        ),
        (
            "setup(setup_requires=[os.environ['R']])",
            ("setup-code", "the version is left to setup_requires", "setup.py", 0),
        ),
        (
            "setup(version='1', options={'egg_info': {'tag_build': 'dev'}})",
            ("setup-code", "it may change the version", "setup.py", 4),
        ),
        (
            "setup(setup_requires=['setuptools-scm'])",
            ("setup-code", "the version is left to setuptools-scm", "setup.py", 0),
        ),
        (
            "import numpy\nsetup()",
            ("setup-code", "it imports numpy, which is not there when uv builds", "setup.py", 4),
        ),
        (
            "setup(ext_modules=[1])",
            (
                "setup-code",
                "without packages, setuptools would look for some beside the extensions",
                "setup.py",
                4,
            ),
        ),
    ],
)
def test_what_is_not_certain_is_refused_with_its_line(
    text: str, expected: tuple[str, str | None, str, int]
) -> None:
    code, why, path, line = refused(text)
    assert (code, path, line) == (expected[0], expected[2], expected[3])
    assert expected[1] is None or why == expected[1]


def test_the_python_at_hand_bounds_nothing_without_an_image() -> None:
    found = read(HEAD + "setup()", python=None)
    assert isinstance(found, NotAProject)
    assert found.code == "python-unknown"


def test_an_old_python_has_no_setuptools_that_reads_project() -> None:
    found = read(HEAD + "setup()", python=(3, 6))
    assert isinstance(found, NotAProject)
    assert found.why == "setuptools for Python 3.6 does not read [project]"


def test_a_setup_py_that_imports_its_own_package_finds_it_when_it_is_built() -> None:
    found = read(HEAD + "import shop\nsetup(version=shop.__version__, packages=['shop'])")
    assert isinstance(found, Converted)
    system = tomllib.loads(found.manifest.decode())["build-system"]
    assert system["build-backend"] == "setuptools.build_meta:__legacy__"


def test_settings_of_tools_keep_every_byte() -> None:
    original = (
        "# House style.\r\n\r\n"
        "[build-system]\r\nrequires = ['setuptools>=42', 'numpy']  # ours\r\n[tool.ruff]\r\n"
    )
    found = read(
        HEAD + "import numpy\nsetup(name='shop', version='1', include_package_data=True)",
        {"pyproject.toml": original},
    )
    assert isinstance(found, Converted)
    head, _, rest = original.partition("[build-system]")
    text = found.manifest.decode()
    assert text.startswith(head + "[project]\r\n")
    assert text.endswith("[build-system]" + rest)
    assert "tool.setuptools" not in text


@pytest.mark.parametrize(
    ("pyproject", "code", "why"),
    [
        (
            "[build-system]\nrequires=['hatchling']\nbuild-backend='hatchling.build'\n",
            "build-backend",
            "another build",
        ),
        (
            "[build-system]\nrequires=['setuptools<60']\n",
            "build-backend",
            "setuptools<60 is too old",
        ),
        (
            "[build-system]\nrequires=['wheel']\n",
            "build-backend",
            "[build-system] does not require setuptools",
        ),
        ("[build-system]\nrequires=['setuptools', 'a=1']\n", "invalid-requirement", ""),
        ("[project]\nname='a'\n", "cannot-extend", "it has [project] already"),
        ("[tool\n", "invalid-toml", "is no TOML"),
    ],
)
def test_a_pyproject_that_says_otherwise_is_refused(pyproject: str, code: str, why: str) -> None:
    found = refused("setup(name='shop', version='1')", {"pyproject.toml": pyproject})
    assert found[0] == code
    assert found[1].startswith(why)
    assert found[2] == "pyproject.toml"

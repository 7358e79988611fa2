"""What setuptools builds of a project is the same before and after it got its ``[project]``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

from uvmigrate.project.converted import Converted
from uvmigrate.project.pipfile import read_pipfile
from uvmigrate.project.setup_py import read_setup
from uvmigrate.source import Repo

HEAD = "import os\nfrom setuptools import setup, find_packages\n"
PACKAGE = {
    "shop/__init__.py": "__version__ = '1.2'\n",
    "shop/cli.py": "",
    "shop/data.txt": "",
    "shop/py.typed": "",
}
SCRIPTS = (
    "entry_points={'console_scripts': ['shop = shop.cli:main'], 'gui_scripts': ['shopw=shop.cli:gui'],"
    " 'shop.plugins': ['a = shop.cli', 'b = shop.cli:b [dev]']}"
)
SHAPES: dict[str, dict[str, str]] = {
    "packages and all that has a name": {
        **PACKAGE,
        "README.md": "# Shop\n",
        "setup.py": HEAD + "setup(name='shop', version='1.2', packages=find_packages(), description='Sells.',"
        " long_description=open('README.md').read(), author='A', author_email='a@acme.example',"
        " license='MIT', keywords='a, b', classifiers=['Topic :: Office/Business'], python_requires='>=3.8',"
        " install_requires=['six>=1'], extras_require={'dev': ['ruff'], ':os_name == \"nt\"': ['colorama']},"
        f" url='https://acme.example', {SCRIPTS})\n",
    },
    "data that MANIFEST.in names and nobody asked for": {
        **PACKAGE,
        "MANIFEST.in": "include shop/data.txt\n",
        "setup.py": HEAD + "setup(name='shop', version='1.2', packages=['shop'])\n",
    },
    "data that MANIFEST.in names": {
        **PACKAGE,
        "MANIFEST.in": "include shop/data.txt\n",
        "setup.py": HEAD
        + "setup(name='shop', version='1.2', packages=['shop'], include_package_data=True)\n",
    },
    "data of packages, data files and scripts": {
        **PACKAGE,
        "bin/tool": "#!/usr/bin/env python\n",
        "setup.py": HEAD + "setup(name='shop', packages=['shop'], package_data={'shop': ['*.txt']},"
        " data_files=[('share', ['bin/tool'])], scripts=['bin/tool'], zip_safe=False)\n",
    },
    "entry points in one text": {
        **PACKAGE,
        "setup.py": HEAD + "setup(name='shop', version='1', packages=['shop'],"
        " entry_points='[console_scripts]\\nshop = shop.cli:main\\n')\n",
    },
    "plugins in one text": {
        **PACKAGE,
        "setup.cfg": "[metadata]\nname = shop\nversion = 1\n[options]\npackages = shop\n"
        "entry_points =\n    [shop.plugins]\n    a = shop.cli:main\n",
    },
    "modules": {"one.py": "", "two.py": "", "setup.py": HEAD + "setup(name='shop', py_modules=['one'])\n"},
    "nothing named": {**PACKAGE, "setup.py": HEAD + "setup()\n"},
    "what setuptools finds": {
        "src/one/__init__.py": "",
        "setup.py": HEAD + "setup(name='shop', version='1')\n",
    },
    "what stays with setup.py": {
        **PACKAGE,
        "setup.py": HEAD + "setup(name='shop', packages=['shop'], license='MPL 2.0', description='a',"
        " long_description='a\\n\\nb', author='A, B', author_email='a@acme.example, b@acme.example',"
        " maintainer='C', maintainer_email='nobody', project_urls={'Code': 'acme.example'},"
        " url='acme.example', keywords=['a b'], classifiers=('Topic :: Office/Business',))\n",
    },
    "its own package": {
        **PACKAGE,
        "setup.py": HEAD + "import shop\nsetup(name='shop', version=shop.__version__, packages=['shop'])\n",
    },
    "setup.cfg alone": {
        **{f"src/{name}": text for name, text in PACKAGE.items()},
        "README.md": "# Shop\n",
        "setup.cfg": "[metadata]\nname = shop\nversion = attr: shop.__version__\nlicense = MIT\n"
        "long_description = file: README.md\n"
        "[options]\npackages = find:\npackage_dir =\n    = src\ninstall_requires =\n    six>=1\n"
        "[options.packages.find]\nwhere = src\n[options.package_data]\nshop = *.txt\n"
        "[options.extras_require]\ndev = ruff\n"
        "[options.entry_points]\nconsole_scripts =\n    shop = shop.cli:main\n",
    },
    "setup.py and setup.cfg": {
        **PACKAGE,
        "setup.py": HEAD + "setup(version='2', install_requires=['six'])\n",
        "setup.cfg": "[metadata]\nname = shop\nversion = 1\nauthor = A\n[options]\npackages = find:\n"
        "install_requires = flask\npython_requires = >=3.8\n"
        "[options.entry_points]\nconsole_scripts = a = shop.cli:a\n",
    },
}
#: What may differ: which tool says what where, and addresses that pyproject.toml says once more.
LOOSE = (
    "Author:",
    "Author-email:",
    "Dynamic:",
    "Project-URL: Homepage",
    "Description-Content-Type:",
    "Requires-Python:",
)


def built(folder: Path) -> dict[str, list[str]]:
    """The files that setuptools would install, and the metadata."""
    # Beside the project, where they are not taken for packages of it.
    egg, build = folder.with_name(f"{folder.name}-egg"), folder.with_name(f"{folder.name}-built")
    egg.mkdir()
    script = (
        ["setup.py"] if (folder / "setup.py").exists() else ["-c", "import setuptools; setuptools.setup()"]
    )
    arguments = [
        "--quiet",
        "egg_info",
        "--egg-base",
        f"../{egg.name}",
        "build",
        "--build-base",
        f"../{build.name}",
    ]
    subprocess.run(
        [sys.executable, "-W", "ignore", *script, *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    files = sorted(str(path.relative_to(build)) for path in build.rglob("*") if path.is_file())
    result = {"files": files}
    for name in ("PKG-INFO", "requires.txt", "entry_points.txt"):
        found = next(egg.glob(f"*.egg-info/{name}"), None)
        lines = found.read_text().splitlines() if found else []
        result[name] = [line.strip() for line in lines if line.strip() and not line.startswith(LOOSE)]
    return result


@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_is_built(shape: str, tmp_path: Path) -> None:
    files = SHAPES[shape]
    repo = Repo.of({name: text.encode() for name, text in files.items()})
    found = read_setup(repo, PurePosixPath(), name="shop", python=sys.version_info[:2])
    assert isinstance(found, Converted), found
    before, after = built_twice(tmp_path, files, found.manifest)
    assert before["files"]
    assert after["files"] == before["files"]
    assert sorted(after["entry_points.txt"]) == sorted(before["entry_points.txt"])
    assert after["requires.txt"] == before["requires.txt"]
    assert sorted(after["PKG-INFO"]) == sorted(before["PKG-INFO"])


@pytest.mark.parametrize("shape", SHAPES)
def test_the_groups_of_a_pipfile_change_nothing_of_it(shape: str, tmp_path: Path) -> None:
    files = {**SHAPES[shape], "Pipfile": '[packages]\ntoolz = "*"\n\n[dev-packages]\nidna = "*"\n'}
    repo = Repo.of({name: text.encode() for name, text in files.items()})
    found = read_pipfile(repo, PurePosixPath(), name="shop", python=sys.version_info[:2])
    assert isinstance(found, Converted), found
    before, after = built_twice(tmp_path, files, found.manifest)
    assert before["files"]
    assert after == before


def built_twice(
    root: Path, files: dict[str, str], pyproject: bytes
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """What is built without a pyproject.toml, and with this one."""
    results = []
    for name, manifest in (("before", None), ("after", pyproject)):
        folder = root / name
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        if manifest is not None:
            (folder / "pyproject.toml").write_bytes(manifest)
        results.append(built(folder))
    before, after = results
    return before, after

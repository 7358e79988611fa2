"""What is published: the same bytes wherever it is made, a complete sdist, a wheel of two packages."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[1]
#: What work leaves behind: in any folder, and beside pyproject.toml. A package may be called build.
_LEFT = shutil.ignore_patterns("__pycache__", ".*_cache", ".hypothesis", "*.egg-info", "uv.lock")
_LEFT_AT_ROOT = shutil.ignore_patterns(".venv", "dist", "build", "PKG-INFO")


def _left(folder: str, names: list[str]) -> set[str]:
    return _LEFT(folder, names) | (_LEFT_AT_ROOT(folder, names) if Path(folder) == ROOT else set())


class Built(NamedTuple):
    """The files of one build: the sdist, and the wheel made from the same folder."""

    sdist: Path
    wheel: Path


def copied(folder: Path) -> Path:
    """The files that git tracks, or all of an unpacked archive, in a new folder."""
    if not (ROOT / ".git").exists():
        return shutil.copytree(ROOT, folder, ignore=_left)
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def build(folder: Path, into: Path, umask: int = 0o022, **variables: str) -> Built:
    """Build both from a folder as hatchling's own command does, without pip and without network."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--directory", str(into)],
        cwd=folder,
        env=os.environ | variables,
        umask=umask,
        capture_output=True,
        check=True,
    )
    [sdist], [wheel] = into.glob("*.tar.gz"), into.glob("*.whl")
    return Built(sdist, wheel)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Both, as they are made here."""
    folder = tmp_path_factory.mktemp("first")
    return build(copied(folder / "checkout"), folder / "dist")


@pytest.fixture(scope="module")
def unpacked(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the sdist's files."""
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(built.sdist) as archive:
        archive.extractall(folder, filter="data")
    [found] = folder.iterdir()
    return found


@pytest.mark.parametrize(
    ("umask", "variables"),
    [
        (0o077, {"TZ": "Asia/Kathmandu", "LC_ALL": "C", "PYTHONHASHSEED": "1"}),
        (0o002, {"TZ": "America/St_Johns", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "2"}),
    ],
)
def test_another_folder_time_umask_and_locale_make_the_same_bytes(
    built: Built, tmp_path: Path, umask: int, variables: Mapping[str, str]
) -> None:
    folder = copied(tmp_path / "elsewhere, later")
    for number, path in enumerate(sorted(folder.rglob("*"))):
        os.utime(path, (1_700_000_000 + number, 1_700_000_000 + number))
        path.chmod(path.stat().st_mode & ~umask)
    again = build(folder, tmp_path / "dist", umask, **variables)
    assert (again.sdist.name, again.wheel.name) == (built.sdist.name, built.wheel.name)
    assert again.sdist.read_bytes() == built.sdist.read_bytes()
    assert again.wheel.read_bytes() == built.wheel.read_bytes()


def test_the_time_of_a_release_is_the_only_one_in_them(built: Built, tmp_path: Path) -> None:
    release = build(copied(tmp_path / "checkout"), tmp_path / "dist", SOURCE_DATE_EPOCH="1750000000")
    with tarfile.open(release.sdist) as archive:
        assert {member.mtime for member in archive} == {1_750_000_000}
    with zipfile.ZipFile(release.wheel) as wheel:
        assert len({entry.date_time for entry in wheel.infolist()}) == 1
    assert contents(release.wheel) == contents(built.wheel)


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_wheel_from_the_sdist_is_the_wheel_from_the_checkout(
    built: Built, unpacked: Path, tmp_path: Path
) -> None:
    again = build(shutil.copytree(unpacked, tmp_path / "sdist"), tmp_path / "dist")
    assert again.wheel.read_bytes() == built.wheel.read_bytes()
    assert again.sdist.read_bytes() == built.sdist.read_bytes()


def test_the_sdist_holds_every_file_of_the_project(built: Built, unpacked: Path, tmp_path: Path) -> None:
    project = copied(tmp_path / "checkout")
    wanted = {str(path.relative_to(project)) for path in project.rglob("*") if path.is_file()}
    found = {str(path.relative_to(unpacked)) for path in unpacked.rglob("*") if path.is_file()}
    assert found == wanted | {"PKG-INFO"}


def test_the_wheel_holds_the_two_packages_and_nothing_else(built: Built) -> None:
    names = contents(built.wheel).keys()
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {
        "uvmigrate",
        "uvmigrate_codemods",
    }
    sources = {
        str(path.relative_to(folder))
        for folder in (ROOT / "src", ROOT / "codemods")
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and ".egg-info" not in str(path)
    }
    assert {name for name in names if ".dist-info/" not in name} == sources


def test_the_tests_run_from_the_sdist_s_files(unpacked: Path) -> None:
    """A few of them, of those that look at the whole project; all others need no more than these."""
    command = [
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests/test_architecture.py",
        "tests/test_repository.py",
    ]
    paths = os.pathsep.join(str(unpacked / name) for name in ("src", "codemods", "tests"))
    done = subprocess.run(
        [sys.executable, *command],
        cwd=unpacked,
        env={**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


def test_every_dependency_is_bounded() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    tables = (pyproject["project"]["optional-dependencies"], pyproject["dependency-groups"])
    wanted = [*pyproject["project"]["dependencies"], *pyproject["build-system"]["requires"]]
    wanted += [requirement for table in tables for group in table.values() for requirement in group]
    assert {text for text in wanted if not re.fullmatch(r"[\w.-]+>=[\d.]+,<[\d.]+(;.*)?", text)} == set()


def test_what_each_dependency_is_for_is_said() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    reasons = re.findall(r"^\| `([a-z0-9.-]+)` \| \w", (ROOT / "SECURITY.md").read_text(), re.MULTILINE)
    assert sorted(reasons) == sorted(text.partition(">=")[0] for text in project["dependencies"])

"""The project's own image: made by its own pattern, run by a numeric user with no file to write."""

from __future__ import annotations

import re
import secrets
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine.docker_cli import DockerError
from engine.examples import FOLDER

if TYPE_CHECKING:
    from engine.docker_cli import Engine, Image

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parents[2]
ALONE = ("--read-only", "--network=none")


@pytest.fixture(scope="module")
def image(engine: Engine) -> Image:
    return engine.build(ROOT)


def sources(folder: Path) -> Path:
    """A copy of what the image is made from."""
    for name in (
        "Dockerfile",
        ".dockerignore",
        "LICENSE",
        "README.md",
        "pyproject.toml",
        "requirements-dev.txt",
    ):
        shutil.copy(ROOT / name, folder / name)
    for name in ("src", "codemods"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def test_it_starts_read_only_and_without_network_as_a_numeric_user(image: Image) -> None:
    with image.run(*ALONE, command=("--version",)) as container:
        assert container.output().startswith("uvmigrate, version ")
    assert image.output("id", "-u") == "10001\n"


def test_it_plans_what_is_planned_without_it(engine: Engine, image: Image, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    shutil.copytree(FOLDER / "fastapi-pip", folder, ignore=shutil.ignore_patterns("__pycache__", "uv.lock"))
    command = [sys.executable, "-m", "uvmigrate", "--diff"]
    here = subprocess.run(command, cwd=folder, capture_output=True, check=True)
    (tmp_path / "Dockerfile").write_text(f"FROM {image.tag}\nCOPY work /work\n")
    with engine.build(tmp_path).run(*ALONE, command=("--diff",)) as container:
        there = container.output()
    assert here.stdout.startswith(b"diff --git ") or b"\ndiff --git " in here.stdout
    assert here.stdout.decode() in there


def test_it_holds_what_the_tests_run_with_and_nothing_of_development(image: Image) -> None:
    pinned = dict(
        re.findall(r"^([a-z0-9-]+)==([^\s;]+)", (ROOT / "requirements-dev.txt").read_text(), re.MULTILINE)
    )
    found = {re.sub(r"[-_.]+", "-", name): version for name, version in image.distributions().items()}
    assert found.pop("uvmigrate")
    assert {"click", "libcst", "uv"} <= found.keys()
    assert found.items() <= pinned.items()
    assert found.keys() & {"pytest", "mypy", "hatchling", "hypothesis"} == set()


def test_a_change_of_the_sources_installs_no_dependency_again(
    engine: Engine, image: Image, tmp_path: Path
) -> None:
    folder = sources(tmp_path)
    with (folder / "src/uvmigrate/__init__.py").open("a") as file:
        # Never built before, by no earlier run of this test on the same engine either.
        file.write(f"\n# {secrets.token_hex()}\n")
    built = engine.build(folder)
    assert built.step("--require-hashes").cached
    assert not built.step("--no-deps").cached


@pytest.mark.parametrize("name", ["click", "hatchling"])
def test_other_bytes_than_the_pinned_ones_are_not_installed(
    engine: Engine, name: str, tmp_path: Path
) -> None:
    folder = sources(tmp_path)
    file = folder / "requirements-dev.txt"
    [pin] = re.findall(rf"^{name}==.*?(?=^[a-z])", file.read_text(), re.MULTILINE | re.DOTALL)
    other = re.sub(r"sha256:[0-9a-f]{64}", "sha256:" + 64 * "0", pin)
    file.write_text(file.read_text().replace(pin, other))
    with pytest.raises(DockerError, match="Hash mismatch"):
        engine.build(folder)

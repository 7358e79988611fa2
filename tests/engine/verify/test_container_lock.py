"""Locking in a container: the same lock as here, and nothing of the dependencies' code runs here."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest

from apply.making import files_of, migration, request
from uvmigrate.apply import LockError, lock
from uvmigrate.cli.main import run
from uvmigrate.codemod import Settings
from uvmigrate.project import read_lock
from uvmigrate.verify.container_lock import ContainerLocker
from uvmigrate.verify.engine import choose as chosen
from uvmigrate.verify.options import Options

if TYPE_CHECKING:
    from uvmigrate.verify.engine import Docker

pytestmark = pytest.mark.engine

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
SHOP = f'[project]\nname = "shop"\nversion = "1"\nrequires-python = "=={PYTHON}.*"\n'.encode()
#: A backend that leaves a trace wherever it runs, and whose metadata nobody knows without running it.
BACKEND = """
import pathlib

def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    trace = pathlib.Path({trace!r})
    trace.parent.mkdir(parents=True, exist_ok=True)
    trace.write_text("it ran")
    info = pathlib.Path(metadata_directory, "carts-7.dist-info")
    info.mkdir()
    said = "Metadata-Version: 2.1\\nName: carts\\nVersion: 7\\nRequires-Dist: wishes\\n"
    (info / "METADATA").write_text(said)
    (info / "WHEEL").write_text("Wheel-Version: 1.0\\nTag: py3-none-any\\n")
    return info.name

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    raise SystemExit("no wheel is needed to lock")
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A project with a dependency in a folder, whose own dependencies only its build backend knows."""
    root = tmp_path / "shop"
    (root / "carts").mkdir(parents=True)
    (root / "wishes").mkdir()
    (root / "carts" / "pyproject.toml").write_text(
        '[project]\nname = "carts"\nversion = "7"\ndynamic = ["dependencies"]\n'
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    (root / "carts" / "backend.py").write_text(BACKEND.format(trace=str(tmp_path / "trace" / "ran")))
    (root / "wishes" / "pyproject.toml").write_text('[project]\nname = "wishes"\nversion = "3"\n')
    (root / "pyproject.toml").write_text("# to be written\n")
    return root


SOURCES = b'[tool.uv.sources]\ncarts = { path = "carts" }\nwishes = { path = "wishes" }\n'


def made(root: Path, docker: Docker, text: bytes, settings: Settings) -> dict[str, bytes]:
    before = files_of(root)
    locker = ContainerLocker(docker, settings.uv_reference, Options())
    try:
        plan = migration(root, {"pyproject.toml": text}, locks=(request(python=PYTHON),))
        locks = lock(plan, settings, lambda _: None, locker)
    finally:
        assert files_of(root) == before
    return {str(path): data for path, data in locks.items()}


def test_build_code_runs_in_the_container_and_never_here(
    repository: Path, verifier: Docker, tmp_path: Path
) -> None:
    text = SHOP + b'dependencies = ["carts", "wishes"]\n' + SOURCES
    with pytest.raises(LockError, match=r"dependencies is dynamic in carts/pyproject.toml"):
        made(repository, verifier, text, Settings())
    found = made(repository, verifier, text, Settings(allow_build=True))["uv.lock"]
    packages = read_lock(found)
    assert sorted(packages) == ["carts", "shop", "wishes"]
    assert b'dependencies = [\n    { name = "wishes" },\n]' in found, "only the backend says that"
    assert not (tmp_path / "trace").exists()

    plan = migration(repository, {"pyproject.toml": text}, locks=(request(),))
    assert lock(plan, Settings(allow_build=True), lambda _: None)[PurePosixPath("uv.lock")] == found
    assert (tmp_path / "trace" / "ran").exists(), "locking here would have run it here"


def test_the_lock_is_the_one_that_would_be_made_here(repository: Path, verifier: Docker) -> None:
    shutil.rmtree(repository / "carts")
    text = (
        SHOP
        + b'dependencies = ["wishes", "six>=1.15"]\n'
        + SOURCES.replace(b'carts = { path = "carts" }\n', b"")
    )
    plan = migration(repository, {"pyproject.toml": text}, locks=(request(),))
    here = lock(plan, Settings(), lambda _: None)[PurePosixPath("uv.lock")]
    assert made(repository, verifier, text, Settings())["uv.lock"] == here


def test_uvs_message_comes_out_of_the_container(repository: Path, verifier: Docker) -> None:
    text = SHOP + b'dependencies = ["six>99"]\n'
    with pytest.raises(LockError, match=r"^uv lock failed for pyproject.toml: .*six>99"):
        made(repository, verifier, text, Settings())


def test_writing_locks_in_a_container_that_is_gone_afterwards(
    tmp_path: Path, verifier: Docker, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    used: list[Docker] = []

    def choose(name: str | None, timeout: float) -> Docker:
        used.append(chosen(name, timeout))
        return used[0]

    monkeypatch.setattr("uvmigrate.verify.engine.choose", choose)
    (tmp_path / "Dockerfile").write_text(
        "FROM python:3.11-slim\nWORKDIR /app\nCOPY requirements.txt .\n"
        'RUN pip install -r requirements.txt\nCOPY . .\nCMD ["python", "-m", "six"]\n'
    )
    (tmp_path / "requirements.txt").write_text("six==1.17.0\n")
    assert run(["--write", "--lock-in-container", str(tmp_path)]) == 0
    told = capfd.readouterr().err
    assert f"locking {tmp_path.name} with uv 0.13.8 in a container …\n" in told
    assert "locked 2 packages, pinned versions kept: 1\n" in told
    assert [package.version for package in read_lock((tmp_path / "uv.lock").read_bytes())["six"]] == [
        "1.17.0"
    ]
    [docker] = used
    listed = ["docker", "images", "--quiet", f"--filter=label={docker.label}"]
    assert verifier.processes.run(listed, 60).out == ""

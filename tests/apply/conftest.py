"""Real folders, real git and real uv; a user without root's powers where permissions matter."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from apply.making import NOBODY, git

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """uv finds the Python that runs the tests, and git asks nobody's settings."""
    for name in [name for name in os.environ if name.startswith(("GIT_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "A. Tester")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "tester@acme.example")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository with one commit, which holds a Dockerfile and a README.md."""
    root = tmp_path / "shop"
    root.mkdir()
    git(root, "init", "--quiet")
    (root / "Dockerfile").write_bytes(b"FROM python:3.11\n")
    (root / "README.md").write_bytes(b"# Shop\n")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "Start")
    return root


@pytest.fixture
def plain_folder() -> Iterator[Path]:
    """A folder, without git, that belongs to somebody whom permissions bind."""
    folder = Path(tempfile.mkdtemp()).resolve()
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    yield folder
    for inner in [folder, *folder.rglob("*")]:
        if inner.is_dir():
            inner.chmod(0o700)
    shutil.rmtree(folder)

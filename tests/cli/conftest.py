"""The console entry as people start it, with Acme's catalogue installed beside the built-in one."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Protocol

import pytest

ROOT = Path(__file__).parents[2]
GROUP = "uvmigrate.codemods"
#: Runs the built-in codemods only.
BUILT_IN = "--ignore=acme-label,acme-owner"
Done = subprocess.CompletedProcess[bytes]


class Console(Protocol):
    """Starts ``uvmigrate`` with some arguments in a folder."""

    def __call__(self, *arguments: str, cwd: Path, **variables: str) -> Done: ...


def tree(root: Path) -> dict[str, tuple[bytes, bool]]:
    """Every file of a folder, git's own aside: its bytes, and whether it may be run."""
    files = (
        path for path in root.rglob("*") if path.is_file() and ".git" not in path.relative_to(root).parts
    )
    return {str(f.relative_to(root)): (f.read_bytes(), os.access(f, os.X_OK)) for f in files}


@pytest.fixture
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables with which Python finds this source tree, and Acme's codemods, as installed packages."""
    site = tmp_path_factory.mktemp("site")
    own = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]
    for name, points in (("uvmigrate", own[GROUP]), ("acme", {"acme": "cli.acme:CATALOGUE"})):
        info = site / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        lines = [f"[{GROUP}]", *(f"{key} = {value}" for key, value in points.items())]
        (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    paths = [ROOT / "src", ROOT / "codemods", ROOT / "tests", site]
    # Nor does it matter what terminal the tests are started from.
    own_way = (
        "GIT_",
        "UV_",
        "NO_COLOR",
        "LC_",
        "LANG",
        "TERM",
        "COLUMNS",
        "LINES",
        "PAGER",
        "LESS",
        "PYTHONIO",
    )
    kept = {key: value for key, value in os.environ.items() if not key.startswith(own_way)}
    return kept | {
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": "A. Tester",
        "GIT_AUTHOR_EMAIL": "tester@acme.example",
        "GIT_COMMITTER_NAME": "A. Tester",
        "GIT_COMMITTER_EMAIL": "tester@acme.example",
    }


@pytest.fixture
def uvmigrate(environment: dict[str, str]) -> Console:
    """``python -m uvmigrate``, its output captured as bytes."""

    def start(*arguments: str, cwd: Path, **variables: str) -> Done:
        command = [sys.executable, "-m", "uvmigrate", *arguments]
        return subprocess.run(command, cwd=cwd, env=environment | variables, capture_output=True, timeout=120)

    return start


@pytest.fixture
def git(environment: dict[str, str]) -> Console:
    """``git``, which must succeed."""

    def start(*arguments: str, cwd: Path, **variables: str) -> Done:
        command = ["git", *arguments]
        return subprocess.run(
            command, cwd=cwd, env=environment | variables, capture_output=True, check=True, timeout=60
        )

    return start


@pytest.fixture
def repository(tmp_path: Path, git: Console) -> Path:
    """A git repository with one commit: an image at its root, one in a folder, and an old settings file."""
    root = tmp_path / "shop"
    (root / "api").mkdir(parents=True)
    (root / "Dockerfile").write_bytes(b"FROM scratch\n")
    (root / "api" / "Dockerfile").write_bytes(b"FROM scratch\r\nEXPOSE 80")
    (root / "old.cfg").write_bytes(b"[old]\n")
    git("init", "-q", cwd=root)
    git("add", "-A", cwd=root)
    git("commit", "-q", "-m", "first", cwd=root)
    return root


@pytest.fixture
def pip_project(tmp_path: Path, git: Console) -> Path:
    """A repository that installs one small package with pip."""
    root = tmp_path / "small"
    root.mkdir()
    (root / "Dockerfile").write_text(
        "FROM python:3.11-slim\nWORKDIR /app\nCOPY requirements.txt .\n"
        'RUN pip install -r requirements.txt\nCOPY . .\nCMD ["python", "-m", "six"]\n'
    )
    (root / "requirements.txt").write_text("six==1.17.0\n")
    git("init", "-q", cwd=root)
    git("add", "-A", cwd=root)
    git("commit", "-q", "-m", "first", cwd=root)
    return root

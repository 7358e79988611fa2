"""Copies of the applications in ``examples/``, to build, migrate and change."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from pathlib import Path

from uv import find_uv_bin

EXAMPLES = Path(__file__).parents[2] / "examples"
LOCK_SECONDS = 120


def copy_example(name: str, parent: Path) -> Path:
    """A fresh copy of an example below *parent*, without what trying it out may have left in it."""
    leftovers = shutil.ignore_patterns(".venv", "__pycache__", "uv.lock", "staticfiles", "*.sqlite3")
    return shutil.copytree(EXAMPLES / name, parent / name, ignore=leftovers)


def lock(folder: Path) -> None:
    """Make *folder*'s uv.lock, with the uv on PATH or else the one that is installed as a package."""
    uv = shutil.which("uv") or find_uv_bin()
    subprocess.run([uv, "lock", "--quiet"], cwd=folder, check=True, timeout=LOCK_SECONDS)


def change(source: Path) -> None:
    """End a Python file with a comment that no build has seen yet: no cache holds a layer made from it."""
    with source.open("a", encoding="utf-8") as file:
        file.write(f"# changed: {uuid.uuid4().hex}\n")

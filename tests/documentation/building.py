"""Builds the site as its command does."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def built(root: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Build the site of the clone *root* into *folder*, and say how that went."""
    command = [sys.executable, str(root / "docs" / "build.py"), "--site", str(folder)]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=300)

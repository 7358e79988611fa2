"""The plans of the examples, each made once."""

from __future__ import annotations

from functools import cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.codemod import Settings
from uvmigrate.plan import load_catalogue, plan
from uvmigrate.source import Repo

if TYPE_CHECKING:
    from uvmigrate.plan import Migration

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path.name for path in (ROOT / "examples").iterdir() if path.is_dir())


@cache
def example(name: str) -> Migration:
    """The migration of one example by the usual codemods."""
    folder = ROOT / "examples" / name
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return plan(Repo.of(files), PurePosixPath(), Settings(), load_catalogue())

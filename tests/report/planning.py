"""Migrations to show: made by the real plan, from files in memory, with Acme's codemods."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from cli.acme import CATALOGUE
from uvmigrate.codemod import Settings
from uvmigrate.plan import Mention, plan
from uvmigrate.source import Repo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uvmigrate.codemod import Codemod
    from uvmigrate.plan import Migration


def planned(files: dict[str, bytes], catalogue: Sequence[Codemod] = CATALOGUE) -> Migration:
    """The migration of these files by every codemod of a catalogue."""
    settings = Settings(select=tuple(codemod.id for codemod in catalogue))
    return plan(Repo.of(files), PurePosixPath(), settings, catalogue)


def mentioned(*lines: str) -> tuple[Mention, ...]:
    """A mention of poetry in a Makefile for each line of it."""
    return tuple(Mention(PurePosixPath("Makefile"), n, "poetry", line) for n, line in enumerate(lines, 1))

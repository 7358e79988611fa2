"""Makes a file, an empty one, and takes one away."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.codemod import Change, Codemod

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Context

MADE = PurePosixPath("made/by acme.txt")
EMPTY = PurePosixPath("made/empty")
OLD = PurePosixPath("old.cfg")


def run(context: Context) -> Iterator[Change]:
    """One change, while the old file is there."""
    if OLD in context.repo:
        yield Change(writes={MADE: b"one\ntwo", EMPTY: b""}, deletes=frozenset({OLD}))


CODEMOD = Codemod(
    "acme-files",
    "Move the settings",
    "The old place is not read.",
    "https://acme.example/files",
    "opt-in",
    run,
)

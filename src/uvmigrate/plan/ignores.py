"""Ignore comments: ``# uvmigrate: ignore[id] why`` on its own line keeps what stands below it as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.dockerfile import Blank, Comment, Instruction
from uvmigrate.source import ignored_ids, keeps_away

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from uvmigrate.dockerfile import Dockerfile
    from uvmigrate.source import Edit


def unknown_ids(dockerfile: Dockerfile, known: Collection[str]) -> Iterator[tuple[int, str]]:
    """The ids in ignore comments that no codemod has, each with its line: nothing would be kept by them."""
    for item in dockerfile.items:
        for name in (ignored_ids(item.text) or ()) if isinstance(item, Comment) else ():
            if name not in known:
                yield dockerfile.line(item.span.start), name


def ignored(dockerfile: Dockerfile, edits: Iterable[Edit], codemod: str) -> Instruction | None:
    """The first instruction that an edit touches though a comment above it says *ignore* for this codemod.

    A comment without ids counts for every codemod. Other comments may stand between.
    """
    kept: list[Instruction] = []
    active = False
    for item in dockerfile.items:
        if isinstance(item, Comment):
            active = active or keeps_away(item.text, codemod)
        elif isinstance(item, Instruction):
            if active:
                kept.append(item)
            active = False
        elif not isinstance(item, Blank):
            active = False
    touched = list(edits)
    return next((item for item in kept if any(edit.span.overlaps(item.span) for edit in touched)), None)

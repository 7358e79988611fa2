"""Ignore comments: ``# uvmigrate: ignore[id] why`` on its own line keeps what stands below it as it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.dockerfile import Blank, Comment, Instruction

if TYPE_CHECKING:
    from collections.abc import Iterable

    from uvmigrate.dockerfile import Dockerfile
    from uvmigrate.source import Edit

_IGNORE = re.compile(r"uvmigrate:\s*ignore\b(?:\[(?P<ids>[^\]]*)\])?")


def ignored(dockerfile: Dockerfile, edits: Iterable[Edit], codemod: str) -> Instruction | None:
    """The first instruction that an edit touches though a comment above it says *ignore* for this codemod.

    A comment without ids counts for every codemod. Other comments may stand between.
    """
    kept: list[Instruction] = []
    active = False
    for item in dockerfile.items:
        if isinstance(item, Comment):
            found = _IGNORE.match(item.text.strip())
            ids = (found["ids"] or "").replace(",", " ").split() if found else []
            active = active or (found is not None and (not ids or codemod in ids))
        elif isinstance(item, Instruction):
            if active:
                kept.append(item)
            active = False
        elif not isinstance(item, Blank):
            active = False
    touched = list(edits)
    return next((item for item in kept if any(edit.span.overlaps(item.span) for edit in touched)), None)

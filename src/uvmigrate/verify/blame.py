"""Which codemod wrote a line, so that what fails there is told with its author."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import PurePosixPath

    from uvmigrate.plan import Step


def authors(steps: Sequence[Step], path: PurePosixPath) -> tuple[str, ...]:
    """For each line of a file as it is after *steps*, the id of the codemod that wrote it last.

    Empty for a line that was there before. No lines where the file is not there any more.
    """
    if not steps:
        return ()
    lines = _lines(steps[0].before.get(path))
    found = [""] * len(lines)
    for step in steps:
        if path in step.paths:
            after = _lines(step.after.get(path))
            matcher = difflib.SequenceMatcher(None, lines, after, autojunk=False)
            now = [step.codemod.id] * len(after)
            for old, new, size in matcher.get_matching_blocks():
                now[new : new + size] = found[old : old + size]
            lines, found = after, now
    return tuple(found)


def _lines(data: bytes | None) -> list[bytes]:
    return (data or b"").split(b"\n")

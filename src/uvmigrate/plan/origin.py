"""Where in a file as it was before the series a line of a later state comes from."""

from __future__ import annotations

from difflib import SequenceMatcher

from uvmigrate.source import lines_of


def original_line(was: bytes, now: bytes, line: int) -> int:
    """The line of *was* that is *line* in *now*; of what is new the first that it replaces or stands above.

    Lines are counted from 1. Behind the last one it is the last one.
    """
    old, new = lines_of(was), lines_of(now)
    last = max(len(old), 1)
    for tag, i, _, j, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if j < line <= end:
            return min(i + (line - j if tag == "equal" else 1), last)
    return last

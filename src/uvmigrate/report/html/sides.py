"""A file before and after, side by side: lines that changed together stand beside each other."""

from __future__ import annotations

from difflib import SequenceMatcher
from itertools import zip_longest
from typing import TYPE_CHECKING, Literal

from uvmigrate.report.words import read, verbatim
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

    from uvmigrate.plan import Step

#: Lines that are the same, around those that are not.
_AROUND = 3


class Cell(NamedTuple):
    """One line of a side with its number, from 1; number 0 is no line."""

    number: int
    text: str
    kind: Literal["same", "old", "new", "none"]


class Pair(NamedTuple):
    """What stands on a line before and after."""

    before: Cell
    after: Cell


class FileDiff(NamedTuple):
    """A file that a step changes; ``what`` says what becomes of it, ``remark`` what its lines do not show."""

    path: str
    what: Literal["changed", "created", "deleted"]
    hunks: tuple[tuple[Pair, ...], ...]
    remark: str


def diffs(step: Step) -> tuple[FileDiff, ...]:
    """The files that a step changes, in the order of its patch."""
    return tuple(_file(step, path) for path in sorted(step.paths))


def _file(step: Step, path: PurePosixPath) -> FileDiff:
    old, new = step.before.get(path), step.after.get(path)
    before, after = (read(data) if data else [] for data in (old, new))
    groups = SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(_AROUND)
    hunks = tuple(tuple(pair for code in group for pair in _pairs(before, after, *code)) for group in groups)
    what: Literal["changed", "created", "deleted"] = "created" if old is None else "changed"
    what = "deleted" if new is None else what
    return FileDiff(verbatim(str(path)), what, hunks, _remark(old or b"", new or b"", shows=bool(hunks)))


def _remark(old: bytes, new: bytes, *, shows: bool) -> str:
    ended = new.endswith(b"\n")
    if old and new and old.endswith(b"\n") != ended:
        return f"The newline at the file's end is {'new' if ended else 'gone'}."
    return (
        "" if shows or old == new else "What differs are ends of lines, or characters that are hidden here."
    )


def _pairs(
    before: list[str], after: list[str], tag: str, start: int, end: int, first: int, last: int
) -> Iterator[Pair]:
    same = tag == "equal"
    old = [Cell(n + 1, before[n], "same" if same else "old") for n in range(start, end)]
    new = [Cell(n + 1, after[n], "same" if same else "new") for n in range(first, last)]
    nothing = Cell(0, "", "none")
    yield from (Pair(*both) for both in zip_longest(old, new, fillvalue=nothing))

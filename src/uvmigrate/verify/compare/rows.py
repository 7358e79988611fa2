"""Many differences of files as few rows that a person can read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.source import NamedTuple
from uvmigrate.verify.meaning import counted
from uvmigrate.verify.verdict import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from uvmigrate.verify.verdict import Kind, Status

#: How many rows one kind of difference may take, and how many paths are shown of what is folded.
_MOST_ROWS, _MOST_PATHS = 8, 20


class Difference(NamedTuple):
    """A difference of one path. ``top`` is the topmost folder that differs as a whole, or the path itself.

    ``what`` tells kinds of differences apart. The other fields are those of a Row; ``unknown`` where nothing
    can be said about what differs.
    """

    path: str
    top: str
    what: str
    before: str
    after: str
    by: tuple[str, ...]
    because: str
    unknown: bool = False

    @property
    def status(self) -> Status:
        """What becomes of it: unknown, meant, or a regression."""
        return "unknown" if self.unknown else "meant" if self.by else "regression"


def folded(kind: Kind, found: Iterable[Difference]) -> Iterator[Row]:
    """The rows of differences: one for each path, and one for a folder where many lie in it.

    Differences of one kind, status and reason are folded into the folders above them, deepest first, until
    they are few. Nothing is folded into the root folder: what is common to that says nothing.
    """
    alike: dict[tuple[object, ...], list[Difference]] = {}
    for one in found:
        # Of modes and owners, those that changed in the same way belong together.
        way = (one.before, one.after) if one.what in ("mode", "owner") else ()
        alike.setdefault((one.what, one.by, one.because, one.unknown, *way), []).append(one)
    for several in alike.values():
        for top, below in sorted(_rolled(several).items()):
            yield _row(kind, top, below)


def _rolled(found: list[Difference]) -> dict[str, list[Difference]]:
    tops: dict[str, list[Difference]] = {}
    for one in found:
        tops.setdefault(one.top, []).append(one)
    while len(tops) > _MOST_ROWS:
        deepest = max(top.count("/") for top in tops)
        if deepest < 2:
            break
        lifted: dict[str, list[Difference]] = {}
        for top, below in tops.items():
            to = top.rpartition("/")[0] if top.count("/") == deepest else top
            lifted.setdefault(to, []).extend(below)
        tops = lifted
    return tops


def _row(kind: Kind, top: str, below: list[Difference]) -> Row:
    first = below[0]
    if len(below) == 1:
        return Row(kind, first.path, first.status, first.before, first.after, first.by, first.because)
    number = counted(len(below), "file")
    if first.what in ("mode", "owner"):
        before, after = first.before, first.after
    else:
        before, after = number if first.before else "", number if first.after else ""
    paths = [one.path for one in below]
    more = [f"and {len(paths) - _MOST_PATHS} more"] if len(paths) > _MOST_PATHS else []
    detail = "\n".join([*paths[:_MOST_PATHS], *more])
    because = f"{first.because}: {number}"
    return Row(kind, f"{top}/", first.status, before, after, first.by, because, detail)

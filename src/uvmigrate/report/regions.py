"""Where in the files as they are a codemod changes something.

Only the first codemod sees a file as it is: the others see what earlier ones made of it. So each line of a
file is followed through the series, and a change counts where the lines come from that it touches.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from uvmigrate.source import NamedTuple, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import PurePosixPath

    from uvmigrate.plan import Migration, Step


class Region(NamedTuple):
    """Lines of a file as it is before the series, both included, the first one being 1."""

    first: int
    last: int


class Hunk(NamedTuple):
    """Lines of a file, from 0, the end excluded, and what stands in their place afterwards."""

    start: int
    end: int
    new: tuple[bytes, ...]


def hunks(old: Sequence[bytes], new: Sequence[bytes]) -> tuple[Hunk, ...]:
    """What makes the new lines of the old ones, in their order."""
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return tuple(Hunk(i, j, tuple(new[k:n])) for tag, i, j, k, n in codes if tag != "equal")


def regions(migration: Migration) -> tuple[Mapping[PurePosixPath, tuple[Region, ...]], ...]:
    """For each step the files that were there before the series and that it changes, and where in them.

    What is inserted counts where the line stands before which it comes, or the last one: no file is without a
    region, and an empty one has its first line for it.
    """
    origins: dict[PurePosixPath, list[Region]] = {}
    return tuple(dict(_of(step, migration, origins)) for step in migration.steps)


def instead(step: Step, migration: Migration) -> dict[PurePosixPath, tuple[Region | None, ...]]:
    """Where a step belongs that changes no file that is there: its Dockerfiles, or what it makes."""
    builds = dict.fromkeys(build for change in step.changes for build in change.builds)
    here = [path for path in builds if path in migration.before]
    made = [*step.paths, *(lock.path for change in step.changes for lock in change.locks)]
    return dict.fromkeys(here, (Region(1, 1),)) if here else dict.fromkeys(made, (None,))


def _of(
    step: Step, migration: Migration, origins: dict[PurePosixPath, list[Region]]
) -> Iterator[tuple[PurePosixPath, tuple[Region, ...]]]:
    for path in step.paths:
        if path not in migration.before:
            continue
        old, new = (lines_of(repo.get(path) or b"") for repo in (step.before, step.after))
        known = origins.get(path) or [Region(number, number) for number, _ in enumerate(old, 1)]
        found: list[Region] = []
        made: list[Region] = []
        at = 0
        for hunk in hunks(old, new):
            region = _hull(known, hunk.start, hunk.end)
            found.append(region)
            made += [*known[at : hunk.start], *([region] * len(hunk.new))]
            at = hunk.end
        origins[path] = made + known[at:]
        yield path, tuple(_apart(found))


def _hull(known: Sequence[Region], start: int, end: int) -> Region:
    """Where lines come from, or the line that stands where there are none."""
    touched = known[start:end] or known[start : start + 1] or known[-1:] or [Region(1, 1)]
    return Region(min(one.first for one in touched), max(one.last for one in touched))


def _apart(found: Iterable[Region]) -> Iterator[Region]:
    """The regions in their order, those put together that touch."""
    current: Region | None = None
    for region in sorted(found):
        if current is not None and region.first <= current.last + 1:
            current = Region(current.first, max(current.last, region.last))
            continue
        if current is not None:
            yield current
        current = region
    if current is not None:
        yield current

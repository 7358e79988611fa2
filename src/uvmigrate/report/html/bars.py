"""What the engine measured, as bars: the original is one, and what lies below it is a gain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.report import verdict_rows as rows
from uvmigrate.report.words import shown, spoken
from uvmigrate.source import NamedTuple
from uvmigrate.verify.meaning import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.report.verdict_rows import Group
    from uvmigrate.verify.verdict import ImageVerdict, Status, Verdict

#: The bar of the original, in units of the drawing; a longer one ends where the drawing does.
_ONE, _MOST = 100.0, 200.0


class Bar(NamedTuple):
    """One figure: ``after`` as a length where the original's is 100, ``low`` to ``high`` its spread."""

    what: str
    said: str
    after: float | None
    low: float = 0.0
    high: float = 0.0


class Found(NamedTuple):
    """Rows that say the same. ``names`` has all of them, ``short`` the first ones."""

    status: Status
    kind: str
    short: str
    names: tuple[str, ...]
    values: str
    by: str
    because: str
    detail: str


class ImageFigures(NamedTuple):
    """What the engine says of one image."""

    title: str
    counts: str
    bars: tuple[Bar, ...]
    found: tuple[Found, ...]
    lines: tuple[str, ...]


def figures(verdict: Verdict) -> tuple[ImageFigures, ...]:
    """Every image of a verdict."""
    return tuple(
        ImageFigures(
            rows.title(image),
            rows.counts(image),
            tuple(_bars(image)),
            tuple(map(_found, rows.groups(image))),
            tuple(_lines(image)),
        )
        for image in verdict.images
    )


def _bars(image: ImageVerdict) -> Iterator[Bar]:
    if image.sizes is not None and image.sizes[0].total:
        before, after = (sizes.total for sizes in image.sizes)
        ratio = after / before
        yield Bar("image size", rows.size(image.sizes), _length(ratio))
    for timed in image.timings:
        if timed.median is None:
            yield Bar(timed.what, rows.timing(timed), None)
        else:
            low, high = min(timed.ratios), max(timed.ratios)
            yield Bar(timed.what, rows.timing(timed), _length(timed.median), _length(low), _length(high))


def _length(ratio: float) -> float:
    return round(min(ratio * _ONE, _MOST), 1)


def _found(group: Group) -> Found:
    names = tuple(shown(row.name) for row in group.rows if row.name)
    detail = "\n".join(spoken(group.rows[0].detail)) if group.rows[0].detail else ""
    return Found(
        group.status, group.kind, listed(names), names, group.values, group.by, group.because, detail
    )


def _lines(image: ImageVerdict) -> Iterator[str]:
    if image.prefixes:
        yield rows.prefixes(image)
    for written in image.written:
        clauses = [f"{rows.service(written)} {rows.works(written)}"]
        clauses += [f"with tmpfs {rows.first(written.tmpfs)}"] * bool(written.tmpfs)
        clauses += [f"it writes to {rows.first(written.paths)}"] * bool(written.paths)
        clauses += [f"a tmpfs would hide files of the image in {rows.first(written.hidden)}"] * bool(
            written.hidden
        )
        yield "; ".join(clauses)

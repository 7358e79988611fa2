"""What the forms of a verdict share: rows that say the same put together, and figures in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.report.words import cut, named, shown
from uvmigrate.source import NamedTuple
from uvmigrate.verify.meaning import counted, listed
from uvmigrate.verify.verdict import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from uvmigrate.verify.verdict import ImageVerdict, Row, Sizes, Status, Timing, Verdict, Written

#: The statuses, what a reader must act on first.
ORDER: tuple[Status, ...] = ("regression", "unknown", "meant", "same")
#: How many names of a kind are written out, and how many regressions of a kind; programs get all of them.
NAMES, REGRESSIONS = 5, 5
#: How many characters of a value are shown.
_VALUE = 60


class Group(NamedTuple):
    """Rows of one kind and status, by the same codemods and for the same reason."""

    kind: str
    status: Status
    rows: tuple[Row, ...]

    @property
    def what(self) -> str:
        """The kind, and the first names: ``file /app/a, /app/b and 12 more``."""
        names = [row.name for row in self.rows if row.name]
        return f"{self.kind} {first(names)}" if names else self.kind

    @property
    def by(self) -> str:
        """The codemods that changed it, as a list."""
        return ", ".join(self.rows[0].by)

    @property
    def because(self) -> str:
        """Why the status is what it is, or nothing."""
        return shown(self.rows[0].because)

    @property
    def values(self) -> str:
        """What was found before and after, where that is one thing; of a file it is nothing to read."""
        row = self.rows[0]
        is_digest = self.status == "meant" and self.kind in ("file", "distribution-file")
        is_one = all((one.before, one.after) == (row.before, row.after) for one in self.rows)
        if not is_one or is_digest or not (row.before or row.after):
            return ""
        if row.before and row.kind == "environment" and row.after.endswith(f":{row.before}"):
            return f"{short(row.after.removesuffix(f':{row.before}'))} in front"
        before, after = short(row.before), short(row.after)
        return before if row.before == row.after else f"{before or 'nothing'} → {after or 'nothing'}"


def first(names: Sequence[str]) -> str:
    """The first NAMES of a list, and how many more there are."""
    return listed([shown(name) for name in names], NAMES)


def short(value: str) -> str:
    """A value on one line that fits beside another one; it is cut behind the mask."""
    return cut(shown(value), _VALUE)


def groups(image: ImageVerdict) -> tuple[Group, ...]:
    """The rows of an image in ORDER, then that of KINDS; regressions one by one, the rest put together."""
    found: dict[tuple[object, ...], list[Row]] = {}
    for number, row in enumerate(image.rows):
        if row.kind == "size" and row.status == "same" and image.sizes is not None:
            # The figures say more.
            continue
        alone = number if row.status == "regression" else None
        found_there = (row.before, row.after) if row.status == "same" else ()
        key = (row.kind, row.status, alone, row.by, row.because, row.detail, found_there)
        found.setdefault(key, []).append(row)
    made = [Group(some[0].kind, some[0].status, tuple(some)) for some in found.values()]
    return tuple(sorted(made, key=lambda group: (ORDER.index(group.status), _rank(group.kind))))


def _rank(kind: str) -> int:
    return KINDS.index(kind) if kind in KINDS else len(KINDS)


def most(found: Sequence[Group]) -> Iterator[tuple[Group, int]]:
    """The first REGRESSIONS of each kind; with the last of them how many more there are, else 0."""
    by_kind: dict[str, list[Group]] = {}
    for group in found:
        by_kind.setdefault(group.kind, []).append(group)
    for some in by_kind.values():
        for number, group in enumerate(some[:REGRESSIONS], 1):
            yield group, max(len(some) - REGRESSIONS, 0) if number == REGRESSIONS else 0


def summary(verdict: Verdict) -> str:
    """The verdict in one clause: what is not known is no part of a good result."""
    if not verdict.images:
        return "the migration changes no image: nothing to compare"
    built = [image for image in verdict.images if image.builds]
    unbuilt = len(verdict.images) - len(built)
    cannot = f"{counted(unbuilt, 'image')} cannot be built as {'it is' if unbuilt == 1 else 'they are'}"
    if not built:
        return f"nothing to compare: {cannot}"
    bad = sum(1 for image in built if image.regressions)
    found = counted(verdict.counts["regression"], "regression") if bad else "no regression"
    images = counted(len(built), "image")
    clauses = [f"{found} in {bad} of {images}" if bad else f"{found} in {images}"]
    unknown = verdict.counts["unknown"] - unbuilt
    clauses += [f"{counted(unknown, 'thing')} unknown"] * bool(unknown)
    return ", ".join([*clauses, *([cannot] if unbuilt else [])])


def counts(image: ImageVerdict) -> str:
    """``14 same, 2 meant, 1 REGRESSION``: of rows; what there is none of is left out."""
    status = [row.status for row in image.rows]
    said = (("same", "same"), ("meant", "meant"), ("regression", "REGRESSION"), ("unknown", "unknown"))
    return ", ".join(f"{status.count(one)} {word}" for one, word in said if one in status)


def title(image: ImageVerdict) -> str:
    """What tells the image from others: its name, and what it is made from where the name does not say so."""
    name, dockerfile = shown(image.name), named(image.dockerfile)
    made_from = [dockerfile] * (not name.startswith(dockerfile))
    stage = f"stage {shown(image.target)}"
    made_from += [stage] * (bool(image.target) and not name.endswith(f"({stage})"))
    return f"{name} ({', '.join(made_from)})" if made_from else name


def size(sizes: tuple[Sizes, Sizes]) -> str:
    """The size in total, before and after; bytecode that is new is no part of it."""
    before, after = sizes
    new = max(after.bytecode - before.bytecode, 0)
    rest = after.total - new
    ratio = f"{_figure(rest / before.total)}×: " if before.total else ""
    aside = f", and {_megabytes(new)} of new bytecode" if new else ""
    return f"{ratio}{_megabytes(before.total)} → {_megabytes(rest)}{aside}"


def _megabytes(number: int) -> str:
    return f"{number / 1e6:,.1f} MB"


def timing(timed: Timing) -> str:
    """The median of the ratios with their spread; never a time, which says more of the machine."""
    if timed.median is None:
        return f"not measured: {shown(timed.because)}" if timed.because else "not measured"
    low, high = min(timed.ratios), max(timed.ratios)
    rounds = counted(len(timed.ratios), "round")
    return f"{_figure(timed.median)}× ({_figure(low)}–{_figure(high)}, {rounds})"


def _figure(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.2g}"


def service(written: Written) -> str:
    """Who wrote: a service of compose, or the image's own command."""
    return f"{shown(written.service)} of {named(written.file)}" if written.file else "the image by itself"


def works(written: Written) -> str:
    """Whether it was seen to run read-only."""
    if written.works is None:
        return "was not tried read-only"
    return "runs read-only" if written.works else "does not run read-only"


def prefixes(image: ImageVerdict) -> str:
    """What building every prefix of the series showed."""
    steps = counted(image.prefixes, "step")
    if image.failed:
        return f"fails since {', '.join(image.failed)}, of {steps} that were built one after the other"
    return f"{steps} built one after the other" + (", each holds" if not image.regressions else "")


def commands(verdict: Verdict, target: str, ignored: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What for, and what to type next.

    *target* is the path with what steers the plan, *ignored* are the codemods that were left out.
    """
    failed = dict.fromkeys(name for image in verdict.images for name in image.failed)
    left_out = ",".join(dict.fromkeys((*ignored, *failed)))
    rest = f"--ignore {left_out} {target}" if left_out else target
    tries = any(one.works and one.file and one.tmpfs for image in verdict.images for one in image.written)
    if failed:
        yield "To leave out what fails", f"uvmigrate --write {rest}"
    elif verdict.dropped:
        yield "To write the rest", f"uvmigrate --write {rest}"
    elif verdict.counts["meant"] and verdict.holds and all(image.builds for image in verdict.images):
        yield "To write it", f"uvmigrate --write {rest}"
    if tries:
        yield (
            "To keep what was seen",
            f"uvmigrate verify --read-only --format json --output verify.json {rest}",
        )
        yield "To write these tmpfs", f"uvmigrate --write --tmpfs-from verify.json {rest}"

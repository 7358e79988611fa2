"""The verdict for people: of each image what nobody meant, what is unknown, what was meant, and the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.report import verdict_rows as rows
from uvmigrate.report.lines import plain
from uvmigrate.report.words import cut, place, shown, spoken

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from uvmigrate.report.lines import Line
    from uvmigrate.report.verdict_rows import Group
    from uvmigrate.verify.verdict import ImageVerdict, Verdict, Written

#: Lines of an engine's or a program's own words that are shown: the reason is mostly among the last.
_LINES = 6
#: Characters of one of them that are shown, and of a longer one those of its end: engines name what they were
#: looking for first, and the reason behind the last colon.
_LONG, _END = 300, 100
#: Characters of such words in a refusal.
_REASON = 400


def verdict_text(verdict: Verdict, target: str = ".", ignored: Sequence[str] = ()) -> str:
    """The whole verdict, with what to type next.

    *target* is the path as the reader would type it again, behind what steers the plan, quoted for the shell;
    *ignored* are the codemods that were left out.
    """
    return plain(verdict_lines(verdict, target, ignored))


def verdict_lines(verdict: Verdict, target: str = ".", ignored: Sequence[str] = ()) -> tuple[Line, ...]:
    """What `verdict_text` says, its words marked for what they are; a line of no words parts it."""
    engine = f", tried on {shown(verdict.engine)}" if verdict.images else ""
    summary = rows.summary(verdict)
    commands = rows.commands(verdict, target, ignored)
    blocks: list[list[Line]] = [
        [(f"{summary[:1].upper()}{summary[1:]}{engine}.",)],
        *(list(_image(image)) for image in verdict.images),
        list(_dropped(verdict)),
        [(f"{purpose}:  ", ("command", command)) for purpose, command in commands],
    ]
    lines: list[Line] = []
    for block in filter(None, blocks):
        lines += [(), *block] if lines else block
    return tuple(lines)


def _image(image: ImageVerdict) -> Iterator[Line]:
    yield ("path", rows.title(image)), f": {rows.counts(image)}"
    found = rows.groups(image)
    for group, more in rows.most([group for group in found if group.status == "regression"]):
        yield from _regression(group, more)
    if image.prefixes:
        yield (f"    {rows.prefixes(image)}",)
    for group in found:
        if group.status == "unknown":
            yield "    ", ("unknown", "unknown"), f": {group.what}{_behind(': ', group.because)}"
            yield from _detail(group)
    for group in found:
        if group.status == "meant":
            values = _behind(": ", group.values)
            yield f"    {group.what}: ", ("meant", "meant"), " (", ("id", group.by), f"){values}"
    same = [group for group in found if group.status == "same"]
    if same:
        told = (f"{group.what} ({group.values})" if group.values else group.what for group in same)
        yield "    ", ("same", "same"), f": {', '.join(told)}"
    yield from _figures(image)


def _regression(group: Group, more: int) -> Iterator[Line]:
    yield "    ", ("regression", "REGRESSION"), f" {group.what}{_behind(': ', group.values)}"
    if group.because:
        yield (f"        {group.because}",)
    if group.by:
        yield "        changed by ", ("id", group.by)
    yield from _detail(group)
    if more:
        yield "    ", ("regression", "REGRESSION"), f" {group.kind}: {more} more (--format json has all)"


def _figures(image: ImageVerdict) -> Iterator[Line]:
    if image.sizes is not None:
        yield (f"    size: {rows.size(image.sizes)}",)
    for timing in image.timings:
        yield (f"    {timing.what}: {rows.timing(timing)}",)
    for written in image.written:
        yield from _written(written)


def _written(written: Written) -> Iterator[Line]:
    tmpfs = _behind(" with tmpfs ", rows.first(written.tmpfs))
    yield (f"    {rows.service(written)} {rows.works(written)}{tmpfs}",)
    if written.paths:
        yield (f"        it writes to {rows.first(written.paths)}",)
    if written.hidden:
        yield (f"        a tmpfs would hide files of the image in {rows.first(written.hidden)}",)


def _dropped(verdict: Verdict) -> Iterator[Line]:
    for refusal in verdict.dropped:
        because = cut(shown(refusal.because), _REASON)
        yield "left out: ", ("path", place(refusal)), " ", ("code", refusal.code), f": {because}"
        if refusal.instead:
            yield (f"    → {shown(refusal.instead)}",)


def _behind(lead: str, text: str) -> str:
    """*text* behind what leads to it, or nothing at all."""
    return f"{lead}{text}" if text else ""


def _detail(group: Group) -> Iterator[Line]:
    lines = [line for line in spoken(group.rows[0].detail) if line]
    if len(lines) == 1 and lines[0] in group.because:
        return
    for line in lines[-_LINES:]:
        yield "        │ ", ("quiet", cut(line, _LONG, _END))

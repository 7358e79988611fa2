"""The verdict for people: of each image what nobody meant, what is unknown, what was meant, and the rest."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from uvmigrate.report import verdict_rows as rows
from uvmigrate.report.words import cut, place, shown, spoken

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from uvmigrate.report.verdict_rows import Group
    from uvmigrate.verify.verdict import ImageVerdict, Verdict, Written

_WIDTH = 100
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
    engine = f", tried on {shown(verdict.engine)}" if verdict.images else ""
    summary = rows.summary(verdict)
    blocks = [
        [f"{summary[:1].upper()}{summary[1:]}{engine}."],
        *(list(_image(image)) for image in verdict.images),
        list(_dropped(verdict)),
        [f"{purpose}:  {command}" for purpose, command in rows.commands(verdict, target, ignored)],
    ]
    return "\n".join("".join(f"{line}\n" for line in block) for block in blocks if block)


def _image(image: ImageVerdict) -> Iterator[str]:
    yield f"{rows.title(image)}: {rows.counts(image)}"
    found = rows.groups(image)
    for group, more in rows.most([group for group in found if group.status == "regression"]):
        yield from _regression(group, more)
    if image.prefixes:
        yield from _wrapped(rows.prefixes(image))
    for group in found:
        if group.status == "unknown":
            yield from _wrapped(f"unknown: {group.what}{_behind(': ', group.because)}")
            yield from _detail(group)
    for group in found:
        if group.status == "meant":
            yield from _wrapped(f"{group.what}: meant ({group.by}){_behind(': ', group.values)}")
    same = [group for group in found if group.status == "same"]
    if same:
        told = (f"{group.what} ({group.values})" if group.values else group.what for group in same)
        yield from _wrapped(f"same: {', '.join(told)}")
    yield from _figures(image)


def _regression(group: Group, more: int) -> Iterator[str]:
    yield from _wrapped(f"REGRESSION {group.what}{_behind(': ', group.values)}")
    if group.because:
        yield from _wrapped(group.because, 8)
    if group.by:
        yield from _wrapped(f"changed by {group.by}", 8)
    yield from _detail(group)
    if more:
        yield f"    REGRESSION {group.kind}: {more} more (--format json has all)"


def _figures(image: ImageVerdict) -> Iterator[str]:
    if image.sizes is not None:
        yield f"    size: {rows.size(image.sizes)}"
    for timing in image.timings:
        yield f"    {timing.what}: {rows.timing(timing)}"
    for written in image.written:
        yield from _written(written)


def _written(written: Written) -> Iterator[str]:
    tmpfs = _behind(" with tmpfs ", rows.first(written.tmpfs))
    yield from _wrapped(f"{rows.service(written)} {rows.works(written)}{tmpfs}")
    if written.paths:
        yield from _wrapped(f"it writes to {rows.first(written.paths)}", 8)
    if written.hidden:
        yield from _wrapped(f"a tmpfs would hide files of the image in {rows.first(written.hidden)}", 8)


def _dropped(verdict: Verdict) -> Iterator[str]:
    for refusal in verdict.dropped:
        because = cut(shown(refusal.because), _REASON)
        yield from _wrapped(f"left out: {place(refusal)} {refusal.code}: {because}", 0)
        if refusal.instead:
            yield f"    → {shown(refusal.instead)}"


def _behind(lead: str, text: str) -> str:
    """*text* behind what leads to it, or nothing at all."""
    return f"{lead}{text}" if text else ""


def _detail(group: Group) -> Iterator[str]:
    lines = [line for line in spoken(group.rows[0].detail) if line]
    if len(lines) == 1 and lines[0] in group.because:
        return
    for line in lines[-_LINES:]:
        for part in textwrap.wrap(cut(line, _LONG, _END), _WIDTH - 10, break_on_hyphens=False):
            yield f"        │ {part}"


def _wrapped(text: str, indent: int = 4) -> list[str]:
    """One item, in lines of at most _WIDTH unless a word is longer."""
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 4),
        break_long_words=False,
        break_on_hyphens=False,
    )

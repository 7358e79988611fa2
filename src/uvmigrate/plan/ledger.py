"""The ledger: what became of every instruction and every shell command of the original Dockerfiles."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Literal

from uvmigrate.dockerfile import as_run, parse
from uvmigrate.shell import parse as parse_shell
from uvmigrate.source import Edit, NamedTuple, Relocation, Span, apply_edits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import PurePosixPath

Fate = Literal["kept", "moved", "rewritten", "dropped"]


class Entry(NamedTuple):
    """One instruction or command of the original, and its fate. ``by`` are the codemods that touched it."""

    path: PurePosixPath
    line: int
    kind: Literal["instruction", "command"]
    text: str
    fate: Fate
    by: tuple[str, ...] = ()
    because: str = ""


class _Unit:
    def __init__(
        self, line: int, kind: Literal["instruction", "command"], original: bytes, span: Span
    ) -> None:
        self.line = line
        self.kind = kind
        self.original = original
        self.span: Span | None = span
        self.moved = self.rewritten = False
        self.by: tuple[str, ...] = ()
        self.because = ""


class _Edits(NamedTuple):
    """One step's edits of a file, in order, and those of them that carry units elsewhere."""

    edits: list[Edit]
    relocation: Relocation
    movers: list[Edit]


class Ledger:
    """The books of one Dockerfile: opened on its original bytes, and carried through every step's edits."""

    def __init__(self, path: PurePosixPath, data: bytes) -> None:
        """Open the books of the Dockerfile at *path*, which is *data* before the first step."""
        self.path = path
        self._units = list(_units(data))

    def advance(self, codemod: str, edits: Iterable[Edit], data: bytes) -> None:
        """Follow one step's edits of *data*, the file as it was before them; they must not overlap.

        Raises ValueError where an edit removes a unit without a reason. What `copy.copy` made before of
        these books stays as it is: units are copied, and never changed in place.
        """
        edits = sorted(edits, key=lambda edit: edit.span)
        made = _Edits(edits, Relocation(edits), [edit for edit in edits if edit.moved_from])
        self._units = [
            unit if unit.span is None else self._followed(unit, unit.span, codemod, made, data)
            for unit in self._units
        ]

    def _followed(self, unit: _Unit, span: Span, codemod: str, made: _Edits, data: bytes) -> _Unit:
        edits, touching = made.edits, made.relocation.touching(span)
        if not touching:
            pushed = made.relocation.of(span)
            if pushed != span:
                unit = copy(unit)
                unit.span = pushed
            return unit
        unit = copy(unit)
        unit.by += (codemod,)
        mover = next((e for e in made.movers if e.moved_from and e.moved_from.contains(span)), None)
        whole = next((edit for edit in touching if edit.span.contains(span)), None)
        if whole is not None and mover is not None:
            arrived, same = _arrival(unit.original, mover, edits)
            if unit.kind == "command" and not same and not unit.rewritten:
                # The rest of its script has moved without it.
                unit.span, unit.because = None, whole.because
            else:
                unit.span, unit.moved, unit.rewritten = arrived, True, unit.rewritten or not same
        elif not _left(span, touching, data):
            because = next((edit.because for edit in touching if edit.because), "")
            if not because:
                raise ValueError(f"{self.path}:{unit.line}: {codemod} drops this without a reason")
            unit.span, unit.because = None, because
        elif whole is not None:
            unit.span, unit.rewritten = _region(whole, edits), True
        else:
            unit.rewritten = True
            unit.span = made.relocation.of(span) or _hull(span, touching, edits)
        return unit

    def entries(self) -> tuple[Entry, ...]:
        """The books as they stand."""
        return tuple(
            Entry(
                self.path,
                unit.line,
                unit.kind,
                _first_line(unit.original),
                _fate(unit),
                tuple(dict.fromkeys(unit.by)),
                unit.because,
            )
            for unit in self._units
        )

    def problems(self, data: bytes) -> tuple[str, ...]:
        """What does not balance against the file as it is now: empty, or one sentence each."""
        found = []
        for unit in self._units:
            same = unit.span is not None and unit.span.of(data) == unit.original
            if _fate(unit) in ("kept", "moved") and not same:
                found.append(f"line {unit.line}: {_first_line(unit.original)} is not where it should be")
            if unit.span is None and not unit.because:
                found.append(f"line {unit.line}: {_first_line(unit.original)} went without a reason")
        return tuple(found)


def _fate(unit: _Unit) -> Fate:
    if unit.span is None:
        return "dropped"
    if unit.rewritten:
        return "rewritten"
    return "moved" if unit.moved else "kept"


def _units(data: bytes) -> Iterator[_Unit]:
    dockerfile = parse(data)
    for instruction in dockerfile.instructions:
        span = instruction.text_span
        if instruction.heredocs:
            span = Span(span.start, instruction.heredocs[-1].end.end)
            span = Span(span.start, span.start + len(span.of(data).rstrip(b"\r\n")))
        yield _Unit(dockerfile.line(span.start), "instruction", span.of(data), span)
        run = as_run(instruction)
        for text in run.scripts if run else ():
            script = parse_shell(text.data, text.offset) if text.is_shell else None
            for command in script.everything if script else ():
                yield _Unit(
                    dockerfile.line(command.span.start), "command", command.span.of(data), command.span
                )


def _left(span: Span, touching: list[Edit], data: bytes) -> bool:
    """Whether anything but blanks and comment lines is left of a unit, or stands in its place."""
    if any(edit.new.strip() for edit in touching):
        return True
    clipped = [
        Edit(
            Span(max(edit.span.start, span.start) - span.start, min(edit.span.end, span.end) - span.start),
            b"",
        )
        for edit in touching
    ]
    lines = apply_edits(span.of(data), clipped).splitlines()
    return any(line.strip() and not line.strip().startswith(b"#") for line in lines)


def _moved_by(edits: Iterable[Edit], at: int) -> int:
    """How far the edits before an offset push what stands there."""
    return sum(len(edit.new) - len(edit.span) for edit in edits if edit.span.end <= at)


def _region(edit: Edit, edits: list[Edit]) -> Span:
    """Where an edit's new text lies after all edits; of several at one place the earlier ones come first."""
    ahead = edits[: next(index for index, other in enumerate(edits) if other is edit)]
    start = edit.span.start + sum(len(other.new) - len(other.span) for other in ahead)
    return Span(start, start + len(edit.new))


def _arrival(original: bytes, mover: Edit, edits: list[Edit]) -> tuple[Span, bool]:
    """Where a moved unit arrives, and whether it is word for word the same."""
    region = _region(mover, edits)
    at = mover.new.find(original)
    if at < 0:
        return region, False
    return Span(region.start + at, region.start + at + len(original)), True


def _hull(span: Span, touching: list[Edit], edits: list[Edit]) -> Span:
    """The region of a unit whose bounds an edit cuts into: from the first to the last byte left of it."""
    start = min(span.start, *(edit.span.start for edit in touching))
    end = max(span.end, *(edit.span.end for edit in touching))
    pushed = start + _moved_by(edits, start)
    inside = sum(len(e.new) - len(e.span) for e in edits if start <= e.span.start and e.span.end <= end)
    return Span(pushed, pushed + (end - start) + inside)


def _first_line(text: bytes) -> str:
    return text.decode(errors="replace").splitlines()[0].rstrip("\\` ") if text else ""

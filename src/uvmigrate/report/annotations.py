"""The plan as annotations beside the code: commands that a job prints, and that GitHub's runner carries out.

A line that begins with ``::`` is a command, and so is one with ``##[`` anywhere in it (ActionCommand.cs of
the runner). So nothing but commands is printed, one a line, and what a repository says stands in them
escaped: no end of a line, and in properties neither ``:`` nor ``,``. What would change is a notice, since
nothing is wrong with it; what was refused is a warning, since a person has to decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.report.regions import Region, instead, regions
from uvmigrate.report.words import cut, printable, shown
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import PurePosixPath

    from uvmigrate.plan import Migration, Step

#: The runner takes this many of a kind from a step of a job, and drops the others without a word.
_MOST = 10
#: It cuts messages after 4096 characters; as many are meant to be read beside a line.
_LENGTH = 1000


class _Note(NamedTuple):
    """One annotation; a file that is None stands for the whole run."""

    file: PurePosixPath | None
    region: Region | None
    title: str
    message: str


def as_annotations(migration: Migration) -> str:
    """One command a line; of each kind at most as many as GitHub shows, the last one says how many more."""
    found = zip(migration.steps, regions(migration), strict=True)
    steps = [list(_of(step, where or instead(step, migration))) for step, where in found]
    # Each step once before the other files: those are left out first.
    notices = [*(notes[0] for notes in steps), *(note for notes in steps for note in notes[1:])]
    warnings = [
        _Note(
            one.path,
            Region(one.line, one.line) if one.line else None,
            f"uvmigrate refuses: {one.code}",
            f"{shown(one.because)}{f' → {shown(one.instead)}' if one.instead else ''}",
        )
        for one in migration.refusals
    ]
    return "".join(f"{line}\n" for line in (*_lines("notice", notices), *_lines("warning", warnings)))


def _of(step: Step, where: Mapping[PurePosixPath, Sequence[Region | None]]) -> Iterator[_Note]:
    """One a file, the first with what to look at; what has no place yet belongs to the run."""
    codemod = step.codemod
    title = f"uvmigrate would change this: {codemod.id}: {codemod.title}"
    why = shown(codemod.why)
    more = " ".join([why, *_elsewhere(step), *(f"Look at: {shown(note)}." for note in step.notes)])
    for position, (path, (region, *_)) in enumerate(where.items()):
        yield _Note(path if region else None, region, title, why if position else more)


def _elsewhere(step: Step) -> Iterator[str]:
    made = [printable(path) for path in step.paths if path not in step.before]
    if made:
        yield f"It makes {', '.join(made)}."


def _lines(kind: str, notes: Sequence[_Note]) -> Iterator[str]:
    shown_ones = notes if len(notes) <= _MOST else notes[: _MOST - 1]
    for note in shown_ones:
        yield _command(kind, note)
    more = len(notes) - len(shown_ones)
    if more:
        message = f"`uvmigrate --format json` has all {len(notes)}."
        yield _command(kind, _Note(None, None, f"uvmigrate: {more} more like these", message))


def _command(kind: str, note: _Note) -> str:
    properties = {"title": shown(note.title)}
    if note.region is not None:
        properties = {"line": str(note.region.first), "endLine": str(note.region.last), **properties}
    if note.file is not None:
        properties = {"file": printable(note.file), **properties}
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{kind} {listed}::{_data(cut(note.message, _LENGTH))}"


def _data(text: str) -> str:
    """A message, escaped as the runner takes it back (``escapeData`` of GitHub's toolkit)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """A property, escaped (``escapeProperty`` of GitHub's toolkit)."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")

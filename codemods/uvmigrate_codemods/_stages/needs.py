"""What a stage's install needs of the RUN instructions above it, and what is left of them where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from uvmigrate.codemod import join, read_pip
from uvmigrate_codemods._stages.called import called_at_runtime
from uvmigrate_codemods._stages.parting import Packages, Parting
from uvmigrate_codemods._stages.runs import Runs
from uvmigrate_codemods._stages.statements import read_statements

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import PurePosixPath

    from uvmigrate.codemod import Edit
    from uvmigrate_codemods._stages.candidates import Candidate
    from uvmigrate_codemods._stages.runs import RunParts
    from uvmigrate_codemods._stages.statements import Statement

#: Roles whose commands the runtime stage runs, or may.
_RUNNING = frozenset({"apart", "application", "unknown"})


class Needs(NamedTuple):
    """The parts of each RUN by its offset, and the edits of those below the install.

    With ``runs_more`` the build stage also runs commands that are not understood; ``reads`` are the image
    paths that these may look into. ``left`` are the packages that leave the image, ``kept`` says why others
    do not. ``brings_uv`` says that pip installs uv.
    """

    runs: Mapping[int, RunParts]
    below: Mapping[int, tuple[Edit, ...]]
    runs_more: bool
    reads: frozenset[PurePosixPath]
    left: tuple[str, ...]
    kept: tuple[str, ...]
    brings_uv: bool


def find_needs(candidate: Candidate) -> Needs:
    """What the install of a stage needs. Raises TiedError (see `Runs.part`)."""
    statements = read_statements(candidate)
    every = [statement for some in statements.values() for statement in some]
    last = max(statement.span.start for statement in every if statement.role == "install")
    opaque = [
        item.span.start
        for item in candidate.stage.instructions
        if item.keyword == "RUN" and item.span.start not in statements and item.span.start < last
    ]
    unknown = [s for s in every if s.role == "unknown" and s.span.start < last]
    until = max([*(s.span.start for s in unknown), *opaque], default=-1)
    partings = _partings(candidate, every, last, until)
    repeated = {s.span.start for s in every if s.role == "apart" and s.span.start < until}
    runs = Runs(candidate, last, partings, repeated)
    parts = {start: runs.part(some[0].instruction, some) for start, some in statements.items() if some}
    return Needs(
        {start: part for start, part in parts.items() if start < last},
        {start: part.runtime or () for start, part in parts.items() if start > last},
        until >= 0,
        frozenset(_reads(candidate, {s.instruction.span.start for s in unknown} | {*opaque})),
        tuple(sorted(runs.left)),
        tuple(dict.fromkeys(note for parting in partings.values() for note in parting.notes)),
        any(s.command is not None and s.role == "install" and read_pip(s.command) for s in every),
    )


def _partings(candidate: Candidate, every: list[Statement], last: int, until: int) -> dict[int, Parting]:
    """How the packages of each command are parted; below the *last* install none is."""
    installing = [s for s in every if s.role == "packages" and s.packages is not None]
    named = {name for s in installing if s.packages for name in s.packages.all()}
    deleted = {name for s in every if s.role == "removal" and s.packages for name in s.packages.all()}
    groups = frozenset(s.packages.group for s in installing if s.packages and s.packages.group in deleted)
    called = called_at_runtime(candidate, [s for s in every if s.role in _RUNNING])
    packages = Packages(candidate, called, groups, named)
    return {
        s.span.start: packages.part(s, everything=s.span.start < until)
        if s.span.start < last
        else Parting(frozenset())
        for s in installing
    }


def _reads(candidate: Candidate, runs: set[int]) -> Iterator[PurePosixPath]:
    """The working directories of some RUN instructions, and the paths that their commands name."""
    for call in candidate.stage.calls():
        if call.instruction.span.start in runs:
            if call.cwd is not None:
                yield call.cwd
            for word in call.command.words:
                if (
                    word.text
                    and call.cwd is not None
                    and not word.text.startswith("-")
                    and "://" not in word.text
                ):
                    yield join(call.cwd, word.text)
    for instruction, state in zip(candidate.stage.instructions, candidate.stage.states, strict=False):
        if instruction.span.start in runs and state.workdir is not None:
            yield state.workdir

"""What a stage's install needs of the RUN instructions above it, and what is left of them where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import NamedTuple, read_pip
from uvmigrate_codemods._layers.sources import is_root
from uvmigrate_codemods._stages.mentions import meet, paths_of, paths_of_variables, programs_of
from uvmigrate_codemods._stages.runs import CannotPartError, Runs
from uvmigrate_codemods._stages.statements import changes_owners, read_statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import PurePosixPath

    from uvmigrate_codemods._stages.candidates import Candidate
    from uvmigrate_codemods._stages.parting import Parting
    from uvmigrate_codemods._stages.runs import RunParts
    from uvmigrate_codemods._stages.statements import Statement

#: Roles whose commands the runtime stage runs, or may.
_RUNNING = frozenset({"apart", "application", "unknown"})


class Needs(NamedTuple):
    """The parts of each RUN by its offset.

    With ``runs_more`` the build stage also runs commands that are not understood; ``reads`` are the image
    paths that its commands and variables name. ``left`` are the packages that leave the image, ``kept`` says
    why others do not. ``staying`` has the texts of the commands that stay, by the RUN's offset.
    ``brings_uv`` says that pip installs uv.
    """

    runs: Mapping[int, RunParts]
    runs_more: bool
    reads: frozenset[PurePosixPath]
    left: tuple[str, ...]
    kept: tuple[str, ...]
    staying: Mapping[int, tuple[str, ...]]
    brings_uv: bool


def find_needs(candidate: Candidate) -> Needs:
    """What the install of a stage needs. Raises CannotPartError (see `Runs.part`)."""
    statements = read_statements(candidate)
    every = [statement for some in statements.values() for statement in some]
    last = max(statement.span.start for statement in every if statement.role == "install")
    opaque = [
        item.span.start
        for item in candidate.stage.instructions
        if item.keyword == "RUN" and item.span.start not in statements and item.span.start < last
    ]
    unknown = [s for s in every if s.role == "unknown" and s.span.start < last]
    _check_users(candidate, unknown)
    until = max([*(s.span.start for s in unknown), *opaque], default=-1)
    partings = _partings(candidate, every, last, until)
    repeated, reads = _repeated(candidate, every, last, until, partings)
    repeated |= {s.span.start for s in every if _clears(candidate, s, every, repeated, last)}
    runs = Runs(candidate, every, last, partings, repeated)
    parts = {start: runs.part(some[0].instruction, some) for start, some in statements.items() if some}
    return Needs(
        parts,
        until >= 0,
        reads | {*_folders(candidate, {s.instruction.span.start for s in unknown} | {*opaque})},
        tuple(sorted(runs.left)),
        tuple(dict.fromkeys(note for parting in partings.values() for note in parting.notes)),
        {start: part.staying for start, part in parts.items()},
        any(s.command is not None and s.role == "install" and read_pip(s.command) for s in every),
    )


def _check_users(candidate: Candidate, unknown: Iterable[Statement]) -> None:
    """The build stage would run as root what another user runs."""
    for statement in unknown:
        if not is_root(candidate.stage, statement.instruction):
            because = "a command above the install runs as another user, and the build stage has to repeat it"
            instead = "run it below the install"
            raise CannotPartError(statement.span.start, "install-as-non-root", because, instead)


def _repeated(
    candidate: Candidate,
    every: list[Statement],
    last: int,
    until: int,
    partings: Mapping[int, Parting],
) -> tuple[set[int], frozenset[PurePosixPath]]:
    """The statements that are no part of the install and that the build stage has to run all the same.

    Those above one that is not understood, and those that touch a path which the build stage names; and the
    paths that it names.
    """
    apart = [s for s in every if s.role == "apart" and s.span.start < last]
    repeated = {s.span.start for s in apart if s.span.start < until}
    running = [s for s in every if s.span.start <= last and s.role in ("install", "unknown")]
    running += [s for s in every if s.role == "packages" and partings[s.span.start].build]
    running += [s for s in apart if s.span.start in repeated]
    named = paths_of_variables(candidate, last).union(
        *(paths_of(candidate, s) | programs_of(s) for s in running)
    )
    folders = {s.call.cwd for s in running if s.call is not None} - {
        candidate.stage.state(s.instruction).workdir for s in running
    }
    named |= {folder for folder in folders if folder is not None}
    while True:
        more = [s for s in apart if s.span.start not in repeated and _is_touched(candidate, s, named)]
        if not more:
            return repeated, named - candidate.mounted
        units = {s.unit for s in more}
        repeated |= {s.span.start for s in apart if s.unit in units}
        named = named.union(*(paths_of(candidate, s) | programs_of(s) for s in more))


def _clears(
    candidate: Candidate, statement: Statement, every: list[Statement], repeated: set[int], last: int
) -> bool:
    """Whether a command takes away what its RUN has made for the last install: no layer is to hold it."""
    command = statement.command
    if command is None or command.name != "rm" or statement.span.start < last:
        return False
    above = [s for s in every if s.instruction is statement.instruction and s.span.start < last]
    made = [s for s in above if s.role == "unknown" or s.span.start in repeated]
    removed = paths_of(candidate, statement) - candidate.mounted
    written: frozenset[PurePosixPath] = frozenset().union(*(paths_of(candidate, s) for s in made))
    return bool(removed) and removed <= written


def _is_touched(candidate: Candidate, statement: Statement, named: frozenset[PurePosixPath]) -> bool:
    """Whether a command changes something that the build stage names. Owners do not matter there."""
    return not changes_owners(statement) and meet(paths_of(candidate, statement), named - candidate.mounted)


def _partings(candidate: Candidate, every: list[Statement], last: int, until: int) -> dict[int, Parting]:
    """How the packages of each command are parted; below the *last* install none is."""
    installing = [s for s in every if s.role == "packages" and s.packages is not None]
    if not installing:
        # Then nobody needs to know what is called.
        return {}
    from uvmigrate_codemods._stages.called import called_at_runtime
    from uvmigrate_codemods._stages.parting import Packages, Parting

    named = {name for s in installing if s.packages for name in s.packages.all()}
    deleted = {name for s in every if s.role == "removal" and s.packages for name in s.packages.all()}
    groups = frozenset(s.packages.group for s in installing if s.packages and s.packages.group in deleted)
    called = called_at_runtime(candidate, [s for s in every if s.role in _RUNNING])
    packages = Packages(candidate, called, groups, named)
    return {
        s.span.start: packages.part(s, everything=candidate.hooked or s.span.start < until)
        if s.span.start < last
        else Parting(frozenset())
        for s in installing
    }


def _folders(candidate: Candidate, runs: set[int]) -> Iterator[PurePosixPath]:
    """The working directories of some RUN instructions, and of the commands in them."""
    for call in candidate.stage.calls():
        if call.instruction.span.start in runs and call.cwd is not None:
            yield call.cwd
    for instruction, state in zip(candidate.stage.instructions, candidate.stage.states, strict=False):
        if instruction.span.start in runs and state.workdir is not None:
            yield state.workdir

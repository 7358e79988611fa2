"""What of a RUN can stand above the sources: all of it, or its first commands up to the install."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    SHELL_STATE,
    SYSTEM,
    Call,
    Command,
    NamedTuple,
    Script,
    Span,
    UvInstall,
    as_run,
    command_reach,
    parse_shell,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import PurePosixPath

    from uvmigrate.codemod import Instruction, StageFacts


class Cut(NamedTuple):
    """Where a RUN is cut: ``rest`` needs the sources (None: nothing does), ``gone`` is that with its joiner.

    ``problem`` is a command that needs the sources and cannot be cut off.
    """

    rest: Span | None = None
    gone: Span | None = None
    problem: Command | None = None


def needs_no_sources(
    stage: StageFacts, run: Instruction, installs: Sequence[UvInstall], folders: frozenset[PurePosixPath]
) -> bool:
    """Whether a RUN as a whole can stand above the sources."""
    cut = cut_run(stage, run, installs, folders, b"")
    return cut.rest is None and cut.problem is None


def cut_run(
    stage: StageFacts,
    run: Instruction,
    installs: Sequence[UvInstall],
    folders: frozenset[PurePosixPath],
    data: bytes,
) -> Cut:
    """Which of the RUN's commands need the sources, and whether they can have a RUN of their own."""
    plain = {install.call.command.span for install in installs if install.first == ()}
    calls = stage.calls_of(run)
    needing = [call for call in calls if call.command.span not in plain and not _outside(call, folders)]
    if not needing:
        return Cut()
    problem = Cut(problem=needing[0].command)
    view = as_run(run)
    if view is None or len(view.scripts) != 1 or run.heredocs:
        return problem
    script = parse_shell(view.scripts[0].data, view.scripts[0].offset)
    at = next(
        (i for i, found in enumerate(script.statements) if found.span.contains(needing[0].command.span)), 0
    )
    while at and _program(script.statements[at - 1]) in SHELL_STATE:
        at -= 1
    kept, rest = script.statements[:at], script.statements[at:]
    if not any(statement.span in plain for statement in kept) or not _loose(script, data, at):
        return problem
    if any(_program(statement) in SHELL_STATE for statement in kept):
        return problem
    cleans = any(call.command.span.start >= rest[0].span.start and _cleans(call) for call in calls)
    if cleans:
        return problem
    return Cut(Span(rest[0].span.start, rest[-1].span.end), Span(kept[-1].span.end, rest[-1].span.end))


def _outside(call: Call, folders: frozenset[PurePosixPath]) -> bool:
    return command_reach(call, folders) <= {"outside"}


def _program(statement: object) -> str:
    name = statement.name if isinstance(statement, Command) else None
    return (name or "").rpartition("/")[2]


def _cleans(call: Call) -> bool:
    """Whether a command cleans up the layer that it stands in."""
    return _program(call.command) in SYSTEM or (
        _program(call.command) == "rm" and command_reach(call, frozenset()) == {"outside"}
    )


def _loose(script: Script, data: bytes, at: int) -> bool:
    """Whether the statements from *at* on hang on those above by nothing but one ``&&``."""
    before, after = script.statements[at - 1], script.statements[at]
    gap = data[before.span.end : after.span.start]
    tied = any(
        isinstance(one, Command) and (one.guarded or one.background or one.negated)
        for one in script.statements
    )
    return before.after is not None and before.after.text == "&&" and not tied and b"#" not in gap

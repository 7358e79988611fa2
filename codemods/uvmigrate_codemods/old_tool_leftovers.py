"""What served pip goes where uv installs: its upgrades, the other managers, its clean-ups and its settings.

pip's own documentation ("Configuration", "Caching") says what they did; uv reads none of pip's settings (uv's
guide "Compatibility with pip").
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    SHELL_STATE,
    Change,
    Codemod,
    Context,
    Edit,
    Refusal,
    as_run,
    drop,
    parse_shell,
    remove_words,
)
from uvmigrate_codemods._leftovers.commands import Leftover, find_leftovers, on_uv, whole
from uvmigrate_codemods._leftovers.tidy import delete
from uvmigrate_codemods._leftovers.variables import drop_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Build


def run(context: Context) -> Iterator[Change | Refusal]:
    """One change for each instruction, in builds where nothing installs with pip any more."""
    for build in context.builds:
        if build.path in context.targets or not on_uv(build):
            continue
        leftovers, refusals = find_leftovers(build)
        yield from refusals
        together: dict[int, list[Leftover]] = defaultdict(list)
        for leftover in leftovers:
            together[leftover.call.instruction.span.start].append(leftover)
        for some in together.values():
            yield Change({build.path: _run_edits(build, some)}, builds=(build.path,))
        gone = {leftover.call.command.span for leftover in leftovers}
        yield from drop_settings(build, gone)


def _run_edits(build: Build, leftovers: list[Leftover]) -> tuple[Edit, ...]:
    """The edits of one RUN: commands and operands out of it, or all of it where nothing else is left."""
    instruction, data = leftovers[0].call.instruction, build.dockerfile.data
    because = "; ".join(dict.fromkeys(leftover.because for leftover in leftovers))
    gone = {leftover.call.command.span for leftover in leftovers if whole(leftover)}
    run = as_run(instruction)
    scripts = [parse_shell(text.data, text.offset) for text in run.scripts] if run else []
    left = [s for script in scripts for s in script.statements if s.span not in gone]
    if all(getattr(statement, "name", None) in SHELL_STATE for statement in left):
        return delete(build.dockerfile, instruction, because)
    edits: list[Edit] = []
    for script in scripts:
        commands = [command for command in script.commands if command.span in gone]
        edits += drop(script, commands, because, data) if commands else ()
    for leftover in leftovers:
        if not whole(leftover):
            edits += remove_words(leftover.call.command, leftover.operands, data)
    return tuple(edits)


CODEMOD = Codemod(
    id="old-tool-leftovers",
    title="Drop what only pip and other old installers needed",
    why="Upgrades, clean-ups and settings of tools that nothing calls cost build time and mislead readers.",
    docs="https://docs.astral.sh/uv/pip/compatibility/#configuration-files-and-environment-variables",
    level="safe",
    run=run,
    after=("uv-switch", "uv-pin"),
    requires=("uv-switch",),
)

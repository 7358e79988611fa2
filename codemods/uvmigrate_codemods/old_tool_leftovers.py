"""What served pip goes where uv installs: its upgrades, the other managers, its clean-ups and its settings.

pip's own documentation ("Configuration", "Caching") says what they did; uv reads none of pip's settings (uv's
guide "Compatibility with pip").
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    HARMLESS_VARIABLES,
    SHELL_STATE,
    Change,
    Codemod,
    Context,
    Refusal,
    as_arg,
    as_env,
    as_run,
    delete_instruction,
    drop,
    edit_pairs,
    parse_shell,
    remove_words,
)
from uvmigrate_codemods._leftovers.commands import Leftover, find_leftovers, on_uv, whole
from uvmigrate_codemods._leftovers.uses import user_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Build, Edit, Instruction, Pair

#: What became of settings that uv has under another name.
_COUNTERPARTS = {
    "PIP_DEFAULT_TIMEOUT": "UV_HTTP_TIMEOUT",
    "PIP_TIMEOUT": "UV_HTTP_TIMEOUT",
    "PIP_RETRIES": "UV_HTTP_RETRIES",
}


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
        yield from _settings(build, leftovers)


def _run_edits(build: Build, leftovers: list[Leftover]) -> tuple[Edit, ...]:
    """The edits of one RUN: commands and operands out of it, or all of it where nothing else is left."""
    instruction, data = leftovers[0].call.instruction, build.dockerfile.data
    because = "; ".join(dict.fromkeys(leftover.because for leftover in leftovers))
    gone = {leftover.call.command.span for leftover in leftovers if whole(leftover)}
    run = as_run(instruction)
    scripts = [parse_shell(text.data, text.offset) for text in run.scripts] if run else []
    left = [s for script in scripts for s in script.statements if s.span not in gone]
    if all(getattr(statement, "name", None) in SHELL_STATE for statement in left):
        return delete_instruction(build.dockerfile, instruction, because)
    edits: list[Edit] = []
    for script in scripts:
        commands = [command for command in script.commands if command.span in gone]
        edits += drop(script, commands, because, data) if commands else ()
    for leftover in leftovers:
        if not whole(leftover):
            edits += remove_words(leftover.call.command, leftover.operands, data)
    return tuple(edits)


def _settings(build: Build, leftovers: list[Leftover]) -> Iterator[Change]:
    """pip's variables out of ENV and ARG, unless pip is still called or something else reads them."""
    instructions = build.dockerfile.instructions
    pairs = [pair for item in instructions for pair in _pairs(item) if pair.key in HARMLESS_VARIABLES]
    gone = {leftover.call.command.span for leftover in leftovers}
    if not pairs or user_of(build, "pip", gone) is not None:
        return
    rest = bytearray(build.dockerfile.data)
    for span in (*(pair.span for pair in pairs), *gone):
        rest[span.start : span.end] = b" " * len(span)
    unread = {pair.key for pair in pairs if not re.search(rb"\b%s\b" % pair.key.encode(), rest)}
    for item in instructions:
        keys = [pair.key for pair in _pairs(item) if pair.key in unread]
        if keys:
            notes = tuple(
                f"{key} goes: uv's name for it is {_COUNTERPARTS[key]}"
                for key in keys
                if key in _COUNTERPARTS
            )
            yield Change({build.path: _env_edits(build, item, keys)}, notes=notes, builds=(build.path,))


def _pairs(instruction: Instruction) -> tuple[Pair, ...]:
    return as_env(instruction) or as_arg(instruction) or ()


def _env_edits(build: Build, instruction: Instruction, keys: list[str]) -> tuple[Edit, ...]:
    because = "uv does not read pip's settings, and nothing calls pip"
    if all(pair.key in keys for pair in _pairs(instruction)):
        return delete_instruction(build.dockerfile, instruction, because)
    return edit_pairs(build.dockerfile, instruction, remove=keys, because=because)


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

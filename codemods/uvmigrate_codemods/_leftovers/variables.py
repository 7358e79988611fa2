"""What ENV and ARG set for pip, poetry and pipenv."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.codemod import HARMLESS_VARIABLES, Change, as_arg, as_env, edit_pairs, interpreter_of
from uvmigrate_codemods._leftovers.tidy import delete
from uvmigrate_codemods._leftovers.uses import user_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from uvmigrate.codemod import Build, Edit, Instruction, Pair, Span

#: What became of settings that uv has under another name.
_COUNTERPARTS = {
    "PIP_DEFAULT_TIMEOUT": "UV_HTTP_TIMEOUT",
    "PIP_TIMEOUT": "UV_HTTP_TIMEOUT",
    "PIP_RETRIES": "UV_HTTP_RETRIES",
}
#: Every setting of poetry's and most of pipenv's has a variable that begins so.
_PREFIXES = {"poetry": "POETRY_", "pipenv": "PIPENV_"}
#: Those that say where packages come from, and with which password.
_INDEX = re.compile(r"POETRY_(?:HTTP_BASIC|PYPI_TOKEN|REPOSITORIES|CERTIFICATES)_|PIPENV_PYPI_MIRROR$")


def drop_settings(build: Build, gone: Collection[Span]) -> Iterator[Change]:
    """The variables of pip, poetry and pipenv out of ENV and ARG, where nothing calls the tool or reads them.

    *gone* are the commands that are dropped.
    """
    instructions = build.dockerfile.instructions
    pairs = [(pair, tool) for item in instructions for pair in _pairs(item) if (tool := _tool(pair.key))]
    kept = any(interpreter_of(facts).keeps for facts in build.stages)
    if not pairs or kept:
        return
    rest = bytearray(build.dockerfile.data)
    for span in (*(pair.span for pair, _ in pairs), *gone):
        rest[span.start : span.end] = b" " * len(span)
    tools = {tool for _, tool in pairs}
    unused = {tool for tool in tools if not _is_used(build, tool, gone, rest)}
    unread = {
        pair.key: tool
        for pair, tool in pairs
        if tool in unused and not re.search(rb"\b%s\b" % pair.key.encode(errors="surrogateescape"), rest)
    }
    for item in instructions:
        keys = {pair.key: unread[pair.key] for pair in _pairs(item) if pair.key in unread}
        if keys:
            yield Change(
                {build.path: _env_edits(build, item, keys)},
                notes=tuple(_notes(keys)),
                builds=(build.path,),
            )


def _tool(key: str) -> str | None:
    """The tool whose doings the variable steers, and nothing else; None for indexes and their passwords."""
    if key in HARMLESS_VARIABLES:
        return "pip"
    steers = (tool for tool, prefix in _PREFIXES.items() if key.startswith(prefix) and not _INDEX.match(key))
    return next(steers, None)


def _is_used(build: Build, tool: str, gone: Collection[Span], rest: bytearray) -> bool:
    """Whether something calls the tool, or, other than pip, may install it: an installer from the network."""
    if user_of(build, tool, gone) is not None:
        return True
    instructions = (rest[item.span.start : item.span.end] for item in build.dockerfile.instructions)
    return tool != "pip" and any(tool.encode() in text for text in instructions)


def _notes(keys: dict[str, str]) -> Iterator[str]:
    pips = [key for key, tool in keys.items() if tool == "pip"]
    if pips:
        yield f"if the application itself calls pip when it runs, it would miss {', '.join(pips)}"
    for key in pips:
        if key in _COUNTERPARTS:
            yield f"{key} goes: uv's name for it is {_COUNTERPARTS[key]}"


def _pairs(instruction: Instruction) -> tuple[Pair, ...]:
    return as_env(instruction) or as_arg(instruction) or ()


def _env_edits(build: Build, instruction: Instruction, keys: dict[str, str]) -> tuple[Edit, ...]:
    tools = sorted(set(keys.values()))
    settings = " or ".join(f"{tool}'s settings" for tool in tools)
    because = f"uv does not read {settings}, and nothing calls {' or '.join(tools)}"
    if all(pair.key in keys for pair in _pairs(instruction)):
        return delete(build.dockerfile, instruction, because)
    return edit_pairs(build.dockerfile, instruction, remove=list(keys), because=because)

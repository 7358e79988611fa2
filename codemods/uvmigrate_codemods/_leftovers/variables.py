"""pip's settings in ENV and ARG."""

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


def drop_settings(build: Build, gone: Collection[Span]) -> Iterator[Change]:
    """pip's variables out of ENV and ARG, unless pip is still called or something else reads them.

    *gone* are the commands that are dropped.
    """
    instructions = build.dockerfile.instructions
    pairs = [pair for item in instructions for pair in _pairs(item) if pair.key in HARMLESS_VARIABLES]
    kept = any(interpreter_of(facts).keeps for facts in build.stages)
    if not pairs or kept or user_of(build, "pip", gone) is not None:
        return
    rest = bytearray(build.dockerfile.data)
    for span in (*(pair.span for pair in pairs), *gone):
        rest[span.start : span.end] = b" " * len(span)
    unread = {
        pair.key
        for pair in pairs
        if not re.search(rb"\b%s\b" % pair.key.encode(errors="surrogateescape"), rest)
    }
    for item in instructions:
        keys = [pair.key for pair in _pairs(item) if pair.key in unread]
        if keys:
            notes = [f"if the application itself calls pip when it runs, it would miss {', '.join(keys)}"]
            notes += [
                f"{key} goes: uv's name for it is {_COUNTERPARTS[key]}"
                for key in keys
                if key in _COUNTERPARTS
            ]
            yield Change(
                {build.path: _env_edits(build, item, keys)}, notes=tuple(notes), builds=(build.path,)
            )


def _pairs(instruction: Instruction) -> tuple[Pair, ...]:
    return as_env(instruction) or as_arg(instruction) or ()


def _env_edits(build: Build, instruction: Instruction, keys: list[str]) -> tuple[Edit, ...]:
    because = "uv does not read pip's settings, and nothing calls pip"
    if all(pair.key in keys for pair in _pairs(instruction)):
        return delete(build.dockerfile, instruction, because)
    return edit_pairs(build.dockerfile, instruction, remove=keys, because=because)

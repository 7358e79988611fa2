"""What calls uv once an image is made: where anything does, uv stays in the image."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.codemod import find_uv, lazy_pattern, starts
from uvmigrate_codemods._stages.called import in_python, is_runner, run_by_files

if TYPE_CHECKING:
    from uvmigrate.codemod import Build, Command, StageFacts

#: A file in another language, or one that a runner reads, that calls uv.
_CALLS_UV = lazy_pattern(rb"[\"']uvx?[\"']|\buvx? (run|sync|pip|tool|venv)\b")


def starts_uv(build: Build, final: StageFacts) -> bool:
    """Whether what starts a container of the stage, or Python files that it may run, calls uv."""
    commands = [start.command for start in starts(build, final)]
    return any(hands_on_to_uv(build, final, command) for command in commands) or bool(
        {"uv", "uvx"} & {*in_python(build)}
    )


def hands_on_to_uv(build: Build, stage: StageFacts, command: Command) -> bool:
    """Whether a command is one of uv, or runs a file of the context that calls uv."""
    if is_runner(command) and any(_CALLS_UV.search(text) for text in run_by_files(build)):
        return True
    return find_uv(command) is not None or any(_names_uv(stage, word.text) for word in command.words)


def _names_uv(stage: StageFacts, word: str | None) -> bool:
    """Whether a word of a command is uvx, or a file of the context that calls uv in another language."""
    if word is None or word.rpartition("/")[2] == "uvx":
        return word is not None
    full = stage.final.absolute(word) if re.fullmatch(r"[\w./-]+\.\w+", word) else None
    path = stage.locate(full, stage.final) if full is not None else None
    if path is None or stage.context.is_dir(path):
        return False
    return bool(_CALLS_UV.search(stage.context.repo.get(stage.context.folder / path, b"")))

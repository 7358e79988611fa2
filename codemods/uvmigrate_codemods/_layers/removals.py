"""``rm`` of the cache in the RUN that a cache is mounted for: a mount cannot be removed, and need not be."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.codemod import Edit, drop, droppable, join, remove_words
from uvmigrate_codemods._layers.caches import Obstacle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Call

_BECAUSE = "the cache is mounted, so nothing of it is in the image"


def removed(call: Call, folder: PurePosixPath, source: bytes) -> tuple[Edit | Obstacle, ...]:
    """The edits without which a RUN would try to remove the folder that uv's cache is mounted at.

    *source* are the Dockerfile's bytes. An Obstacle where a command that does so cannot be edited.
    """
    found: list[Edit | Obstacle] = []
    for other in call.stage.calls(b"rm"):
        if other.instruction is not call.instruction or other.command.name not in ("rm", "/bin/rm"):
            continue
        covering = [index for index, path in _operands(other) if folder.is_relative_to(path)]
        if not covering:
            continue
        operands = [index for index, _ in _operands(other)]
        if other.nested is not None or not other.script.located or not droppable(other.command):
            because = "a command removes uv's cache in the same RUN, which fails where it is mounted"
            found.append(Obstacle("cache-removed", because, "take it out: the cache leaves nothing behind"))
        elif covering == operands:
            found += drop(other.script, [other.command], _BECAUSE, source)
        else:
            found += remove_words(other.command, covering, source)
    return tuple(found)


def _operands(call: Call) -> Iterator[tuple[int, PurePosixPath]]:
    """The operands of ``rm`` that name one path: the index of the word, and the path without a wildcard."""
    for index, word in enumerate(call.command.words):
        text = word.text if word.text is not None else word.raw.strip("\"'").replace("$HOME", "~")
        if index and not text.startswith("-") and "$" not in text:
            home = text.replace("~", "/root", 1) if text.startswith("~") else text
            path = home.rstrip("/").removesuffix("/*")
            if path.startswith("/") or call.cwd is not None:
                yield index, join(call.cwd or PurePosixPath("/"), path)

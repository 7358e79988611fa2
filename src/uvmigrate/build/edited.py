"""Files that are written while the image is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.commands import read_pip, read_uv

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import PurePosixPath

    from uvmigrate.build.model import Build, Call
    from uvmigrate.shell import Command

_WRITERS = frozenset("sed tee cp mv awk perl patch python python3 pip-compile dos2unix curl wget".split())


def edited_in_build(build: Build, path: PurePosixPath, but: Collection[Command] = ()) -> Call | None:
    """The command, if any, that seems to write a file of that name while the image is built.

    *but* are commands that are known to.
    """
    name = path.name
    for call in build.calls(name.encode(errors="surrogateescape")):
        command = call.command
        if command in but or read_pip(command) is not None or read_uv(command) is not None:
            continue
        written = any(
            r.operator.lstrip("0123456789").startswith(">") and r.target is not None and name in r.target.raw
            for r in command.redirects
        )
        program = (command.name or "").rpartition("/")[2]
        named = any(name in word.raw for word in command.words[1:])
        if written or (named and program in _WRITERS):
            return call
    return None

"""Putting one instruction below the first line of every Dockerfile, in its newline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import Change
from uvmigrate.source import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Context


def inserted(context: Context, line: bytes, *notes: str) -> Iterator[Change]:
    """A change for each Dockerfile that does not have the line."""
    for build in context.builds:
        data = context.repo[build.path]
        if line not in data:
            newline = b"\r\n" if b"\r\n" in data else b"\n"
            edit = Edit.insert(data.index(b"\n") + 1, line + newline)
            yield Change({build.path: (edit,)}, notes=notes, builds=(build.path,))

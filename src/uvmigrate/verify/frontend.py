"""Builds without the frontends that Dockerfiles name: a builder that reaches no registry cannot pull them.

Docker's reference, "Parser directives": without ``# syntax=`` the builder reads the file by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.dockerfile import Directive, parse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from uvmigrate.plan import Migration


def without_frontends(migration: Migration, trees: Sequence[Path]) -> None:
    """Blank the ``# syntax=`` line of every planned Dockerfile in *trees*; its lines keep their numbers."""
    for tree in trees:
        for result in migration.builds:
            file = tree / result.path
            if file.is_file() and not file.is_symlink():
                file.write_bytes(blanked(file.read_bytes()))


def blanked(data: bytes) -> bytes:
    """A Dockerfile with a comment of the same length in place of its ``# syntax=`` directive.

    The comment goes below the other directives, which a comment would end.
    """
    items = parse(data).items
    directives = [item for item in items if isinstance(item, Directive)]
    syntax = next((item.span.of(data) for item in directives if item.name == "syntax"), None)
    if syntax is None:
        return data
    others = [item.span.of(data) for item in directives if item.name != "syntax"]
    end = syntax[len(syntax.rstrip(b"\r\n")) :]
    comment = b"#" * (len(syntax) - len(end)) + end
    start = directives[0].span.start
    return data[:start] + b"".join([*others, comment]) + data[directives[-1].span.end :]

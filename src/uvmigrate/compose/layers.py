"""What a service is with another compose file laid over its own, and what it extends of another file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.compose.merge import RESET, layered
from uvmigrate.compose.nodes import UnusableError
from uvmigrate.compose.read import extended
from uvmigrate.compose.service import service
from uvmigrate.compose.tree import Budget

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from uvmigrate.compose.model import ComposeFile, Service


def overlaid(base: ComposeFile, over: ComposeFile, name: str) -> Service | None:
    """The service that both files have, *over* laid over *base*; None where Compose would reject that."""
    try:
        return service(name, layered(base.tables[name], over.tables[name], Budget()))
    except UnusableError:
        return None


def extended_elsewhere(file: ComposeFile, name: str) -> tuple[PurePosixPath, str] | None:
    """The other file, and the service there, that a service extends; None where it extends none elsewhere."""
    found = file.tables[name].entries.get("extends")
    if found is None or found.tag == RESET:
        return None
    try:
        path, base = extended(file.path, found)
    except UnusableError:
        return None
    return (path, base) if path != file.path else None

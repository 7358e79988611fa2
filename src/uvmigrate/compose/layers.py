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
    from uvmigrate.compose.tree import Table


def overlaid(base: ComposeFile, over: ComposeFile, name: str) -> Service | None:
    """The service that both files have, *over* laid over *base*; None where Compose would reject that."""
    try:
        return service(name, laid_over(base.tables[name], over.tables[name]))
    except UnusableError:
        return None


def laid_over(base: Table, over: Table) -> Table:
    """The table of a service with that of a file which Compose reads over it. Raises UnusableError."""
    return layered(base, over, Budget())


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

"""Configs and secrets whose text stands in the compose file, or in a variable, and in no file of the host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.compose.merge import items
from uvmigrate.compose.tree import Scalar, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.compose.model import ComposeFile

_INLINE = frozenset({"content", "environment"})


def inline_files(file: ComposeFile, service: str) -> Iterator[str]:
    """Those of a service, as ``the config x``.

    Compose writes them into the container once it is made, which the engine refuses where its root file
    system is read-only (tried with docker compose 2.26: ``container rootfs is marked read-only``).
    """
    for kind in ("config", "secret"):
        named = items(file.tables[service].entries.get(f"{kind}s"))
        for value in named:
            source = value.entries.get("source") if isinstance(value, Table) else value
            name = source.text if isinstance(source, Scalar) else None
            if name is not None and _is_inline(file, f"{kind}s", name):
                yield f"the {kind} {name}"


def _is_inline(file: ComposeFile, key: str, name: str) -> bool:
    for document in file.documents:
        known = document.entries.get(key)
        entry = known.entries.get(name) if isinstance(known, Table) else None
        if isinstance(entry, Table) and _INLINE & entry.entries.keys():
            return True
    return False

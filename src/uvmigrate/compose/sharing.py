"""Who has what: the nodes that services share through anchors, and the services that they extend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.compose.nodes import is_merge
from uvmigrate.compose.read import extended
from uvmigrate.compose.tree import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from uvmigrate.compose.model import ComposeFile
    from uvmigrate.compose.nodes import Node
    from uvmigrate.compose.tree import Value


def services_in(root: Node) -> Iterator[tuple[str, Node]]:
    """The services of a document by name, as they are written."""
    found = root.value("services")
    for key, value in found.meant.pairs if found is not None else ():
        yield key.meant.text, value


def merged(file: ComposeFile, node: Node) -> Mapping[str, Value]:
    """What the mapping of a service has with its merge keys, and without what it extends."""
    for document in file.documents:
        services = document.entries.get("services")
        for service in services.entries.values() if isinstance(services, Table) else ():
            if isinstance(service, Table) and service.place.span == node.span:
                return service.entries
    return {}


def bases(file: ComposeFile, name: str) -> list[str]:
    """The services of the same file that a service extends, the nearest first."""
    found: list[str] = []
    while name in file.tables and (value := file.tables[name].entries.get("extends")) is not None:
        path, name = extended(file.path, value)
        if path != file.path or name in found:
            break
        found.append(name)
    return found


def heritage(file: ComposeFile, roots: Sequence[Node], name: str) -> set[str]:
    """The services of the same file that a service extends or merges, directly or not."""
    written = {other: node for root in roots for other, node in services_in(root)}
    names = {id(node): other for other, node in written.items()}
    found: set[str] = set()
    waiting = [name]
    while waiting:
        one = waiting.pop()
        pairs = written[one].meant.pairs if one in written else ()
        merging = (value.meant for key, value in pairs if is_merge(key))
        sources = [source.meant for value in merging for source in (value.items or [value])]
        above = {*bases(file, one), *(names[id(source)] for source in sources if id(source) in names)}
        waiting += above - found
        found |= above
    return found


def reaches(start: Node, wanted: Node) -> bool:
    """Whether *wanted* is *start* or in it, aliases followed."""
    seen: set[int] = set()
    waiting = [start]
    while waiting:
        node = waiting.pop().meant
        if node is wanted:
            return True
        if id(node) not in seen:
            seen.add(id(node))
            waiting += node.children
    return False

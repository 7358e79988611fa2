"""Who has what: the nodes that services share through anchors, and the services that they extend."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from uvmigrate.compose.nodes import Entry, is_merge
from uvmigrate.compose.read import extended
from uvmigrate.compose.text import first_dash
from uvmigrate.compose.tree import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from uvmigrate.compose.model import ComposeFile
    from uvmigrate.compose.nodes import Node
    from uvmigrate.compose.tree import Value
    from uvmigrate.source import Span


class Sharing:
    """What the services of a file have of each other, worked out once for all that is asked of them."""

    def __init__(self, file: ComposeFile, roots: Sequence[Node]) -> None:
        """*roots* are those of the file's documents."""
        self._file = file
        self._roots = roots
        self._dashes: dict[int, int | None] = {}

    @cached_property
    def written(self) -> Mapping[str, Sequence[Entry]]:
        """Where each service is written, by its name: once for each document."""
        found: dict[str, list[Entry]] = {}
        for root in self._roots:
            services = root.value("services")
            if services is not None:
                for key, value in services.meant.pairs:
                    found.setdefault(key.meant.text, []).append(Entry(root, services.meant, key, value))
        return found

    def dash(self, root: Node) -> int | None:
        """What the dashes of a document's lists are indented by; None where it has none."""
        if id(root) not in self._dashes:
            self._dashes[id(root)] = first_dash(self._file.data, root)
        return self._dashes[id(root)]

    def merged(self, node: Node) -> Mapping[str, Value]:
        """What the mapping of a service has with its merge keys, and without what it extends."""
        return self._entries.get(node.span, {})

    def holders(self, node: Node) -> set[str]:
        """The services, and other top-level keys, that *node* is, or is in, aliases followed."""
        names: set[str] = set()
        seen: set[int] = set()
        waiting = [node]
        while waiting:
            one = waiting.pop()
            if id(one) not in seen:
                seen.add(id(one))
                names |= self._owners.get(id(one), set())
                waiting += self._above.get(id(one), [])
        return names

    def bases(self, name: str) -> Sequence[str]:
        """The services of the same file that a service extends, the nearest first."""
        return self._bases.get(name, ())

    def extending(self, names: Iterable[str]) -> list[str]:
        """The services of the same file that extend one of these, directly or not, each once."""
        return list(dict.fromkeys(above for name in names for above in self._extending.get(name, ())))

    def heritage(self, name: str) -> set[str]:
        """The services of the same file that a service extends or merges, directly or not."""
        found: set[str] = set()
        waiting = [name]
        while waiting:
            one = waiting.pop()
            pairs = self.written[one][-1].value.meant.pairs if one in self.written else ()
            merging = (value.meant for key, value in pairs if is_merge(key))
            sources = [source.meant for value in merging for source in (value.items or [value])]
            above = {
                *self.bases(one),
                *(self._names[id(node)] for node in sources if id(node) in self._names),
            }
            waiting += above - found
            found |= above
        return found

    def stands(self, key: str, at: Span) -> Entry | None:
        """Where an item stands in the list that a key has, or the text that is the only one."""
        return self._items.get((key, at))

    @cached_property
    def _entries(self) -> Mapping[Span, Mapping[str, Value]]:
        found: dict[Span, Mapping[str, Value]] = {}
        for document in self._file.documents:
            services = document.entries.get("services")
            for service in services.entries.values() if isinstance(services, Table) else ():
                if isinstance(service, Table):
                    found.setdefault(service.place.span, service.entries)
        return found

    @cached_property
    def _names(self) -> Mapping[int, str]:
        """The name of each service's node."""
        return {id(entries[-1].value): name for name, entries in self.written.items()}

    @cached_property
    def _owners(self) -> Mapping[int, set[str]]:
        """Which services, and other top-level keys, have which node as their value."""
        found: dict[int, set[str]] = {}
        for name, entries in self.written.items():
            for entry in entries:
                found.setdefault(id(entry.value.meant), set()).add(name)
        for root in self._roots:
            for key, value in root.pairs:
                if key.text != "services" and not key.text.startswith("x-"):
                    found.setdefault(id(value.meant), set()).add(key.text)
        return found

    @cached_property
    def _above(self) -> Mapping[int, list[Node]]:
        """The mappings and lists that each node is in, by itself or by an alias."""
        found: dict[int, list[Node]] = {}
        for root in self._roots:
            for node in root.below:
                for child in node.children:
                    found.setdefault(id(child.meant), []).append(node)
        return found

    @cached_property
    def _items(self) -> Mapping[tuple[str, Span], Entry]:
        found: dict[tuple[str, Span], Entry] = {}
        for root in self._roots:
            for mapping in root.below:
                for key, value in mapping.pairs:
                    for node in value.items or [value]:
                        found.setdefault((key.text, node.span), Entry(root, mapping, key, value))
        return found

    @cached_property
    def _bases(self) -> Mapping[str, Sequence[str]]:
        return {name: _bases(self._file, name) for name in self._file.tables}

    @cached_property
    def _extending(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = {}
        for name, above in self._bases.items():
            for base in above:
                found.setdefault(base, []).append(name)
        return found


def _bases(file: ComposeFile, name: str) -> list[str]:
    found: dict[str, None] = {}
    while name in file.tables and (value := file.tables[name].entries.get("extends")) is not None:
        path, name = extended(file.path, value)
        if path != file.path or name in found:
            break
        found[name] = None
    return list(found)

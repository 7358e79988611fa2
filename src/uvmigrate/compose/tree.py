"""YAML text as tables, lists and scalars that know their place in the file.

Aliases and merge keys are expanded here. Whatever cannot be read raises UnusableError, which `load` turns
into a Problem.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from uvmigrate.compose.model import TEMPLATE
from uvmigrate.compose.nodes import Lines, Node, UnusableError, documents, is_merge
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import PurePosixPath

    from uvmigrate.source import Span

#: The values that one file may expand to: the bound on aliases of aliases ("billion laughs").
MAX_VALUES = 50_000
#: The nesting that is followed; it also ends an anchor that contains itself.
MAX_DEPTH = 40


class Place(NamedTuple):
    """Where a value stands: the file, the 1-based line of its key, and the bytes of the value.

    The span has the value's tag and anchor in it and ends with its last character: no blank line or
    comment that follows. A value that an alias brings in has the anchor's span and the alias's line.
    """

    path: PurePosixPath
    line: int
    span: Span


class Scalar(NamedTuple):
    """A text; None where the file says null or nothing."""

    text: str | None
    place: Place
    tag: str


class Items(NamedTuple):
    """A list."""

    values: tuple[Value, ...]
    place: Place
    tag: str


class Table(NamedTuple):
    """A mapping, its merge keys expanded."""

    entries: Mapping[str, Value]
    place: Place
    tag: str


Value: TypeAlias = Scalar | Items | Table


class Budget:
    """How many values may still be made; shared by everything that one `load` reads."""

    def __init__(self, values: int = MAX_VALUES) -> None:
        """*values* may be made in all."""
        self._left = values

    def spend(self, values: int, line: int) -> None:
        """Take *values*; raises UnusableError for *line* where that is more than there are."""
        self._left -= values
        if self._left < 0:
            raise UnusableError(line, f"its aliases expand to more than {MAX_VALUES} values")


def read(path: PurePosixPath, data: bytes, budget: Budget) -> tuple[Table, ...]:
    """The top-level tables of the file's documents, those that are empty left out.

    Raises UnusableError where the file is no UTF-8, no YAML, a template, or no mapping.
    """
    expansion = _Expansion(path, Lines(data), budget)
    values = [expansion.value(node) for node in documents(data)]
    for value in values:
        if not isinstance(value, Table) and not (isinstance(value, Scalar) and value.text is None):
            raise UnusableError(value.place.line, "is not a mapping")
    return tuple(value for value in values if isinstance(value, Table))


class _Expansion:
    """From nodes to values: aliases and merge keys expanded."""

    def __init__(self, path: PurePosixPath, lines: Lines, budget: Budget) -> None:
        self._path = path
        self._lines = lines
        self._budget = budget

    def value(self, written: Node, key: Node | None = None, depth: int = 0) -> Value:
        """The value that a node stands for; *key* is the node before it, in a mapping."""
        node = written.meant
        place = Place(self._path, self._line(written if key is None else key), node.span)
        self._budget.spend(1, place.line)
        if depth > MAX_DEPTH:
            raise UnusableError(place.line, "is nested too deeply, or an anchor contains itself")
        if node.kind == "scalar":
            return Scalar(None if node.is_null else self._text_of(node), place, node.tag)
        if node.kind == "list":
            return Items(tuple(self.value(item, None, depth + 1) for item in node.items), place, node.tag)
        return Table(self._entries(node, depth), place, node.tag)

    def _entries(self, node: Node, depth: int) -> dict[str, Value]:
        """The mapping's own entries over those that its merge key brings (YAML's merge key type)."""
        own: dict[str, Value] = {}
        merged: dict[str, Value] = {}
        seen: set[str] = set()
        for written, child in node.pairs:
            line, key = self._line(written), written.meant
            if key.kind != "scalar":
                # {{ name }} without quotes is a mapping in a mapping's key.
                template = key.kind == "mapping" and key.style == "{"
                raise UnusableError(line, TEMPLATE if template else "has a key that is no text")
            name = self._text_of(key)
            if name in seen:
                # So says Compose, too; what the author meant is not known.
                raise UnusableError(line, f'has the key "{name}" twice in one mapping')
            seen.add(name)
            if is_merge(written):
                merged = self._merged(child, line, depth + 1)
            else:
                own[name] = self.value(child, written, depth + 1)
        return merged | own

    def _merged(self, written: Node, line: int, depth: int) -> dict[str, Value]:
        """What ``<<:`` brings in: of a list of mappings, the first that has a key gives its value."""
        result: dict[str, Value] = {}
        node = written.meant
        for source in reversed(node.items if node.kind == "list" else [node]):
            value = self.value(source, None, depth)
            if not isinstance(value, Table):
                raise UnusableError(line, "has a merge key that names no mapping")
            result |= value.entries
            self._budget.spend(len(value.entries), line)
        return result

    def _text_of(self, node: Node) -> str:
        """The text of a scalar node, which an escape (``"\\ud800"``) may have made no text at all."""
        if any("\ud800" <= character <= "\udfff" for character in node.text):
            raise UnusableError(self._line(node), "is not YAML: it escapes half a character")
        return node.text

    def _line(self, node: Node) -> int:
        return self._lines.at(node.span.start)

"""YAML text as tables, lists and scalars that know their place in the file.

ruamel.yaml reads the text and says where things are; nothing is ever dumped. Aliases and merge keys are
expanded here. Whatever cannot be read raises UnusableError, which `load` turns into a Problem.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from uvmigrate.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import PurePosixPath

#: ruamel reads some 60 KB a second; compose files that people write have a few thousand lines at most.
MAX_BYTES = 256 * 1024
#: The values that one file may expand to: the bound on aliases of aliases ("billion laughs").
MAX_VALUES = 50_000
#: The nesting that is followed; it also ends an anchor that contains itself.
MAX_DEPTH = 40

_JINJA = re.compile(
    rb"\{%[-+]?\s*(?:if|for|set|else|elif|endif|endfor|raw|include|block|extends|macro|import|from)\b"
)


class UnusableError(Exception):
    """The file cannot be used: ``line`` (1-based) and one clause that says why."""

    def __init__(self, line: int, why: str) -> None:
        """*why* follows the name of the file in a sentence."""
        super().__init__(why)
        self.line = line
        self.why = why


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


class Lines:
    """Line numbers of byte offsets."""

    def __init__(self, data: bytes) -> None:
        """*data* is the whole file."""
        self._starts = [0, *(found.end() for found in re.finditer(rb"\n", data))]

    def at(self, offset: int) -> int:
        """The 1-based line of the byte at *offset*."""
        return bisect_right(self._starts, offset)


def read(path: PurePosixPath, data: bytes, budget: Budget) -> tuple[Table, ...]:
    """The top-level tables of the file's documents, those that are empty left out.

    Raises UnusableError where the file is no UTF-8, no YAML, a template, or no mapping.
    """
    if len(data) > MAX_BYTES:
        raise UnusableError(1, f"is larger than {MAX_BYTES // 1024} KiB")
    lines = Lines(data)
    template = _JINJA.search(data)
    if template:
        raise UnusableError(lines.at(template.start()), "is a template")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise UnusableError(lines.at(error.start), "is not UTF-8") from error
    try:
        nodes = _documents(text)
    except UnusableError as error:
        braces = data.find(b"{{")
        if braces >= 0:
            raise UnusableError(lines.at(braces), "is a template") from error
        raise
    expansion = _Expansion(path, text, lines, budget)
    values = [expansion.value(node) for node in nodes]
    for value in values:
        if not isinstance(value, Table) and not (isinstance(value, Scalar) and value.text is None):
            raise UnusableError(value.place.line, "is not a mapping")
    return tuple(value for value in values if isinstance(value, Table))


def _documents(text: str) -> list[Any]:
    """The node trees of the YAML documents in *text*. Raises UnusableError."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.reader import ReaderError

    yaml = YAML(typ="safe", pure=True)
    # Without this, an anchor that is defined twice is a warning on standard error.
    yaml.composer.warn_double_anchors = False
    try:
        return list(yaml.compose_all(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = 1 if mark is None else text.count("\n", 0, mark.index) + 1
        raise UnusableError(line, f"is not YAML: {error.problem or error.context}") from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise UnusableError(line, "is not YAML: it has a control character") from error
    except RecursionError as error:
        raise UnusableError(1, "is nested too deeply") from error
    except (
        YAMLError,
        ArithmeticError,
        AssertionError,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
    ) as error:
        # ruamel trips over some escapes (\\UFFFFFFFF) and directives (%YAML 1.99) itself.
        raise UnusableError(1, "is not YAML") from error


class _Expansion:
    """From ruamel's nodes to values: aliases and merge keys expanded, characters turned into bytes."""

    def __init__(self, path: PurePosixPath, text: str, lines: Lines, budget: Budget) -> None:
        self._path = path
        self._text = text
        self._lines = lines
        self._budget = budget
        sizes = None if text.isascii() else (len(character.encode()) for character in text)
        self._bytes = range(len(text) + 1) if sizes is None else list(accumulate(sizes, initial=0))

    def value(self, node: Any, key: Any = None, depth: int = 0) -> Value:
        """The value that *node* is; *key* is the node it stands behind, in a mapping."""
        place = self._place(node, key)
        self._budget.spend(1, place.line)
        if depth > MAX_DEPTH:
            raise UnusableError(place.line, "is nested too deeply, or an anchor contains itself")
        tag = str(node.tag)
        if node.id == "scalar":
            return Scalar(None if tag.endswith(":null") else self._text_of(node), place, tag)
        if node.id == "sequence":
            return Items(tuple(self.value(item, None, depth + 1) for item in node.value), place, tag)
        return Table(self._entries(node, depth), place, tag)

    def _entries(self, node: Any, depth: int) -> dict[str, Value]:
        """The mapping's own entries over those that its merge key brings (YAML's merge key type)."""
        own: dict[str, Value] = {}
        merged: dict[str, Value] = {}
        seen: set[str] = set()
        for key, child in node.value:
            line = self._line(key)
            if key.id != "scalar":
                # {{ name }} without quotes is a mapping in a mapping's key.
                template = key.id == "mapping" and key.flow_style
                raise UnusableError(line, "is a template" if template else "has a key that is no text")
            name = self._text_of(key)
            if name in seen:
                # So says Compose, too; what the author meant is not known.
                raise UnusableError(line, f'has the key "{name}" twice in one mapping')
            seen.add(name)
            if str(key.tag).endswith(":merge"):
                merged = self._merged(child, line, depth + 1)
            else:
                own[name] = self.value(child, key, depth + 1)
        return merged | own

    def _merged(self, node: Any, line: int, depth: int) -> dict[str, Value]:
        """What ``<<:`` brings in: of a list of mappings, the first that has a key gives its value."""
        result: dict[str, Value] = {}
        for source in reversed(node.value if node.id == "sequence" else [node]):
            value = self.value(source, None, depth)
            if not isinstance(value, Table):
                raise UnusableError(line, "has a merge key that names no mapping")
            result |= value.entries
            self._budget.spend(len(value.entries), line)
        return result

    def _text_of(self, node: Any) -> str:
        """The text of a scalar node, which an escape (``"\\ud800"``) may have made no text at all."""
        text = str(node.value)
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise UnusableError(self._line(node), "is not YAML: it escapes half a character")
        return text

    def _place(self, node: Any, key: Any) -> Place:
        start, end = node.start_mark.index, self._end(node)
        if key is not None and start == node.end_mark.index:
            # ruamel puts a value that is not there where the next one begins.
            start = end = self._text.find(":", key.end_mark.index) + 1
        span = Span(self._bytes[start], self._bytes[end])
        return Place(self._path, self._line(node if key is None else key), span)

    def _line(self, node: Any) -> int:
        return self._lines.at(self._bytes[node.start_mark.index])

    def _end(self, node: Any) -> int:
        """The character after the last one of *node*, in front of blanks and comments."""
        start: int = node.start_mark.index
        end: int = node.end_mark.index
        while node.id != "scalar" and not node.flow_style and node.value:
            children = [part for pair in node.value for part in pair] if node.id == "mapping" else node.value
            last = children[-1]
            others_end = max((child.end_mark.index for child in children[:-1]), default=start)
            if last.start_mark.index == last.end_mark.index or last.start_mark.index < others_end:
                # Nothing, or an alias, which has the marks of its anchor: read on in the text.
                return start + _without_comments(self._text[start:end])
            node, start, end = last, last.start_mark.index, last.end_mark.index
        return start + len(self._text[start:end].rstrip(" \t\r\n"))


def _without_comments(text: str) -> int:
    """The length of *text* without the comments and blanks at its end; no block scalar is its last."""
    lines = list(_spans(text))
    while lines:
        start, end = lines.pop()
        content = re.sub(r"(?:^|\s)\s*#.*", "", text[start:end], flags=re.DOTALL).rstrip()
        if content:
            return start + len(content)
    return 0


def _spans(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for line in text.split("\n"):
        yield start, start + len(line)
        start += len(line) + 1

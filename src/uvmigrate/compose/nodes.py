"""YAML text as nodes that know their bytes: what stands where, aliases and merge keys as they are written.

ruamel.yaml reads the text; nothing is ever dumped. Whatever cannot be read raises UnusableError.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Literal

from uvmigrate.compose.model import TEMPLATE
from uvmigrate.source import NamedTuple, Span, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

#: ruamel reads some 60 KB a second; compose files that people write have a few thousand lines at most.
MAX_BYTES = 256 * 1024

_JINJA = lazy_pattern(
    rb"\{%[-+]?\s*(?:if|for|set|else|elif|endif|endfor|raw|include|block|extends|macro|import|from)\b"
)
#: Blanks and tabs behind a value. YAML allows tabs there, and ruamel does not.
_TABS = lazy_pattern(r"(?<=[^ \t\n])[ \t]*\t[ \t]*(?=#|\r?(?:\n|\Z))")
_COLON = lazy_pattern(r"\s*:")
#: The way to a list's next dash: blanks, comments, the list's own tag and anchor.
_DASH = lazy_pattern(r"(?:\s+|#[^\n]*(?:\n|\Z)|[&!]\S+)*-")


class UnusableError(Exception):
    """The file cannot be used: ``line`` (1-based) and one clause that says why."""

    def __init__(self, line: int, why: str) -> None:
        """*why* follows the name of the file in a sentence."""
        super().__init__(why)
        self.line = line
        self.why = why


class Lines:
    """Line numbers of byte offsets."""

    def __init__(self, data: bytes) -> None:
        """*data* is the whole file."""
        self._data = data

    @cached_property
    def _starts(self) -> list[int]:
        # Worked out when it is asked for: a file that is too large is not even looked through.
        return [0, *(found.end() for found in re.finditer(rb"\n", self._data))]

    def at(self, offset: int) -> int:
        """The 1-based line of the byte at *offset*."""
        return bisect_right(self._starts, offset)


class Node:
    """A node as it is written; each stands in one place of the file.

    ``span`` has the tag and the anchor in it and ends with the last character: no blank line or comment that
    follows. ``style`` is what begins a scalar (``'``, ``"``, ``|``, ``>``) or, for a collection, ``{`` in
    flow style; empty otherwise. A mapping has ``pairs``, a list ``items``, an alias a ``target``.
    """

    def __init__(
        self,
        kind: Literal["scalar", "list", "mapping", "alias"],
        span: Span,
        tag: str = "",
        *,
        anchor: str | None = None,
        target: Node | None = None,
    ) -> None:
        self.kind = kind
        self.span = span
        self.tag = tag
        self.anchor = anchor
        self.target = target
        self.text = self.style = ""
        self.items: list[Node] = []
        self.pairs: list[tuple[Node, Node]] = []

    @property
    def meant(self) -> Node:
        """The node itself; for an alias, the one that it stands for."""
        return self if self.target is None else self.target

    @property
    def is_null(self) -> bool:
        """Whether it says null, or nothing."""
        return self.kind == "scalar" and self.tag.endswith(":null")

    @property
    def children(self) -> Iterator[Node]:
        """The items, or the keys and values, in the file's order."""
        yield from self.items
        for pair in self.pairs:
            yield from pair

    def value(self, key: str) -> Node | None:
        """What the mapping itself has under a key: nothing that a merge key brings."""
        return next(
            (value for name, value in self.pairs if name.meant.text == key and not is_merge(name)), None
        )

    @property
    def below(self) -> Iterator[Node]:
        """The node and all nodes in it, in the file's order; aliases are not followed."""
        yield self
        for child in self.children:
            yield from child.below

    @property
    def leaves(self) -> Iterator[Node]:
        """The scalars and aliases in it."""
        return (node for node in self.below if node.kind in ("scalar", "alias"))

    @property
    def last(self) -> Node:
        """The scalar, alias, or collection in flow style that the node ends with."""
        if self.style == "{":
            return self
        *_, found = (self, *self.children)
        return self if found is self else found.last


class Entry(NamedTuple):
    """A key and its value, the mapping that they are of, and the document's root."""

    root: Node
    mapping: Node
    key: Node
    value: Node


def is_merge(key: Node) -> bool:
    """Whether a mapping's key is ``<<``, and not a text that looks so."""
    return key.meant.tag.endswith(":merge")


def documents(data: bytes) -> list[Node]:
    """The root nodes of the file's documents; an empty document's says null.

    Raises UnusableError where the file is no UTF-8, no YAML, or a template.
    """
    if len(data) > MAX_BYTES:
        raise UnusableError(1, f"is larger than {MAX_BYTES // 1024} KiB")
    lines = Lines(data)
    template = _JINJA.search(data)
    if template:
        raise UnusableError(lines.at(template.start()), TEMPLATE)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise UnusableError(lines.at(error.start), "is not UTF-8") from error
    try:
        return _read(text) if "\t" not in text else _read_with_tabs(text)
    except UnusableError as error:
        braces = data.find(b"{{")
        if braces >= 0:
            raise UnusableError(lines.at(braces), TEMPLATE) from error
        raise


def _read_with_tabs(text: str) -> list[Node]:
    try:
        return _read(text)
    except UnusableError:
        return _read(_TABS.sub(lambda tabs: " " * len(tabs[0]), text))


def _read(text: str) -> list[Node]:
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.reader import ReaderError

    try:
        return [_Conversion(text).node(root) for root in _composed(text)]
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


class _Alias:
    """What ruamel is made to put where an alias stands; it would put the anchor's own node there."""

    id = "alias"

    def __init__(self, event: Any, target: Any) -> None:
        self.start_mark = event.start_mark
        self.end_mark = event.end_mark
        self.target = target


def _composed(text: str) -> list[Any]:
    """ruamel's node trees of the documents, with each alias as an `_Alias`."""
    from ruamel.yaml import YAML
    from ruamel.yaml.composer import Composer
    from ruamel.yaml.events import AliasEvent

    class Aliases(Composer):
        def compose_node(self, parent: Any, index: Any) -> Any:
            event = self.parser.peek_event()
            node = super().compose_node(parent, index)
            return _Alias(event, node) if isinstance(event, AliasEvent) else node

    yaml = YAML(typ="safe", pure=True)
    yaml.Composer = Aliases
    # Without this, an anchor that is defined twice is a warning on standard error.
    yaml.composer.warn_double_anchors = False
    return list(yaml.compose_all(text))


class _Conversion:
    """From ruamel's nodes of one document to ours; characters become bytes."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._made: dict[int, Node] = {}
        sizes = None if text.isascii() else (len(character.encode()) for character in text)
        self._bytes = range(len(text) + 1) if sizes is None else list(accumulate(sizes, initial=0))

    def node(self, found: Any, at: int | None = None) -> Node:
        """The node that *found* is. One that is empty stands at *at*: ruamel has it where the next begins."""
        start, end = found.start_mark.index, self._end(found)
        if at is not None and found.id == "scalar" and start == found.end_mark.index:
            start = end = at
        if found.id == "alias":
            return Node("alias", self._span(start, end), target=self._made[id(found.target)])
        made = Node("scalar", self._span(start, end), str(found.tag), anchor=found.anchor)
        self._made[id(found)] = made
        if found.id == "scalar":
            made.text, made.style = str(found.value), found.style or ""
        else:
            made.style = "{" if found.flow_style else ""
            last = self._items(made, found) if found.id == "sequence" else self._pairs(made, found)
            if last is not None and not found.flow_style:
                made.span = Span(made.span.start, last.span.end)
        return made

    def _items(self, made: Node, found: Any) -> Node | None:
        made.kind = "list"
        at = found.start_mark.index
        for item in found.value:
            dash = None if found.flow_style else _DASH.match(self._text, at)
            made.items.append(self.node(item, dash and dash.end()))
            at = bisect_right(self._bytes, made.items[-1].span.end) - 1
        return made.items[-1] if made.items else None

    def _pairs(self, made: Node, found: Any) -> Node | None:
        made.kind = "mapping"
        for key, value in found.value:
            colon = _COLON.match(self._text, key.end_mark.index)
            at = key.end_mark.index if colon is None else colon.end()
            made.pairs.append((self.node(key), self.node(value, at)))
        return made.pairs[-1][1] if made.pairs else None

    def _span(self, start: int, end: int) -> Span:
        return Span(self._bytes[start], self._bytes[end])

    def _end(self, found: Any) -> int:
        start: int = found.start_mark.index
        return start + len(self._text[start : found.end_mark.index].rstrip(" \t\r\n"))

"""Edits of one mapping or list of a YAML file, in block or flow style; what they mean is `compose.edit`'s.

What is written in a way that cannot be edited with certainty raises ImpossibleError.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.compose.written import Layout, entry_lines, flow, item_lines
from uvmigrate.source import Edit, Span, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from uvmigrate.compose.nodes import Entry, Node
    from uvmigrate.compose.written import Plain

_REST = lazy_pattern(rb"[ \t]*(?P<comment>(?<=[ \t])#[^\n]*?)?(?=\r?(?:\n|\Z))")
_COMMENT_LINE = lazy_pattern(rb"\r?\n(?P<indent> *)#[^\n]*?(?=\r?(?:\n|\Z))")
_BLANK_LINE = lazy_pattern(rb"\r?\n[ \t]*(?=\r?\n)")
_BLOCK_SCALAR = lazy_pattern(rb"(?:[&!]\S*[ \t]+)*[|>][0-9]?(?P<chomping>[-+]?)")
_OPENING = lazy_pattern(rb"(?:[&!]\S*\s+)*[{\[]")
_DASH = lazy_pattern(rb"(?P<indent> *)-(?P<gap> +)")
_LOST = "a comment in it would be lost"


class ImpossibleError(Exception):
    """An edit is not made; the message is one clause that says why."""


class Text:
    """The text of a file, and how it is laid out around one service."""

    def __init__(self, data: bytes, entry: Entry, dash: int | None = None) -> None:
        """*entry* is that of a service: its style counts first, then the *dash* of its document."""
        self.data = data
        newline = "\r\n" if b"\r\n" in data else "\n"
        if newline == "\n" and b"\r" in data:
            raise ImpossibleError("the file has lines that end with a return alone")
        step = " " * self._step(entry)
        own = first_dash(data, entry.value)
        dash = dash if own is None else own
        self.layout = Layout(newline, step, step if dash is None else " " * dash)

    def add_entries(self, mapping: Node, entries: Sequence[tuple[str, Plain]]) -> Edit:
        """Put entries behind the last one of a mapping."""
        if mapping.style == "{":
            return self._add_in_flow(
                mapping, ", ".join(f"{flow(key)}: {flow(value)}" for key, value in entries)
            )
        column = self._column(mapping.pairs[0][0])
        written = (entry_lines(key, value, " " * column, self.layout) for key, value in entries)
        return self._add_lines(mapping, column, [line for lines in written for line in lines])

    def add_items(self, key: Node, found: Node, items: Sequence[Plain]) -> Edit:
        """Put items behind the last one of the list that a key has."""
        if found.style == "{":
            return self._add_in_flow(found, ", ".join(map(flow, items)))
        dash = self._dash(found.items[-1])
        start = f"{dash['indent'].decode()}-{dash['gap'].decode()}"
        lines = [line for item in items for line in item_lines(item, start, self.layout)]
        # What stands at the key's own indentation may be about the next key.
        return self._add_lines(found, self._column(key) + 1, lines)

    def fill(self, value: Node, new: Plain) -> Edit:
        """Replace a value, or put one where there is none, on one line."""
        if len(value.span) == 0:
            return Edit.insert(value.span.start, f" {flow(new)}".encode())
        return Edit(value.span, flow(new).encode())

    def listed(self, key: Node, scalar: Node, items: Sequence[Plain], *, in_flow: bool) -> tuple[Edit, ...]:
        """Make a list of a text and put *items* behind it; the text and its comment stay as written."""
        raw = scalar.span.of(self.data)
        if b"\n" in raw or scalar.style in ("|", ">"):
            raise ImpossibleError(f"the text of {key.text} is written over several lines")
        if in_flow:
            return (Edit(scalar.span, b"[%b, %b]" % (raw, ", ".join(map(flow, items)).encode())),)
        if not re.fullmatch(rb":[ \t]+", self.data[key.span.end : scalar.span.start]):
            raise ImpossibleError(f"the text of {key.text} does not stand beside it")
        start = " " * self._column(key) + self.layout.dash + "- "
        head = (self.layout.newline + start).encode()
        lines = [line for item in items for line in item_lines(item, start, self.layout)]
        behind = Edit.insert(self._line_end(scalar.span.end), self._joined(lines))
        return Edit(Span(key.span.end + 1, scalar.span.end), head + raw), behind

    def drop_items(self, found: Node, dropped: Collection[Node], because: str) -> Iterator[Edit]:
        """Take some of a list's items away, but not all."""
        if any(map(self.has_comment, dropped)):
            raise ImpossibleError(_LOST)
        if found.style == "{":
            spans = [item.span for item in found.items]
            yield from self._drop_in_flow(spans, [item in dropped for item in found.items], because)
            return
        for item in dropped:
            dash = self._dash(item)
            yield self._drop_lines(item.span.start - len(dash[0]), item, because)

    def drop_entry(self, mapping: Node, key: Node, because: str) -> Iterator[Edit]:
        """Take one of several entries of a mapping away."""
        value = next(value for name, value in mapping.pairs if name is key)
        if self.has_comment(value) or b"#" in self.data[key.span.end : value.span.start]:
            raise ImpossibleError(_LOST)
        if mapping.style == "{":
            spans = [Span(name.span.start, value.span.end) for name, value in mapping.pairs]
            yield from self._drop_in_flow(spans, [name is key for name, _ in mapping.pairs], because)
            return
        yield self._drop_lines(key.span.start - self._column(key), value, because)

    def has_comment(self, node: Node) -> bool:
        """Whether a comment stands between the first and the last character of a node."""
        at = node.span.start
        for leaf in node.leaves:
            head = leaf.span.of(self.data).partition(b"\n")[0] if leaf.style in ("|", ">") else b""
            if b"#" in self.data[at : leaf.span.start] + head:
                return True
            at = leaf.span.end
        return b"#" in self.data[at : node.span.end]

    def _add_in_flow(self, found: Node, new: str) -> Edit:
        children = list(found.children)
        if not children:
            opening = _OPENING.match(self.data, found.span.start)
            if opening is None:
                raise ImpossibleError("it is written in a way that is not known here")
            return Edit.insert(opening.end(), new.encode())
        if len(children[-1].span) == 0:
            raise ImpossibleError("it ends with a key that has no value")
        return Edit.insert(children[-1].span.end, f", {new}".encode())

    def _add_lines(self, found: Node, column: int, lines: list[str]) -> Edit:
        """Put lines behind a node of block style, and behind comments that are indented by *column*."""
        last = found.last
        end = self._line_end(last.span.end)
        if last.style in ("|", ">"):
            block = _BLOCK_SCALAR.match(last.span.of(self.data))
            if (
                block is None
                or block["chomping"] == b"+"
                or (end == len(self.data) and not block["chomping"])
            ):
                raise ImpossibleError("it ends with a text whose last line ends count")
        return Edit.insert(self._below_comments(end, column), self._joined(lines))

    def _below_comments(self, at: int, column: int) -> int:
        result = at
        while found := _COMMENT_LINE.match(self.data, at) or _BLANK_LINE.match(self.data, at):
            at = found.end()
            if found.lastgroup == "indent":
                if len(found["indent"]) < column:
                    break
                result = at
        return result

    def _drop_lines(self, start: int, last: Node, because: str) -> Edit:
        """Take away the lines from that which begins at *start* to the last one of a node."""
        end = _REST.match(self.data, last.last.span.end)
        if end is None or start == 0:
            raise ImpossibleError("it does not stand on lines of its own")
        if end["comment"]:
            raise ImpossibleError(_LOST)
        # Without the line end before instead of that behind, so that a last line goes as every other does.
        newline = 2 if self.data[:start].endswith(b"\r\n") else 1
        return Edit.delete(Span(start - newline, end.end()), because)

    def _drop_in_flow(self, spans: list[Span], dropped: list[bool], because: str) -> Iterator[Edit]:
        first = dropped.index(False)
        gone = [Span(spans[0].start, spans[first].start)] if first else []
        later = range(first + 1, len(spans))
        gone += [Span(spans[index - 1].end, spans[index].end) for index in later if dropped[index]]
        for span in gone:
            inner = [kept for kept in spans if span.contains(kept)]
            between = [span.start, *(at for kept in inner for at in (kept.start, kept.end)), span.end]
            pairs = zip(between[::2], between[1::2], strict=True)
            if any(b"#" in self.data[start:end] for start, end in pairs):
                raise ImpossibleError(_LOST)
            yield Edit.delete(span, because)

    def _joined(self, lines: list[str]) -> bytes:
        return "".join(self.layout.newline + line for line in lines).encode()

    def _line_end(self, at: int) -> int:
        rest = _REST.match(self.data, at)
        if rest is None:
            raise ImpossibleError("something else stands on its last line")
        return rest.end()

    def _column(self, key: Node) -> int:
        before = _before(self.data, key.span.start)
        if before.strip(b" "):
            raise ImpossibleError("its keys do not begin their lines")
        return len(before)

    def _dash(self, item: Node) -> re.Match[bytes]:
        found = _DASH.fullmatch(_before(self.data, item.span.start))
        if found is None:
            raise ImpossibleError("an item of the list does not stand behind its dash")
        return found

    def _step(self, entry: Entry) -> int:
        """What a service's keys are indented by."""
        if not entry.value.pairs or entry.mapping.style or entry.value.style:
            return 2
        return max(self._column(entry.value.pairs[0][0]) - self._column(entry.key), 1)


def first_dash(data: bytes, root: Node) -> int | None:
    """What the dashes of the first block list below *root* are indented by, seen from its key."""
    for node in root.below:
        for key, value in node.pairs:
            before = _before(data, key.span.start)
            if value.kind == "list" and not value.style and not before.strip(b" "):
                dash = _DASH.fullmatch(_before(data, value.items[0].span.start))
                if dash is not None:
                    return max(len(dash["indent"]) - len(before), 0)
    return None


def _before(data: bytes, at: int) -> bytes:
    """What stands on the line before an offset."""
    return data[data.rfind(b"\n", 0, at) + 1 : at]

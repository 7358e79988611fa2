"""Spans and edits: the only way anything in uvmigrate changes a file."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from uvmigrate.source.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class OverlapError(ValueError):
    """Two edits claim the same byte, or an edit lies outside the data."""


class Span(NamedTuple):
    """A half-open range of byte offsets, ``data[start:end]``. Empty where ``start == end``.

    Its length is that of the bytes. Spans are in order by their starts.
    """

    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start

    def of(self, data: bytes) -> bytes:
        """The bytes of *data* that the span covers."""
        return data[self.start : self.end]

    def contains(self, other: Span) -> bool:
        """Whether *other* lies within this span; a span contains itself."""
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: Span) -> bool:
        """Whether the two share a byte. An empty span overlaps what it lies strictly inside of."""
        return self.start < other.end and other.start < self.end

    def shift(self, by: int) -> Span:
        """The same span, *by* bytes further on."""
        return Span(self.start + by, self.end + by)


class Edit(NamedTuple):
    """Replace the bytes of ``span`` by ``new``; an empty span is an insertion, an empty ``new`` a deletion.

    ``because`` says why something was deleted: the ledger demands it of every edit that removes an
    instruction or a command. ``moved_from`` names, on an insertion, the span whose text it carries on:
    the ledger then says *moved* where it would say *dropped*.
    """

    span: Span
    new: bytes
    because: str = ""
    moved_from: Span | None = None

    @classmethod
    def insert(cls, at: int, new: bytes, *, moved_from: Span | None = None) -> Edit:
        """An insertion of *new* before the byte at offset *at*."""
        return cls(Span(at, at), new, moved_from=moved_from)

    @classmethod
    def delete(cls, span: Span, because: str) -> Edit:
        """A deletion of *span*, with its reason."""
        return cls(span, b"", because=because)


def ordered(data: bytes, edits: Iterable[Edit]) -> list[Edit]:
    """The edits from first to last; insertions at one place keep the order they were given in.

    Raises OverlapError if two edits share a byte, an insertion lies inside a replaced span, or a span
    lies outside *data*.
    """
    result = sorted(edits, key=lambda edit: (edit.span.start, edit.span.end))
    position = 0
    for edit in result:
        if edit.span.start < position:
            raise OverlapError(f"two edits at byte {edit.span.start}")
        if not edit.span.start <= edit.span.end <= len(data):
            raise OverlapError(f"{edit.span} lies outside {len(data)} bytes")
        position = edit.span.end
    return result


def apply_edits(data: bytes, edits: Iterable[Edit]) -> bytes:
    """*data* with all edits made at once; every byte outside their spans stays as it is.

    Raises OverlapError as `ordered` does.
    """
    pieces = []
    position = 0
    for edit in ordered(data, edits):
        pieces += [data[position : edit.span.start], edit.new]
        position = edit.span.end
    return b"".join([*pieces, data[position:]])


class Relocation:
    """Where spans lie after some edits, which must not overlap; asked for many spans of one file."""

    def __init__(self, edits: Iterable[Edit]) -> None:
        """The edits, in any order; insertions at one place in theirs."""
        self._edits = sorted(edits, key=lambda edit: (edit.span.start, edit.span.end))
        self._starts = [edit.span.start for edit in self._edits]
        self._ends = [edit.span.end for edit in self._edits]
        grown = (len(edit.new) - len(edit.span) for edit in self._edits)
        self._moved = list(accumulate(grown, initial=0))

    def touching(self, span: Span) -> list[Edit]:
        """The edits that overlap with *span*."""
        first = bisect_right(self._ends, span.start)
        return self._edits[first : max(bisect_left(self._starts, span.end), first)]

    def of(self, span: Span) -> Span | None:
        """Where *span* lies after the edits, or None where a replacement swallowed it or cut into its bounds.

        Edits strictly inside the span grow or shrink it. Text inserted at its start or end stays outside.
        """
        inside = 0
        for edit in self.touching(span):
            if not span.contains(edit.span) or edit.span == span:
                return None
            inside += len(edit.new) - len(edit.span)
        before = self._moved[bisect_right(self._ends, span.start)]
        return Span(span.start + before, span.end + before + inside)

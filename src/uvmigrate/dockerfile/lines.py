"""Physical and logical lines: what BuildKit's parser joins into one line, mapped back to the file's bytes.

The rules are those of ``frontend/dockerfile/parser/parser.go``: lines end at ``\\n`` only, all ``\\r`` before
it are dropped, "blank" is what Go's ``unicode.IsSpace`` says, and a line goes on where its last character but
blanks is the escape character and the one before is not.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate

from uvmigrate.source import NamedTuple, Span, lazy_pattern

BOM = b"\xef\xbb\xbf"
#: One character of Go's unicode.IsSpace, in UTF-8.
_SPACE = (
    rb"(?:[\t-\r ]|\xc2[\x85\xa0]|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xa8\xa9\xaf]|\xe2\x81\x9f|\xe3\x80\x80)"
)
_LEADING = lazy_pattern(_SPACE + rb"*+")
_ONE = lazy_pattern(_SPACE)
#: What separates words of an instruction (``reWhitespace``): ASCII only.
BLANKS = lazy_pattern(rb"[\t\v\f\r ]+")
#: White space, or a word that is neither quoted nor escaped. White space is matched as well, because the last
#: byte of it alone may be one of a word.
UNQUOTED = lazy_pattern(_SPACE + rb"++|(?P<word>(?:(?!" + _SPACE + rb")[\x00-\xff])++)")
_WIDEST_SPACE = 3
_ASCII_SPACES = frozenset(b"\t\n\v\f\r ")
_ASCII = 0x80


def space_width(text: bytes, at: int) -> int:
    """How many bytes the white space character at *at* has; 0 where there is none."""
    found = _ONE.match(text, at)
    return found.end() - at if found else 0


def trimmed(text: bytes) -> tuple[int, int]:
    """Start and end of *text* without white space around it; both 0 for one of white space only."""
    found = _LEADING.match(text)
    start = found.end() if found else 0
    end = len(text)
    while end > start:
        if text[end - 1] < _ASCII:
            # No white space of several bytes ends with one of these.
            if text[end - 1] not in _ASCII_SPACES:
                return start, end
            end -= 1
            continue
        tail = next((n for n in range(1, min(_WIDEST_SPACE, end) + 1) if space_width(text, end - n) == n), 0)
        if not tail:
            return start, end
        end -= tail
    return 0, 0


def next_line(data: bytes, at: int) -> Span:
    """The physical line that starts at *at*, its line end included."""
    newline = data.find(b"\n", at)
    return Span(at, len(data) if newline < 0 else newline + 1)


def content(data: bytes, line: Span) -> Span:
    """A physical line without its line end."""
    return Span(line.start, line.start + len(line.of(data).rstrip(b"\r\n")))


def unindented(data: bytes, line: Span) -> Span:
    """A span without the white space at its start."""
    found = _LEADING.match(data, line.start, line.end)
    return Span(found.end() if found else line.start, line.end)


def continued(data: bytes, line: Span, escape: bytes) -> tuple[Span, bool]:
    """What a line adds to its logical line, and whether the next one goes on with it.

    *line* is without its line end. An escaped escape character is no continuation.
    """
    text = line.of(data).rstrip(b" \t")
    if text.endswith(escape) and not text.endswith(escape * 2):
        return Span(line.start, line.start + len(text) - 1), True
    return line, False


class Logical(NamedTuple):
    """A logical line or a part of one: ``text`` is the joined ``pieces`` of ``data``, the whole file.

    ``starts`` says where in the text each piece begins; ``escape`` is the file's escape character; ``origin``
    the offset that an empty text stands at.
    """

    data: bytes
    escape: bytes
    origin: int
    pieces: tuple[Span, ...]
    starts: tuple[int, ...]
    text: bytes

    @classmethod
    def join(cls, data: bytes, escape: bytes, pieces: list[Span]) -> Logical:
        """The logical line of these pieces, in file order; at least one."""
        filled = tuple(piece for piece in pieces if piece)
        *starts, _ = accumulate(map(len, filled), initial=0)
        text = b"".join(piece.of(data) for piece in filled)
        return cls(data, escape, pieces[0].start, filled, tuple(starts), text)

    def offset(self, index: int) -> int:
        """The file offset of ``text[index]``; for its length, the end of the last piece."""
        if not self.pieces:
            return self.origin
        # A line may have thousands of pieces, and as many words.
        at = bisect_right(self.starts, index) - 1
        piece = self.pieces[at]
        return min(piece.start + index - self.starts[at], piece.end)

    def span(self, start: int, end: int) -> Span:
        """The file's bytes from ``text[start]`` to ``text[end - 1]``, continuations between them included."""
        if len(self.pieces) == 1:
            begin = self.pieces[0].start
            return Span(begin + start, begin + max(start, end))
        first = self.offset(start)
        return Span(first, self.offset(end - 1) + 1 if end > start else first)

    @property
    def whole(self) -> Span:
        """The span of the whole text."""
        return self.span(0, len(self.text))

    def cut(self, start: int, end: int) -> Logical:
        """The part ``text[start:end]``."""
        if start >= end:
            return Logical(self.data, self.escape, self.offset(start), (), (), b"")
        if len(self.pieces) == 1:
            inside = self.span(start, end)
            return Logical(self.data, self.escape, inside.start, (inside,), (0,), self.text[start:end])
        origin, behind = self.offset(start), self.offset(end)
        some = slice(bisect_right(self.starts, start) - 1, bisect_left(self.starts, end))
        pieces = tuple(Span(max(piece.start, origin), min(piece.end, behind)) for piece in self.pieces[some])
        starts = tuple(max(at - start, 0) for at in self.starts[some])
        return Logical(self.data, self.escape, origin, pieces, starts, self.text[start:end])

    def masked(self) -> bytes:
        """The span as shell text of equal length: what Docker drops before a shell sees it is blank here.

        Each continuation becomes one backslash directly before the first ``\\n``; its escape character,
        blanks, carriage returns, comment lines and blank lines become spaces, their line ends too. Only a
        word that is itself split around a comment line reads differently than in Docker: as two words.
        """
        span = self.whole
        out = bytearray(b" " * len(span))
        for piece in self.pieces:
            out[piece.start - span.start : piece.end - span.start] = piece.of(self.data)
        for piece in self.pieces[:-1]:
            newline = self.data.index(b"\n", piece.end) - span.start
            out[newline - 1 : newline + 1] = b"\\\n"
        return bytes(out)


def decode(text: bytes) -> str:
    """Text as it goes out of this package: UTF-8, other bytes as surrogate escapes."""
    return text.decode(errors="surrogateescape")

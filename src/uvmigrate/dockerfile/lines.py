"""Physical and logical lines: what BuildKit's parser joins into one line, mapped back to the file's bytes.

The rules are those of ``frontend/dockerfile/parser/parser.go``: lines end at ``\\n`` only, all ``\\r`` before
it are dropped, "blank" is what Go's ``unicode.IsSpace`` says, and a line goes on where its last character but
blanks is the escape character and the one before is not.
"""

from __future__ import annotations

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
_WIDEST_SPACE = 3


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

    ``escape`` is the file's escape character; ``origin`` the offset that an empty text stands at.
    """

    data: bytes
    escape: bytes
    origin: int
    pieces: tuple[Span, ...]
    text: bytes

    @classmethod
    def join(cls, data: bytes, escape: bytes, pieces: list[Span]) -> Logical:
        """The logical line of these pieces, in file order; at least one."""
        filled = tuple(piece for piece in pieces if piece)
        return cls(data, escape, pieces[0].start, filled, b"".join(piece.of(data) for piece in filled))

    def offset(self, index: int) -> int:
        """The file offset of ``text[index]``; for its length, the end of the last piece."""
        for piece in self.pieces:
            if index < len(piece):
                return piece.start + index
            index -= len(piece)
        return self.pieces[-1].end if self.pieces else self.origin

    def span(self, start: int, end: int) -> Span:
        """The file's bytes from ``text[start]`` to ``text[end - 1]``, continuations between them included."""
        first = self.offset(start)
        return Span(first, self.offset(end - 1) + 1 if end > start else first)

    @property
    def whole(self) -> Span:
        """The span of the whole text."""
        return self.span(0, len(self.text))

    def cut(self, start: int, end: int) -> Logical:
        """The part ``text[start:end]``."""
        origin, pieces, done = self.offset(start), [], 0
        for piece in self.pieces:
            first, last = max(start - done, 0), min(end - done, len(piece))
            if first < last:
                pieces.append(Span(piece.start + first, piece.start + last))
            done += len(piece)
        return Logical(self.data, self.escape, origin, tuple(pieces), self.text[start:end])

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

"""The parser: bytes to a `Dockerfile`. It reads whatever it is given, by the rules of BuildKit's parser.

Where BuildKit stops with an error, reading goes on: a repeated directive is still a directive, a heredoc that
does not end reaches to the end of the file, an instruction that Docker does not know is an `Unknown`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import lru_cache

from uvmigrate.dockerfile import heredoc
from uvmigrate.dockerfile.lexer import DOUBLE, SINGLE
from uvmigrate.dockerfile.lines import (
    BLANKS,
    BOM,
    Logical,
    content,
    continued,
    decode,
    next_line,
    trimmed,
    unindented,
)
from uvmigrate.dockerfile.nodes import (
    Blank,
    Comment,
    Directive,
    Dockerfile,
    Flag,
    Heredoc,
    Instruction,
    Item,
    Unknown,
)
from uvmigrate.dockerfile.words import BYTE_SPACES, JSON_KEYWORDS, json_words
from uvmigrate.source import Span, lazy_pattern

KEYWORDS = JSON_KEYWORDS | {
    "ARG",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "STOPSIGNAL",
    "USER",
    "WORKDIR",
}
#: Blanks behind the arrows: no heredoc before Dockerfile 1.16, as in ``$(( 1 << 2 ))``.
_SPACED = lazy_pattern(rb"[0-9]*<<[\t\r ]")
_WITH_HEREDOCS = frozenset({"ADD", "COPY", "RUN"})
_DIRECTIVE = lazy_pattern(
    rb"#\s*+([a-zA-Z][a-zA-Z0-9]*+)[\t\f\r ]*+=[\t\f\r ]*+(.+)", re.DOTALL, words=(b"#",)
)
_DIRECTIVES = frozenset({"check", "escape", "syntax"})
EQUALS = ord("=")


@lru_cache(maxsize=1024)
def parse(data: bytes) -> Dockerfile:
    """The Dockerfile in *data*. Never raises; the items tile *data* exactly."""
    reader = _Reader(data)
    items = reader.items()
    crlf = data.count(b"\r\n")
    newline = b"\r\n" if crlf * 2 > data.count(b"\n") else b"\n"
    return Dockerfile(data, tuple(items), reader.escape, newline)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.escape = b"\\"
        self.directives: set[str] | None = set()
        #: Where lines of a text begin; for heredocs that strip tabs, and for others.
        self.places: dict[bool, dict[bytes, list[int]]] = {}

    def items(self) -> list[Item]:
        found: list[Item] = []
        if self.data.startswith(BOM):
            found.append(Blank(Span(0, len(BOM))))
            self.at = len(BOM)
        while self.at < len(self.data):
            found.append(self._item())
        return found

    def _next(self) -> Span:
        line = next_line(self.data, self.at)
        self.at = line.end
        return line

    def _item(self) -> Item:
        line = self._next()
        body = unindented(self.data, content(self.data, line))
        text = body.of(self.data)
        directive = self._directive(line, text)
        if directive is not None:
            return directive
        if not text:
            return Blank(line)
        if text.startswith(b"#"):
            return Comment(line, decode(text[1:].strip()))
        return self._instruction(line.start, self._logical(body))

    def _directive(self, line: Span, text: bytes) -> Directive | None:
        """Directives stand on the first lines only; any other line, blank ones too, ends them."""
        if self.directives is None:
            return None
        match = _DIRECTIVE.fullmatch(text.rstrip(b"\t\f\r "))
        name = match[1].decode().lower() if match else ""
        if match is None or name not in _DIRECTIVES:
            self.directives = None
            return None
        if name == "escape" and name not in self.directives and match[2] in (b"\\", b"`"):
            self.escape = match[2]
        self.directives.add(name)
        return Directive(line, name, decode(match[2]))

    def _logical(self, first: Span) -> Logical:
        piece, goes_on = continued(self.data, first, self.escape)
        pieces = [piece]
        while goes_on and self.at < len(self.data):
            body = content(self.data, self._next())
            start = unindented(self.data, body).start
            # Comment lines and blank lines inside a continuation vanish.
            if start < body.end and self.data[start : start + 1] != b"#":
                piece, goes_on = continued(self.data, body, self.escape)
                pieces.append(piece)
        return Logical.join(self.data, self.escape, pieces)

    def _instruction(self, start: int, line: Logical) -> Instruction | Unknown:
        keyword, flags, arguments = _split(line)
        name = decode(keyword.text).upper()
        text_span = line.span(*trimmed(line.text))
        if name not in KEYWORDS:
            return Unknown(Span(start, self.at), text_span, name, decode(arguments.text))
        trigger = _split(arguments) if name == "ONBUILD" else None
        trigger_name = decode(trigger[0].text).upper() if trigger else ""
        heredocs = self._heredocs(line, *((trigger_name, trigger[2]) if trigger else (name, arguments)))
        span = Span(start, self.at)
        inner = None
        if trigger is not None and trigger_name in KEYWORDS:
            inner = _built(Span(trigger[0].whole.start, span.end), text_span.end, trigger, heredocs, None)
        return _built(span, text_span.end, (keyword, flags, arguments), heredocs, inner)

    def _heredocs(self, line: Logical, name: str, arguments: Logical) -> tuple[Heredoc, ...]:
        """Read the bodies of the heredocs that the line opens; they follow it in their order."""
        if name not in _WITH_HEREDOCS or b"<<" not in line.text or json_words(arguments) is not None:
            return ()
        found = []
        for opening in heredoc.openings(line.text):
            start = self.at
            end = self._terminator(opening)
            if not end and _SPACED.match(line.text, opening.start):
                # Current builders refuse the file, so it is written for older ones, which read arithmetic.
                self.at = start
                continue
            word = line.span(opening.start, opening.end)
            delimiter, fd = decode(opening.name), decode(opening.descriptor)
            body = Span(start, end.start)
            found.append(Heredoc(delimiter, word, body, end, opening.expand, opening.strip_tabs, fd))
        return tuple(found)

    def _terminator(self, opening: heredoc.Opening) -> Span:
        """Read to the line that ends the heredoc; empty, at the file's end, where there is none."""
        # Each heredoc that does not end would read the rest of the file once more.
        if opening.strip_tabs not in self.places:
            self.places[opening.strip_tabs] = self._places(strip_tabs=opening.strip_tabs)
        starts = self.places[opening.strip_tabs].get(opening.name, [])
        index = bisect_left(starts, self.at)
        self.at = starts[index] if index < len(starts) else len(self.data)
        return self._next() if index < len(starts) else Span(self.at, self.at)

    def _places(self, *, strip_tabs: bool) -> dict[bytes, list[int]]:
        found: dict[bytes, list[int]] = {}
        at = 0
        while at < len(self.data):
            line = next_line(self.data, at)
            text = line.of(self.data).rstrip(b"\r\n")
            found.setdefault(text.lstrip(b"\t") if strip_tabs else text, []).append(at)
            at = line.end
        return found


_Parts = tuple[Logical, tuple[Flag, ...], Logical]


def _built(
    span: Span, text_end: int, parts: _Parts, heredocs: tuple[Heredoc, ...], inner: Instruction | None
) -> Instruction:
    keyword, flags, arguments = parts
    start = keyword.whole.start
    return Instruction(
        span=span,
        text_span=Span(start, text_end),
        keyword=decode(keyword.text).upper(),
        keyword_span=keyword.whole,
        flags=flags,
        args_span=arguments.whole if arguments.text else Span(text_end, text_end),
        arguments=decode(arguments.text),
        heredocs=heredocs,
        inner=inner,
        line=arguments,
    )


def _split(line: Logical) -> _Parts:
    """Keyword, flags and arguments of a joined line (``splitCommand``)."""
    start, end = trimmed(line.text)
    blanks = BLANKS.search(line.text, start, end)
    if blanks is None:
        return line.cut(start, end), (), line.cut(end, end)
    flags, rest = _flags(line, blanks.end(), end)
    first, last = trimmed(line.text[rest:end])
    return line.cut(start, blanks.start()), flags, line.cut(rest + first, rest + last)


def _flags(line: Logical, at: int, end: int) -> tuple[tuple[Flag, ...], int]:
    """The flags from *at* on and where the arguments start (``extractBuilderFlags``); ``--`` ends them."""
    text = line.text
    found: list[Flag] = []
    while True:
        while at < end and text[at] in BYTE_SPACES:
            at += 1
        start = at
        if text[at : min(at + 2, end)] != b"--":
            return tuple(found), at
        word, equals, at = _flag_word(text, at, end, line.escape[0])
        if word == b"--":
            return tuple(found), at
        name, _, value = decode(word[2:]).partition("=")
        span, value_span = line.span(start, at), line.span(equals + 1, at) if equals else None
        found.append(Flag(name, value if equals else None, span, value_span))


def _flag_word(text: bytes, at: int, end: int, escape: int) -> tuple[bytes, int, int]:
    """A flag without its quotes and escapes, the index of its first ``=`` (0 if none), and its end."""
    word, equals, quote = bytearray(), 0, 0
    while at < end and (quote or text[at] not in BYTE_SPACES):
        char = text[at]
        if char == quote:
            quote = 0
        elif not quote and char in (SINGLE, DOUBLE):
            quote = char
        elif char != escape or at + 1 < end:
            if char == escape:
                at += 1
            elif char == EQUALS and not equals:
                equals = at
            word.append(text[at])
        at += 1
    return bytes(word), equals, at

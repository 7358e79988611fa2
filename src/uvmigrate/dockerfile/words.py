"""The argument words of an instruction, as BuildKit splits them for its keyword (``line_parsers.go``).

A word's ``text`` has quotes and escapes resolved and variables still in place, ready for `expand`: a dollar
sign that Docker takes literally is written ``\\$`` there, and a literal backslash before ``$`` or another
backslash is doubled. All other text is plain.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from uvmigrate.dockerfile.lexer import DOLLAR, DOUBLE, SINGLE, step
from uvmigrate.dockerfile.lines import BLANKS, UNQUOTED, decode, space_width
from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.dockerfile.lines import Logical
    from uvmigrate.source import Span

#: Keywords whose arguments may be a JSON array; HEALTHCHECK's may be one behind its CMD.
JSON_KEYWORDS = frozenset({"ADD", "CMD", "COPY", "ENTRYPOINT", "RUN", "SHELL", "VOLUME"})
_SPLIT = frozenset({"ADD", "COPY", "EXPOSE", "FROM", "VOLUME"})
_PAIRS = frozenset({"ARG", "ENV", "LABEL"})
#: Docker resolves no quotes, escapes or variables in these: a shell does, or nobody.
_VERBATIM = frozenset({"CMD", "ENTRYPOINT", "HEALTHCHECK", "MAINTAINER", "ONBUILD", "RUN", "SHELL"})
_STRING = rb'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"'
_STRINGS = lazy_pattern(_STRING)
_ARRAY = lazy_pattern(
    rb"[ \t\r\n]*+\[[ \t\r\n]*+(?:S(?:[ \t\r\n]*+,[ \t\r\n]*+S)*+)?[ \t\r\n]*+\][ \t\r\n]*+".replace(
        b"S", _STRING
    )
)
_HALF_PAIR = lazy_pattern("[\ud800-\udfff]")
_DEFAULT = lazy_pattern(
    rb"\$\{(?:[0-9]+|[@*#?$!-]|[A-Za-z0-9_\x80-\xff]*)(?::.|[-+?])", re.DOTALL, words=(b"${",)
)
_BACKSLASH = ord("\\")
#: Text without any of these, which most words are, stands for itself.
_SPECIAL = lazy_pattern(rb"[\\`'\"$]")
#: What ends a flag and HEALTHCHECK's type: Go looks at single bytes there.
BYTE_SPACES = frozenset(b"\t\n\v\f\r \x85\xa0")


class Word(NamedTuple):
    """One argument. ``raw`` is the logical text of ``span``, quotes and escapes included."""

    text: str
    span: Span
    raw: str


def split_words(keyword: str, line: Logical) -> tuple[Word, ...]:
    """The words of the arguments *line* of an instruction; one for all where BuildKit splits nothing."""
    verbatim = keyword in _VERBATIM
    if keyword == "HEALTHCHECK":
        head, rest = health_parts(line)
        tail = json_words(rest)
        if tail is None:
            tail = _cut(rest, [(0, len(rest.text))], verbatim=True)
        return (*_cut(line, [(0, head)], verbatim=True), *tail)
    if keyword in JSON_KEYWORDS:
        elements = json_words(line, verbatim=verbatim)
        if elements is not None:
            return elements
    if keyword in _SPLIT:
        return _cut(line, blank_ranges(line.text), verbatim=False)
    if keyword in _PAIRS:
        return _cut(line, quoted_ranges(line.text, line.escape[0]), verbatim=False)
    return _cut(line, [(0, len(line.text))], verbatim=verbatim)


def health_parts(line: Logical) -> tuple[int, Logical]:
    """Where the first argument of HEALTHCHECK ends, and what follows it."""
    end = len(line.text)
    head = next((at for at in range(end) if line.text[at] in BYTE_SPACES), end)
    rest = next((at for at in range(head, end) if line.text[at] not in BYTE_SPACES), end)
    return head, line.cut(rest, end)


def json_words(line: Logical, *, verbatim: bool = True) -> tuple[Word, ...] | None:
    """The elements of a JSON array of strings; None for all else, which is shell form.

    BuildKit refuses an array that holds something else than strings; it counts as shell form here.
    """
    if not line.text.startswith(b"[") or not _ARRAY.fullmatch(line.text):
        return None
    found = []
    for match in _STRINGS.finditer(line.text):
        # Go's JSON reader, too, puts U+FFFD where the text is not Unicode.
        value: str = json.loads(match[0].decode(errors="replace"))
        value = value if value.isascii() else _HALF_PAIR.sub("\ufffd", value)
        text = value if verbatim else resolved(value.encode(), line.escape[0])
        found.append(Word(text, line.span(*match.span()), decode(match[0])))
    return tuple(found)


def blank_ranges(text: bytes) -> list[tuple[int, int]]:
    """The words between blanks, quotes or not: COPY, ADD, EXPOSE, FROM and VOLUME know no quotes here."""
    found, start = [], 0
    for match in BLANKS.finditer(text):
        found.append((start, match.start()))
        start = match.end()
    return [*found, (start, len(text))] if text else []


def quoted_ranges(text: bytes, escape: int) -> list[tuple[int, int]]:
    """The words between blanks that are neither quoted nor escaped (``parseWords``), an odd quote to the end.

    A lone escape character at the end of the line belongs to no word.
    """
    if not _SPECIAL.search(text):
        return [match.span("word") for match in UNQUOTED.finditer(text) if match["word"]]
    found, at = [], 0
    while at < len(text):
        width = space_width(text, at)
        if width:
            at += width
            continue
        start, quote = at, 0
        while at < len(text) and (quote or not space_width(text, at)):
            char = text[at]
            if char == escape and quote != SINGLE:
                if at + 1 == len(text):
                    break
                at += max(space_width(text, at + 1), 1)
            elif quote:
                quote = 0 if char == quote else quote
            elif char in (SINGLE, DOUBLE):
                quote = char
            at += 1
        if at > start:
            found.append((start, at))
        if at + 1 == len(text) and text[at] == escape:
            break
    return found


def _cut(line: Logical, ranges: list[tuple[int, int]], *, verbatim: bool) -> tuple[Word, ...]:
    found = []
    for start, end in ranges:
        raw = line.text[start:end]
        if raw:
            text = decode(raw) if verbatim else resolved(raw, line.escape[0])
            found.append(Word(text, line.span(start, end), decode(raw)))
    return tuple(found)


def resolved(text: bytes, escape: int) -> str:
    """*text* without quotes and escapes, variables in place, as `expand` takes it (see the module).

    Text that BuildKit's lexer cannot read, say with an odd quote, stays as it is.
    """
    if not _SPECIAL.search(text):
        return decode(text)
    try:
        return decode(_assembled(text, escape, b"$", b""))
    except _OddQuoteError:
        return decode(text)


class _OddQuoteError(ValueError):
    """A quote or a variable does not end."""


def _assembled(text: bytes, escape: int, special: bytes, behind: bytes) -> bytes:
    out, literal = bytearray(), bytearray()
    for variable, token in _tokens(text, escape, quoted=False):
        if variable:
            out += _literal(literal, special, b"$") + _variable(token, escape)
            literal.clear()
        else:
            literal += token
    return bytes(out + _literal(literal, special, behind))


def _tokens(text: bytes, escape: int, *, quoted: bool) -> Iterator[tuple[bool, bytes]]:
    """Literal text, resolved, and variables as they stand (True)."""
    at = 0
    while at < len(text):
        char = text[at]
        if char == escape:
            kept = quoted and text[at + 1 : at + 2] not in (b'"', b"$", text[at : at + 1])
            end = at + 1 if kept else at + 1 + max(space_width(text, at + 1), 1)
            yield False, text[at:end] if kept else text[at + 1 : end]
        else:
            found = at + 1 if quoted and char != DOLLAR else step(text, at, escape)
            if found is None:
                raise _OddQuoteError
            end = found
            if char == DOLLAR:
                yield end > at + 1, text[at:end]
            elif quoted or char not in (SINGLE, DOUBLE):
                yield False, text[at:end]
            elif char == SINGLE:
                yield False, text[at + 1 : end - 1]
            else:
                yield from _tokens(text[at + 1 : end - 1], escape, quoted=True)
        at = end


def _variable(text: bytes, escape: int) -> bytes:
    """A variable with the quotes and escapes of its default or alternative resolved."""
    found = _DEFAULT.match(text)
    if found is None:
        return text
    return found[0] + _assembled(text[found.end() : -1], escape, b"$}", b"}") + b"}"


def _literal(text: bytes | bytearray, special: bytes, behind: bytes) -> bytes:
    """Literal text as `expand` reads it: a backslash before each *special* character and where it must be."""
    if b"\\" not in text and not any(char in text for char in special):
        return bytes(text)
    out = bytearray()
    for char, after in zip(text, text[1:] + (behind or b" "), strict=True):
        if char in special or (char == _BACKSLASH and after in special + b"\\"):
            out.append(_BACKSLASH)
        out.append(char)
    return bytes(out)

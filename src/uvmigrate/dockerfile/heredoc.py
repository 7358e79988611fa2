"""Heredocs: which words of a joined line open one, as BuildKit finds them (``heredocsFromLine``).

The whole line is split into shell words, always with the backslash as escape character. A word opens a
heredoc where it is ``<<WORD`` with an optional descriptor before and ``-`` behind; white space may follow the
arrows (since Dockerfile frontend 1.16). A line that the lexer cannot read, say with an odd quote, has none.
"""

from __future__ import annotations

import re

from uvmigrate.dockerfile.lexer import DOLLAR, DOUBLE, SINGLE, step
from uvmigrate.dockerfile.lines import space_width
from uvmigrate.source import NamedTuple, lazy_pattern

_BACKSLASH = ord("\\")
_ARROW = ord("<")
_OPENING = lazy_pattern(rb"([0-9]*)<<(-?)[\t\n\f\r ]*([^<]*)\Z")
_PLAIN = lazy_pattern(rb"[^\\<$'\"\s\x80-\xff]+")
_QUOTES = lazy_pattern(rb"['\"]")


class Opening(NamedTuple):
    """A word that opens a heredoc: the indexes of it in the line, and what it says."""

    start: int
    end: int
    name: bytes
    descriptor: bytes
    strip_tabs: bool
    expand: bool


def openings(line: bytes) -> list[Opening]:
    """The words of a joined line that open heredocs, in order."""
    found = []
    for word in _words(line, raw_quotes=True, raw_escapes=True) or ():
        opening = read_opening(word.text)
        if opening is not None:
            name, descriptor, strip_tabs, expand = opening
            found.append(Opening(word.start, word.end, name, descriptor, strip_tabs, expand))
    return found


def read_opening(word: bytes) -> tuple[bytes, bytes, bool, bool] | None:
    """Name, descriptor, strip_tabs and expand of the heredoc that *word* opens, if it is such a word.

    The name is without quotes and escapes; anything quoted in it means that the body is not expanded.
    """
    match = _OPENING.match(word)
    if match is None or not match[3]:
        return None
    plain = _words(match[3], raw_quotes=False, raw_escapes=False)
    raw = _words(match[3], raw_quotes=True, raw_escapes=False)
    if plain is None or raw is None or len(plain) != 1 or len(raw) != 1:
        return None
    name = plain[0].text
    expand = len(_QUOTES.findall(name)) == len(_QUOTES.findall(raw[0].text))
    return name, match[1], match[2] == b"-", expand


class _Word(NamedTuple):
    start: int
    end: int
    text: bytes


class _Words:
    """BuildKit's ``wordsStruct``: a blank ends a word only where the word has text already."""

    def __init__(self) -> None:
        self.done: list[_Word] = []
        self.buffer = bytearray()
        self.start = 0

    def add(self, text: bytes, start: int) -> None:
        if not self.buffer:
            self.start = start
        self.buffer += text

    def finish(self, end: int) -> None:
        if self.buffer:
            self.done.append(_Word(self.start, end, bytes(self.buffer)))
            self.buffer.clear()


def _words(line: bytes, *, raw_quotes: bool, raw_escapes: bool) -> list[_Word] | None:
    """The shell words of *line*, variables left as they are; None where the lexer reports an error."""
    words, at = _Words(), 0
    while at < len(line):
        char, start = line[at], at
        plain = _PLAIN.match(line, at)
        if plain:
            at = plain.end()
            words.add(plain[0], start)
        elif char == _BACKSLASH:
            width = max(space_width(line, at + 1), 1)
            at += 1 + width
            words.add(line[start if raw_escapes else start + 1 : at], start)
        elif char == _ARROW:
            at = _behind_arrows(line, at)
            words.add(line[start:at], start)
        elif width := space_width(line, at):
            words.finish(at)
            at += width
        else:
            end = step(line, at, _BACKSLASH)
            if end is None:
                return None
            at = end
            _add_unit(words, line[start:at], start, raw_quotes=raw_quotes, raw_escapes=raw_escapes)
    words.finish(len(line))
    return words.done


def _add_unit(words: _Words, unit: bytes, start: int, *, raw_quotes: bool, raw_escapes: bool) -> None:
    """Add a quoted string, a variable or one plain byte."""
    if unit[0] == DOLLAR:
        # What a variable stands for is split at blanks; here it stands for itself.
        at = 0
        while at < len(unit):
            width = space_width(unit, at)
            if width:
                words.finish(start + at)
            else:
                words.add(unit[at : at + 1], start + at)
            at += width or 1
    elif unit[0] in (SINGLE, DOUBLE):
        inner = unit[1:-1]
        if unit[0] == DOUBLE and not raw_escapes:
            inner = re.sub(rb'\\(["$\\])', rb"\1", inner)
        words.add(unit[:1] + inner + unit[:1] if raw_quotes else inner, start)
    else:
        words.add(unit, start)


def _behind_arrows(line: bytes, at: int) -> int:
    if line[at + 1 : at + 2] != b"<":
        return at + 1
    at += 2
    while line[at : at + 1] in (b"\t", b"\r", b" "):
        at += 1
    return at

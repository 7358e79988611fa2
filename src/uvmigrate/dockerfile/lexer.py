"""Where quotes and variables end, by the rules of BuildKit's ``frontend/dockerfile/shell/lex.go``.

All functions take bytes and indexes into them, and return the index behind what they skip, or None where
BuildKit reports an error.
"""

from __future__ import annotations

from uvmigrate.source import lazy_pattern

DOLLAR, SINGLE, DOUBLE, CLOSE, SLASH = b"$'\"}/"
#: A variable's name: digits, one special parameter, or a word; all that is not ASCII counts as a letter.
NAME = lazy_pattern(rb"[0-9]+|[@*#?$!-]|[A-Za-z0-9_\x80-\xff]*")
#: Nobody nests deeper, and a file must not be able to exhaust the stack.
_DEEPEST = 40


def single_end(text: bytes, at: int) -> int | None:
    """Behind the single-quoted string that starts at *at*; nothing can be escaped in it."""
    return text.find(b"'", at + 1) + 1 or None


def double_end(text: bytes, at: int, escape: int, depth: int = 0) -> int | None:
    """Behind the double-quoted string that starts at *at*."""
    position: int | None = at + 1
    while position is not None and position < len(text):
        char = text[position]
        if char == DOUBLE:
            return position + 1
        if char == DOLLAR:
            position = dollar_end(text, position, escape, depth)
        elif char == escape and text[position + 1 : position + 2] in (b'"', b"$", bytes([escape])):
            position += 2
        else:
            position += 1
    return None


def dollar_end(text: bytes, at: int, escape: int, depth: int = 0) -> int | None:
    """Behind the ``$``, ``$NAME`` or ``${…}`` that starts at *at*."""
    if text[at + 1 : at + 2] != b"{":
        return at + 1 + _name_length(text, at + 1)
    start = at + 2
    if depth > _DEEPEST or text[start : start + 1] in (b"", b"{", b"}", b":"):
        return None
    position = start + _name_length(text, start)
    modifier = text[position : position + 1]
    if modifier == b"}":
        return position + 1
    if modifier == b":":
        # Others than - + ? are an error only once the variable has a value.
        wrong = text[position + 1 : position + 2] in (b"", b"#", b"%")
        return None if wrong else stop(text, position + 2, CLOSE, escape, depth + 1)
    if modifier == b"/":
        double = text[position + 1 : position + 2] == b"/"
        pattern = stop(text, position + (2 if double else 1), SLASH, escape, depth + 1)
        return None if pattern is None else stop(text, pattern, CLOSE, escape, depth + 1)
    if modifier and modifier in b"+-?#%":
        return stop(text, position + 1, CLOSE, escape, depth + 1)
    return None


def stop(text: bytes, at: int, char: int, escape: int, depth: int = 0) -> int | None:
    """Behind the first *char* from *at* on that is neither quoted, escaped nor part of a variable."""
    position: int | None = at
    while position is not None and position < len(text):
        if text[position] == char:
            return position + 1
        if text[position] == escape:
            position += 2
        else:
            position = step(text, position, escape, depth)
    return None


def step(text: bytes, at: int, escape: int, depth: int = 0) -> int | None:
    """Behind the quoted string, variable or plain byte that starts at *at*."""
    if text[at] == DOLLAR:
        return dollar_end(text, at, escape, depth)
    if text[at] == SINGLE:
        return single_end(text, at)
    if text[at] == DOUBLE:
        return double_end(text, at, escape, depth)
    return at + 1


def _name_length(text: bytes, at: int) -> int:
    found = NAME.match(text, at)
    return found.end() - at if found else 0

"""Quoting: what a shell word means, and how a text becomes a word."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from uvmigrate.source import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

# POSIX, "Quoting": outside quotes a backslash keeps the next byte, in double quotes only before $ ` " \
# and newline, in single quotes nowhere; before a newline both vanish.
_PIECE = lazy_pattern(
    rb"""(?P<joined>\\\r?\n)
    | \\(?P<escaped>.)
    | '(?P<single>[^']*)(?:'|\Z)
    | "(?P<double>(?:\\.|[^"\\])*)(?:"|\Z)
    | (?P<plain>[^\\'"]+|.)""",
    re.DOTALL | re.VERBOSE,
)
_IN_DOUBLE = lazy_pattern(rb"""\\(?:(?P<joined>\r?\n)|(?P<kept>[$`"\\]))""")
_EXPANSION = lazy_pattern(rb"(?:\\.|[^\\])*?(?:`|\$[A-Za-z0-9_@*#?$!({-])", re.DOTALL, words=(b"`", b"$"))


def unquote(raw: bytes) -> str:
    """The text of a word after quote removal; expansions are left as they are written.

    Bytes that are not UTF-8 become surrogate escapes.
    """
    pieces: list[bytes] = []
    for match in _PIECE.finditer(raw):
        kind = match.lastgroup
        if kind == "double":
            pieces.append(_IN_DOUBLE.sub(lambda found: found["kept"] or b"", match["double"]))
        elif kind is not None and kind != "joined":
            pieces.append(match[kind])
    return b"".join(pieces).decode(errors="surrogateescape")


def expands(raw: bytes) -> bool:
    """Whether the shell expands a variable, a command or an ANSI string in the word."""
    dollar = False
    for match in _PIECE.finditer(raw):
        kind = match.lastgroup
        if dollar and kind in {"single", "double"}:
            return True
        dollar = kind == "plain" and match["plain"].endswith(b"$")
        if kind in {"plain", "double"} and _EXPANSION.match(match[kind]):
            return True
    return False


def quote(text: str) -> str:
    """*text* as one shell word, quoted only where it must be."""
    return shlex.quote(text)


def might_mention(data: bytes, names: Iterable[bytes]) -> bool:
    """Whether one of *names* stands anywhere in the text, also across a line continuation.

    A cheap question to ask first: where the answer is no, the text need not be parsed.
    """
    joined = data.replace(b"\\\r\n", b"").replace(b"\\\n", b"")
    return any(name in joined for name in names)

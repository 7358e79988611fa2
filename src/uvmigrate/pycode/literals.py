"""Which bytes of a file each character of a string literal stands in, so that a part of it can be rewritten.

Source of the rules: Python's reference, "String and Bytes literals" and "f-strings".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Callable

#: What stands in a text for an expression of which only the running program knows the value.
UNKNOWN = "${_}"
_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", '"': '"', "'": "'", "\n": "", "\r\n": ""}
_ESCAPE = lazy_pattern(r"\\(\r\n|.)", re.DOTALL)


class Text(NamedTuple):
    """A text and its place: byte ``i`` of the text, as UTF-8, stands at ``places[i]`` of the file.

    ``places`` has one more for the end. It is None within `UNKNOWN`, and where the text goes on in a literal
    of another kind. A text with an `UNKNOWN` is ``dynamic``.
    """

    text: str
    places: tuple[int | None, ...]
    dynamic: bool = False


class _Part(NamedTuple):
    """Characters with their places, where the last one ends, and the kinds of the first and last literal.

    ``last`` is None where the places end before the text does.
    """

    characters: tuple[tuple[str, int | None], ...]
    end: int | None
    first: str
    last: str | None
    dynamic: bool = False


def read_text(node: cst.BaseExpression, start: Callable[[cst.CSTNode], int]) -> Text | None:
    """The text of an expression that is a literal or put together of some; None for all else.

    *start* says at which byte a node begins. Values that only the running program knows are `UNKNOWN`.
    """
    part = _part(node, start)
    if part is None:
        return None
    places: list[int | None] = []
    for character, at in part.characters:
        places += [at] * len(character.encode(errors="surrogateescape"))
    text = "".join(character for character, _ in part.characters)
    return Text(text, (*places, part.end), part.dynamic)


def _part(node: cst.BaseExpression, start: Callable[[cst.CSTNode], int]) -> _Part | None:
    if isinstance(node, cst.SimpleString):
        at = start(node) + len(node.prefix) + len(node.quote)
        found = _characters(node.raw_value, at, raw="r" in node.prefix.lower())
        end = at + len(node.raw_value.encode())
        style = node.prefix.lower() + node.quote
        return None if found is None else _Part(found, end, style, style)
    if isinstance(node, cst.FormattedString):
        return _formatted(node, start)
    if isinstance(node, cst.ConcatenatedString):
        return _joined(_part(node.left, start), _part(node.right, start))
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add):
        left = _part(node.left, start)
        bracketed = left is not None and node.left.lpar
        return _joined(left._replace(last=None) if left and bracketed else left, _added(node.right, start))
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Modulo):
        return _part(node.left, start)
    if (
        isinstance(node, cst.Call)
        and isinstance(node.func, cst.Attribute)
        and node.func.attr.value == "format"
    ):
        return _part(node.func.value, start)
    return None


def _added(node: cst.BaseExpression, start: Callable[[cst.CSTNode], int]) -> _Part:
    """What is added to a text: in brackets or unknown, nothing can be cut between the two."""
    part = _part(node, start)
    if part is None:
        return _Part(tuple((one, None) for one in UNKNOWN), None, "", None, dynamic=True)
    return part._replace(first="(") if node.lpar else part


def _joined(left: _Part | None, right: _Part | None) -> _Part | None:
    if left is None or right is None:
        return None
    dynamic = left.dynamic or right.dynamic
    if left.last == right.first:
        return _Part(left.characters + right.characters, right.end, left.first, right.last, dynamic)
    # A cut from the one into the other would leave the quotes of both.
    nowhere = tuple((character, None) for character, _ in right.characters)
    return _Part(left.characters + nowhere, None, left.first, None, dynamic)


def _formatted(node: cst.FormattedString, start: Callable[[cst.CSTNode], int]) -> _Part | None:
    at = start(node) + len(node.start)
    found: list[tuple[str, int | None]] = []
    dynamic = False
    for piece in node.parts:
        begin = start(piece)
        if isinstance(piece, cst.FormattedStringText):
            some = _characters(piece.value, begin, raw="r" in node.prefix.lower(), formatted=True)
            if some is None:
                return None
            found += some
            at = begin + len(piece.value.encode())
        else:
            found += [(UNKNOWN[0], begin), *((one, None) for one in UNKNOWN[1:])]
            at = begin + _length(piece)
            dynamic = True
    style = node.start.lower()
    return _Part(tuple(found), at, style, style, dynamic)


def _length(node: cst.CSTNode) -> int:
    return len(cst.Module(body=()).code_for_node(node).encode())


def _characters(
    source: str, at: int, *, raw: bool, formatted: bool = False
) -> tuple[tuple[str, int | None], ...] | None:
    """The characters that a piece of source means, each with its place; None with an escape by number."""
    found: list[tuple[str, int | None]] = []
    index = 0
    while index < len(source):
        escape = _ESCAPE.match(source, index) if not raw else None
        written = escape[0] if escape else source[index]
        if escape is not None and escape[1] not in _ESCAPES:
            return None
        if formatted and source[index : index + 2] in ("{{", "}}"):
            written = source[index : index + 2]
        elif source.startswith("\r\n", index):
            written = "\r\n"
        meant = _ESCAPES[escape[1]] if escape else "\n" if written == "\r\n" else written[0]
        found += [(one, at) for one in meant]
        at += len(written.encode())
        index += len(written)
    return tuple(found)

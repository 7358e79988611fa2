"""``${VAR:-default}`` in compose files, as far as the file itself says what it becomes.

Source of the rules: the Compose Specification, "Interpolation".
"""

from __future__ import annotations

import re
from typing import NamedTuple

_VARIABLE = re.compile(
    r"\$(?:(?P<escaped>\$)|(?P<bare>[a-z_]\w*)|\{(?P<braced>[a-z_]\w*)(?P<default>:?-)?)",
    re.ASCII | re.IGNORECASE,
)


class _Open(NamedTuple):
    """A ``${`` whose ``}`` is still to come."""

    start: int
    pieces_before: int
    has_default: bool


class _Piece(NamedTuple):
    """A text, and the index in what was written that it begins at; None in a default."""

    text: str
    at: int | None


def substitute(text: str) -> str:
    """*text* with ``$$`` as ``$`` and each variable that has a default as that default.

    What a variable will be is not known here: one without a default (``$VAR``, ``${VAR}``,
    ``${VAR:?why}``, ``${VAR:+other}``) and whatever is no variable at all stay as they are written.
    """
    return substituted(text)[0] if "$" in text else text


def substituted(text: str) -> tuple[str, tuple[int | None, ...]]:
    """What `substitute` makes of *text*, and for each character of that its index in *text*.

    One more index is that of the end. It is None for a character of a default.
    """
    pieces: list[_Piece] = []
    opened: list[_Open] = []
    at = 0
    while at < len(text):
        found = _VARIABLE.match(text, at)
        if found is not None:
            if found["braced"]:
                opened.append(_Open(at, len(pieces), has_default=bool(found["default"])))
            else:
                pieces.append(_Piece("$", at) if found["escaped"] else _Piece(found[0], at))
            at = found.end()
            continue
        at += 1
        if not (opened and text[at - 1] == "}"):
            pieces.append(_Piece(text[at - 1], at - 1))
            continue
        variable = opened.pop()
        if variable.has_default:
            default = pieces[variable.pieces_before :]
            pieces[variable.pieces_before :] = [_Piece(piece.text, None) for piece in default]
        else:
            pieces[variable.pieces_before :] = [_Piece(text[variable.start : at], variable.start)]
    if opened:
        pieces[opened[0].pieces_before :] = [_Piece(text[opened[0].start :], opened[0].start)]
    places = [
        None if piece.at is None else piece.at + index for piece in pieces for index in range(len(piece.text))
    ]
    return "".join(piece.text for piece in pieces), (*places, len(text))

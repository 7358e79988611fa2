"""``${VAR:-default}`` in compose files, as far as the file itself says what it becomes.

Source of the rules: the Compose Specification, "Interpolation".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

_VARIABLE = lazy_pattern(
    r"\$(?:(?P<escaped>\$)|(?P<bare>[a-z_]\w*)|\{(?P<braced>[a-z_]\w*)(?P<default>:?-)?)",
    re.ASCII | re.IGNORECASE,
)


#: All of a variable in braces but its end, and what follows its name.
_BRACED = lazy_pattern(r"\$\{(?P<name>[a-z_]\w*)(?P<sign>:?[-?+])?", re.ASCII | re.IGNORECASE)
#: What `filled` follows: a default in a default, and so on.
_DEEPEST = 20


class MissingVariable(ValueError):  # noqa: N818 - it is named like what it tells
    """A variable that must be set (``${NAME:?why}``) and is not; ``name`` is its name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not set")
        self.name = name


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
    if "$" not in text:
        return text, tuple(range(len(text) + 1))
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


def filled(text: str, values: Mapping[str, str], depth: int = 0) -> str:
    """*text* as Compose starts something with it, where no other variables than *values* are set.

    One that is not set and has no default is empty. Raises MissingVariable; what is no variable stays.
    """
    pieces: list[str] = []
    at = 0
    while found := _VARIABLE.search(text, at):
        pieces.append(text[at : found.start()])
        braced = _BRACED.match(text, found.start())
        end = _end(text, found.start()) if braced else found.end()
        if found["escaped"]:
            pieces.append("$")
        elif braced is None:
            pieces.append(values.get(found["bare"], ""))
        elif end is None or depth > _DEEPEST or not (braced["sign"] or text[braced.end()] == "}"):
            end = braced.end()
            pieces.append(text[braced.start() : end])
        else:
            pieces.append(_value(braced, text[braced.end() : end - 1], values, depth))
        at = end or found.end()
    return "".join((*pieces, text[at:]))


def _end(text: str, start: int) -> int | None:
    """The index behind the ``}`` that ends the ``${`` at *start*; None where none does."""
    depth, at = 0, start
    while at < len(text):
        if text.startswith("${", at):
            depth, at = depth + 1, at + 2
            continue
        depth -= text[at] == "}"
        at += 1
        if not depth:
            return at
    return None


def _value(braced: re.Match[str], rest: str, values: Mapping[str, str], depth: int) -> str:
    """What a variable in braces becomes; *rest* is what stands behind its sign."""
    sign, value = braced["sign"] or "-", values.get(braced["name"])
    if value is not None and (value or not sign.startswith(":")):
        return filled(rest, values, depth + 1) if sign.endswith("+") else value
    if sign.endswith("?"):
        raise MissingVariable(braced["name"])
    return filled(rest, values, depth + 1) if sign.endswith("-") else ""

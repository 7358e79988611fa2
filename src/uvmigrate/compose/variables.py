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


def substitute(text: str) -> str:
    """*text* with ``$$`` as ``$`` and each variable that has a default as that default.

    What a variable will be is not known here: one without a default (``$VAR``, ``${VAR}``,
    ``${VAR:?why}``, ``${VAR:+other}``) and whatever is no variable at all stay as they are written.
    """
    if "$" not in text:
        return text
    pieces: list[str] = []
    opened: list[_Open] = []
    at = 0
    while at < len(text):
        found = _VARIABLE.match(text, at)
        if found is not None:
            at = found.end()
            if found["braced"]:
                opened.append(_Open(found.start(), len(pieces), has_default=bool(found["default"])))
            else:
                pieces.append("$" if found["escaped"] else found[0])
            continue
        at += 1
        if not (opened and text[at - 1] == "}"):
            pieces.append(text[at - 1])
            continue
        variable = opened.pop()
        if not variable.has_default:
            pieces[variable.pieces_before :] = [text[variable.start : at]]
    if opened:
        pieces[opened[0].pieces_before :] = [text[opened[0].start :]]
    return "".join(pieces)

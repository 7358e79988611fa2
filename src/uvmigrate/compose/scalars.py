"""Which bytes of a file each character of a YAML scalar stands in, so that a part of it can be rewritten.

ruamel says where a scalar begins and ends, not where the characters in it are: quotes, escapes, folded
lines and the indentation of a block are no part of the text. Source of the rules: YAML 1.2, chapters 7 and 8.
"""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING

from uvmigrate.compose.variables import substituted
from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from uvmigrate.compose.model import Words
    from uvmigrate.source import Span

_PROPERTIES = lazy_pattern(r"(?:[&!]\S*\s+)*")
_BREAK = lazy_pattern(r"[ \t]*\r?\n(?:[ \t]*\r?\n)*[ \t]*")
_ESCAPED_BREAK = lazy_pattern(r"\\\r?\n[ \t]*")
_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", '"': '"', "/": "/", "0": "\0", " ": " "}
#: The header of a block scalar; one that says its own indentation is not followed.
_HEADER = lazy_pattern(r"(?P<style>[|>])(?P<chomping>[+-]?)[ \t]*(?:#[^\n]*)?\r?\n")


class Placed(NamedTuple):
    """A text and its place: byte ``i`` of the text, as UTF-8, stands at ``places[i]`` of the file.

    ``places`` has one more for the end. It is None within what a variable's default stands for.
    """

    text: str
    places: tuple[int | None, ...]


class _Character(NamedTuple):
    text: str
    at: int


def placed(data: bytes, span: Span) -> Placed | None:
    """The text of the scalar at *span*, variables as their defaults; None for forms that are not followed."""
    raw = span.of(data).decode()
    starts = [span.start, *accumulate((len(one.encode()) for one in raw), initial=span.start)][1:]
    found = _characters(raw)
    if found is None:
        return None
    text, sources = substituted("".join(one.text for one in found))
    indexes = [one.at for one in found]
    places: list[int | None] = []
    for character, source in zip(f"{text}.", sources, strict=True):
        at = None if source is None else starts[indexes[source]]
        places += [at] * len(character.encode(errors="surrogateescape"))
    return Placed(text, tuple(places))


def places_of(words: Words, data: bytes) -> tuple[Placed, ...] | None:
    """The places of a command's words, or of its text, in *data*, which is that of ``words.path``.

    None where they do not stand there as they read: in forms that are not followed.
    """
    found = tuple(placed(data, span) for span in words.spans)
    texts = (words.text,) if words.argv is None else words.argv
    followed = tuple(one for one in found if one is not None)
    return followed if tuple(one.text for one in followed) == texts else None


def _characters(raw: str) -> list[_Character] | None:
    """The characters of the scalar's text, and one more where it ends: in front of a closing quote."""
    match = _PROPERTIES.match(raw)
    start = match.end() if match else 0
    style = raw[start : start + 1]
    if style in ("|", ">"):
        return _block(raw, start)
    quoted = style in ("'", '"')
    end = len(raw) - quoted
    found = _flow(raw, start + quoted, end, style if quoted else "")
    return None if found is None else [*found, _Character("", end)]


def _flow(raw: str, start: int, end: int, quote: str) -> list[_Character] | None:
    """A plain or quoted text; its line breaks are folded."""
    found: list[_Character] = []
    at = start
    while at < end:
        if quote == '"' and raw[at] == "\\":
            skipped = _ESCAPED_BREAK.match(raw, at, end)
            if skipped is None:
                escaped = _ESCAPES.get(raw[at + 1 : at + 2])
                if escaped is None:
                    return None
                found.append(_Character(escaped, at))
            at = skipped.end() if skipped else at + 2
            continue
        folded = _BREAK.match(raw, at, end)
        if folded is not None:
            breaks = folded[0].count("\n")
            found += [_Character(" " if breaks == 1 else "\n", at)] * max(1, breaks - 1)
            at = folded.end()
            continue
        found.append(_Character(raw[at], at))
        at += 2 if quote == "'" and raw[at] == "'" else 1
    return found


def _block(raw: str, start: int) -> list[_Character] | None:
    """A literal or folded block without lines that are indented further than the first."""
    header = _HEADER.match(raw, start)
    lines = re.split(r"(?<=\n)", raw[header.end() :]) if header else []
    indent = next((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), 0)
    if header is None or not indent:
        return None
    found: list[_Character] = []
    at, blank = header.end(), 0
    for line in lines:
        content = line.rstrip("\r\n")
        if not content.strip(" "):
            blank += 1
        else:
            if not content.startswith(" " * indent):
                return None
            if header["style"] == ">" and content[indent : indent + 1] in (" ", "\t"):
                return None
            found += _joined(found, header["style"], blank, at)
            found += [_Character(one, at + indent + n) for n, one in enumerate(content[indent:])]
            blank = 0
        at += len(line)
    if header["chomping"] != "-":
        found.append(_Character("\n", len(raw)))
    return [*found, _Character("", len(raw))]


def _joined(found: list[_Character], style: str, blank: int, at: int) -> list[_Character]:
    """What stands between two lines of a block; the place is the end of the line before."""
    if not found:
        return [_Character("\n", at)] * blank
    end = found[-1].at + 1
    if style == "|":
        return [_Character("\n", end)] * (blank + 1)
    return [_Character("\n", end)] * blank if blank else [_Character(" ", end)]

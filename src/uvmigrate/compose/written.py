"""YAML text of values that are put into a compose file: quoted only where it would be read as something else.

Source of the rules: YAML 1.2, "Plain Style", and the types of YAML 1.1, some of which Compose still reads
(``yes``, ``1:30``, ``0o17``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from uvmigrate.source import NamedTuple, lazy_pattern

#: What may be written: texts, numbers, mappings and lists of them.
Plain: TypeAlias = "str | bool | int | Mapping[str, Plain] | Sequence[Plain]"

_PLAIN = lazy_pattern(r"[A-Za-z0-9_./$](?:[\w./$@%+=,:~ -]*[\w./$@%+=~-])?", re.ASCII)
_FLOW_PLAIN = lazy_pattern(r"[A-Za-z0-9_./$](?:[\w./$@%+=~ -]*[\w./$@%+=~-])?", re.ASCII)
#: Texts that YAML 1.1 or 1.2 reads as a number, a time, a date, a truth or nothing.
_NO_TEXT = lazy_pattern(
    r"[-+]?\.?[0-9][\w.:+-]*|[-+]?\.(?:inf|nan)|y|n|yes|no|on|off|true|false|null|~", re.ASCII | re.IGNORECASE
)
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


class Layout(NamedTuple):
    """How a file is laid out: its line ends, and what a level and a list below its key are indented by."""

    newline: str
    step: str
    dash: str


def escaped(value: Plain) -> Plain:
    """*value* for Compose, which puts variables in where a ``$`` stands alone."""
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, Mapping):
        return {key: escaped(entry) for key, entry in value.items()}
    return value if isinstance(value, int) else [escaped(item) for item in value]


def flow(value: Plain) -> str:
    """*value* on one line, as it may stand within braces and brackets."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(key)}: {flow(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, (str, int)):
        return _scalar(value, _FLOW_PLAIN)
    return "[" + ", ".join(map(flow, value)) + "]"


def entry_lines(key: str, value: Plain, indent: str, layout: Layout) -> list[str]:
    """The lines of a mapping's entry in block style; *indent* is that of the mapping's keys."""
    head = f"{indent}{_scalar(key, _PLAIN)}:"
    if isinstance(value, (str, int)):
        return [f"{head} {_scalar(value, _PLAIN)}"]
    if not value:
        return [f"{head} {flow(value)}"]
    lines = [head]
    if isinstance(value, Mapping):
        for name, entry in value.items():
            lines += entry_lines(name, entry, indent + layout.step, layout)
    else:
        for item in value:
            lines += item_lines(item, f"{indent}{layout.dash}- ", layout)
    return lines


def item_lines(item: Plain, start: str, layout: Layout) -> list[str]:
    """The lines of a list's item in block style; *start* is what its first line begins with."""
    if not isinstance(item, Mapping) or not item:
        return [start + (_scalar(item, _PLAIN) if isinstance(item, (str, int)) else flow(item))]
    indent = " " * len(start)
    lines = [line for key, value in item.items() for line in entry_lines(key, value, indent, layout)]
    return [start + lines[0].removeprefix(indent), *lines[1:]]


def _scalar(value: str | int, plain: re.Pattern[str]) -> str:
    if not isinstance(value, str):
        return str(value).lower()
    if plain.fullmatch(value) and not _NO_TEXT.fullmatch(value) and ": " not in value:
        return value
    return '"' + "".join(map(_character, value)) + '"'


def _character(character: str) -> str:
    if character in _ESCAPES or character.isprintable():
        return _ESCAPES.get(character, character)
    return f"\\U{ord(character):08X}"

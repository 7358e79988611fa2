"""Puts a pyproject.toml together from its tables, or adds them to one that holds other things."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_BARE_KEY = lazy_pattern(r"[A-Za-z0-9_-]+")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\t": "\\t", "\n": "\\n", "\r": "\\r"}
# A comment right above a table belongs to the table; one that a blank line follows, to the file.
_HEAD = lazy_pattern(r"(?:(?:[ \t]*#[^\n]*\n)+(?:[ \t]*\r?\n)+)+")
_UV_HEADER = lazy_pattern(r"^[ \t]*\[[ \t]*tool[ \t]*\.[ \t]*uv[ \t]*\][^\r\n]*(?:\r?\n|$)", re.MULTILINE)

_GROUPS_HEADER = lazy_pattern(r"^[ \t]*\[[ \t]*dependency-groups[ \t]*\][^\r\n]*(?:\r?\n|$)", re.MULTILINE)


class CannotExtendError(ValueError):
    """The existing pyproject.toml says something else already; the message is one clause."""


class Tables(NamedTuple):
    """What a pyproject.toml is to say, in texts of TOML that each end a line; an empty one is left out.

    ``project`` is ``[project]`` with its tables, ``groups`` is ``[dependency-groups]``. ``settings`` are the
    keys of ``[tool.uv]``, each as the lines that set it; ``others`` are further tables.
    """

    project: str
    groups: str
    settings: Mapping[str, str]
    others: Sequence[str]

    @property
    def text(self) -> str:
        """The whole file, where there is none yet."""
        keys = "".join(self.settings.values())
        parts = [self.project, self.groups, "[tool.uv]\n" + keys if keys else "", *self.others]
        return "\n".join(part for part in parts if part)


def extend(original: bytes, tables: Tables) -> bytes:
    """*original* with *tables* added to it; every byte of it stays.

    Line ends are the file's own. ``[project]`` comes first, below the comment that opens the file; settings
    go into the ``[tool.uv]`` that is there, and what it says on ``package`` stays.
    Raises CannotExtendError where the file says one of these things already or nothing can be added to it,
    and ValueError where it is no TOML.
    """
    text = original.decode()
    before = tomllib.loads(text)
    settings = dict(tables.settings)
    tool = before.get("tool", {})
    present = tool.get("uv", {}) if isinstance(tool, dict) else None
    if not isinstance(present, dict):
        raise CannotExtendError("its tool or tool.uv is no table")
    if "package" in present:
        settings.pop("package", None)
    taken = [key for key in settings if key in present]
    taken += ["[project]"] if tables.project and "project" in before else []
    taken += ["[dependency-groups]"] if tables.groups and "dependency-groups" in before else []
    if taken:
        raise CannotExtendError(f"it has {', '.join(taken)} already")
    top = _HEAD.match(text)
    head, rest = (top[0], text[top.end() :]) if top else ("", text)
    newline = "\r\n" if "\r\n" in text else "\n"
    header = _UV_HEADER.search(rest)
    keys = "".join(settings.values())
    tail = ["[tool.uv]\n" + keys] if header is None and keys else []
    if header is not None:
        line_end = "" if header[0].endswith("\n") else "\n"
        inside = (line_end + keys).replace("\n", newline)
        rest = rest[: header.end()] + inside + rest[header.end() :]
    added = _joined([tables.groups, *tail, *tables.others])
    if added and not rest.endswith("\n"):
        added = "\n" + added
    opening = tables.project + ("\n" if tables.project and rest.strip() else "")
    result = head + opening.replace("\n", newline) + rest + added.replace("\n", newline)
    _check(before, result, tables._replace(settings=settings).text)
    return result.encode()


def add_group(original: bytes, name: str, requirements: Sequence[str]) -> bytes:
    """*original* with a dependency group (PEP 735) of these requirements added; every byte of it stays.

    Raises CannotExtendError where there is a group of that name, or nothing can be added.
    """
    text = original.decode()
    before = tomllib.loads(text)
    lines = toml_array(toml_key(name), [toml_string(requirement) for requirement in requirements])
    newline = "\r\n" if "\r\n" in text else "\n"
    header = _GROUPS_HEADER.search(text)
    if name in before.get("dependency-groups", {}):
        raise CannotExtendError(f"it has a dependency group {name} already")
    if header is None:
        ended = text if text.endswith("\n") or not text else text + newline
        result = ended + newline + ("[dependency-groups]\n" + lines).replace("\n", newline)
    else:
        line_end = "" if header[0].endswith("\n") else newline
        result = text[: header.end()] + line_end + lines.replace("\n", newline) + text[header.end() :]
    _check(before, result, "[dependency-groups]\n" + lines)
    return result.encode()


def _check(before: dict[str, Any], result: str, fresh: str) -> None:
    """Raises CannotExtendError unless *result* holds all of *before* and all of *fresh*, and nothing else."""
    try:
        read = tomllib.loads(result)
    except tomllib.TOMLDecodeError as error:
        raise CannotExtendError(f"nothing can be added to it: {error}") from error
    if read != _merged(before, tomllib.loads(fresh)):
        raise CannotExtendError("it is laid out in a way that nothing can be added to")


def _merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    result = dict(one)
    for key, value in other.items():
        old = result.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            result[key] = _merged(old, value)
        elif isinstance(old, list) and isinstance(value, list):
            result[key] = old + value
        else:
            result[key] = value
    return result


def _joined(parts: Iterable[str]) -> str:
    return "".join("\n" + part for part in parts if part)


def toml_array(key: str, values: Sequence[str]) -> str:
    """The lines that set *key* to an array of *values*, which are TOML already."""
    if not values:
        return f"{key} = []\n"
    return f"{key} = [\n" + "".join(f"    {value},\n" for value in values) + "]\n"


def toml_inline(values: Mapping[str, str | bool]) -> str:
    """An inline table."""
    pairs = (
        f"{toml_key(key)} = {str(value).lower() if isinstance(value, bool) else toml_string(value)}"
        for key, value in values.items()
    )
    return f"{{ {', '.join(pairs)} }}"


def toml_key(name: str) -> str:
    """The key, in quotes where it needs them."""
    return name if _BARE_KEY.fullmatch(name) else toml_string(name)


def toml_string(text: str) -> str:
    """A TOML string: literal where that spares the escapes of a marker's quotes, else basic."""
    plain = all(character.isprintable() for character in text)
    if '"' in text and "'" not in text and plain:
        return f"'{text}'"
    body = "".join(
        _ESCAPES.get(character, character if character.isprintable() else f"\\U{ord(character):08X}")
        for character in text
    )
    return f'"{body}"'

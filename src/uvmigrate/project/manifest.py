"""Writes a pyproject.toml for a set of requirement files, or adds it to one that holds tool settings only."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from uvmigrate.project.sets import ProjectSet

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\t": "\\t", "\n": "\\n", "\r": "\\r"}
# A comment right above a table belongs to the table; one that a blank line follows, to the file.
_HEAD = re.compile(r"(?:(?:[ \t]*#[^\n]*\n)+(?:[ \t]*\r?\n)+)+")
_UV_HEADER = re.compile(r"^[ \t]*\[[ \t]*tool[ \t]*\.[ \t]*uv[ \t]*\][^\r\n]*(?:\r?\n|$)", re.MULTILINE)


class CannotExtendError(ValueError):
    """The existing pyproject.toml says something else already; the message is one clause."""


def new_pyproject(name: str, version: str, requires_python: str, requirements: ProjectSet) -> str:
    """The text of a pyproject.toml that says what the requirement files say, in their order.

    The project is not a package (``package = false``): nothing of it was installed before.
    """
    parts = [
        _project(name, version, requires_python, requirements),
        _groups(requirements),
        "[tool.uv]\n" + "".join(_settings(requirements).values()),
        *_indexes(requirements),
    ]
    return "\n".join(part for part in parts if part)


def extend_pyproject(
    original: bytes, name: str, version: str, requires_python: str, requirements: ProjectSet
) -> bytes:
    """*original*, which has no ``[project]``, with the same added to it; every byte of it stays.

    Line ends are the file's own. ``[project]`` comes first, below the comment that opens the file; settings
    go into the ``[tool.uv]`` that is there, and what it says on ``package`` stays.
    Raises CannotExtendError where the file says one of these things already or nothing can be added to it,
    and ValueError where it is no TOML.
    """
    text = original.decode()
    before = tomllib.loads(text)
    settings = _settings(requirements)
    present = before.get("tool", {}).get("uv", {})
    if "package" in present:
        del settings["package"]
    taken = [key for key in settings if key in present]
    taken += ["[project]"] if "project" in before else []
    taken += ["[dependency-groups]"] if requirements.groups and "dependency-groups" in before else []
    if taken:
        raise CannotExtendError(f"it has {', '.join(taken)} already")
    project = _project(name, version, requires_python, requirements)
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
    added = _joined([_groups(requirements), *tail, *_indexes(requirements)])
    if added and not rest.endswith("\n"):
        added = "\n" + added
    opening = project + ("\n" if rest.strip() else "")
    result = head + opening.replace("\n", newline) + rest + added.replace("\n", newline)
    _check(before, result, new_pyproject(name, version, requires_python, requirements), "package" in settings)
    return result.encode()


def _check(before: dict[str, Any], result: str, fresh: str, packaged: bool) -> None:
    """Raises CannotExtendError unless *result* holds all of *before* and all of *fresh*, and nothing else."""
    wanted = tomllib.loads(fresh)
    if not packaged:
        del wanted["tool"]["uv"]["package"]
    try:
        read = tomllib.loads(result)
    except tomllib.TOMLDecodeError as error:
        raise CannotExtendError(f"nothing can be added to it: {error}") from error
    if read != _merged(before, wanted):
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


def _project(name: str, version: str, requires_python: str, requirements: ProjectSet) -> str:
    return (
        "[project]\n"
        f"name = {_string(name)}\n"
        f"version = {_string(version)}\n"
        f"requires-python = {_string(requires_python)}\n"
        + _array("dependencies", [_string(entry.text) for entry in requirements.dependencies])
    )


def _groups(requirements: ProjectSet) -> str:
    tables = []
    for group, entries in requirements.groups.items():
        inner = [f"{{ include-group = {_string(name)} }}" for name in requirements.includes.get(group, ())]
        tables.append(_array(_key(group), [*inner, *(_string(entry.text) for entry in entries)]))
    return "[dependency-groups]\n" + "".join(tables) if tables else ""


def _settings(requirements: ProjectSet) -> dict[str, str]:
    """The keys of ``[tool.uv]`` (uv docs, "Settings"), each as the lines that set it."""
    kinds = {index.kind for index in requirements.indexes}
    settings = {"package": "package = false\n"}
    if "extra" in kinds:
        # pip takes the best version of all its indexes; uv would take the first index that has the name.
        settings["index-strategy"] = 'index-strategy = "unsafe-best-match"\n'
    if "no-index" in kinds:
        settings["no-index"] = "no-index = true\n"
    links = [_string(index.url) for index in requirements.indexes if index.kind == "find-links"]
    arrays = {
        "find-links": links,
        "constraint-dependencies": [_string(text) for text in requirements.constraints],
    }
    settings |= {key: _array(key, values) for key, values in arrays.items() if values}
    if any(option.name == "--pre" for option in requirements.options):
        settings["prerelease"] = 'prerelease = "allow"\n'
    for option, key in (("--no-binary", "no-binary"), ("--only-binary", "no-build")):
        settings |= _format_control(requirements, option, key)
    return settings


def _format_control(requirements: ProjectSet, option: str, key: str) -> dict[str, str]:
    """pip's ``--no-binary``: names, ``:all:``, and ``:none:`` which takes back what stands before it."""
    names: list[str] = []
    for value in [found.value or "" for found in requirements.options if found.name == option]:
        for name in filter(None, (part.strip() for part in value.split(","))):
            names = [] if name == ":none:" else [*names, name]
    if ":all:" in names:
        return {key: f"{key} = true\n"}
    listed = _array(f"{key}-package", [_string(name) for name in dict.fromkeys(names)])
    return {f"{key}-package": listed} if names else {}


def _indexes(requirements: ProjectSet) -> list[str]:
    return [
        f"[[tool.uv.index]]\nurl = {_string(index.url)}\n"
        + ("default = true\n" if index.kind == "default" else "")
        for index in requirements.indexes
        if index.kind in ("default", "extra")
    ]


def _array(key: str, values: Sequence[str]) -> str:
    if not values:
        return f"{key} = []\n"
    return f"{key} = [\n" + "".join(f"    {value},\n" for value in values) + "]\n"


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else _string(name)


def _string(text: str) -> str:
    """A TOML string: literal where that spares the escapes of a marker's quotes, else basic."""
    plain = all(character.isprintable() for character in text)
    if '"' in text and "'" not in text and plain:
        return f"'{text}'"
    body = "".join(
        _ESCAPES.get(character, character if character.isprintable() else f"\\U{ord(character):08X}")
        for character in text
    )
    return f'"{body}"'

"""Writes a pyproject.toml for a set of requirement files, or adds it to one that holds tool settings only."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from uvmigrate.project.toml import (
    CannotExtendError,
    Tables,
    extend,
    toml_array,
    toml_inline,
    toml_key,
    toml_string,
)

if TYPE_CHECKING:
    from uvmigrate.project.sets import ProjectSet

__all__ = ["CannotExtendError", "extend_pyproject", "new_pyproject"]


def new_pyproject(name: str, version: str, requires_python: str, requirements: ProjectSet) -> str:
    """The text of a pyproject.toml that says what the requirement files say, in their order.

    The project is not a package (``package = false``): nothing of it was installed before.
    """
    return _tables(name, version, requires_python, requirements).text


def extend_pyproject(
    original: bytes, name: str, version: str, requires_python: str, requirements: ProjectSet
) -> bytes:
    """*original*, which has no ``[project]``, with the same added to it; every byte of it stays.

    Line ends are the file's own. ``[project]`` comes first, below the comment that opens the file; settings
    go into the ``[tool.uv]`` that is there, and what it says on ``package`` stays.
    Raises CannotExtendError where the file says one of these things already or nothing can be added to it,
    and ValueError where it is no TOML.
    """
    return extend(original, _tables(name, version, requires_python, requirements))


def _tables(name: str, version: str, requires_python: str, requirements: ProjectSet) -> Tables:
    return Tables(
        _project(name, version, requires_python, requirements),
        _groups(requirements),
        _settings(requirements),
        [*_indexes(requirements), *_sources(requirements)],
    )


def _project(name: str, version: str, requires_python: str, requirements: ProjectSet) -> str:
    return (
        "[project]\n"
        f"name = {toml_string(name)}\n"
        f"version = {toml_string(version)}\n"
        f"requires-python = {toml_string(requires_python)}\n"
        + toml_array("dependencies", [toml_string(entry.text) for entry in requirements.dependencies])
    )


def _groups(requirements: ProjectSet) -> str:
    tables = []
    for group, entries in requirements.groups.items():
        inner = [
            f"{{ include-group = {toml_string(name)} }}" for name in requirements.includes.get(group, ())
        ]
        tables.append(toml_array(toml_key(group), [*inner, *(toml_string(entry.text) for entry in entries)]))
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
    links = [toml_string(index.url) for index in requirements.indexes if index.kind == "find-links"]
    arrays = {
        "find-links": links,
        "constraint-dependencies": [toml_string(text) for text in requirements.constraints],
    }
    settings |= {key: toml_array(key, values) for key, values in arrays.items() if values}
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
    listed = toml_array(f"{key}-package", [toml_string(name) for name in dict.fromkeys(names)])
    return {f"{key}-package": listed} if names else {}


def _indexes(requirements: ProjectSet) -> list[str]:
    return [
        f"[[tool.uv.index]]\nurl = {toml_string(index.url)}\n"
        + ("default = true\n" if index.kind == "default" else "")
        for index in requirements.indexes
        if index.kind in ("default", "extra")
    ]


def _sources(requirements: ProjectSet) -> list[str]:
    """``[tool.uv.sources]`` with the folders, as they lie from the project's own."""
    lines = []
    for name, folder, editable in requirements.sources:
        path = posixpath.relpath(folder, requirements.folder)
        table = toml_inline({"path": path} | ({"editable": True} if editable else {}))
        lines.append(f"{toml_key(name)} = {table}\n")
    return ["[tool.uv.sources]\n" + "".join(lines)] if lines else []

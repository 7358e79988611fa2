"""``[tool.poetry]``'s metadata as the fields of ``[project]`` (PEP 621).

What ``[project]`` cannot say stays where it is, and is named dynamic: poetry-core reads it from there.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from uvmigrate.project.poetry_dependencies import CannotConvertError
from uvmigrate.project.poetry_text import Block, Entry, Item, Path
from uvmigrate.project.toml import toml_inline, toml_key, toml_string
from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

POETRY: Path = ("tool", "poetry")
_NAME = lazy_pattern(r"[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9]")
_PERSON = lazy_pattern(r"(?P<name>[^<>]*?)\s*<(?P<email>[^<>\s]+@[^<>\s]+)>\s*")
_URLS = ("homepage", "repository", "documentation")


class Metadata(NamedTuple):
    """The fields of ``[project]`` that are not there yet, its tables, and what stays in ``[tool.poetry]``.

    ``kept`` are the paths of statements that stay, ``dynamic`` the fields for which they do.
    """

    fields: tuple[Entry, ...]
    tables: tuple[Block, ...]
    kept: frozenset[Path]
    dynamic: tuple[str, ...]
    notes: tuple[str, ...]


class _Reader:
    """Collects the fields; ``project`` is the ``[project]`` that is there already, which wins."""

    def __init__(
        self, poetry: Mapping[str, Any], project: Mapping[str, Any], raw: Callable[[Path], str | None]
    ):
        self.poetry = poetry
        self.project = project
        self.raw = raw
        self.fields: list[Entry] = []
        self.tables: list[Block] = []
        self.kept: set[Path] = set()
        self.dynamic: list[str] = []
        self.notes: list[str] = []

    def open(self, key: str, own: str | None = None) -> bool:
        """Whether ``[tool.poetry]`` has the key and ``[project]`` does not say it (as *own*)."""
        return bool(self.poetry.get(key)) and (own or key) not in self.project

    def value(self, path: Path, text: str) -> str:
        """The value as it is written, or *text* where it is not written as one."""
        raw = self.raw(path)
        return text if raw is None else raw

    def copy(self, key: str) -> None:
        path = (*POETRY, key)
        value = self.poetry[key]
        text = toml_string(value) if isinstance(value, str) else _texts(value)
        self.fields.append(Entry(key, self.value(path, text), (path,), raw=self.raw(path) is not None))

    def keep(self, key: str, field: str | None = None) -> None:
        self.kept.add((*POETRY, key))
        self.dynamic.append(field or key)


def read_metadata(
    poetry: Mapping[str, Any],
    project: Mapping[str, Any],
    raw: Callable[[Path], str | None],
    *,
    name: str,
    packaged: bool,
    dynamic_version: bool,
) -> Metadata:
    """The metadata of *poetry*, the ``[tool.poetry]`` table, beside *project*, the ``[project]`` of the file.

    *raw* tells how the value at a path is written; *name* is used where neither has one, and a version of a
    build backend's own stays with it (*dynamic_version*). Raises CannotConvertError.
    """
    reader = _Reader(poetry, project, raw)
    _name_and_version(reader, name, packaged, dynamic_version)
    if "description" in poetry and "description" not in project:
        reader.copy("description")
    _readme(reader)
    _license(reader)
    for key in ("authors", "maintainers"):
        if reader.open(key):
            items = tuple(Item(_person(text)) for text in poetry[key])
            reader.fields.append(Entry(key, items, ((*POETRY, key),)))
    for key in ("keywords", "classifiers"):
        if reader.open(key):
            reader.copy(key)
    _urls(reader)
    _scripts(reader)
    _plugins(reader)
    return Metadata(
        tuple(reader.fields),
        tuple(reader.tables),
        frozenset(reader.kept),
        tuple(reader.dynamic),
        tuple(reader.notes),
    )


def _name_and_version(reader: _Reader, name: str, packaged: bool, dynamic_version: bool) -> None:
    from packaging.version import InvalidVersion, Version

    poetry, project = reader.poetry, reader.project
    if "name" not in project:
        given = str(poetry.get("name") or name)
        if _NAME.fullmatch(given):
            path = (*POETRY, "name")
            text = reader.value(path, toml_string(given)) if poetry.get("name") else toml_string(given)
            reader.fields.append(Entry("name", text, (path,)))
        elif packaged:
            raise CannotConvertError(
                "invalid-name", f"{given} is no name that a package can have", (*POETRY, "name")
            )
        else:
            reader.fields.append(Entry("name", toml_string(name), ((*POETRY, "name"),)))
            reader.notes.append(f"the project is called {name}: {given} is no name that a package can have")
    if dynamic_version:
        if "version" in poetry:
            reader.keep("version")
        else:
            reader.dynamic.append("version")
    elif "version" not in project and (poetry.get("version") or "version" not in project.get("dynamic", ())):
        version = str(poetry.get("version") or "0.1.0")
        try:
            Version(version)
        except InvalidVersion:
            raise CannotConvertError(
                "invalid-version", f"{version} is no version", (*POETRY, "version")
            ) from None
        path = (*POETRY, "version")
        text = reader.value(path, toml_string(version)) if poetry.get("version") else toml_string(version)
        reader.fields.append(Entry("version", text, (path,)))


def _readme(reader: _Reader) -> None:
    if not reader.open("readme"):
        return
    readme = reader.poetry["readme"]
    if isinstance(readme, list) and len(readme) > 1:
        reader.keep("readme")
    elif isinstance(readme, list):
        reader.fields.append(Entry("readme", toml_string(str(readme[0])), ((*POETRY, "readme"),)))
    else:
        reader.copy("readme")


def _license(reader: _Reader) -> None:
    """The text is an expression (PEP 639) where it is one, and no classifier beside it says the same."""
    if not reader.open("license"):
        return
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    text = str(reader.poetry["license"])
    classifiers = [*reader.poetry.get("classifiers", ()), *reader.project.get("classifiers", ())]
    value = toml_inline({"text": text})
    if not any(str(classifier).startswith("License ::") for classifier in classifiers):
        with contextlib.suppress(InvalidLicenseExpression):
            value = toml_string(canonicalize_license_expression(text))
    reader.fields.append(Entry("license", value, ((*POETRY, "license"),)))


def _person(text: object) -> str:
    found = _PERSON.fullmatch(str(text))
    if found is None:
        return toml_inline({"name": str(text)})
    named = {"name": found["name"]} if found["name"] else {}
    return toml_inline({**named, "email": found["email"]})


def _urls(reader: _Reader) -> None:
    if "urls" in reader.project:
        return
    path = (*POETRY, "urls")
    entries = [
        Entry(
            key.capitalize(),
            reader.value((*POETRY, key), toml_string(str(reader.poetry[key]))),
            ((*POETRY, key),),
        )
        for key in _URLS
        if reader.poetry.get(key)
    ]
    taken = {entry.key.lower() for entry in entries}
    for key, url in reader.poetry.get("urls", {}).items():
        if key.lower() not in taken:
            inner = (*path, key)
            entries.append(Entry(key, reader.value(inner, toml_string(str(url))), (inner,)))
    if entries:
        reader.tables.append(Block("[project.urls]", tuple(entries), path))


def _scripts(reader: _Reader) -> None:
    """Console scripts; a script that is a file stays, since only poetry knows those."""
    scripts = reader.poetry.get("scripts", {})
    path = (*POETRY, "scripts")
    entries = []
    for name, value in scripts.items():
        inner = (*path, name)
        if isinstance(value, dict) and value.get("type") == "file":
            reader.kept.add(inner)
        elif "scripts" not in reader.project:
            target = value if isinstance(value, str) else value.get("reference", value.get("callable"))
            if not isinstance(target, str):
                raise CannotConvertError("unreadable-script", f"the script {name} names no function", inner)
            extras = value.get("extras") if isinstance(value, dict) else None
            if extras:
                why = f"the script {name} is for an extra: [project.scripts] has none of those"
                raise CannotConvertError("script-extras", why, inner)
            text = toml_string(target)
            entries.append(Entry(name, reader.value(inner, text) if value == target else text, (inner,)))
    if entries:
        reader.tables.append(Block("[project.scripts]", tuple(entries), path))


def _plugins(reader: _Reader) -> None:
    if "entry-points" in reader.project:
        return
    for group, points in reader.poetry.get("plugins", {}).items():
        path = (*POETRY, "plugins", group)
        entries = [
            Entry(name, reader.value((*path, name), toml_string(str(target))), ((*path, name),))
            for name, target in points.items()
        ]
        header = {"console_scripts": "scripts", "gui_scripts": "gui-scripts"}.get(group)
        if header == "scripts" and (reader.poetry.get("scripts") or "scripts" in reader.project):
            raise CannotConvertError("unreadable-script", "console scripts are declared twice", path)
        table = f"[project.{header}]" if header else f"[project.entry-points.{toml_key(group)}]"
        reader.tables.append(Block(table, tuple(entries), path))


def _texts(values: object) -> str:
    listed = values if isinstance(values, list) else []
    return f"[{', '.join(toml_string(str(value)) for value in listed)}]"

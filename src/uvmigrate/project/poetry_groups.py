"""The dependencies of a poetry project, of its extras and its groups, and where they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uvmigrate.project.pep508 import InvalidSpecifierError, normalise, read_specifier
from uvmigrate.project.poetry_dependencies import CannotConvertError, Dependency, read_dependencies
from uvmigrate.project.poetry_metadata import POETRY
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from uvmigrate.project.poetry_dependencies import Source
    from uvmigrate.project.poetry_text import Path


MAIN = "main"


class Declared(NamedTuple):
    """A dependency and the statement that declares it."""

    dependency: Dependency
    path: Path


class Group(NamedTuple):
    """A dependency group. ``standing`` ones are in ``[dependency-groups]`` already and stay as they are."""

    name: str
    declared: tuple[Declared, ...]
    includes: tuple[str, ...]
    optional: bool
    standing: bool
    tables: tuple[Path, ...]


class Everything(NamedTuple):
    """All that a project depends on.

    ``main`` are the dependencies that ``[project]`` does not hold yet, with those optional ones that an extra
    names; ``left_out`` are the other optional ones, which nothing installs. ``enriched`` say where those come
    from that it does hold. ``asked`` are the requirements that stand in the file's standard tables already.
    """

    main: tuple[Declared, ...]
    left_out: tuple[Declared, ...]
    enriched: tuple[Declared, ...]
    extras: Mapping[str, tuple[str, ...]]
    groups: tuple[Group, ...]
    asked: tuple[Dependency, ...]

    @property
    def declared(self) -> Iterator[Declared]:
        """All that poetry's own tables declare and the new file holds."""
        yield from self.main
        for group in self.groups:
            if not group.standing:
                yield from group.declared

    @property
    def sourced(self) -> Iterator[Declared]:
        """All that may have a source."""
        yield from self.declared
        yield from self.enriched
        for group in self.groups:
            if group.standing:
                yield from group.declared

    @property
    def names(self) -> frozenset[str]:
        """The names of all of them, normalised."""
        return frozenset(one.name for one in self.all)

    @property
    def all(self) -> Iterator[Dependency]:
        """Every requirement of the new file."""
        yield from (one.dependency for one in self.declared)
        yield from self.asked


def read_everything(
    data: Mapping[str, Any], commits: Mapping[str, str], indexes: Mapping[str, str]
) -> Everything:
    """The dependencies in *data*, a pyproject.toml. Raises CannotConvertError."""
    poetry = data.get("tool", {}).get("poetry", {})
    project = data.get("project", {})
    dynamic = project.get("dynamic", [])
    path = (*POETRY, "dependencies")
    found = _read(poetry.get("dependencies", {}), path, commits, indexes)
    # The group main is another name for the same.
    again = (*POETRY, "group", MAIN, "dependencies")
    found += _read(poetry.get("group", {}).get(MAIN, {}).get("dependencies", {}), again, commits, indexes)
    # poetry passes over its own table where [project] declares any, but for where they come from.
    standing = "dependencies" in project or bool(project.get("optional-dependencies"))
    if standing and found and ("dependencies" in dynamic or "optional-dependencies" in dynamic):
        why = "dependencies are declared both in [project] and, as dynamic, in [tool.poetry]"
        raise CannotConvertError("mixed-dependencies", why)
    asked = [
        *_texts(project.get("dependencies", ())),
        *(one for texts in project.get("optional-dependencies", {}).values() for one in _texts(texts)),
    ]
    groups = tuple(_groups(data, commits, indexes))
    for entries in data.get("dependency-groups", {}).values():
        asked += _texts(entries)
    extras = {
        str(name): tuple(normalise(text) for text in texts)
        for name, texts in ({} if standing else poetry.get("extras", {})).items()
    }
    named = {name for names in extras.values() for name in names}
    needed = [one for one in found if not one.dependency.optional or one.dependency.name in named]
    return Everything(
        () if standing else tuple(needed),
        () if standing else tuple(one for one in found if one not in needed),
        tuple(found) if standing else (),
        extras,
        groups,
        tuple(asked),
    )


def sources_of(everything: Everything) -> dict[str, tuple[Source, ...]]:
    """``[tool.uv.sources]``, by normalised name: several of a name where markers part them.

    Raises CannotConvertError where one name comes from two places at once.
    """
    by_name: dict[str, list[Dependency]] = {}
    for one in everything.sourced:
        by_name.setdefault(one.dependency.name, []).append(one.dependency)
    found: dict[str, tuple[Source, ...]] = {}
    for name, same in by_name.items():
        sources = [one.source for one in same if one.source is not None]
        if not sources:
            continue
        if all(source == sources[0] for source in sources) and len({one.marker for one in same}) == 1:
            found[name] = (sources[0],)
            continue
        marked = list(_unique((one.source, one.marker) for one in same))
        if any(marker is None for _, marker in marked):
            if any(source != sources[0] for source in sources):
                raise CannotConvertError("two-sources", f"{name} comes from two places at once")
            found[name] = (sources[0],)
            continue
        found[name] = tuple({**source, "marker": marker} for source, marker in marked if marker is not None)
    return found


def _unique(pairs: Iterable[tuple[Source | None, str | None]]) -> Iterator[tuple[Source, str | None]]:
    """The pairs that have a source, without repetitions."""
    seen: list[tuple[Source, str | None]] = []
    for source, marker in pairs:
        if source is not None and (source, marker) not in seen:
            seen.append((source, marker))
            yield source, marker


def _read(
    table: Mapping[str, Any], path: Path, commits: Mapping[str, str], indexes: Mapping[str, str]
) -> list[Declared]:
    found = []
    for name, value in table.items():
        if name.lower() != "python":
            try:
                read = read_dependencies(name, value, commits, indexes)
            except CannotConvertError as error:
                error.origin = (*path, name)
                raise
            found += [Declared(dependency, (*path, name)) for dependency in read]
    return found


def _groups(
    data: Mapping[str, Any], commits: Mapping[str, str], indexes: Mapping[str, str]
) -> Iterator[Group]:
    """The groups in their order; poetry before 1.2 had one, its ``dev-dependencies``."""
    poetry = data.get("tool", {}).get("poetry", {})
    own = {name: table for name, table in poetry.get("group", {}).items() if name != MAIN}
    standing = {normalise(name): name for name in data.get("dependency-groups", {})}
    configured = {normalise(name): table for name, table in own.items()}
    legacy = _read(poetry.get("dev-dependencies", {}), (*POETRY, "dev-dependencies"), commits, indexes)
    for normal, name in standing.items():
        table = configured.get(normal, {})
        path = next(((*POETRY, "group", key) for key in own if normalise(key) == normal), ())
        enriched = _read(table.get("dependencies", {}), (*path, "dependencies"), commits, indexes)
        if table.get("include-groups"):
            why = f"the group {name} is declared both in [dependency-groups] and in [tool.poetry]"
            raise CannotConvertError("mixed-groups", why)
        yield Group(name, tuple(enriched), (), bool(table.get("optional", False)), True, ())
    if legacy and "dev" in standing:
        raise CannotConvertError("mixed-groups", "the group dev is declared in two places")
    if (legacy or "dev-dependencies" in poetry) and "dev" not in own:
        yield Group("dev", tuple(legacy), (), False, False, ((*POETRY, "dev-dependencies"),))
    for name, table in own.items():
        if normalise(name) in standing:
            continue
        path = (*POETRY, "group", name)
        declared = _read(table.get("dependencies", {}), (*path, "dependencies"), commits, indexes)
        tables: tuple[Path, ...] = ((*path, "dependencies"), path)
        if name == "dev" and legacy:
            declared += legacy
            tables = (*tables, (*POETRY, "dev-dependencies"))
        includes = tuple(str(one) for one in table.get("include-groups", ()))
        yield Group(name, tuple(declared), includes, bool(table.get("optional", False)), False, tables)


def _texts(entries: object) -> list[Dependency]:
    """The requirements among the entries of a standard table; what is none is uv's to complain of."""
    found = []
    for entry in entries if isinstance(entries, (list, tuple)) else ():
        if isinstance(entry, str):
            try:
                read = read_specifier(entry)
            except InvalidSpecifierError as error:
                raise CannotConvertError("unreadable-dependency", str(error)) from error
            found.append(Dependency(read.name, read.text, read.specifier, read.marker, None, False, False))
    return found

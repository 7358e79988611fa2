"""Writes the pyproject.toml of a poetry project anew: the standard tables in the place of poetry's own.

Every byte outside of the tables that change stays, and every comment of those that go comes along. What has
been written is read again: a file that would say anything else is not given out.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from typing import TYPE_CHECKING, Any

from uvmigrate.project.poetry_dependencies import CannotConvertError
from uvmigrate.project.poetry_groups import sources_of
from uvmigrate.project.poetry_metadata import POETRY
from uvmigrate.project.poetry_text import Block, Comments, Entry, Item, Path, written
from uvmigrate.project.toml import toml_inline, toml_key, toml_string
from uvmigrate.project.toml_places import Statement, Table, read_tables
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from uvmigrate.project.poetry_groups import Everything
    from uvmigrate.project.poetry_indexes import Indexes
    from uvmigrate.project.poetry_metadata import Metadata

#: What goes: [project] and uv's settings say it, or nothing but poetry reads it. The build backend needs the
#: rest: packages, include, exclude, build.
_GOES = frozenset(
    """name version description readme license authors maintainers keywords classifiers homepage repository
    documentation urls scripts plugins dependencies dev-dependencies group extras source package-mode
    requires-poetry requires-plugins""".split()
)
#: What goes where a poetry-core that does not read [project] builds, too: it has no use for these.
_GOES_BESIDE = frozenset(
    "dev-dependencies group source package-mode requires-poetry requires-plugins".split()
)
#: What poetry calls what uv's index has of another name.
_SAID_BY = {"default": "priority", "explicit": "priority"}
_UV: Path = ("tool", "uv")


class BuildSystem(NamedTuple):
    """What ``[build-system]`` is to say."""

    requires: tuple[str, ...]
    backend: str


class Plan(NamedTuple):
    """All that the new file says; ``backend`` is None where ``[build-system]`` stays as it is.

    ``beside`` says that ``[tool.poetry]`` stays beside ``[project]``, which says the same.
    """

    metadata: Metadata
    requires_python: str
    everything: Everything
    indexes: Indexes
    packaged: bool
    prerelease: bool
    backend: BuildSystem | None
    beside: bool


class Layout:
    """A pyproject.toml's text and where everything stands in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tables = read_tables(text)
        self._values = {one.path: one for table in self.tables for one in table.statements}

    def raw(self, path: Path) -> str | None:
        """The value at *path* as it is written; None where it is written in another way."""
        found = self._values.get(path)
        return None if found is None else found.value

    def statement(self, path: Path) -> Statement | None:
        """The statement that sets *path* alone."""
        return self._values.get(path)

    def table(self, path: Path) -> Table | None:
        """The table of this name."""
        return next((table for table in self.tables if table.path == path), None)

    def line_of(self, path: Path) -> int:
        """The line, from 1, of what stands at *path* or within; 0 where nothing does."""
        if not path:
            return 0
        starts = [one.start for one in self._values.values() if one.path[: len(path)] == path]
        starts += [table.header.start for table in self.tables if table.path[: len(path)] == path]
        return self.text.count("\n", 0, min(starts)) + 1 if starts else 0


def write_manifest(layout: Layout, data: Mapping[str, Any], plan: Plan) -> bytes:
    """The new file. Raises CannotConvertError where the old one is laid out so that it cannot be edited."""
    result = _Writer(layout, data, plan).result()
    _check(layout.text, result, data, _going(plan))
    return result.encode()


def _going(plan: Plan) -> frozenset[str]:
    """The keys of ``[tool.poetry]`` that go."""
    return _GOES_BESIDE if plan.beside else _GOES


class _Writer:
    def __init__(self, layout: Layout, data: Mapping[str, Any], plan: Plan) -> None:
        self.layout = layout
        self.data = data
        self.plan = plan
        self.edits: list[tuple[int, int, str]] = []
        goes = _going(plan)
        self.poetry = [table for table in layout.tables if table.path[:2] == POETRY]
        self.going = [
            table
            for table in self.poetry
            if (table.path[2] in goes if len(table.path) > 2 else not plan.beside)
        ]
        self.kept_statements = [
            one
            for table in self.going
            for one in table.statements
            if one.path[2] not in goes or _kept(one.path, plan.metadata.kept)
        ]
        leaving = [one for table in self.going for one in table.statements if one not in self.kept_statements]
        self.comments = Comments(leaving, self.going)

    def result(self) -> str:
        text = self.layout.text
        for table in self.layout.tables:
            stray = [one for one in table.statements if one.path[:2] == POETRY and table.path[:2] != POETRY]
            if stray:
                why = "[tool.poetry] is written as a part of another table"
                raise CannotConvertError("layout", why, stray[0].path)
        above = self._project()
        added = [*above, *self._groups(), *self._kept(), *self._uv()]
        left = [line for line in self.comments.left() if line]
        if left:
            added.append("".join(f"{line}\n" for line in left))
        self._insert([part for part in added if part])
        self._build_system()
        newline = "\r\n" if "\r\n" in text else "\n"
        for start, end, new in sorted(self.edits, reverse=True):
            text = text[:start] + new.replace("\r\n", "\n").replace("\n", newline) + text[end:]
        if self.going and self.going[-1].end == len(self.layout.text):
            # The blank lines above a last table that went.
            text = text.rstrip("\r\n") + newline
        return text

    def _insert(self, parts: list[str]) -> None:
        """The new tables in the place of poetry's first, or above it if that stays; those that go, away."""
        text = self.layout.text
        new = "\n".join(parts)
        if self.plan.beside:
            first = self.poetry[0]
            self.edits.append((first.start, first.start, f"{new}\n"))
            self.edits += [(table.start, table.end, "") for table in self.going]
            return
        if not self.going:
            if new:
                gap = "" if text.endswith("\n") else "\n"
                self.edits.append((len(text), len(text), f"{gap}\n{new}"))
            return
        first = self.going[0]
        last_stays = first.end < len(text) and any(
            table.start >= first.end and table not in self.going for table in self.layout.tables
        )
        self.edits.append((first.start, first.end, new + ("\n" if new and last_stays else "")))
        self.edits += [(table.start, table.end, "") for table in self.going[1:]]

    def _project(self) -> list[str]:
        """``[project]`` and its tables: new ones, or what is added to those that are there."""
        plan, data = self.plan, self.data
        main = [one for one in plan.everything.main if not one.dependency.optional]
        path = (*POETRY, "dependencies")
        fields = list(plan.metadata.fields)
        if "requires-python" not in data.get("project", {}):
            value = toml_string(plan.requires_python)
            fields.append(Entry("requires-python", value, ((*path, "python"),)))
        dynamic = self._dynamic()
        if dynamic is not None:
            fields.append(Entry("dynamic", f"[{', '.join(toml_string(text) for text in dynamic)}]"))
        items = tuple(Item(toml_string(one.dependency.text), one.path) for one in main)
        if "dependencies" not in data.get("project", {}):
            fields.append(Entry("dependencies", items, (path,)))
        blocks = [*plan.metadata.tables, self._optional()]
        if "project" not in data:
            table = self.layout.table(POETRY)
            head = Block("[project]", tuple(fields), POETRY if table is not None else None)
            texts = [written(head, self.comments)]
        else:
            self._into(("project",), Block("", tuple(fields)))
            texts = []
        return [*texts, *(written(block, self.comments) for block in blocks if block is not None)]

    def _dynamic(self) -> list[str] | None:
        """The dynamic fields; None where they stay as they are."""
        project, metadata = self.data.get("project", {}), self.plan.metadata
        old = list(project.get("dynamic", []))
        static = {entry.key for entry in metadata.fields} | {"requires-python"}
        if self.plan.everything.main or "dependencies" not in project:
            static |= {"dependencies", "optional-dependencies"}
        static |= {block.header.strip("[]").split(".")[1].strip('"') for block in metadata.tables}
        new = [field for field in old if field not in static]
        new += [field for field in metadata.dynamic if field not in new and field not in project]
        if new == old:
            return None
        if "dynamic" in project:
            self._replace(("project", "dynamic"), f"[{', '.join(toml_string(field) for field in new)}]")
            return None
        return new

    def _optional(self) -> Block | None:
        """``[project.optional-dependencies]``: poetry's extras, which name dependencies."""
        everything = self.plan.everything
        path = (*POETRY, "extras")
        entries = []
        for extra, names in everything.extras.items():
            items = tuple(
                Item(toml_string(one.dependency.text), one.path)
                for name in names
                for one in everything.main
                if one.dependency.name == name
            )
            entries.append(Entry(extra, items, ((*path, extra),)))
        return Block("[project.optional-dependencies]", tuple(entries), path) if entries else None

    def _groups(self) -> list[str]:
        entries = []
        for group in self.plan.everything.groups:
            if not group.standing:
                includes = [Item(f"{{ include-group = {toml_string(name)} }}") for name in group.includes]
                items = [Item(toml_string(one.dependency.text), one.path) for one in group.declared]
                entries.append(Entry(group.name, (*includes, *items), group.tables))
        if not entries:
            return []
        if "dependency-groups" in self.data:
            self._into(("dependency-groups",), Block("", tuple(entries)))
            return []
        return [written(Block("[dependency-groups]", tuple(entries)), self.comments)]

    def _kept(self) -> list[str]:
        """What stays of ``[tool.poetry]``, byte for byte."""
        texts: dict[Path, str] = {}
        for table in self.going:
            for one in table.statements:
                if one in self.kept_statements:
                    above = "".join(f"{line}\n" for line in one.comments)
                    own = self.layout.text[one.start : one.end]
                    texts[table.path] = texts.get(table.path, "") + above + own
        return [f"[{'.'.join(map(toml_key, path))}]\n{text}" for path, text in texts.items()]

    def _uv(self) -> list[str]:
        """``[tool.uv]``, its sources and indexes."""
        plan = self.plan
        entries = [] if plan.packaged else [Entry("package", "false", ((*POETRY, "package-mode"),))]
        defaults = [group.name for group in plan.everything.groups if not group.optional]
        named = {group.name for group in plan.everything.groups}
        if set(defaults) != {"dev"} and (defaults or "dev" in named):
            listed = ", ".join(toml_string(name) for name in defaults)
            origins = tuple((*POETRY, "group", name, "optional") for name in named)
            entries.append(Entry("default-groups", f"[{listed}]", origins))
        if plan.prerelease:
            entries.append(Entry("prerelease", '"allow"'))
        if plan.indexes.mixed:
            entries.append(Entry("index-strategy", '"unsafe-best-match"'))
        written_names = {one.dependency.name: one.path[-1] for one in plan.everything.sourced}
        sources = sources_of(plan.everything)
        for index in plan.indexes.listed:
            sources |= {name: ({"index": index.name},) for name in index.packages if name not in sources}
        rows = tuple(
            Entry(written_names.get(name, name), _source_value(several)) for name, several in sources.items()
        )
        texts = []
        present = self.data.get("tool", {}).get("uv", {})
        taken = [entry.key for entry in entries if entry.key in present]
        taken += ["sources"] if rows and "sources" in present else []
        taken += ["index"] if plan.indexes.listed and "index" in present else []
        if taken:
            why = f"[tool.uv] says {', '.join(taken)} already"
            raise CannotConvertError("uv-settings", why, (*_UV, taken[0]))
        if entries and present:
            self._into(_UV, Block("", tuple(entries)))
        elif entries:
            texts.append(written(Block("[tool.uv]", tuple(entries)), self.comments))
        if rows:
            texts.append(written(Block("[tool.uv.sources]", rows), self.comments))
        return [*texts, *self._indexes()]

    def _indexes(self) -> list[str]:
        listed = self.plan.indexes.listed
        # Of several sources it is not known here which comment stands at which.
        origin = (*POETRY, "source") if len(listed) == 1 else None
        texts = []
        for index in listed:
            values = {"name": toml_string(index.name), "url": toml_string(index.url)}
            values |= {index.kind: "true"} if index.kind else {}
            entries = [
                Entry(key, value, ((*origin, _SAID_BY.get(key, key)),) if origin is not None else ())
                for key, value in values.items()
            ]
            texts.append(written(Block("[[tool.uv.index]]", tuple(entries), origin), self.comments))
        return texts

    def _into(self, path: Path, block: Block) -> None:
        """*block*'s entries at the end of the table *path*."""
        new = written(block, self.comments)
        if not new:
            return
        table = self.layout.table(path)
        if table is None:
            raise CannotConvertError(
                "layout", f"[{'.'.join(path)}] is written as a part of another table", path
            )
        gap = "" if self.layout.text[: table.stop].endswith("\n") else "\n"
        self.edits.append((table.stop, table.stop, gap + new))

    def _replace(self, path: Path, value: str) -> None:
        found = self.layout.statement(path)
        if found is None:
            raise CannotConvertError(
                "layout", f"{'.'.join(path)} is written in a way that is not edited", path
            )
        if found.inner:
            raise CannotConvertError("layout", f"{'.'.join(path)} has comments between its values", path)
        start = self.layout.text.index(found.value, self.layout.text.index("=", found.start))
        self.edits.append((start, start + len(found.value), value))

    def _build_system(self) -> None:
        backend, present = self.plan.backend, self.data.get("build-system")
        if backend is None:
            return
        requires = f"[{', '.join(toml_string(text) for text in backend.requires)}]"
        if present is None:
            text = self.layout.text
            new = f"[build-system]\nrequires = {requires}\nbuild-backend = {toml_string(backend.backend)}\n"
            goes = bool(self.going) and self.going[-1].end == len(text)
            gap = "\n" if goes or text.endswith("\n") else "\n\n"
            self.edits.append((len(text), len(text), gap + new))
            return
        if list(backend.requires) != present.get("requires"):
            self._replace(("build-system", "requires"), requires)
        if backend.backend != present.get("build-backend", backend.backend):
            self._replace(("build-system", "build-backend"), toml_string(backend.backend))


def _kept(path: Path, kept: Iterable[Path]) -> bool:
    return any(path[: len(one)] == one for one in kept)


def _source_value(several: tuple[Mapping[str, str | bool], ...]) -> str | tuple[Item, ...]:
    if len(several) == 1:
        return toml_inline(several[0])
    return tuple(Item(toml_inline(one)) for one in several)


def _check(text: str, result: str, before: Mapping[str, Any], goes: frozenset[str]) -> None:
    """Raises CannotConvertError unless *result* is TOML that lost nothing but what moved."""
    try:
        after = tomllib.loads(result)
    except tomllib.TOMLDecodeError as error:
        raise CannotConvertError(
            "layout", f"it is laid out in a way that cannot be edited: {error}"
        ) from error
    edited = ("project", "dependency-groups", "build-system", "tool")
    old, new = _without(before, edited), _without(after, edited)
    old_tools, new_tools = (_without(file.get("tool", {}), ("poetry", "uv")) for file in (before, after))
    old_poetry, new_poetry = (
        _without(file.get("tool", {}).get("poetry", {}), goes) for file in (before, after)
    )
    standing = [
        _holds(after.get("project", {}), _without(before.get("project", {}), ("dynamic",))),
        _holds(after.get("dependency-groups", {}), before.get("dependency-groups", {})),
        _holds(after.get("tool", {}).get("uv", {}), before.get("tool", {}).get("uv", {})),
    ]
    if old != new or old_tools != new_tools or old_poetry != new_poetry or not all(standing):
        raise CannotConvertError("layout", "it is laid out in a way that cannot be edited")
    if _comments(text) - _comments(result):
        raise CannotConvertError("layout", "a comment would be lost")


def _without(table: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if key not in keys}


def _holds(table: Mapping[str, Any], part: Mapping[str, Any]) -> bool:
    return all(key in table and table[key] == value for key, value in part.items())


def _comments(text: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for table in read_tables(text):
        for one in (table.header, *table.statements):
            found.update([*one.comments, *one.inner, *([one.trailing] if one.trailing else [])])
        found.update(table.rest)
    return found

"""Writes the tables that take the place of ``[tool.poetry]``, and takes its comments along."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.project.toml import toml_key
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from uvmigrate.project.toml_places import Statement, Table

Path = tuple[str, ...]


class Item(NamedTuple):
    """One value of an array, as TOML, and the statement that it comes from."""

    value: str
    origin: Path | None = None


class Entry(NamedTuple):
    """``key = value``; ``origins`` are the statements and tables that it comes from.

    ``value`` is TOML, or the items of an array. ``raw`` says that it is an origin's text, whose inner
    comments are in it. Comments that end the table ``origins[0]`` stay at the array's end.
    """

    key: str
    value: str | tuple[Item, ...]
    origins: tuple[Path, ...] = ()
    raw: bool = False


class Block(NamedTuple):
    """A table: its header as TOML, the table that it comes from, and what stands in it."""

    header: str
    entries: tuple[Entry, ...]
    origin: Path | None = None


class Comments:
    """The comments of the tables that go, each handed out once."""

    def __init__(self, statements: Iterable[Statement], tables: Iterable[Table]) -> None:
        self._statements: list[Statement] = list(statements)
        self._headers: list[Table] = []
        self._rest: list[Table] = []
        for table in tables:
            self._headers.append(table)
            self._rest.append(table)

    def of(self, path: Path, *, raw: bool = False, within: bool = True) -> tuple[list[str], str]:
        """The lines above what stands at *path* and the comment behind it, with all that stands *within*."""
        above: list[str] = []
        behind: list[str] = []
        for table in [table for table in self._headers if _at(table.path, path, within)]:
            self._headers.remove(table)
            above += [*table.header.comments, *_present(table.header.trailing)]
        for one in [one for one in self._statements if _at(one.path, path, within)]:
            self._statements.remove(one)
            above += [*one.comments, *(() if raw else one.inner)]
            behind += _present(one.trailing)
        if len(behind) > 1:
            return [*above, *behind], ""
        return above, "".join(behind)

    def rest(self, path: Path) -> list[str]:
        """The comments that end the table *path*."""
        found = [table for table in self._rest if table.path == path]
        for table in found:
            self._rest.remove(table)
        return [line for table in found for line in table.rest]

    def left(self) -> list[str]:
        """All that nobody asked for."""
        left = [line for table in list(self._headers) for line in self.of(table.path, within=False)[0]]
        while self._statements:
            above, behind = self.of(self._statements[0].path)
            left += [*above, *_present(behind)]
        for table in list(self._rest):
            left += self.rest(table.path)
        return left


def written(block: Block, comments: Comments) -> str:
    """The lines of a table; empty where nothing stands in it and it has no header."""
    lines: list[str] = []
    if block.header:
        if block.origin is not None:
            above, behind = comments.of(block.origin, within=False)
            lines += above
            lines.append(_with(block.header, behind))
        else:
            lines.append(block.header)
    for entry in block.entries:
        lines += _entry(entry, comments)
    if block.origin is not None:
        lines += comments.rest(block.origin)
    return "".join(f"{line}\n" for line in lines)


def _entry(entry: Entry, comments: Comments) -> list[str]:
    array = not isinstance(entry.value, str)
    found = [comments.of(origin, raw=entry.raw, within=not array) for origin in entry.origins]
    above = [line for lines, _ in found for line in lines]
    behind = [comment for _, comment in found if comment]
    if len(behind) > 1:
        above, behind = [*above, *behind], []
    key = toml_key(entry.key)
    if isinstance(entry.value, str):
        return [*above, _with(f"{key} = {entry.value}", "".join(behind))]
    inner: list[str] = []
    for item in entry.value:
        lines, comment = comments.of(item.origin) if item.origin is not None else ([], "")
        inner += [*lines, _with(f"{item.value},", comment)]
    inner += [line for origin in entry.origins for line in comments.rest(origin)]
    return [*above, *_array(key, inner, "".join(behind))]


def _array(key: str, inner: Sequence[str], behind: str) -> list[str]:
    if not inner:
        return [_with(f"{key} = []", behind)]
    return [_with(f"{key} = [", behind), *(f"    {line}" for line in inner), "]"]


def _with(line: str, comment: str) -> str:
    return f"{line}  {comment}" if comment else line


def _present(comment: str) -> list[str]:
    return [comment] if comment else []


def _at(path: Path, wanted: Path, within: bool) -> bool:
    return path[: len(wanted)] == wanted if within else path == wanted

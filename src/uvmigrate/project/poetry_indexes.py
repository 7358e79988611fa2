"""poetry's sources as uv's indexes (https://python-poetry.org/docs/repositories/#package-sources)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from uvmigrate.project.lines import has_credentials
from uvmigrate.project.poetry_dependencies import CannotConvertError
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from uvmigrate.project.poetry_lock import PoetryLock

#: The host of the index that both tools use where nothing else is said, by its labels.
_DEFAULT_HOST = ("pypi", "org")


class PoetryIndex(NamedTuple):
    """One ``[[tool.uv.index]]``. ``kind`` is empty for one that is searched beside the default index.

    ``packages`` are those that are taken from it by name: uv searches an explicit index for nothing else.
    """

    name: str
    url: str
    kind: str
    packages: tuple[str, ...] = ()


class Indexes(NamedTuple):
    """The indexes in their order, the sources' names for them, and what a reviewer should know.

    The name for the index that both tools know by themselves is empty.
    """

    listed: tuple[PoetryIndex, ...]
    names: dict[str, str]
    notes: tuple[str, ...]

    @property
    def mixed(self) -> bool:
        """Whether several indexes are searched for the same names."""
        return any(not index.kind for index in self.listed)


def read_indexes(sources: Sequence[Any], lock: PoetryLock | None, direct: Collection[str]) -> Indexes:
    """What ``[[tool.poetry.source]]`` says. *direct* are the names of the project's own dependencies.

    Raises CannotConvertError.
    """
    if any(not isinstance(table, dict) or not isinstance(table.get("name"), str) for table in sources):
        raise CannotConvertError("unreadable-source", "a source has no name")
    known = {table["name"]: _kind(table) for table in sources if _is_default(table["name"], table.get("url"))}
    kinds = {_kind(table) for table in sources if table["name"] not in known}
    if known and ("default" in kinds or not set(known.values()) <= {"default", "primary"}):
        why = f"{next(iter(known))} is not the default index here, and for uv it always is, or it is none"
        raise CannotConvertError("default-index", why)
    listed: list[PoetryIndex] = []
    names: dict[str, str] = dict.fromkeys(known, "")
    notes: list[str] = []
    for table in sources:
        name, url = table["name"], table.get("url")
        if name in known:
            continue
        if not isinstance(url, str):
            raise CannotConvertError("unreadable-source", f"the source {name} has no URL")
        if has_credentials(url):
            raise CannotConvertError("index-credentials", f"the URL of the source {name} carries credentials")
        names[name] = re.sub(r"[^A-Za-z0-9._-]+", "-", name)
        kind = _kind(table)
        packages: tuple[str, ...] = ()
        if kind == "supplemental":
            packages, said = _supplemental(name, lock, direct)
            notes.append(said)
            kind = "explicit"
        elif kind == "primary":
            kind, said = _primary(name, lock, bool(known) or any(index.kind == "default" for index in listed))
            notes.append(said)
        listed.append(PoetryIndex(names[name], url, kind, packages))
    return Indexes(tuple(listed), names, tuple(dict.fromkeys(notes)))


def _is_default(name: str, url: object) -> bool:
    if url is None:
        return name.lower() == "pypi"
    host = urlsplit(str(url)).hostname or ""
    return tuple(host.split(".")[-2:]) == _DEFAULT_HOST


def _kind(table: dict[str, Any]) -> str:
    """The priority; poetry before 1.5 had two switches in its place."""
    legacy = "default" if table.get("default") else "secondary" if table.get("secondary") else "primary"
    kind = str(table.get("priority", legacy)).lower()
    if kind not in ("default", "primary", "secondary", "supplemental", "explicit"):
        raise CannotConvertError("unreadable-source", f"the source {table['name']} has the priority {kind}")
    return "supplemental" if kind == "secondary" else kind


def _supplemental(name: str, lock: PoetryLock | None, direct: Collection[str]) -> tuple[tuple[str, ...], str]:
    """poetry looks there for what no other source has; uv knows only indexes that are asked by name."""
    if lock is None:
        note = f"the supplemental source {name} is asked for packages that name it, and for no others"
        return (), note
    taken = lock.taken_from(name)
    deeper = [package for package in taken if package not in direct]
    if deeper:
        why = f"{', '.join(deeper)}: taken from the supplemental source {name} for a dependency's sake"
        raise CannotConvertError("supplemental-source", why)
    listed = f"only for {', '.join(taken)}, as poetry.lock has it" if taken else "for nothing: none is locked"
    return taken, f"the supplemental source {name} is asked {listed}"


def _primary(name: str, lock: PoetryLock | None, has_default: bool) -> tuple[str, str]:
    """poetry searches all primary sources at once; whether with the default index depends on its version."""
    if lock is not None and not lock.uses_default and not has_default:
        note = f"the source {name} is the default index: poetry.lock has all packages from the sources"
        return "default", note
    note = (
        f"the source {name} and the default index are both searched, and the best version is taken, as "
        "before: anybody could publish the name of a private package there"
    )
    return "", note

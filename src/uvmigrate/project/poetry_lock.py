"""What a poetry.lock holds: versions, hashes, commits, and for which environments a version is.

Formats 1.0 to 2.1 are read. Since 2.1 every package says its markers; before, they are only in what other
packages ask for.
"""

from __future__ import annotations

import functools
import tomllib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from uvmigrate.project.conflicts import contradiction
from uvmigrate.project.lines import Requirement, read_line
from uvmigrate.project.pep508 import normalise
from uvmigrate.project.tangled import is_tangled
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from uvmigrate.project.poetry_dependencies import Dependency


_PATH = PurePosixPath("poetry.lock")


class Locked(NamedTuple):
    """One version of one package. ``origin`` is the kind of its source, empty for an index that is implied.

    ``taken_from`` is the name of the index that it came from, ``commit`` that of a git package. ``markers``
    is None where the lock does not say. ``asks`` are the entries of what it depends on, by name.
    """

    name: str
    version: str
    python: str
    origin: str
    taken_from: str | None
    commit: str | None
    markers: tuple[str, ...] | None
    hashes: tuple[str, ...]
    asks: Mapping[str, tuple[dict[str, Any], ...]]

    @property
    def from_index(self) -> bool:
        """Whether its version is one of an index: neither a commit, nor a file, nor a folder."""
        return self.origin in ("", "legacy")


class PoetryLock(NamedTuple):
    """The packages of a poetry.lock by normalised name; a name has several where they differ by marker."""

    packages: Mapping[str, tuple[Locked, ...]]

    @property
    def commits(self) -> dict[str, str]:
        """The commit of each git dependency that is locked at one."""
        found = {name: {one.commit for one in same} for name, same in self.packages.items()}
        return {
            name: commit
            for name, commits in found.items()
            for commit in commits
            if len(commits) == 1 and commit is not None
        }

    def taken_from(self, index: str) -> tuple[str, ...]:
        """The names of the packages that came from the index of this name."""
        return tuple(
            name
            for name, same in self.packages.items()
            if any(one.taken_from is not None and one.taken_from.lower() == index.lower() for one in same)
        )

    @property
    def uses_default(self) -> bool:
        """Whether a package came from the index that is searched where none is named."""
        return any(not one.origin for same in self.packages.values() for one in same)


class SplitError(ValueError):
    """A package is locked in several versions, and the lock does not say which is for what; one clause."""


@functools.lru_cache(maxsize=16)
def read_poetry_lock(data: bytes) -> PoetryLock:
    """The poetry.lock whose bytes are *data*. Raises ValueError where it is none."""
    try:
        read = tomllib.loads(data.decode())
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    metadata = read.get("metadata", {})
    packages: dict[str, tuple[Locked, ...]] = {}
    try:
        files = {normalise(name): entries for name, entries in metadata.get("files", {}).items()}
        for table in read.get("package", []):
            package = _package(table, files)
            packages[package.name] = (*packages.get(package.name, ()), package)
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError("a table of it is of another type") from error
    return PoetryLock(packages)


def reachable(lock: PoetryLock, roots: Iterable[str]) -> frozenset[str]:
    """The names of the locked packages that *roots* (normalised names) need, they themselves included."""
    found: set[str] = set()
    left = [name for name in roots if name in lock.packages]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += [asked for one in lock.packages[name] for asked in one.asks if asked in lock.packages]
    return frozenset(found)


def constraint_texts(
    lock: PoetryLock, names: Iterable[str], roots: Iterable[Dependency], python: str
) -> tuple[str, ...]:
    """``name==version`` for each of *names* (packages of an index), with a marker where versions differ.

    *roots* are the project's own dependencies, *python* is its requires-python. Raises SplitError where it is
    not certain which version is for which environment, and ValueError where a version or marker is none.
    """
    texts = []
    declared = tuple(roots)
    for name in sorted(names):
        several = [one for one in lock.packages[name] if one.from_index]
        if len(lock.packages[name]) == 1:
            texts += [f"{name}=={one.version}" for one in several]
            continue
        parted = [
            f"{name}=={one.version} ; {marker}" if marker else f"{name}=={one.version}"
            for one, marker in zip(several, _markers(lock, several, declared, python), strict=True)
        ]
        read = (line for text in parted for line in read_line(text, path=_PATH))
        pair = contradiction(line for line in read if isinstance(line, Requirement))
        if pair is not None:
            why = f"poetry.lock holds both {pair[0].text} and {pair[1].text}, which only an extra tells apart"
            raise SplitError(why)
        texts += parted
    return tuple(dict.fromkeys(texts))


def _package(table: dict[str, Any], files: Mapping[str, Any]) -> Locked:
    name = normalise(table["name"])
    source = table.get("source", {})
    # Before 2.0 the files stand together at the end, of all versions of a name.
    entries = table.get("files", files.get(name, []))
    markers = table.get("markers")
    if isinstance(markers, dict):
        # A group that is not named installs it everywhere.
        everywhere = set(table.get("groups", ())) - set(markers)
        markers = () if everywhere else tuple(map(str, markers.values()))
    elif markers is not None:
        markers = (str(markers),)
    kind = str(source.get("type", ""))
    return Locked(
        name,
        str(table["version"]),
        str(table.get("python-versions", "*")),
        kind,
        str(source["reference"]) if kind == "legacy" else None,
        str(source["resolved_reference"]) if kind == "git" else None,
        markers if markers is not None or "groups" not in table else (),
        tuple(entry["hash"] for entry in entries if entry["hash"].startswith("sha256:")),
        {normalise(asked): _entries(value) for asked, value in table.get("dependencies", {}).items()},
    )


def _entries(value: object) -> tuple[dict[str, Any], ...]:
    listed = value if isinstance(value, list) else [value]
    return tuple(entry if isinstance(entry, dict) else {"version": str(entry)} for entry in listed)


def _markers(
    lock: PoetryLock, several: list[Locked], roots: tuple[Dependency, ...], python: str
) -> list[str | None]:
    """The marker of each of *several*, all the versions of one package."""
    if all(one.markers is not None for one in lock.packages[several[0].name]):
        return [_union(one.markers or ()) for one in several]
    declared = _by_roots(several, roots)
    return declared if declared is not None else _by_python(lock, several, roots, python)


def _union(texts: tuple[str, ...]) -> str | None:
    """Where one of the markers holds, an extra's part left out: constraints know no extras."""
    from packaging.markers import Marker
    from poetry.core.version.markers import parse_marker

    if not texts:
        return None
    if is_tangled(" or ".join(f"({text})" for text in texts)):
        raise SplitError("poetry.lock holds a marker with too many alternatives to write them out")
    # packaging says by a ValueError what is none; poetry's parser has errors of many kinds.
    read = (parse_marker(str(Marker(text))).without_extras() for text in texts)
    found = functools.reduce(lambda one, other: one.union(other), read)
    return None if found.is_any() else str(found)


def _by_roots(several: list[Locked], roots: tuple[Dependency, ...]) -> list[str | None] | None:
    """The markers under which the project itself asks for each version; None where it leaves a choice."""
    from poetry.core.constraints.version import Version, parse_constraint

    markers: dict[str, list[str]] = {one.version: [] for one in several}
    for dependency in roots:
        if dependency.name == several[0].name:
            allowed = parse_constraint(dependency.specifier or "*")
            fitting = [one.version for one in several if allowed.allows(Version.parse(one.version))]
            if len(fitting) != 1 or dependency.marker is None:
                return None
            markers[fitting[0]].append(dependency.marker)
    if not all(markers.values()):
        return None
    return [_union(tuple(markers[one.version])) for one in several]


def _by_python(
    lock: PoetryLock, several: list[Locked], roots: tuple[Dependency, ...], python: str
) -> list[str | None]:
    """The markers of an older lock's versions, where the Pythons that each supports tell them.

    That is certain only where nothing asks for one version and not for another, so that the newest is used
    wherever it can be installed.
    """
    from packaging.version import Version
    from poetry.core.constraints.version import Version as Parsed
    from poetry.core.constraints.version import parse_constraint
    from poetry.core.packages.utils.utils import create_nested_marker

    name = several[0].name
    versions = ", ".join(one.version for one in several)
    why = (
        f"poetry.lock holds {name} in the versions {versions} and does not say which is for what: "
        "`poetry lock` of poetry 2.1 writes that"
    )
    if len(several) != len(lock.packages[name]):
        raise SplitError(why)
    for specifier in _asked(lock, name, roots):
        if any(not specifier.allows(Parsed.parse(one.version)) for one in several):
            raise SplitError(why)
    newest_first = sorted(several, key=lambda one: Version(one.version), reverse=True)
    markers: dict[str, str] = {}
    left = parse_constraint("*")
    for one in newest_first:
        supported = parse_constraint(one.python)
        own = left.intersect(supported)
        if own.is_empty():
            raise SplitError(why)
        markers[one.version] = create_nested_marker("python_version", own)
        left = left.difference(supported)
    if left.allows_any(parse_constraint(python)):
        raise SplitError(why)
    return [markers[one.version] or None for one in several]


def _asked(lock: PoetryLock, name: str, roots: tuple[Dependency, ...]) -> Iterator[Any]:
    """The constraints under which *name* is asked for."""
    from poetry.core.constraints.version import parse_constraint

    for dependency in roots:
        if dependency.name == name:
            yield parse_constraint(dependency.specifier or "*")
    for same in lock.packages.values():
        for one in same:
            for entry in one.asks.get(name, ()):
                yield parse_constraint(str(entry.get("version", "*")))

"""A Pipfile and its lock as a project of uv's (pipenv documentation, "Pipfile & Pipfile.lock").

``[packages]`` become the dependencies, ``[dev-packages]`` the group ``dev``, every other category a group of
its own. pipenv does not read pyproject.toml, so one that is there takes the tables in, or is in the way.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from uvmigrate import source
from uvmigrate.project.conflicts import contradiction
from uvmigrate.project.contents import NotAProject
from uvmigrate.project.converted import Converted
from uvmigrate.project.lines import Requirement, read_line
from uvmigrate.project.pipfile_entries import Itself, RefusedError, Wanted, read_entry
from uvmigrate.project.pipfile_lock import InvalidLockError, Locked, pipfile_digest, read_pipfile_lock
from uvmigrate.project.pipfile_manifest import MAIN_GROUP, Contents, declared_by_setup, write_manifest
from uvmigrate.project.pipfile_sources import Indexes, read_sources, unused
from uvmigrate.project.toml import CannotExtendError
from uvmigrate.project.toml_places import read_tables
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import PurePosixPath

    from uvmigrate.project.pipfile_entries import Source
    from uvmigrate.source import Repo

    Lines = Mapping[tuple[str, ...], int]

#: The tables of a Pipfile that are no categories of packages.
_TABLES = frozenset({"source", "requires", "scripts", "pipenv", "pipfile", "build-system"})
#: Settings of ``[pipenv]`` that change how a Pipfile is written or asked about, not what is installed.
_QUIET = frozenset({"disable_pip_input", "keep_outdated", "package_name_case", "sort_pipfile"})
_NEW_BESIDE_SETUP = (
    "pyproject.toml is new beside setup.py: whoever installs the project with pip now builds it apart from"
    " the packages that are installed, where setup.py finds nothing but setuptools"
)
_NOTHING_LOCKED = Locked({}, {}, (), {}, {}, (), None)


class _Category(NamedTuple):
    """A table of packages; ``itself`` is the entry that installs the Pipfile's own project."""

    name: str
    wanted: tuple[Wanted, ...]
    itself: Itself | None


def read_pipfile(
    repo: Repo, folder: PurePosixPath, *, name: str, python: tuple[int, int] | None
) -> Converted | NotAProject:
    """The project of the Pipfile in *folder*, which is called *name* where nothing else names it.

    *python* is the image's, and counts where ``[requires]`` names none. The groups of the result go by the
    Pipfile's tables (``dev-packages``, ``docs``), and each is only installed where a command asks for it; an
    empty table is no group. A project that the Pipfile installs itself (``path = "."``) must have a
    ``[project]``: what setup.py declares is converted before. One that it does not install may be declared by
    setup.py: then the result has no ``[project]``, and its packages are a group as well.
    """
    path = folder / "Pipfile"
    try:
        text = repo[path].decode()
        data = tomllib.loads(text)
    except KeyError:
        return NotAProject("missing-file", "there is no such file", path, 0)
    except source.Unreadable as error:
        return NotAProject("unreadable-file", error.why, path, 0)
    except UnicodeDecodeError:
        return NotAProject("unreadable-file", "it is not UTF-8", path, 0)
    except RecursionError:
        return NotAProject("unreadable-file", "it is nested too deeply", path, 0)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line (\d+)", str(error))
        return NotAProject("unreadable-file", f"it is no TOML: {error}", path, int(place[1]) if place else 0)
    lock_path = folder / "Pipfile.lock"
    try:
        locked = read_pipfile_lock(repo[lock_path]) if lock_path in repo else _NOTHING_LOCKED
    except InvalidLockError as invalid:
        return NotAProject("unreadable-file", invalid.why, lock_path, invalid.line)
    except source.Unreadable as error:
        return NotAProject("unreadable-file", error.why, lock_path, 0)
    try:
        return _converted(repo, folder, _lines(text), data, locked, name, python)
    except RefusedError as refused:
        return NotAProject(refused.code, refused.why, path, refused.line)
    except CannotExtendError as error:
        return NotAProject("other-project", str(error), folder / "pyproject.toml", 0)


def _converted(
    repo: Repo,
    folder: PurePosixPath,
    lines: Lines,
    data: Mapping[str, Any],
    locked: Locked,
    name: str,
    python: tuple[int, int] | None,
) -> Converted:
    categories = _categories(repo, folder, lines, data, locked)
    try:
        indexes = read_sources(data.get("source", []))
    except RefusedError as refused:
        raise RefusedError(refused.code, refused.why, lines.get(("source",), 0)) from None
    settings = _settings(lines, data, indexes)
    python, notes = _python(lines, data, python)
    by_setup = declared_by_setup(repo, folder)
    main = _itself(categories)
    _check_versions(folder / "Pipfile", categories.values(), locked)
    groups = _groups(categories, {MAIN_GROUP} if by_setup else set())
    contents = Contents(
        dependencies=categories["packages"].wanted,
        groups={group: categories[category].wanted for category, group in groups.items()},
        extras_of_itself={
            group: found.extras
            for category, group in groups.items()
            if (found := categories[category].itself) is not None
        },
        itself=main is not None,
        sources=_sources(categories.values(), indexes, locked),
        indexes=indexes.tables,
        prerelease=settings.get("allow_prereleases") is True,
        python=python,
    )
    notes += [note for found in categories.values() for wanted in found.wanted if (note := wanted.note)]
    if main is not None and not main.editable:
        notes.append("the Pipfile installs the project itself as it is built, not editable")
    if by_setup and folder / "pyproject.toml" not in repo:
        notes.append(_NEW_BESIDE_SETUP)
    used = {str(found["index"]) for found in contents.sources.values() if "index" in found}
    notes += [
        *indexes.notes,
        *unused(indexes, used),
        *_on_the_lock(data, locked),
        *_on_the_rest(data, settings),
    ]
    return Converted(
        write_manifest(repo, folder, contents, name),
        groups,
        frozenset(groups),
        (),
        contents.itself,
        locked.pins,
        locked.hashes,
        locked.constraints,
        tuple(dict.fromkeys(notes)),
        main_group=MAIN_GROUP if by_setup else None,
        python=python,
    )


def _categories(
    repo: Repo, folder: PurePosixPath, lines: Lines, data: Mapping[str, Any], locked: Locked
) -> dict[str, _Category]:
    """The categories by the names of their tables, first the two that every Pipfile has."""
    found = {}
    for name in dict.fromkeys(["packages", "dev-packages", *data]):
        entries = data.get(name, {})
        if name in _TABLES:
            continue
        if not isinstance(entries, dict):
            raise RefusedError(
                "invalid-requirement", f"{name} is no table of packages", lines.get((name,), 0)
            )
        wanted: list[Wanted] = []
        itself = None
        for key, value in entries.items():
            line = lines.get((name, key), 0)
            try:
                entry = read_entry(repo, folder, key, value, line, locked.refs)
            except RefusedError as refused:
                raise RefusedError(refused.code, refused.why, line) from None
            if isinstance(entry, Itself):
                itself = entry
            else:
                wanted.append(entry)
        found[name] = _Category(name, tuple(wanted), itself)
    return found


def _itself(categories: Mapping[str, _Category]) -> Itself | None:
    """The entry of ``[packages]`` that installs the project itself."""
    main = categories["packages"].itself
    if main is not None and main.extras:
        why = "the project is installed with extras, which are always installed nowhere in uv"
        raise RefusedError("local-path", why, main.line)
    only = next((found.itself for found in categories.values() if found.itself), None)
    if main is None and only is not None:
        raise RefusedError("local-path", "the project itself is installed with a category only", only.line)
    return main


def _settings(lines: Lines, data: Mapping[str, Any], indexes: Indexes) -> Mapping[str, Any]:
    settings = data.get("pipenv", {})
    if not isinstance(settings, dict):
        raise RefusedError("unsupported-option", "pipenv is no table", lines.get(("pipenv",), 0))
    if settings.get("install_search_all_sources") and len(indexes.names) > 1:
        line = lines.get(("pipenv", "install_search_all_sources"), 0)
        why = "install_search_all_sources takes a package from whichever source has it"
        raise RefusedError("contradicting-indexes", why, line)
    return settings


def _python(
    lines: Lines, data: Mapping[str, Any], python: tuple[int, int] | None
) -> tuple[tuple[int, int], list[str]]:
    """The Python that everything is for, and what to say of it."""
    requires = data.get("requires", {})
    if not isinstance(requires, dict):
        raise RefusedError("requires-python", "requires is no table", lines.get(("requires",), 0))
    notes = [f"[requires] {key} has no counterpart" for key in requires if not key.startswith("python_")]
    for key in ("python_full_version", "python_version"):
        version = requires.get(key, "*")
        found = re.fullmatch(r"(\d+)(?:\.(\d+))?(?:\.\d+)*", version) if isinstance(version, str) else None
        if found is None and version != "*":
            raise RefusedError("requires-python", f"{key} is no version", lines.get(("requires", key), 0))
        if found and found[2]:
            pair = (int(found[1]), int(found[2]))
            if version.count(".") > 1:
                notes.append(f"{key} {version}: any {pair[0]}.{pair[1]} will do for uv")
            return pair, notes
    if python is None:
        why = "neither the Pipfile nor the image says which Python is meant"
        raise RefusedError("requires-python", why, lines.get(("requires",), 0))
    return python, notes


def _check_versions(path: PurePosixPath, categories: Collection[_Category], locked: Locked) -> None:
    """Raises RefusedError where two entries of a package, or an entry and the lock, can never both hold."""
    asked = [
        (line, wanted.line)
        for found in categories
        for wanted in found.wanted
        if wanted.source is None
        for line in read_line(wanted.text, path=path, number=wanted.line)
        if isinstance(line, Requirement)
    ]
    held = [
        line
        for text in locked.constraints
        for line in read_line(text, path=path)
        if isinstance(line, Requirement)
    ]
    pair = contradiction([*(line for line, _ in asked), *held])
    if pair is not None:
        one, other = pair
        where = "the Pipfile" if other.line else "Pipfile.lock"
        raise RefusedError("contradicting-pins", f"{one.text}, but {where} has {other.text}", one.line)


def _groups(categories: Mapping[str, _Category], taken: Collection[str]) -> dict[str, str]:
    """The dependency group of each category that has entries (PEP 735 has the rules for names).

    *taken* are names that no category gets.
    """
    groups: dict[str, str] = {}
    for name, found in categories.items():
        if name == "packages" or not (found.wanted or (found.itself and found.itself.extras)):
            continue
        valid = "dev" if name == "dev-packages" else re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        unique, number = valid or "group", 2
        while unique in groups.values() or unique in taken:
            unique, number = f"{valid or 'group'}-{number}", number + 1
        groups[name] = unique
    return groups


def _sources(categories: Collection[_Category], indexes: Indexes, locked: Locked) -> dict[str, Source]:
    """``[tool.uv.sources]`` by normalised name; a source holds for the package wherever it is asked for."""
    placed: dict[str, Source | None] = {}
    for wanted in (wanted for found in categories for wanted in found.wanted):
        index = wanted.from_index or _of_the_lock(wanted.name, indexes, locked)
        if index is not None and index not in indexes.names:
            raise RefusedError("invalid-index", f"{index} is no source of the Pipfile", wanted.line)
        explicit = indexes.names[index] if index is not None else None
        one = wanted.source or ({"index": explicit} if explicit is not None else None)
        if placed.setdefault(wanted.name, one) != one:
            why = f"{wanted.name} comes from different places in different categories"
            raise RefusedError("contradicting-indexes", why, wanted.line)
    for name in locked.indexes:
        named = _of_the_lock(name, indexes, locked)
        if named is not None and indexes.names[named] is not None and name not in placed:
            why = f"Pipfile.lock takes {name} from {named}, and no entry of the Pipfile says so"
            raise RefusedError("contradicting-indexes", why, 0)
    return {name: one for name, one in placed.items() if one is not None}


def _of_the_lock(name: str, indexes: Indexes, locked: Locked) -> str | None:
    """The source that the lock took the package from, where there is a choice."""
    index = locked.indexes.get(name)
    if index is None or len(indexes.names) < 2:
        return None
    if index not in indexes.names:
        raise RefusedError("invalid-index", f"Pipfile.lock takes {name} from {index}, which is no source", 0)
    return index


def _on_the_lock(data: Mapping[str, Any], locked: Locked) -> list[str]:
    if locked is _NOTHING_LOCKED:
        return ["there is no Pipfile.lock: the versions are those of the day uv locks"]
    notes = [f"Pipfile.lock also holds {other}: uv locks one version for all" for other in locked.differing]
    if locked.made_from is not None and "source" in data and pipfile_digest(data) != locked.made_from:
        notes.append("Pipfile.lock was made from another Pipfile than this one: uv keeps its versions")
    return notes


def _on_the_rest(data: Mapping[str, Any], settings: Mapping[str, Any]) -> list[str]:
    known = _QUIET | {"allow_prereleases", "install_search_all_sources"}
    notes = [f"[pipenv] {key} has no counterpart" for key in settings if key not in known]
    if isinstance(data.get("scripts"), dict) and data["scripts"]:
        notes.append(
            f"uv has no scripts of that kind: {', '.join(data['scripts'])} are to be run by their commands"
        )
    return notes


def _lines(text: str) -> dict[tuple[str, ...], int]:
    """The line on which each table and key begins, by its full name."""
    found: dict[tuple[str, ...], int] = {}
    for table in read_tables(text):
        for statement in (table.header, *table.statements):
            line = text.count("\n", 0, statement.start) + 1
            for length in range(1, len(statement.path) + 1):
                found.setdefault(statement.path[:length], line)
    return found

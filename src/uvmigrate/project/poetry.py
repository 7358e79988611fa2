"""A poetry project in uv's words: its metadata, dependencies, sources, and the versions of its lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uvmigrate import source
from uvmigrate.project.contents import NotAProject
from uvmigrate.project.converted import Converted
from uvmigrate.project.names import requires_python
from uvmigrate.project.pep508 import InvalidSpecifierError, normalise, read_specifier
from uvmigrate.project.poetry_dependencies import CannotConvertError, specifier_of
from uvmigrate.project.poetry_groups import Everything, read_everything
from uvmigrate.project.poetry_indexes import Indexes, read_indexes
from uvmigrate.project.poetry_lock import (
    PoetryLock,
    SplitError,
    constraint_texts,
    reachable,
    read_poetry_lock,
)
from uvmigrate.project.poetry_manifest import BuildSystem, Layout, Plan, write_manifest
from uvmigrate.project.poetry_metadata import POETRY, read_metadata
from uvmigrate.project.pyproject import Pyproject, read_pyproject
from uvmigrate.source import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import PurePosixPath

    from uvmigrate.source import Repo

#: A pre-release's version (PEP 440); a lock's are normalised.
_PRERELEASE = lazy_pattern(r"\d(?:a|b|rc)\d|\.dev\d")
_PLUGIN = "poetry_dynamic_versioning.backend"
_BACKENDS = ("poetry.core.masonry.api", "poetry.masonry.api", _PLUGIN)
CORE = "poetry-core>=2.0.0,<3.0.0"
#: The first releases that read [project], and what is required where older ones would do.
_FLOORS = {
    "poetry-core": ("2.0", CORE),
    "poetry-dynamic-versioning": ("1.8.2", "poetry-dynamic-versioning>=1.8.2,<2.0.0"),
}
#: poetry-core reads [project] since 2.0, and that needs Python 3.9. The newest releases for older Pythons,
#: which read [tool.poetry] alone; and what is required where none of them would do. uv's editable installs
#: need 1.0.8.
_CORE_1 = {(3, 6): "1.0.8", (3, 7): "1.6.1", (3, 8): "1.9.1"}
_OLD_CORE = "poetry-core>=1.0.8,<2.0.0"
_ONLY_TOOL_POETRY = "the image's Python has no poetry-core that reads more than [tool.poetry]"
#: What poetry-core 1 does not build without.
_NEEDED_BY_CORE_1 = ("name", "version", "description", "authors")


class InvalidLockError(Exception):
    """The poetry.lock holds what is no version or marker; the message is one clause."""


def read_poetry(
    repo: Repo, folder: PurePosixPath, *, name: str, python: tuple[int, int] | None
) -> Converted | NotAProject:
    """What the poetry project in *folder* becomes, or the first thing in it that uv cannot be told.

    *name* is used where the project has none, *python* (the minor version of the image's Python) where it
    does not say which Pythons it is for. Nothing of the project is run.
    """
    path = folder / "pyproject.toml"
    pyproject = read_pyproject(repo, path)
    if pyproject is None:
        return NotAProject("no-pyproject", "there is no pyproject.toml", path, 0)
    if not isinstance(pyproject, Pyproject):
        return NotAProject(pyproject.code, pyproject.why, path, pyproject.line)
    lock_path = folder / "poetry.lock"
    try:
        lock = read_poetry_lock(repo[lock_path]) if lock_path in repo else None
    except (ValueError, source.Unreadable) as error:
        return NotAProject("invalid-lock", f"it is no poetry.lock: {error}", lock_path, 0)
    text = repo[path].decode()
    layout = Layout(text)
    try:
        return _converted(repo, folder, pyproject.data, layout, lock, name, python)
    except SplitError as error:
        return NotAProject("lock-split", str(error), lock_path, 0)
    except CannotConvertError as error:
        return NotAProject(error.code, str(error), path, layout.line_of(error.origin))
    except InvalidLockError as error:
        return NotAProject("invalid-lock", f"it is no poetry.lock: {error}", lock_path, 0)


def _converted(
    repo: Repo,
    folder: PurePosixPath,
    data: Mapping[str, Any],
    layout: Layout,
    lock: PoetryLock | None,
    name: str,
    python: tuple[int, int] | None,
) -> Converted:
    _validate(data)
    poetry = data.get("tool", {}).get("poetry", {})
    packaged, notes = _packaged(repo, folder, data)
    dynamic = _dynamic_version(data, notes) and packaged
    core_1 = _CORE_1.get(python) if packaged and python else None
    notes += _read_by_core_1(data, dynamic) if core_1 is not None else []
    everything, indexes = _everything(data, lock)
    notes += [one.dependency.note for one in everything.sourced if one.dependency.note is not None]
    notes += indexes.notes
    project = data.get("project", {})
    own = str(project.get("name") or poetry.get("name") or name)
    if normalise(own) in {one.dependency.name for one in everything.declared}:
        raise CannotConvertError("own-name", f"{own} depends on a package of its own name", (*POETRY, "name"))
    metadata = read_metadata(
        poetry, project, layout.raw, name=name, packaged=packaged, dynamic_version=dynamic
    )
    requires = _requires_python(data, python)
    held = _held(lock, everything)
    notes += [*metadata.notes, *_other_notes(poetry, everything, lock, normalise(own))]
    plan = Plan(
        metadata,
        requires,
        everything,
        indexes,
        packaged=packaged,
        prerelease=_needs_prereleases(everything, lock, held),
        backend=_build_system(data, packaged, core_1),
        beside=core_1 is not None,
    )
    manifest = write_manifest(layout, data, plan)
    constraints = _constraints(lock, held, everything, requires)
    packages = {one: lock.packages[one] for one in sorted(held)} if lock is not None else {}
    groups = everything.groups
    return Converted(
        manifest,
        {group.name: group.name for group in groups},
        frozenset(group.name for group in groups if group.optional),
        (*project.get("optional-dependencies", {}), *everything.extras),
        packaged,
        {one: tuple(dict.fromkeys(each.version for each in same)) for one, same in packages.items()},
        {
            one: tuple(dict.fromkeys(digest for each in same for digest in each.hashes))
            for one, same in packages.items()
            if all(each.hashes for each in same)
        },
        constraints,
        tuple(dict.fromkeys(notes)),
    )


def _validate(data: Mapping[str, Any]) -> None:
    """Raises CannotConvertError where poetry itself would not take the file."""
    import poetry.core  # noqa: F401 (it makes its own copies of what the next line needs importable)
    from poetry.core.json import validate_object

    tool = data.get("tool", {})
    table = tool.get("poetry", {}) if isinstance(tool, dict) else None
    tables = {"tool": tool, "tool.poetry": table, "project": data.get("project", {})}
    others = {name: data.get(name, {}) for name in ("build-system", "dependency-groups")}
    uv = tool.get("uv", {}) if isinstance(tool, dict) else {}
    for name, value in {**tables, **others, "tool.uv": uv}.items():
        if not isinstance(value, dict):
            raise CannotConvertError("invalid-metadata", f"{name} is no table")
    lists = {"build-system.requires": others["build-system"], "tool.poetry.source": tables["tool.poetry"]}
    for name, value in lists.items():
        if not isinstance(value.get(name.rpartition(".")[2], []), list):
            raise CannotConvertError("invalid-metadata", f"{name} is no array")
    schemas = {"tool.poetry": "poetry-schema", "project": "project-schema"}
    for name, schema in schemas.items():
        errors = validate_object(tables[name], schema) if name == "tool.poetry" or "project" in data else []
        if errors:
            raise CannotConvertError("invalid-metadata", errors[0].replace("data", name, 1).splitlines()[0])


def _packaged(repo: Repo, folder: PurePosixPath, data: Mapping[str, Any]) -> tuple[bool, list[str]]:
    """Whether the project can be installed itself, and what to say of it."""
    poetry, project = data.get("tool", {}).get("poetry", {}), data.get("project", {})
    if not poetry.get("package-mode", True):
        return False, []
    backend = data.get("build-system", {}).get("build-backend", _BACKENDS[0])
    if backend not in _BACKENDS:
        if project:
            return True, []
        why = f"the build backend {backend} does not read [tool.poetry]"
        raise CannotConvertError("other-backend", why, ("build-system",))
    module = normalise(str(project.get("name") or poetry.get("name") or "")).replace("-", "_")
    if not module:
        raise CannotConvertError("invalid-metadata", "a package needs a name", POETRY)
    places = [folder, folder / "src"]
    found = any(repo.is_dir(place / module) or place / f"{module}.py" in repo for place in places)
    if found or poetry.get("packages"):
        return True, []
    return False, [f"the project is no package: there is no {module} that poetry could install"]


def _read_by_core_1(data: Mapping[str, Any], dynamic: bool) -> list[str]:
    """What to say of a ``[tool.poetry]`` that stays beside ``[project]``, for a Python without poetry-core 2.

    uv locks and syncs what ``[project]`` says, and poetry-core 1 builds what ``[tool.poetry]`` says (tried
    with uv 0.13.8 and poetry-core 1.0.8, 1.6.1 and 1.9.1). Raises CannotConvertError where that cannot be.
    """
    missing = [key for key in _NEEDED_BY_CORE_1 if key not in data.get("tool", {}).get("poetry", {})]
    if "project" in data:
        why = f"{_ONLY_TOOL_POETRY}, and there is a [project] already"
        raise CannotConvertError("python-too-old", why, ("project",))
    if dynamic:
        why = f"{_ONLY_TOOL_POETRY}, and the version is dynamic"
        raise CannotConvertError("python-too-old", why, ("build-system",))
    if missing:
        why = f"{_ONLY_TOOL_POETRY}, which has no {missing[0]}"
        raise CannotConvertError("python-too-old", why, POETRY)
    return [f"{_ONLY_TOOL_POETRY}: it stays beside [project], and the two have to say the same"]


def _dynamic_version(data: Mapping[str, Any], notes: list[str]) -> bool:
    """Whether the build backend makes the version up, with the plugin that does so."""
    plugin = data.get("tool", {}).get("poetry-dynamic-versioning", {})
    if not isinstance(plugin, dict) or not plugin.get("enable", False):
        return False
    if data.get("build-system", {}).get("build-backend") == _PLUGIN:
        notes.append("the version is dynamic: uv runs the build backend to make a lock")
        return True
    notes.append("poetry-dynamic-versioning is no build backend here: the version is what the file says")
    return False


def _everything(data: Mapping[str, Any], lock: PoetryLock | None) -> tuple[Everything, Indexes]:
    poetry = data.get("tool", {}).get("poetry", {})
    commits = lock.commits if lock is not None else {}
    listed = poetry.get("source", [])
    names = {str(table.get("name")): "" for table in listed if isinstance(table, dict)}
    # The indexes must know which packages are the project's own, and those which indexes there are.
    direct = read_everything(data, commits, names).names
    try:
        indexes = read_indexes(listed, lock, direct)
    except CannotConvertError as error:
        error.origin = (*POETRY, "source")
        raise
    return read_everything(data, commits, indexes.names), indexes


def _requires_python(data: Mapping[str, Any], python: tuple[int, int] | None) -> str:
    """The Pythons that the project is for: those of the image where it does not say."""
    from poetry.core.constraints.version import Version, parse_constraint
    from poetry.core.constraints.version.exceptions import ParseConstraintError
    from poetry.core.version.helpers import format_python_constraint

    said = data.get("project", {}).get("requires-python")
    if isinstance(said, str):
        return said
    declared = data.get("tool", {}).get("poetry", {}).get("dependencies", {}).get("python")
    origin = (*POETRY, "dependencies", "python")
    if declared is None or str(declared).strip() == "*":
        if python is None:
            why = "it does not say which Pythons it is for, and the image's Python is not known"
            raise CannotConvertError("no-python", why, origin)
        return requires_python([python])
    try:
        constraint = parse_constraint(str(declared))
    except ParseConstraintError as error:
        raise CannotConvertError("unreadable-dependency", f"python: {error}", origin) from error
    exact = None if isinstance(constraint, Version) else specifier_of(constraint)
    return exact or format_python_constraint(constraint).replace(" ", "")


def _held(lock: PoetryLock | None, everything: Everything) -> frozenset[str]:
    """The packages whose versions the lock holds, and that the new one will have, too."""
    if lock is None:
        return frozenset()
    return frozenset(
        name
        for name in reachable(lock, everything.names)
        if all(one.from_index for one in lock.packages[name])
    )


def _constraints(
    lock: PoetryLock | None, held: frozenset[str], everything: Everything, requires: str
) -> tuple[str, ...]:
    if lock is None:
        return ()
    try:
        return constraint_texts(lock, held, everything.all, requires)
    except SplitError:
        raise
    except ValueError as error:
        raise InvalidLockError(str(error).splitlines()[0]) from error


def _needs_prereleases(everything: Everything, lock: PoetryLock | None, held: frozenset[str]) -> bool:
    """Whether a pre-release is locked that only ``allow-prereleases`` lets in."""
    from packaging.specifiers import SpecifierSet

    return lock is not None and any(
        one.prereleases
        and one.name in held
        and not SpecifierSet(one.specifier).prereleases
        and any(_PRERELEASE.search(each.version) for each in lock.packages[one.name])
        for one in everything.all
    )


def _other_notes(
    poetry: Mapping[str, Any], everything: Everything, lock: PoetryLock | None, own: str
) -> list[str]:
    main = {one.dependency.name for one in everything.main}
    notes = [
        f"{one.path[-1]} is optional and in no extra: nothing installs it, and it is left out"
        for one in everything.left_out
    ]
    notes += [
        f"the extra {extra} names {name}, which is no dependency"
        for extra, names in everything.extras.items()
        for name in names
        if name not in main
    ]
    if poetry.get("requires-plugins"):
        notes.append(f"poetry's plugins are not used any more: {', '.join(poetry['requires-plugins'])}")
    loose = [one.path[-1] for one in everything.declared if one.dependency.prereleases]
    if loose:
        notes.append(f"allow-prereleases of {', '.join(loose)}: uv decides on that for all packages alike")
    if lock is None:
        notes.append("there is no poetry.lock: the versions are those of the day of the first `uv lock`")
        return notes
    unknown = sorted(name for name in everything.names - {own} if name not in lock.packages)
    if unknown:
        notes.append(f"poetry.lock does not hold {', '.join(unknown)}: it is older than pyproject.toml")
    unsaid = [
        name
        for name, same in lock.packages.items()
        if len(same) > 1
        and any(one.markers is None for one in same)
        and not any(one.name == name and one.marker for one in everything.all)
    ]
    if unsaid:
        notes.append(f"{', '.join(unsaid)}: of several locked versions each Python gets its newest")
    return notes


def _build_system(data: Mapping[str, Any], packaged: bool, core_1: str | None) -> BuildSystem | None:
    """The build system where it has to change: poetry-core reads ``[project]`` since 2.0.

    *core_1* is the version that the image's Python gets where it gets none of those.
    """
    if not packaged:
        return None
    table = data.get("build-system")
    if table is None:
        return BuildSystem((_OLD_CORE if core_1 else CORE,), _BACKENDS[0])
    requires = tuple(dict.fromkeys(_built_with(str(text), core_1) for text in table.get("requires", ())))
    backend = str(table.get("build-backend", _BACKENDS[0]))
    return BuildSystem(requires, _BACKENDS[0] if backend == "poetry.masonry.api" else backend)


def _built_with(text: str, core_1: str | None) -> str:
    """A build requirement that holds for a file with ``[project]``."""
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

    try:
        read = read_specifier(text)
    except InvalidSpecifierError:
        return text
    if read.name == "poetry":
        return _OLD_CORE if core_1 else CORE
    if read.name not in _FLOORS:
        return text
    floor, new = _FLOORS[read.name]
    lower = [one for one in SpecifierSet(read.specifier) if one.operator in (">=", ">", "==", "~=")]
    young = any(Version(one.version.removesuffix(".*")) >= Version(floor) for one in lower)
    if core_1 is None or read.name != "poetry-core":
        return text if young else new
    if young:
        why = f"{_ONLY_TOOL_POETRY}, and the build system asks for one"
        raise CannotConvertError("python-too-old", why, ("build-system", "requires"))
    return text if core_1 in SpecifierSet(read.specifier) else _OLD_CORE

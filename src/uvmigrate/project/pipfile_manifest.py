"""The pyproject.toml that a Pipfile becomes, new or added to the one that is there.

Beside a setup.py that declares the project there is no ``[project]``, which would take its place: setuptools
drops what setup.py says and ``[project]`` does not. The packages are dependency groups then (uv docs,
"Dependency groups"; tried with uv 0.13.8).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.project.names import requires_python
from uvmigrate.project.pep508 import normalise
from uvmigrate.project.pyproject import Pyproject, read_pyproject
from uvmigrate.project.toml import (
    CannotExtendError,
    Tables,
    extend,
    toml_array,
    toml_inline,
    toml_key,
    toml_string,
)
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import PurePosixPath

    from uvmigrate.project.pipfile_entries import Source, Wanted
    from uvmigrate.source import Repo

_VERSION = "0.1.0"
#: The group that holds ``[packages]`` where there is no ``[project]``.
MAIN_GROUP = "main"


class Contents(NamedTuple):
    """What the manifest is to say. ``itself`` says that the Pipfile installs the project it lies in.

    ``extras_of_itself`` are the project's extras that a group asks for; ``sources`` go by normalised name,
    ``indexes`` are tables of TOML. ``python`` is the version that everything is for.
    """

    dependencies: Sequence[Wanted]
    groups: Mapping[str, Sequence[Wanted]]
    extras_of_itself: Mapping[str, Sequence[str]]
    itself: bool
    sources: Mapping[str, Source]
    indexes: Sequence[str]
    prerelease: bool
    python: tuple[int, int]


def declared_by_setup(repo: Repo, folder: PurePosixPath) -> bool:
    """Whether setup.py or setup.cfg declares the project in *folder*, and no ``[project]`` does."""
    existing = read_pyproject(repo, folder / "pyproject.toml")
    if isinstance(existing, Pyproject) and existing.has_project:
        return False
    return any(_declares(repo, folder / name) for name in ("setup.py", "setup.cfg"))


def write_manifest(repo: Repo, folder: PurePosixPath, contents: Contents, name: str) -> bytes:
    """The manifest of *folder*'s project, which is called *name* unless it has a ``[project]`` of its own.

    Where setup.py or setup.cfg declares the project, it has groups alone. Raises CannotExtendError where
    something else declares the project, or declares it otherwise.
    """
    path = folder / "pyproject.toml"
    existing = read_pyproject(repo, path) if path in repo else None
    if existing is not None and not isinstance(existing, Pyproject):
        raise CannotExtendError(f"it {existing.why}")
    if existing is not None and existing.has_project:
        _check_same(existing, contents)
        own = existing.name or name
        return _extended(repo[path], _tables(contents, "", own, _packaged(existing, contents)))
    if existing is not None and existing.poetry:
        raise CannotExtendError("poetry declares the project beside the Pipfile")
    if contents.itself:
        raise CannotExtendError("the Pipfile installs the project itself, and no [project] says what that is")
    if declared_by_setup(repo, folder):
        tables = _groups_alone(contents, name)
        return tables.text.encode() if existing is None else _extended(repo[path], tables)
    taken = {wanted.name for found in (contents.dependencies, *contents.groups.values()) for wanted in found}
    while normalise(name) in taken:
        # A project that depends on itself is an error to uv.
        name += "-app"
    project = (
        "[project]\n"
        f"name = {toml_string(name)}\n"
        f"version = {toml_string(_VERSION)}\n"
        f"requires-python = {toml_string(requires_python([contents.python]))}\n"
        + toml_array("dependencies", _texts(contents.dependencies))
    )
    tables = _tables(contents, project, name, {"package": "package = false\n"})
    return tables.text.encode() if existing is None else _extended(repo[path], tables)


def _groups_alone(contents: Contents, name: str) -> Tables:
    """The packages in groups, of which a sync without options installs those for development, too.

    Without ``[project]``, the Python that runs ``uv lock`` says for which versions the lock is. With
    ``environments`` that is an error for any other than the one that is meant, instead of another lock.
    """
    groups = {MAIN_GROUP: contents.dependencies, **contents.groups}
    usual = [group for group in (MAIN_GROUP, "dev") if group in groups]
    marker = f"python_full_version == '{contents.python[0]}.{contents.python[1]}.*'"
    settings = {
        "default-groups": toml_array("default-groups", [toml_string(group) for group in usual]),
        "environments": toml_array("environments", [toml_string(marker)]),
    }
    return _tables(contents._replace(groups=groups), "", name, settings)


def _extended(original: bytes, tables: Tables) -> bytes:
    try:
        return extend(original, tables)
    except UnicodeDecodeError:
        raise CannotExtendError("it is not UTF-8") from None


def _declares(repo: Repo, path: PurePosixPath) -> bool:
    data = repo.get(path)
    return data is not None and (
        path.name == "setup.py" or b"[metadata]" in data or b"install_requires" in data
    )


def _check_same(existing: Pyproject, contents: Contents) -> None:
    """Raises CannotExtendError unless ``[project]`` and ``[packages]`` are certainly one project."""
    if existing.requires_python is None:
        raise CannotExtendError("its [project] has no requires-python")
    if "dependencies" in existing.dynamic:
        declared: set[str] | None = None
    else:
        declared = {_key(text) for text in existing.dependencies}
    wanted = {_key(found.text) for found in contents.dependencies}
    if contents.itself:
        beside = next(
            (found for found in contents.dependencies if _key(found.text) not in (declared or ())), None
        )
        if beside is not None:
            raise CannotExtendError(
                f"the Pipfile installs {beside.text} beside the project, whose own it is not"
            )
    elif existing.is_packaged:
        raise CannotExtendError("its [project] is a package, which the Pipfile does not install")
    elif declared != wanted:
        raise CannotExtendError("its [project] has other dependencies than the Pipfile")


def _packaged(existing: Pyproject, contents: Contents) -> dict[str, str]:
    if not contents.itself or existing.is_packaged:
        return {}
    if existing.uv_package is False:
        raise CannotExtendError("it says that the project is no package, and the Pipfile installs it")
    # pip builds a project without [build-system] with setuptools; uv only does where it is told.
    return {"package": "package = true\n"}


def _key(text: str) -> str:
    return "".join(text.split()).lower()


def _tables(contents: Contents, project: str, name: str, settings: Mapping[str, str]) -> Tables:
    groups = []
    for group, wanted in contents.groups.items():
        extras = contents.extras_of_itself.get(group, ())
        own = [toml_string(f"{name}[{','.join(extras)}]")] if extras else []
        groups.append(toml_array(toml_key(group), [*own, *_texts(wanted)]))
    sources = [
        f"{toml_key(found)} = {toml_inline(source)}\n" for found, source in sorted(contents.sources.items())
    ]
    prerelease = {"prerelease": 'prerelease = "allow"\n'} if contents.prerelease else {}
    return Tables(
        project,
        "[dependency-groups]\n" + "".join(groups) if groups else "",
        {**settings, **prerelease},
        ("[tool.uv.sources]\n" + "".join(sources) if sources else "", *contents.indexes),
    )


def _texts(wanted: Sequence[Wanted]) -> list[str]:
    return [toml_string(found.text) for found in wanted]

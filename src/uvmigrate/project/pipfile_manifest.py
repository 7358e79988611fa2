"""The pyproject.toml that a Pipfile becomes, new or added to the one that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

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

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import PurePosixPath

    from uvmigrate.project.pipfile_entries import Source, Wanted
    from uvmigrate.source import Repo

_VERSION = "0.1.0"


class Contents(NamedTuple):
    """What the manifest is to say. ``itself`` says that the Pipfile installs the project it lies in.

    ``extras_of_itself`` are the project's extras that a group asks for; ``sources`` go by normalised name,
    ``indexes`` are tables of TOML.
    """

    dependencies: Sequence[Wanted]
    groups: Mapping[str, Sequence[Wanted]]
    extras_of_itself: Mapping[str, Sequence[str]]
    itself: bool
    sources: Mapping[str, Source]
    indexes: Sequence[str]
    prerelease: bool


def write_manifest(
    repo: Repo, folder: PurePosixPath, contents: Contents, name: str, requires_python: str
) -> bytes:
    """The manifest of *folder*'s project, which is called *name* unless it has a ``[project]`` of its own.

    Raises CannotExtendError where something else declares the project, or declares it otherwise.
    """
    path = folder / "pyproject.toml"
    existing = read_pyproject(repo, path) if path in repo else None
    if existing is not None and not isinstance(existing, Pyproject):
        raise CannotExtendError("it cannot be read as TOML")
    if existing is not None and existing.has_project:
        _check_same(existing, contents)
        own = existing.name or name
        return _extended(repo[path], _tables(contents, "", own, _packaged(existing, contents)))
    if existing is not None and existing.poetry:
        raise CannotExtendError("poetry declares the project beside the Pipfile")
    if contents.itself:
        raise CannotExtendError("the Pipfile installs the project itself, and no [project] says what that is")
    declares = next((found for found in ("setup.py", "setup.cfg") if _declares(repo, folder / found)), None)
    if declares is not None:
        raise CannotExtendError(f"{declares} declares the project beside the Pipfile")
    taken = {wanted.name for found in (contents.dependencies, *contents.groups.values()) for wanted in found}
    while normalise(name) in taken:
        # A project that depends on itself is an error to uv.
        name += "-app"
    project = (
        "[project]\n"
        f"name = {toml_string(name)}\n"
        f"version = {toml_string(_VERSION)}\n"
        f"requires-python = {toml_string(requires_python)}\n"
        + toml_array("dependencies", _texts(contents.dependencies))
    )
    tables = _tables(contents, project, name, {"package": "package = false\n"})
    return tables.text.encode() if existing is None else _extended(repo[path], tables)


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

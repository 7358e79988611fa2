"""What locking needs of a repository: its manifests, and not the code that they describe."""

from __future__ import annotations

import fnmatch
import posixpath
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.apply.problems import LockError
from uvmigrate.project import Pyproject, read_pyproject
from uvmigrate.source import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from uvmigrate.source import Repo

#: The files that uv reads a project and its settings from.
_MANIFESTS = frozenset({"pyproject.toml", "uv.toml"})


def needs_code(repo: Repo, folder: PurePosixPath) -> tuple[str, ...]:
    """Why locking the project in *folder* would run code of the repository, a clause for each project.

    Looked at are the project, the members of its workspace, and the folders that ``tool.uv.sources`` names.
    Raises LockError where the project has neither a ``[project]`` table nor dependency groups, or a source
    leads out of the repository.
    """
    reasons = []
    for place in _local_folders(repo, folder):
        path = place / "pyproject.toml"
        project = read_pyproject(repo, path)
        if isinstance(project, Pyproject) and project.has_project:
            dynamic = project.locked_by_code
            if dynamic:
                reasons.append(f"{', '.join(dynamic)} is dynamic in {path}")
        elif place != folder:
            reasons.append(f"{path} has no [project] table")
        elif not isinstance(project, Pyproject) or not project.is_synced:
            raise LockError(f"{path} has no [project] table: there is nothing that uv could lock")
    return tuple(reasons)


def copy_manifests(repo: Repo, folder: PurePosixPath, target: Path, *, sources: bool) -> None:
    """Write to *target* what ``uv lock`` reads for the project in *folder*, each file at its own path.

    That is every pyproject.toml and uv.toml, the project's uv.lock, and the files that ``tool.uv.sources``
    names. With *sources* it is the whole repository, for build backends. Of other projects, files that cannot
    be read are left out. Raises LockError where one of this project cannot be read, or a source leads out of
    the repository.
    """
    own = {folder / "pyproject.toml", folder / "uv.toml", folder / "uv.lock"}
    named = {path for place in _local_folders(repo, folder) for path in _sources(repo, place) if path in repo}
    listed = {path for path in repo if sources or path.name in _MANIFESTS}
    for path in sorted(own | named | listed):
        try:
            data = repo[path]
        except KeyError:
            continue
        except Unreadable as error:
            if path in own | named:
                raise LockError(str(error)) from error
            continue
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_bytes(data)


def _local_folders(repo: Repo, folder: PurePosixPath) -> list[PurePosixPath]:
    """The folders of the project, of its workspace's members and of its path dependencies, and theirs."""
    found = [folder]
    for place in found:
        project = read_pyproject(repo, place / "pyproject.toml")
        if isinstance(project, Pyproject):
            inner = [
                *_members(repo, place, project),
                *(path for path in _sources(repo, place) if path not in repo),
            ]
            found += [path for path in dict.fromkeys(inner) if path not in found]
    return found


def _members(repo: Repo, folder: PurePosixPath, project: Pyproject) -> Iterator[PurePosixPath]:
    workspace = project.uv.get("workspace")
    if not isinstance(workspace, dict):
        return
    for path in repo.named("pyproject.toml"):
        member = path.parent
        if member != folder and member.is_relative_to(folder):
            relative = member.relative_to(folder)
            if _matches(relative, workspace.get("members")) and not _matches(
                relative, workspace.get("exclude")
            ):
                yield member


def _matches(path: PurePosixPath, patterns: object) -> bool:
    """Whether one of the globs matches; ``**`` matches more than it does to uv, which only looks further."""
    texts = (
        [text.strip("/") for text in patterns if isinstance(text, str)] if isinstance(patterns, list) else []
    )
    return any(
        fnmatch.fnmatchcase(str(path), text) and ("**" in text or text.count("/") == str(path).count("/"))
        for text in map(posixpath.normpath, texts)
    )


def _sources(repo: Repo, folder: PurePosixPath) -> list[PurePosixPath]:
    """The paths in ``[tool.uv.sources]``, relative to the repository."""
    manifest = folder / "pyproject.toml"
    project = read_pyproject(repo, manifest)
    found = []
    for text in _source_paths(project.sources.values()) if isinstance(project, Pyproject) else ():
        path = PurePosixPath(posixpath.normpath(folder / text))
        if path.is_absolute() or ".." in path.parts:
            raise LockError(f"{manifest}: the source {text} leads out of the repository: uv is not run on it")
        found.append(path)
    return found


def _source_paths(values: Iterable[object]) -> Iterator[str]:
    for value in values:
        for table in value if isinstance(value, list) else [value]:
            if isinstance(table, dict) and isinstance(table.get("path"), str):
                yield table["path"]

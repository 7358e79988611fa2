"""Folders that requirement files name beside their own: path dependencies (uv docs, "Dependency sources")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.project.contents import Contents, Entry, NotAProject, PathSource
from uvmigrate.project.lines import Editable, LocalPath, Requirement
from uvmigrate.project.pep508 import normalise
from uvmigrate.project.pyproject import Pyproject, read_pyproject

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from uvmigrate.source import Repo


def with_paths(repo: Repo, part: Contents, path: PurePosixPath) -> Contents | NotAProject:
    """*part*, the contents of the file at *path*, with an entry and a source for each folder that it names.

    A folder is one that uv can lock without running its code, build, and take alone: it has a ``[project]``
    with a build system, and no sources of its own.
    """
    entries, sources = list(part.entries), []
    for line in part.paths:
        project = read_pyproject(repo, line.path / "pyproject.toml") if line.path is not None else None
        why = (
            _unfit(project) if isinstance(project, Pyproject) else "has no pyproject.toml that could be read"
        )
        if not _is_alone(line.raw):
            why = "the line says more of it: a marker, or an option"
        if why is not None or not isinstance(project, Pyproject) or line.path is None:
            return NotAProject("local-path", f"{line.target} is a path, and {why}", path, line.line)
        entry = Entry(_requirement(line, normalise(project.name or "")), path)
        entries.append(entry)
        sources.append(PathSource(entry.name, line.path, isinstance(line, Editable)))
    ordered = tuple(sorted(entries, key=lambda entry: entry.line))
    return part._replace(entries=ordered, sources=tuple(sources))


def _is_alone(raw: str) -> bool:
    """Whether a line names a folder and says nothing else of it."""
    words = [word for word in raw.partition(" #")[0].split() if word not in ("-e", "--editable")]
    return len(words) == 1 and ";" not in words[0]


def _unfit(project: Pyproject) -> str | None:
    if project.name is None:
        return f"{project.path} names no project"
    if project.locked_by_code:
        return f"only code tells its {', '.join(project.locked_by_code)}"
    if not project.is_packaged:
        return f"{project.path} has no [build-system], without which uv builds nothing"
    if project.workspace or project.sources:
        return f"{project.path} has workspaces or sources of its own"
    return None


def _requirement(line: Editable | LocalPath, name: str) -> Requirement:
    extras = f"[{','.join(line.extras)}]" if line.extras else ""
    return Requirement(
        line.line,
        line.raw,
        name=name,
        text=f"{name}{extras}",
        specifier="",
        pinned=None,
        extras=line.extras,
        marker=None,
        url=None,
        hashes=(),
        options=(),
    )


def differing(sources: tuple[PathSource, ...]) -> PathSource | None:
    """A package that comes from two folders, or from one both editable and not."""
    found: dict[str, PathSource] = {}
    return next((one for one in sources if found.setdefault(one.name, one) != one), None)

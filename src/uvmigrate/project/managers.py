"""Which tools manage the Python project in a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from uvmigrate.project.contents import find_requirements
from uvmigrate.project.pyproject import Pyproject, read_pyproject
from uvmigrate.source import NamedTuple, Unreadable

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from uvmigrate.source import Repo

Tool = Literal["uv", "poetry", "pdm", "pipenv", "conda", "pip", "setup.py"]

_BY_FILE: tuple[tuple[str, Tool], ...] = (
    ("uv.lock", "uv"),
    ("poetry.lock", "poetry"),
    ("pdm.lock", "pdm"),
    ("Pipfile.lock", "pipenv"),
    ("Pipfile", "pipenv"),
    ("conda-lock.yml", "conda"),
    ("environment.yml", "conda"),
    ("environment.yaml", "conda"),
    ("requirements.txt", "pip"),
    ("setup.py", "setup.py"),
    ("setup.cfg", "setup.py"),
)
_BY_TABLE: tuple[tuple[str, Tool], ...] = (("uv", "uv"), ("poetry", "poetry"), ("pdm", "pdm"))


class Manager(NamedTuple):
    """A tool, and the file that says so."""

    tool: Tool
    evidence: PurePosixPath


def managers(repo: Repo, folder: PurePosixPath) -> tuple[Manager, ...]:
    """The tools that manage *folder*'s project, each once with its best evidence: lock files before tables.

    A ``setup.cfg`` counts only with ``[metadata]``: most hold nothing but settings of linters.
    """
    found: dict[Tool, PurePosixPath] = {}
    path = folder / "pyproject.toml"
    pyproject = read_pyproject(repo, path)
    has_project = isinstance(pyproject, Pyproject) and pyproject.has_project
    for name, tool in _BY_FILE:
        if folder / name in repo and (name != "setup.cfg" or _has_metadata(repo, folder / name)):
            found.setdefault(tool, folder / name)
    if isinstance(pyproject, Pyproject):
        for table, tool in _BY_TABLE:
            if table in pyproject.tool:
                found.setdefault(tool, path)
        if has_project:
            found.setdefault("pip", path)
    if "pip" not in found:
        ours = next(find_requirements(repo, folder), None)
        if ours is not None:
            found["pip"] = ours
    return tuple(Manager(tool, evidence) for tool, evidence in found.items())


def _has_metadata(repo: Repo, path: PurePosixPath) -> bool:
    try:
        return b"[metadata]" in repo[path].split()
    except (KeyError, Unreadable):
        return False

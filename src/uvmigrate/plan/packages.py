"""Projects that images install from their own sources: what declares them, if not code alone does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.project import NotAProject, Pyproject, project_name, read_pyproject
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from uvmigrate.source import Repo


class Package(NamedTuple):
    """A project that pip installs: its pyproject.toml, as it is or, with ``manifest``, as it becomes.

    ``by_setup`` says that setup.py or setup.cfg has declared it so far, and ``reads`` which files these read.
    """

    project: Pyproject
    manifest: bytes | None = None
    by_setup: bool = False
    reads: frozenset[PurePosixPath] = frozenset()
    notes: tuple[str, ...] = ()

    @property
    def readme(self) -> str | None:
        """The file that ``[project]`` names as its readme: without it, nothing is built."""
        readme = self.project.project.get("readme")
        named = readme.get("file") if isinstance(readme, dict) else readme
        return named if isinstance(named, str) else None


class Unfit(NamedTuple):
    """Why uv cannot lock what a folder holds without running its code: one clause, and a refusal's code."""

    why: str
    code: str = ""


def read_package(
    repo: Repo, folder: PurePosixPath, python: tuple[int, int] | None, name: str | None = None
) -> Package | Unfit:
    """What declares the project in *folder*: ``[project]``, else setup.py and setup.cfg, which are not run.

    *python* is the image's version, for a setup.py that does not say which it needs, *name* the project's for
    one that gives none.
    """
    from uvmigrate.project import read_setup

    path = folder / "pyproject.toml"
    project = read_pyproject(repo, path)
    if isinstance(project, Pyproject) and project.has_project:
        return _declared(repo, project)
    if not any(folder / name in repo for name in ("setup.py", "setup.cfg")):
        return Unfit(f"{path} has no [project] table: another tool declares the metadata")
    found = read_setup(repo, folder, name=name or project_name(repo, folder), python=python)
    if isinstance(found, NotAProject):
        place = found.path or folder
        return Unfit(
            f"{place}:{found.line}: {found.why}" if found.line else f"{place}: {found.why}", found.code
        )
    made = read_pyproject(repo.replace({path: found.manifest}), path)
    if not isinstance(made, Pyproject):
        raise ValueError(f"{path} was made so that it cannot be read")
    return Package(made, found.manifest, True, frozenset(found.reads), found.notes)


def _declared(repo: Repo, project: Pyproject) -> Package | Unfit:
    path = project.path
    if project.locked_by_code:
        fields = ", ".join(project.locked_by_code)
        return Unfit(f"{path}: {fields} is dynamic, and uv lock would run the project's code to learn it")
    if project.is_packaged:
        return Package(project)
    if project.uv:
        return Unfit(f"{path} has [tool.uv] but is no package, and pip installs it as one")
    # pip builds a project without [build-system] with setuptools; uv only does where it is told.
    manifest = repo[path].rstrip(b"\r\n") + b"\n\n[tool.uv]\npackage = true\n"
    if b"\r\n" in repo[path]:
        manifest = manifest.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return Package(project, manifest)

"""Installs with ``--no-build-isolation``: which tools they take from where, and which can do without it.

An environment by uv starts without any tool. Where nothing is seen to bring one, the tools came from the
image's own Python or as somebody's dependency, in versions that nobody chose; a project that is built from
its ``[build-system] requires`` alone is the same without the option, and whatever else comes with it is there
already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.build import carried, installs, is_set, keeps, made_venvs, version_of
from uvmigrate.build.edited import edited_in_build
from uvmigrate.commands import read_pip, requirement_name
from uvmigrate.plan.packages import Unfit, read_package
from uvmigrate.project import (
    Pyproject,
    Requirement,
    closure,
    normalise,
    read_pyproject,
)
from uvmigrate.source import once_a_view

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import PurePosixPath

    from uvmigrate.build import Build
    from uvmigrate.build.installs import Install

_OPTION = "--no-build-isolation"
#: What pip takes where a project has no ``[build-system]`` (PEP 517).
_DEFAULT = frozenset({"setuptools", "wheel"})
_MANIFESTS = ("pyproject.toml", "setup.py", "setup.cfg")


def missing_tool(build: Build, found: tuple[Install, ...], install: Install) -> str | None:
    """The first tool that an install without isolation needs and no install above is seen to bring, or None.

    The image's own Python may hold it, or a dependency's dependency; of neither the environment tells.
    """
    if not install.tool.has(_OPTION) or keeps(build, install):
        return None
    given = {name for other in _above(build, found, install) for name in _names(build, other)}
    return min(_needed(build, install) - given, default=None)


@once_a_view
def in_isolation(build: Build) -> frozenset[int]:
    """The installs, by the offset of their command, that go without the option: their tools are missing,
    and they build nothing but projects that need no others than uv gives them."""
    found = installs(build)
    if any(install.managed is not None or keeps(build, install) for install in found):
        return frozenset()
    return frozenset(
        install.call.command.span.start
        for install in found
        if missing_tool(build, found, install) is not None and _builds_alone(build, found, install)
    )


def _builds_alone(build: Build, found: tuple[Install, ...], install: Install) -> bool:
    from uvmigrate.project import needs_more

    more = install.packages or install.files or install.others or not install.projects
    every = _above(build, found, install)
    if more or _is_offline(install) or any(None in other.files for other in every):
        return False
    above = [other for other in every if not other.tool.has(_OPTION)]
    there = {name for other in above for name in _names(build, other)}
    tools = _needed(build, install)
    if tools & there or any(name.startswith("setuptools") for name in there) or tools & _pinned(build):
        # Somebody chose the tools, or a part of them.
        return False
    repo, without = build.context.repo, install.tool.has("--no-deps")
    for project in install.projects:
        if project.folder is None:
            return False
        folder = build.context.folder / project.folder
        if any(edited_in_build(build, folder / name) for name in _MANIFESTS if folder / name in repo):
            return False
        if needs_more(repo, folder) is not None:
            return False
        wanted = () if without else _dependencies(build, install, folder, project.extras)
        if wanted is None or not all(_is_there(build, install, name, there) for name in wanted):
            return False
    return True


def _is_offline(install: Install) -> bool:
    """Whether no index is asked: then only the environment has tools."""
    alone = any(flag.name == "network" and flag.value == "none" for flag in install.call.instruction.flags)
    return alone or install.tool.has("--no-index") or is_set(install.call, "PIP_NO_INDEX")


def _is_there(build: Build, install: Install, name: str, there: Collection[str]) -> bool:
    """Whether an install above has brought a package, or it is a project of the repository that is built as
    simply: nothing that is installed now then asks for a tool of the environment."""
    from uvmigrate.project import needs_more

    if name in there:
        return True
    repo = build.context.repo
    for path in repo.named("pyproject.toml"):
        found = read_pyproject(repo, path)
        if isinstance(found, Pyproject) and found.name and normalise(found.name) == name:
            wanted = _dependencies(build, install, path.parent, ())
            return wanted is not None and needs_more(repo, path.parent) is None and wanted <= {*there}
    return False


def _dependencies(
    build: Build, install: Install, folder: PurePosixPath, extras: tuple[str, ...]
) -> frozenset[str] | None:
    """The names that a project requires; None where only its code knows them."""
    repo = build.context.repo
    found = read_pyproject(repo, folder / "pyproject.toml")
    if not isinstance(found, Pyproject) or not found.has_project:
        package = read_package(repo, folder, version_of(build, install))
        if isinstance(package, Unfit):
            return None
        found = package.project
    unknown = {"dependencies", "optional-dependencies"} & {*found.dynamic}
    if found.poetry or unknown or not {*extras} <= {*found.optional}:
        return None
    texts = [*found.dependencies, *(text for extra in extras for text in found.optional[extra])]
    return frozenset(requirement_name(text) for text in texts)


def _above(build: Build, found: tuple[Install, ...], install: Install) -> list[Install]:
    """The installs whose packages an install finds in the environment: of its stage, what that is FROM, and
    what is copied from another."""
    stages = {*install.stage.lineage}
    for part in carried(build, found, made_venvs(build)):
        stages |= {*part.origin.lineage} if part.stage in stages else set()
    start = install.call.command.span.start
    return [other for other in found if other.stage in stages and other.call.command.span.start < start]


def _needed(build: Build, install: Install) -> frozenset[str]:
    """The tools of the folders that are installed; of a package that is named, the usual ones."""
    from uvmigrate.project import build_requires

    folders = [build.context.folder / p.folder for p in install.projects if p.folder is not None]
    listed = {
        requirement_name(text) for folder in folders for text in build_requires(build.context.repo, folder)
    }
    unknown = len(folders) < len(install.projects)
    return frozenset(listed | (_DEFAULT if unknown else set()) or _DEFAULT)


def _names(build: Build, install: Install) -> Iterator[str]:
    yield from (requirement_name(text) for text in install.packages)
    for path in install.files:
        for file in closure(build.context.repo, build.context.folder / path) if path is not None else ():
            yield from (line.name for line in file.lines if isinstance(line, Requirement))


def _pinned(build: Build) -> set[str]:
    """The packages that a call of pip names with a version, upgrades of installing tools among them."""
    read = [read_pip(call.command) for call in build.calls(b"pip")]
    texts = [
        pip.command.words[argument.first].raw.strip("\"'")
        for pip in read
        if pip is not None and pip.verb == "install"
        for argument in pip.arguments
        if argument.option is None
    ]
    return {name for text in texts if (name := requirement_name(text)) != text}

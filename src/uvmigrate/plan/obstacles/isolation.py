"""Builds without isolation: they take their tools from the environment, which starts without any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.build import carried, keeps, made_venvs
from uvmigrate.commands import requirement_name
from uvmigrate.plan.obstacles.mixed import stays
from uvmigrate.plan.obstacles.refusals import refuse_call
from uvmigrate.project import Pyproject, Requirement, closure, read_pyproject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.build import Build
    from uvmigrate.build.installs import Install
    from uvmigrate.codemod import Refusal

#: What pip takes where a project has no ``[build-system]`` (PEP 517).
_DEFAULT = frozenset({"setuptools", "wheel"})


def isolation(build: Build, installs: tuple[Install, ...]) -> Iterator[Refusal]:
    """A refusal for each install without isolation whose tools no install above it is seen to bring.

    The image's own Python may hold them, or a dependency's dependency; of neither the environment tells.
    """
    if stays(build, installs):
        return
    for install in installs:
        if not install.tool.has("--no-build-isolation") or keeps(build, install):
            continue
        stages = {*install.stage.lineage}
        for part in carried(build, installs, made_venvs(build)):
            stages |= {*part.origin.lineage} if part.stage in stages else set()
        start = install.call.command.span.start
        above = [i for i in installs if i.stage in stages and i.call.command.span.start < start]
        given = {name for other in above for name in _names(build, other)}
        missing = sorted(_needed(build, install) - given)
        if missing:
            because = f"--no-build-isolation: no install above brings {missing[0]} into the environment"
            instead = f"install {missing[0]} in a command above, or build with isolation"
            yield refuse_call(build, install.call, "pip-option", because, instead)


def _needed(build: Build, install: Install) -> frozenset[str]:
    """The tools of the folders that are installed; of a package that is named, the usual ones."""
    needed: set[str] = set()
    for project in install.projects:
        path = build.context.folder / (project.folder or "") / "pyproject.toml"
        found = read_pyproject(build.context.repo, path) if project.folder is not None else None
        requires = found.data.get("build-system", {}) if isinstance(found, Pyproject) else {}
        listed = requires.get("requires") if isinstance(requires, dict) else None
        needed |= (
            {requirement_name(str(text)) for text in listed} if isinstance(listed, list) else {*_DEFAULT}
        )
    return frozenset(needed or _DEFAULT)


def _names(build: Build, install: Install) -> Iterator[str]:
    yield from (requirement_name(text) for text in install.packages)
    for path in install.files:
        for file in closure(build.context.repo, build.context.folder / path) if path is not None else ():
            yield from (line.name for line in file.lines if isinstance(line, Requirement))

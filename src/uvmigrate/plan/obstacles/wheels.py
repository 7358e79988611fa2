"""Wheels that are made and taken: the environment that comes in their place must hold the same packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.build import carried, is_idle_tool, join, made_venvs, taken_wheels, wheel_folders
from uvmigrate.commands import read_pip, requirement_name
from uvmigrate.plan.obstacles.refusals import refuse_at, refuse_call
from uvmigrate.project import Editable, LocalPath, Pyproject, Requirement, Url, closure, read_pyproject
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import PurePosixPath

    from uvmigrate.build import Build, Taken
    from uvmigrate.build.installs import Install, ProjectArgument
    from uvmigrate.codemod import Refusal

#: They make, remove or look at the folder; a build goes on without it.
_UNCONCERNED = frozenset("mkdir rm ls echo cd chown chmod du uv".split())
_INSTEAD = "install in that stage what the wheels were made of, or migrate this image by hand"


class _Named(NamedTuple):
    """What installs name: packages and projects by name; ``unknown`` says what they name beyond that."""

    names: frozenset[str]
    unknown: frozenset[str]


def wheels(build: Build, installs: tuple[Install, ...]) -> Iterator[Refusal]:
    """Wheels that nothing takes, or that are taken otherwise than all together.

    The environment holds all that was made wheels of, so an image that took a part of them would get more.
    """
    taken = taken_wheels(build, installs)
    taking = {one.install.call.command for one in taken}
    made = [install for install in installs if install.tool.verb == "wheel"]
    for install in made:
        if not any(install.stage in one.origin.lineage for one in taken):
            because = "the wheels made here are not taken by an install that uvmigrate could follow"
            yield refuse_call(build, install.call, "wheels", because, _INSTEAD)
    for install in installs if made else ():
        folders = [text for text in install.tool.values("--find-links") if "://" not in text]
        if (folders or install.tool.has("--no-index")) and install.call.command not in taking:
            because = "this installs from wheels that are not known to be those made in this build"
            yield refuse_call(build, install.call, "wheels", because, _INSTEAD)
    yield from _used_elsewhere(build, installs, taken)
    for one in taken:
        because = _unequal(build, installs, taken, one)
        if because:
            yield refuse_call(build, one.install.call, "wheels", because, _INSTEAD)


def _used_elsewhere(
    build: Build, installs: tuple[Install, ...], taken: tuple[Taken, ...]
) -> Iterator[Refusal]:
    """Wheels that something else than an install needs: with uv there are none."""
    for part in carried(build, installs, made_venvs(build)):
        if part.kind == "wheels" and not any(part.stage in one.install.stage.lineage for one in taken):
            because = "the wheels go to a stage that does not install them"
            yield refuse_at(build, part.copied.instruction.span.start, "wheels", because, _INSTEAD)
    folders = [(one.install.stage, one.folder) for one in taken]
    folders += [(i.stage, folder) for i in installs for folder in wheel_folders(i)] if taken else []
    for call in build.calls() if folders else ():
        program = (call.command.name or "?").rpartition("/")[2]
        if program in _UNCONCERNED or read_pip(call.command):
            continue
        paths = {
            join(call.cwd, text.rstrip("/*"))
            for text in call.command.argv[1:]
            if text and "/" in text and call.cwd
        }
        used = next((f for stage, f in folders if stage in call.stage.lineage and _reach(f, paths)), None)
        if used is not None:
            because = f"{program} needs the wheels in {used}, which uv does not make"
            yield refuse_call(build, call, "wheels", because, _INSTEAD)


def _reach(folder: PurePosixPath, paths: set[PurePosixPath]) -> bool:
    return any(path == folder or folder in path.parents for path in paths)


def _unequal(build: Build, installs: tuple[Install, ...], taken: tuple[Taken, ...], one: Taken) -> str:
    """How the packages that a stage installs differ from those of the environment it would get; or empty."""
    stage = one.install.stage
    brought = [i for i in installs if i.stage in one.origin.lineage and not _takes(i, taken)]
    brought = [i for i in brought if not is_idle_tool(build, i, installs)]
    own = [i for i in installs if i.stage in stage.lineage and i not in brought]
    if any(other.all_of_them for other in taken if other.install in own and other.origin is one.origin):
        own += [i for i in brought if i.tool.verb == "wheel"]
    # What both stages are FROM is in both, whatever it is.
    shared = [i for i in brought if i.stage in stage.lineage and i.tool.verb != "wheel"]
    brings, takes = _named(build, brought), _named(build, [*own, *shared])
    more = sorted(brings.names - takes.names) + sorted(brings.unknown - takes.unknown)
    fewer = sorted(takes.names - brings.names)
    if len(more) == len(fewer) == 1 and more[0] in brings.unknown:
        # A project whose name only its code says, and which the install names.
        return ""
    where = f"stage {one.origin.name or one.origin.index}"
    if more:
        return f"the environment would bring {more[0]}, too, which {where} installs or makes a wheel of"
    complete = one.install.tool.has("--no-index")
    missing = sorted(_named(build, [one.install]).names - brings.names)
    if missing and not complete:
        return f"{missing[0]} may come from an index: {where} makes no wheel of it by that name"
    return ""


def _takes(install: Install, taken: Iterable[Taken]) -> bool:
    return any(one.install is install for one in taken)


def _named(build: Build, installs: Iterable[Install]) -> _Named:
    names: set[str] = set()
    unknown: set[str] = set()
    for install in installs:
        names |= {requirement_name(text) for text in install.packages}
        for path, text in zip(install.files, install.tool.values("--requirement"), strict=False):
            if path is None:
                unknown.add(text)
                continue
            for file in closure(build.context.repo, build.context.folder / path):
                for line in file.lines:
                    if isinstance(line, Requirement):
                        names.add(line.name)
                    elif isinstance(line, (Editable, LocalPath, Url)):
                        unknown.add(line.raw)
        for project in install.projects:
            name = _project_name(build, project)
            (unknown if name is None else names).add(name or str(project.folder or project.text))
        for text in install.others:
            file_name = text.rpartition("/")[2]
            if text.endswith(".whl") and "*" not in file_name.partition("-")[0]:
                names.add(requirement_name(file_name.partition("-")[0]))
    return _Named(frozenset(names), frozenset(unknown))


def _project_name(build: Build, argument: ProjectArgument) -> str | None:
    if argument.folder is None:
        return None
    found = read_pyproject(build.context.repo, build.context.folder / argument.folder / "pyproject.toml")
    name = found.name if isinstance(found, Pyproject) else None
    return requirement_name(name) if name else None

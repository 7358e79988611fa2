"""Wheels that a build makes, and the installs that take them in the place of an index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.build.context import join
from uvmigrate.build.environment import carried, made_venvs, wheel_folders
from uvmigrate.build.installs import expanded
from uvmigrate.build.state import stage_mounts
from uvmigrate.commands import read_pip, requirement_name
from uvmigrate.dockerfile import as_run
from uvmigrate.shell import parse as parse_shell
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import PurePosixPath

    from uvmigrate.build.installs import Install
    from uvmigrate.build.model import Build, StageFacts


#: What installs packages or makes others into wheels, and does nothing by itself.
_FRONT_END = frozenset({"build", "pip", "setuptools", "wheel"})
#: Commands that call no Python program.
_QUIET = frozenset(
    """apt apt-get apk cd chmod chown cp curl echo export git gunzip ldconfig ls mkdir mv rm rmdir set tar
    touch true unzip wget""".split()
)


class Taken(NamedTuple):
    """An install that takes wheels of ``origin`` from ``folder``; ``all_of_them`` where it names no package.

    ``origin`` is a stage that the install's own is FROM (or that stage itself), or another one from which
    the wheels are copied or mounted.
    """

    install: Install
    origin: StageFacts
    folder: PurePosixPath
    all_of_them: bool


def taken_wheels(build: Build, found: Iterable[Install]) -> tuple[Taken, ...]:
    """The installs of the build that take wheels which the build has made before."""
    made = tuple(found)
    making = [(other, folders) for other in made if (folders := wheel_folders(other))]
    if not making:
        # So it is nearly always, and this is asked for every install.
        return ()
    parts = [part for part in carried(build, made, made_venvs(build)) if part.kind == "wheels"]
    result = []
    for install in made:
        if install.tool.verb != "install":
            continue
        here = [
            (part.origin, part.copied.dest)
            for part in parts
            if part.stage in install.stage.lineage
            and (
                part.copied.instruction.keyword != "RUN"
                or part.copied.instruction is install.call.instruction
            )
        ]
        here += [
            (other.stage, folder)
            for other, folders in making
            if other.stage in install.stage.lineage
            and other.call.command.span.start < install.call.command.span.start
            for folder in folders
        ]
        named = list(_named(install))
        match = next((place for place in here if any(_inside(place[1], path) for path, _ in named)), None)
        if match is not None:
            everything = any(glob and _inside(match[1], path) for path, glob in named)
            result.append(Taken(install, *match, everything))
    return tuple(result)


def consumes_wheels(build: Build, install: Install, found: tuple[Install, ...]) -> bool:
    """Whether an install only takes the wheels that the build made above it, in any stage."""
    return any(taken.install is install for taken in taken_wheels(build, found))


def is_idle_tool(build: Build, install: Install, found: tuple[Install, ...]) -> bool:
    """Whether an install brings nothing but the front end ``build`` to a stage of which only wheels are
    taken, and in which nothing could call it.

    pip and uv build each package in an environment of its own, and ask its build backend themselves.
    """
    stage = install.stage
    names = {requirement_name(text) for text in install.packages}
    own = [other for other in found if other.stage is stage]
    alone = not (install.has_manifest or install.others or install.constraints)
    if install.tool.verb != "install" or not alone or "build" not in names or names - _FRONT_END:
        return False
    makes = any(other.tool.verb == "wheel" for other in own)
    if not makes or any(other.tool.has("--no-build-isolation") for other in own):
        return False
    handed_on = stage in build.final_stages or any(facts.parent is stage for facts in build.stages)
    return not handed_on and _is_quiet(stage) and _gives_wheels_only(stage, build, own)


def _is_quiet(stage: StageFacts) -> bool:
    """Whether all commands of a stage are known, and none could call a Python program but pip."""
    for instruction in stage.instructions:
        run = as_run(instruction)
        texts = run.scripts if run is not None else ()
        opaque = any(not text.is_shell or parse_shell(text.data, text.offset).opaque for text in texts)
        if opaque or (run is not None and not texts):
            return False
    commands = (call.command for call in stage.calls() if call.command.words)
    return all(
        (command.name or "?").rpartition("/")[2] in _QUIET or read_pip(command) is not None
        for command in commands
    )


def _gives_wheels_only(stage: StageFacts, build: Build, own: list[Install]) -> bool:
    folders = [folder for install in own for folder in wheel_folders(install)]
    for facts in build.stages:
        for instruction, state in zip(facts.instructions, facts.states, strict=False):
            copy = facts.copied(instruction) if instruction.keyword == "COPY" else None
            for copied in (*((copy,) if copy else ()), *stage_mounts(state, instruction)):
                if copied.origin is None or facts.find(copied.origin) is not stage:
                    continue
                paths = [stage.final.absolute(source) for source in copied.sources]
                if not all(path is not None and _is_given(stage, path, folders) for path in paths):
                    return False
    return True


def _is_given(stage: StageFacts, path: PurePosixPath, folders: list[PurePosixPath]) -> bool:
    """Whether a path holds wheels, or a file of the context."""
    wheels = any(_inside(folder, path) for folder in folders)
    return wheels or stage.locate(path, stage.final) is not None


def _named(install: Install) -> Iterator[tuple[PurePosixPath, bool]]:
    """The image paths in which an install looks for wheels, and whether it takes all that are there."""
    cwd = install.call.cwd
    if cwd is None:
        return
    for text in install.tool.values("--find-links"):
        folder = expanded(install.call, text)
        if folder is not None:
            yield join(cwd, folder.removeprefix("file://")), False
    operands = [argument for argument in install.tool.arguments if argument.option is None]
    for argument in operands:
        raw = install.call.command.words[argument.first].raw.strip("\"'")
        path = expanded(install.call, argument.value or raw)
        if path and "/" in path:
            yield join(cwd, path.partition("*")[0].rstrip("/") or "/"), "*" in path


def _inside(folder: PurePosixPath, path: PurePosixPath) -> bool:
    return path == folder or folder in path.parents

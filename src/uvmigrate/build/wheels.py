"""Wheels that a build makes, and the installs that take them in the place of an index."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from uvmigrate.build.context import join
from uvmigrate.build.environment import carried, made_venvs, wheel_folders
from uvmigrate.build.installs import expanded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import PurePosixPath

    from uvmigrate.build.installs import Install
    from uvmigrate.build.model import Build, StageFacts


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
            for other in made
            if other.stage in install.stage.lineage
            and other.call.command.span.start < install.call.command.span.start
            for folder in wheel_folders(other)
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

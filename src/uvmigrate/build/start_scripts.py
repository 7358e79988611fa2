"""The scripts that start a container: those that ENTRYPOINT, CMD and compose name, and what they call."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from uvmigrate.build.context import ROOT
from uvmigrate.build.launchers import is_python, launched, named_files
from uvmigrate.build.mounts import binds, mounted_files
from uvmigrate.build.starting import services_of, starting
from uvmigrate.shell import parse as parse_shell
from uvmigrate.source import Unreadable, lazy_pattern, once_a_view

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import PurePosixPath

    from uvmigrate.build.model import Build, StageFacts
    from uvmigrate.build.mounts import Binds
    from uvmigrate.compose import Service
    from uvmigrate.dockerfile import Command as View
    from uvmigrate.shell import Command

#: Where a program is looked for that is named without a folder, of those where scripts are copied to.
_PROGRAMS = tuple(ROOT / folder for folder in ("usr/local/bin", "usr/bin", "bin"))
_SHEBANG = lazy_pattern(rb"#!.*\b(ba|da|a)?sh\b")


def start_scripts(build: Build) -> frozenset[PurePosixPath]:
    """The context paths of the scripts that ENTRYPOINT, CMD and compose name, and that those call in turn."""
    return frozenset(path for facts in build.stages for path in stage_scripts(build, facts))


def stage_scripts(build: Build, stage: StageFacts) -> frozenset[PurePosixPath]:
    """The same for the image of one stage."""
    return frozenset(stage_tasks(build, stage))


def launchers(build: Build) -> tuple[tuple[PurePosixPath, frozenset[str]], ...]:
    """The Python files among them, with the tasks that are asked for of a file of tasks, if only some are."""
    found = {(path, tasks) for facts in build.stages for path, tasks in stage_tasks(build, facts).items()}
    python = (one for one in found if is_python(one[0], context_file(build, one[0])))
    return tuple(sorted(python, key=lambda one: (one[0], sorted(one[1]))))


@once_a_view
def stage_tasks(build: Build, stage: StageFacts) -> Mapping[PurePosixPath, frozenset[str]]:
    """The same, with the tasks that are asked for of a file of tasks; none where all of a file may run."""
    services = [service for _, service in services_of(build, stage)]
    return tasks_of(build, stage, [view for _, view in starting(stage)], services)


def tasks_of(
    build: Build, stage: StageFacts, views: Iterable[View], services: Iterable[Service]
) -> Mapping[PurePosixPath, frozenset[str]]:
    """The same for some of the instructions that start the stage's image, and some of its services."""
    named: list[Sequence[str]] = []
    for view in views:
        named.append(view.exec_form or ())
        named.append(view.script.data.decode(errors="replace").split() if view.script else ())
    for service in services:
        named += [given.argv or (given.text or "").split() for given in service.runs]
    # ENTRYPOINT ["python", "-m"] is handed the module by CMD, or by a service.
    handed = [words for words in named if words[-1:] in (("-m",), ["-m"])]
    named += [(*ahead, *words) for ahead in handed for words in tuple(named)]
    return _followed(build, stage, [found for words in named for found in _files(build, stage, words)])


def _files(
    build: Build, stage: StageFacts, words: Sequence[str]
) -> Iterator[tuple[PurePosixPath, frozenset[str]]]:
    """The files that a command names, or finds by a name of its own."""
    for word in words:
        yield from ((path, frozenset()) for path in _located(build, stage, word))
    for file in named_files(words):
        yield from ((path, file.tasks) for path in _located(build, stage, file.path))


def _located(build: Build, facts: StageFacts, word: str) -> list[PurePosixPath]:
    """The context path of the file that a word names in the stage's image, and of those mounted over it."""
    if not re.fullmatch(r"[\w./][\w./-]*", word) or word in (".", "/", ".."):
        return []
    full = facts.final.absolute(word)
    if full is None:
        return []
    # A bare word may also be found on PATH: scripts are often copied to /usr/local/bin.
    places = [full, *(folder / full.name for folder in _PROGRAMS)]
    # A folder that comes from another image (`COPY --from=node /usr/local/bin`) need not hide what is there.
    copies = facts.final.copies
    known = tuple(one for one in copies if one.origin is None or facts.find(one.origin) is not None)
    states = [facts.final] if known == copies else [facts.final, facts.final._replace(copies=known)]
    copied = (facts.locate(place, state) for place in places for state in states)
    found = (path for path in copied if path is not None and not facts.context.is_dir(path))
    return list(dict.fromkeys([*islice(found, 1), *_mounted(build, facts, word)]))


@once_a_view
def _binds(build: Build, stage: StageFacts) -> Binds:
    return binds(service for _, service in services_of(build, stage))


def _mounted(build: Build, stage: StageFacts, word: str) -> Iterator[PurePosixPath]:
    """The context paths of the files that bind mounts of services put where a word names one."""
    full = stage.final.absolute(word) if re.fullmatch(r"[\w./-]+", word) else None
    if full is None:
        return
    for path in mounted_files(build.context.repo, _binds(build, stage), full):
        if path.is_relative_to(build.context.folder):
            yield path.relative_to(build.context.folder)


def _followed(
    build: Build, stage: StageFacts, waiting: Iterable[tuple[PurePosixPath, frozenset[str]]]
) -> Mapping[PurePosixPath, frozenset[str]]:
    left = list(waiting)
    found: dict[PurePosixPath, frozenset[str]] = {}
    while left:
        path, tasks = left.pop()
        # Where one way asks for all of a file, others for some tasks, all of it runs.
        known = found.get(path)
        both = tasks if known is None else known | tasks if known and tasks else frozenset[str]()
        if known == both:
            continue
        found[path] = both
        for command in _commands(build, path, both):
            words = [word.text or "" for word in command.words]
            for word in words[:2]:
                if "/" in word or word.endswith(".sh"):
                    left += [(other, frozenset()) for other in _located(build, stage, word)]
            operands = [word for word in words if word.endswith(".py")]
            left += [(other, frozenset()) for word in operands for other in _located(build, stage, word)]
            left += [
                (other, file.tasks)
                for file in named_files(words)
                for other in _located(build, stage, file.path)
            ]
    return found


def _commands(build: Build, path: PurePosixPath, tasks: frozenset[str]) -> Iterator[Command]:
    """The commands of a shell script, or those that a Python file starts."""
    data = shell_script(build, path)
    if data:
        yield from parse_shell(data).everything
    for one in launched(path, context_file(build, path), tasks):
        yield one.read.command


def context_file(build: Build, path: PurePosixPath) -> bytes:
    """The bytes of a file of the context; empty where it cannot be read."""
    try:
        return build.context.repo[build.context.folder / path]
    except (KeyError, Unreadable):
        return b""


def shell_script(build: Build, path: PurePosixPath) -> bytes:
    """The text of a shell script of the context; empty for all else."""
    data = context_file(build, path)
    return data if _SHEBANG.match(data) or path.suffix in (".sh", ".bash") else b""

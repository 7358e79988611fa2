"""The scripts that start a container: those that ENTRYPOINT, CMD and compose name, and what they call."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from uvmigrate.build.context import ROOT
from uvmigrate.build.starting import services_of, starting
from uvmigrate.shell import parse as parse_shell
from uvmigrate.source import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import PurePosixPath

    from uvmigrate.build.model import Build, StageFacts

_SHEBANG = re.compile(rb"#!.*\b(ba|da|a)?sh\b")


def start_scripts(build: Build) -> frozenset[PurePosixPath]:
    """The context paths of the scripts that ENTRYPOINT, CMD and compose name, and that those call in turn."""
    return frozenset(path for facts in build.stages for path in stage_scripts(build, facts))


@lru_cache(maxsize=64)
def stage_scripts(build: Build, stage: StageFacts) -> frozenset[PurePosixPath]:
    """The same for the image of one stage."""
    named: list[str] = []
    for _, view in starting(stage):
        named += view.exec_form or ()
        named += view.script.data.decode(errors="replace").split() if view.script else ()
    for _, service in services_of(build, stage):
        for given in (service.command, service.entrypoint, service.healthcheck):
            named += (given.argv or (given.text or "").split()) if given is not None else ()
    return frozenset(_followed(build, stage, [path for word in named for path in _located(stage, word)]))


def _located(facts: StageFacts, word: str) -> list[PurePosixPath]:
    """The context path of the file that a word names in the stage's image, if it names one."""
    if not re.fullmatch(r"[\w./-]+", word) or word in (".", "/", ".."):
        return []
    full = facts.final.absolute(word)
    if full is None:
        return []
    # A bare word may also be found on PATH: scripts are often copied to /usr/local/bin.
    places = [full, *(ROOT / folder / full.name for folder in ("usr/local/bin", "usr/bin", "bin"))]
    found = [facts.locate(place, facts.final) for place in places]
    return [path for path in found if path is not None and not facts.context.is_dir(path)][:1]


def _followed(build: Build, stage: StageFacts, waiting: Iterable[PurePosixPath]) -> Iterator[PurePosixPath]:
    left = list(waiting)
    seen: set[PurePosixPath] = set()
    while left:
        path = left.pop()
        if path in seen:
            continue
        seen.add(path)
        yield path
        data = shell_script(build, path)
        for command in parse_shell(data).everything if data else ():
            for word in command.words[:2]:
                if word.text and ("/" in word.text or word.text.endswith(".sh")):
                    left += _located(stage, word.text)


def shell_script(build: Build, path: PurePosixPath) -> bytes:
    """The text of a shell script of the context; empty for all else."""
    try:
        data = build.context.repo[build.context.folder / path]
    except (KeyError, Unreadable):
        return b""
    return data if _SHEBANG.match(data) or path.suffix in (".sh", ".bash") else b""

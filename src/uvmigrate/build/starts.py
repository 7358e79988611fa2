"""What runs when a container does: ENTRYPOINT, CMD and HEALTHCHECK, start scripts, the commands of compose.

Which of several instructions counts is Docker's reference, "Understand how CMD and ENTRYPOINT interact".
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from uvmigrate.build.context import ROOT
from uvmigrate.dockerfile import as_cmd, as_entrypoint, as_healthcheck
from uvmigrate.shell import Command, Word, inner_scripts
from uvmigrate.shell import parse as parse_shell
from uvmigrate.source import Span, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import PurePosixPath

    from uvmigrate.build.model import Build, StageFacts
    from uvmigrate.compose import Service, Words
    from uvmigrate.dockerfile import Command as View
    from uvmigrate.dockerfile import Instruction, ScriptText
    from uvmigrate.shell import Script

_SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh"})
_SHEBANG = re.compile(rb"#!.*\b(ba|da|a)?sh\b")


class Start(NamedTuple):
    """One command that runs when a container starts, or that checks its health.

    ``path`` and ``line`` (1-based) say where it is written. Where it is ``located``, the spans of its words
    are places in that file; where it is ``json``, they are elements of a JSON array, quotes included. A
    command inside ``sh -c "…"`` is one of its own, beside that of the shell.
    """

    path: PurePosixPath
    line: int
    command: Command
    carrier: Literal["instruction", "script", "service"]
    json: bool = False
    located: bool = True
    service: Service | None = None


def starts(build: Build, stage: StageFacts) -> tuple[Start, ...]:
    """Every command that may run in a container of the stage, in the order of the carriers."""
    found = [*_instructions(build, stage), *_scripts(build, stage)]
    for path, service in _services(build, stage):
        for given in (service.entrypoint, service.command, service.healthcheck):
            found += _of_words(path, service, given) if given is not None else []
    return tuple(found)


def start_scripts(build: Build) -> frozenset[PurePosixPath]:
    """The context paths of the scripts that ENTRYPOINT, CMD and compose name, and that those call in turn."""
    return frozenset(path for facts in build.stages for path in _stage_scripts(build, facts))


def stage_of(build: Build, service: Service) -> StageFacts:
    """The stage whose image a service runs."""
    target = service.build.target if service.build else None
    return (build.find(target) if target else None) or build.stages[-1]


def _services(build: Build, stage: StageFacts) -> Iterator[tuple[PurePosixPath, Service]]:
    return ((file.path, service) for file, service in build.services if stage_of(build, service) is stage)


def starting(stage: StageFacts) -> tuple[tuple[Instruction, View], ...]:
    """The ENTRYPOINT, CMD and HEALTHCHECK that count in the stage's image, its parents' included.

    An ENTRYPOINT takes away the CMD of the stages before its own; one in shell form takes no CMD at all.
    """
    last: dict[str, tuple[int, Instruction, View]] = {}
    for facts in stage.lineage:
        for instruction in facts.instructions:
            for view in (as_entrypoint(instruction), as_cmd(instruction), as_healthcheck(instruction)):
                if view is not None:
                    last[instruction.keyword] = (facts.index, instruction, view)
    entrypoint, cmd = last.get("ENTRYPOINT"), last.get("CMD")
    if entrypoint and cmd and (cmd[0] < entrypoint[0] or entrypoint[2].exec_form is None):
        del last["CMD"]
    return tuple((instruction, view) for _, instruction, view in last.values())


def _instructions(build: Build, stage: StageFacts) -> Iterator[Start]:
    entrypoint: tuple[Word, ...] = ()
    found = {instruction.keyword: (instruction, view) for instruction, view in starting(stage)}
    for keyword in ("ENTRYPOINT", "CMD", "HEALTHCHECK"):
        instruction, view = found.get(keyword, (None, None))
        if instruction is None or view is None:
            continue
        line = build.line(instruction.text_span.start)
        if view.script is not None:
            for command, located in _of_script(view.script):
                yield Start(build.path, line, command, "instruction", located=located)
            continue
        words = tuple(_json_word(build, word.text, word.span, word.raw) for word in view.exec_words)
        if keyword == "ENTRYPOINT":
            entrypoint = words
            follows = found.get("CMD", (None, None))[1]
            if follows is not None and follows.exec_form is not None:
                # Docker hands both on as one command.
                continue
        command = Command(instruction.args_span, (entrypoint if keyword == "CMD" else ()) + words)
        yield Start(build.path, line, command, "instruction", json=True)
        for inner, located in _inside(command):
            yield Start(build.path, line, inner, "instruction", located=located)


def _json_word(build: Build, text: str, span: Span, raw: str) -> Word:
    # A string that is broken across lines is not in the file as it reads: nothing can be located in it.
    whole = span.of(build.dockerfile.data) == raw.encode(errors="surrogateescape")
    return Word(text, span, raw if whole else "")


def _of_script(text: ScriptText) -> Iterator[tuple[Command, bool]]:
    yield from _everything(parse_shell(text.data, text.offset))


def _everything(script: Script) -> Iterator[tuple[Command, bool]]:
    for command in script.everything:
        yield command, script.located
        for inner, located in _inside(command):
            yield inner, located and script.located


def _inside(command: Command) -> Iterator[tuple[Command, bool]]:
    """The commands of a ``sh -c`` text, wherever in the words the shell is called (``tini -- sh -c …``)."""
    for index, word in enumerate(command.words):
        if word.text is not None and word.text.rpartition("/")[2] in _SHELLS:
            for script in inner_scripts(command._replace(words=command.words[index:])):
                yield from _everything(script)
            return


def _scripts(build: Build, stage: StageFacts) -> Iterator[Start]:
    for path in sorted(_stage_scripts(build, stage)):
        full = build.context.folder / path
        data = _shell_script(build, path)
        for command, located in _everything(parse_shell(data)) if data else ():
            line = data.count(b"\n", 0, command.span.start) + 1 if located else 1
            yield Start(full, line, command, "script", located=located)


def _of_words(path: PurePosixPath, service: Service, given: Words) -> list[Start]:
    def started(command: Command) -> Start:
        return Start(path, given.line, command, "service", located=False, service=service)

    if given.argv is not None and given.argv[:1] != ("CMD-SHELL",):
        command = Command(given.span, tuple(Word(one, given.span, "") for one in given.argv))
        return [started(command), *(started(inner) for inner, _ in _inside(command))]
    text = given.text or " ".join((given.argv or ())[1:])
    script = parse_shell(text.encode(errors="surrogateescape"))
    return [started(command) for command, _ in _everything(script)]


@lru_cache(maxsize=64)
def _stage_scripts(build: Build, stage: StageFacts) -> frozenset[PurePosixPath]:
    named: list[str] = []
    for _, view in starting(stage):
        named += view.exec_form or ()
        named += view.script.data.decode(errors="replace").split() if view.script else ()
    for _, service in _services(build, stage):
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
        data = _shell_script(build, path)
        for command in parse_shell(data).everything if data else ():
            for word in command.words[:2]:
                if word.text and ("/" in word.text or word.text.endswith(".sh")):
                    left += _located(stage, word.text)


def _shell_script(build: Build, path: PurePosixPath) -> bytes:
    """The text of a shell script of the context; empty for all else."""
    try:
        data = build.context.repo[build.context.folder / path]
    except (KeyError, Unreadable):
        return b""
    return data if _SHEBANG.match(data) or path.suffix in (".sh", ".bash") else b""

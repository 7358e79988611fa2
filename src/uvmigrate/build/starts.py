"""What runs when a container does: instructions, start scripts, and the commands of compose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from uvmigrate.build.configurations import commands_in, configurations
from uvmigrate.build.launchers import launched
from uvmigrate.build.service_words import read_words, text_words
from uvmigrate.build.start_scripts import context_file, shell_script, stage_tasks, tasks_of
from uvmigrate.build.starting import services_of, starting
from uvmigrate.shell import Command, Word, every_command, handed_commands
from uvmigrate.shell import parse as parse_shell
from uvmigrate.source import NamedTuple, Span, Unreadable, once_a_view

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import PurePosixPath

    from uvmigrate.build.model import Build, StageFacts
    from uvmigrate.compose import ComposeFile, Service
    from uvmigrate.dockerfile import Command as View
    from uvmigrate.dockerfile import Instruction


class Start(NamedTuple):
    """One command that runs when a container starts, or that checks its health.

    ``path`` and ``line`` (1-based) say where it is written. Where it is ``located``, the spans of its words
    are places in that file; where it is an ``array``, they are elements of a JSON array or a YAML list,
    quotes included. The first ``lead`` words stand elsewhere: in the entrypoint that is handed the others.
    They have the span NOWHERE, and so has a word that is a variable's default in compose, or that stands
    otherwise in a Python file than it reads. ``file`` is the program as a Python file names it once more, for
    ``os.execvp``; functions like ``os.execv`` do not search for it on PATH. A command inside ``sh -c "…"`` is
    one of its own, beside that of the shell.
    """

    path: PurePosixPath
    line: int
    command: Command
    carrier: Literal["instruction", "script", "launcher", "service"]
    array: bool = False
    located: bool = True
    service: Service | None = None
    lead: int = 0
    file: Word | None = None
    searched: bool = True


@once_a_view
def starts(build: Build, stage: StageFacts) -> tuple[Start, ...]:
    """Every command that may run in a container of the stage, in the order of the carriers."""
    tasks = stage_tasks(build, stage)
    found = [*_instructions(build, starting(stage)), *_scripts(build, tasks), *_launchers(build, tasks)]
    found += _settings(build)
    for file, service in services_of(build, stage):
        found += _of_service(build, stage, file, service)
    return tuple(found)


def service_starts(build: Build, stage: StageFacts, file: ComposeFile, service: Service) -> tuple[Start, ...]:
    """Every command that may run in the containers of one service, which run the stage's image.

    An ``entrypoint`` takes away the image's CMD as well as its ENTRYPOINT (Compose Specification).
    """
    replaced = {
        "ENTRYPOINT": service.entrypoint is not None,
        "CMD": service.entrypoint is not None or service.command is not None,
        "HEALTHCHECK": service.healthcheck is not None,
    }
    left = tuple(pair for pair in starting(stage) if not replaced[pair[0].keyword])
    tasks = tasks_of(build, stage, [view for _, view in left], [service])
    own = _of_service(build, stage, file, service)
    return (*_instructions(build, left), *_scripts(build, tasks), *_launchers(build, tasks), *own)


def _instructions(build: Build, counting: Iterable[tuple[Instruction, View]]) -> Iterator[Start]:
    entrypoint: tuple[Word, ...] = ()
    found = {instruction.keyword: (instruction, view) for instruction, view in counting}
    for keyword in ("ENTRYPOINT", "CMD", "HEALTHCHECK"):
        instruction, view = found.get(keyword, (None, None))
        if instruction is None or view is None:
            continue
        line = build.line(instruction.text_span.start)
        if view.script is not None:
            for command, located in every_command(parse_shell(view.script.data, view.script.offset)):
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
        yield Start(build.path, line, command, "instruction", array=True)
        for inner, located in handed_commands(command):
            yield Start(build.path, line, inner, "instruction", located=located)


def _json_word(build: Build, text: str, span: Span, raw: str) -> Word:
    # A string that is broken across lines is not in the file as it reads: nothing can be located in it.
    whole = span.of(build.dockerfile.data) == raw.encode(errors="surrogateescape")
    return Word(text, span, raw if whole else "")


def _scripts(build: Build, paths: Iterable[PurePosixPath]) -> Iterator[Start]:
    for path in sorted(paths):
        full = build.context.folder / path
        data = shell_script(build, path)
        for command, located in every_command(parse_shell(data)) if data else ():
            line = data.count(b"\n", 0, command.span.start) + 1 if located else 1
            yield Start(full, line, command, "script", located=located)


def _settings(build: Build) -> Iterator[Start]:
    """What supervisord and readers of a Procfile start."""
    for path in sorted(configurations(build)):
        full, data = build.context.folder / path, context_file(build, path)
        for span in commands_in(path, data):
            line = data.count(b"\n", 0, span.start) + 1
            for command, located in every_command(parse_shell(span.of(data), span.start)):
                yield Start(full, line, command, "script", located=located)


def _launchers(build: Build, files: Mapping[PurePosixPath, frozenset[str]]) -> Iterator[Start]:
    for path, tasks in sorted(files.items()):
        full = build.context.folder / path
        for line, read, searched in launched(path, context_file(build, path), tasks):
            yield Start(
                full,
                line,
                read.command,
                "launcher",
                array=read.array,
                located=read.located,
                file=read.file,
                searched=searched,
            )


def _of_service(build: Build, stage: StageFacts, file: ComposeFile, service: Service) -> Iterator[Start]:
    """A service's entrypoint, the command that this is handed, and what else runs in its containers."""
    lead = _entrypoint(stage, service)
    for given in service.runs:
        ahead = lead if given is service.command else ()
        data = file.data if given.path == file.path else _bytes(build, given.path)
        for one in read_words(given, data, ahead):
            yield Start(
                given.path,
                given.line,
                one.command,
                "service",
                array=one.array,
                located=one.located,
                service=service,
                lead=one.lead,
            )


def _entrypoint(stage: StageFacts, service: Service) -> tuple[str, ...]:
    """The words that a service's command is handed to."""
    if service.entrypoint is not None:
        return text_words(service.entrypoint)
    views = {instruction.keyword: view for instruction, view in starting(stage)}
    view = views.get("ENTRYPOINT")
    return (view.exec_form or ()) if view is not None else ()


def _bytes(build: Build, path: PurePosixPath) -> bytes:
    try:
        return build.context.repo[path]
    except (KeyError, Unreadable):
        return b""

"""Which Python an image's own start would take: what is asked about the environment must be asked of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.build import find_manager, starts
from uvmigrate.commands import find_uv

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.build import Build, StageFacts, Start
    from uvmigrate.commands import UvCommand
    from uvmigrate.verify.subjects import Side

#: Options of ``uv run`` that choose the environment.
_CHOICES = frozenset({"--active", "--directory", "--no-project", "--package", "--project"})
#: Folders whose programs say nothing of an environment: a start script lies there as well.
_COMMON = frozenset({"/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"})


def candidates(side: Side) -> tuple[tuple[str, ...], ...]:
    """The beginnings of commands that may start the image's Python, most telling first.

    Those that the image itself starts with come before ``python`` and ``python3``; which of them is there
    only the image can tell.
    """
    found = [
        python
        for start in starts(side.build, side.stage)
        if not _checks_health(side.build, side.stage, start)
        for python in _of(start)
    ]
    usual = [("python",), ("python3",)]
    # A tool of the system's that is started beside the application has the system's Python.
    last = [python for python in found if python[0].rpartition("/")[0] in _COMMON]
    return tuple(dict.fromkeys([*(python for python in found if python not in last), *usual, *last]))


def _checks_health(build: Build, stage: StageFacts, start: Start) -> bool:
    """Whether a command is a HEALTHCHECK's, which any Python may serve."""
    return start.path == build.path and any(
        instruction.keyword == "HEALTHCHECK" and build.line(instruction.text_span.start) == start.line
        for facts in stage.lineage
        for instruction in facts.instructions
    )


def _of(start: Start) -> Iterator[tuple[str, ...]]:
    uv = find_uv(start.command)
    if uv is not None:
        if uv.verb == "run":
            yield _uv_run(uv)
        return
    manager = find_manager(start.command)
    if manager is not None:
        if manager.verb == "run" and not (manager.folder and "$" in manager.folder):
            yield (f"{manager.folder or ''}{manager.tool}", "run", "python")
        return
    argv = start.command.argv
    if len(argv) > 1 and argv[0] in (".", "source") and (argv[1] or "").endswith("/bin/activate"):
        yield ((argv[1] or "").removesuffix("activate") + "python",)
    for word in argv:
        yield from _beside(word or "")


def _uv_run(uv: UvCommand) -> tuple[str, ...]:
    """``uv run`` for the same environment, as it is: nothing is synced or fetched to look at it."""
    program = uv.command.argv[0] or "uv"
    words = [program if program.rpartition("/")[2] == "uv" else "uv", "run", "--no-sync", "--offline"]
    for argument in uv.arguments:
        if argument.option in _CHOICES and not argument.dynamic:
            words += [argument.option, *([argument.value] if argument.value is not None else [])]
    return (*words, "python")


def _beside(word: str) -> Iterator[tuple[str, ...]]:
    """The Python that a word of a start names, or that lies where the program does."""
    folder, _, name = word.rpartition("/")
    if name.startswith("python") and name[6:].replace(".", "").isdigit():
        yield (word,)
    elif folder.endswith("/bin") and folder not in _COMMON and "$" not in folder:
        yield (f"{folder}/python",)

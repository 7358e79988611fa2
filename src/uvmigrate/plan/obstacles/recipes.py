"""Recipes that a container starts by: the targets of make, just and task (go-task).

They do not follow a switch. What in them names the old place of the packages, or installs, is a refusal.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.build import starts
from uvmigrate.codemod import Refusal
from uvmigrate.shell import unwrap
from uvmigrate.source import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.build import Build, Programs
    from uvmigrate.shell import Command

#: Commands that install: by themselves, or because they run pip (spaCy's models, OpenTelemetry, OpenMMLab).
INSTALLS = lazy_pattern(
    rb"\b(pip[0-9.]*\s+(?:-\S+\s+)*(install|uninstall|wheel)|poetry\s+(install|run|add)"
    rb"|pipenv\s+(install|run|sync)|easy_install|ensurepip|spacy\s+download|mim\s+install"
    rb"|opentelemetry-bootstrap\s+(-a|--action)[\s=]+install)\b",
    words=(b"install", b"wheel", b"poetry", b"pipenv", b"ensurepip", b"download"),
)
MAKEFILES = ("Makefile", "makefile", "GNUmakefile")
#: The files of recipes that a program reads, by its name.
_FILES = {
    "make": MAKEFILES,
    "just": ("justfile", "Justfile", ".justfile"),
    "task": tuple(f"{name}{end}" for name in ("Taskfile", "taskfile") for end in (".yml", ".yaml")),
}
_RULE = lazy_pattern(rb"(?m)^(?P<target>[\w./%-]+)[ \t]*:(?!=)(?P<needs>[^\n#]*)")


def targets(command: Command, makefile: bytes) -> set[bytes]:
    """The targets of a makefile that a call of make reaches."""
    needs = {match["target"]: match["needs"].split() for match in _RULE.finditer(makefile)}
    operands = [(word.text or "").encode(errors="surrogateescape") for word in command.words[1:]]
    waiting = [text for text in operands if text in needs] or list(needs)[:1]
    reached: set[bytes] = set()
    while waiting:
        target = waiting.pop()
        if target not in reached:
            reached.add(target)
            waiting += needs.get(target, [])
    return reached


def target_at(makefile: bytes, offset: int) -> bytes:
    """The target in whose recipe an offset lies."""
    above = [match["target"] for match in _RULE.finditer(makefile, 0, offset)]
    return above[-1] if above else b""


def without_comments(data: bytes) -> bytes:
    """The script with comment lines blanked, the shebang kept; offsets stay."""
    return re.sub(rb"(?m)^[ \t]*#(?!!)[^\n]*", lambda found: b" " * len(found[0]), data)


def recipes(build: Build, moving: Programs | None) -> Iterator[Refusal]:
    """What recipes say that containers start by; *moving* are the programs that move into the environment.

    Of a makefile only the targets count that the call reaches.
    """
    for stage in build.final_stages:
        for start in starts(build, stage):
            command = unwrap(start.command)
            program = (command.name or "").rpartition("/")[2]
            found = (stage.final.absolute(name) for name in _FILES.get(program, ()))
            named = (stage.locate(full, stage.final) for full in found if full is not None)
            path = next((path for path in named if path is not None), None)
            if path is None:
                continue
            data = build.context.repo.get(build.context.folder / path, b"")
            read = without_comments(data)
            places = [one.start() for one in INSTALLS.finditer(read)]
            places += [one.start for one in moving.find(read)] if moving is not None else []
            made = targets(command, data) if program == "make" else None
            first = min((at for at in places if made is None or target_at(read, at) in made), default=None)
            if first is not None:
                line = data.count(b"\n", 0, first) + 1
                because = "this starts a container by a program that will not be where it was"
                instead = "call it by its bare name, which PATH finds, then run uvmigrate again"
                yield Refusal(build.context.folder / path, line, "script-needs-edit", because, instead)

"""Which CMD or ENTRYPOINT in shell form counts in an image, and whether exec form would mean the same.

Docker's reference, "Understand how CMD and ENTRYPOINT interact": what an ENTRYPOINT in exec form is handed is
the CMD, with ``/bin/sh -c`` before one in shell form. One in shell form is handed nothing. An ENTRYPOINT
takes away the CMD of the images below. A file without ``#!`` is run by a shell that calls it, and by nothing
else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import ROOT, NamedTuple, Refusal, as_cmd, as_entrypoint, stage_of
from uvmigrate_codemods._exec_form.text import read
from uvmigrate_codemods._shells import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import BaseImage, Build, Instruction, StageFacts
    from uvmigrate_codemods._exec_form.text import Text

_EXECUTABLES = tuple(ROOT / path for path in "usr/local/sbin usr/local/bin usr/sbin usr/bin sbin bin".split())
_SCRIPTS = (".sh", ".bash", ".py")
_KEEP = "keep it, or start the program with `exec`, so that signals reach it"
_BY_HAND = "write it in exec form by hand, where the programs get on with that"


class Found(NamedTuple):
    """A CMD or ENTRYPOINT of the stage ``facts`` that counts in the image of ``final``."""

    final: StageFacts
    facts: StageFacts
    instruction: Instruction
    exec_form: tuple[str, ...] | None


def in_shell_form(final: StageFacts) -> Found | None:
    """The instruction that has a shell start the program of an image, if one has."""
    entrypoint, cmd = _counting(final)
    if entrypoint is not None and entrypoint.exec_form is None:
        return entrypoint
    return cmd if cmd is not None and cmd.exec_form is None else None


def _counting(final: StageFacts) -> tuple[Found | None, Found | None]:
    """The last ENTRYPOINT and the last CMD, the image's parents included. ``[]`` takes one away."""
    entrypoint = cmd = None
    for facts in final.lineage:
        own = None
        for instruction in facts.instructions:
            view = as_cmd(instruction)
            if view is not None:
                own = cmd = Found(final, facts, instruction, view.exec_form)
            view = as_entrypoint(instruction)
            if view is not None:
                entrypoint = Found(final, facts, instruction, view.exec_form)
        if entrypoint is not None and entrypoint.facts is facts:
            cmd = own
    return entrypoint, cmd if cmd is not None and cmd.exec_form != () else None


def rewritten(build: Build, found: Found) -> Text | Refusal | None:
    """The instruction's text, if it means the same in exec form; None where there is nothing to be said."""
    state, base = found.facts.state(found.instruction), found.final.base
    if kind_of(state) == "other" or (base is not None and base.windows):
        return None
    text = read(found.instruction)
    if isinstance(text, str):
        because = f"{found.instruction.keyword} {text}"
        return _refusal(build, found, "shell-feature", because, _KEEP) if text else None
    return next(_problems(build, found, text), text)


def _problems(build: Build, found: Found, text: Text) -> Iterator[Refusal]:
    """What makes a difference outside of the text."""
    keyword, base = found.instruction.keyword, found.final.base
    entrypoint, cmd = _counting(found.final)
    if keyword == "CMD" and entrypoint is not None and entrypoint.exec_form:
        line = build.line(entrypoint.instruction.text_span.start)
        because = f"the ENTRYPOINT of line {line} is handed `/bin/sh -c …` today, and then the words"
        yield _refusal(build, found, "entrypoint-arguments", because, _BY_HAND)
    if keyword == "ENTRYPOINT" and cmd is not None:
        line = build.line(cmd.instruction.text_span.start)
        because = f"ENTRYPOINT would be handed the CMD of line {line}, which has no effect today"
        yield _refusal(build, found, "entrypoint-arguments", because, "drop that CMD if it is not needed")
    for file, service in build.services if keyword == "ENTRYPOINT" else ():
        if stage_of(build, service) is found.final and service.command and not service.entrypoint:
            because = f"ENTRYPOINT would be handed the command of the service {service.name} in {file.path}, "
            because += "which has no effect today"
            yield _refusal(build, found, "entrypoint-arguments", because, _BY_HAND)
    if not _is_known(base):
        because = "the base image may bring an ENTRYPOINT or a SHELL of its own"
        yield _refusal(build, found, "base-unknown", because, _BY_HAND)
    if kind_of(found.facts.state(found.instruction)) == "reads files":
        because = "SHELL reads files of the image before it starts anything, such as /etc/profile"
        instead = "set in the Dockerfile what those files set, and use a plain shell"
        yield _refusal(build, found, "login-shell", because, instead)
    problem = _without_shebang(found.final, text.program)
    if problem:
        because = f"{keyword} starts {text.program}, {problem}"
        yield _refusal(build, found, "shell-feature", because, "begin the file with `#!/bin/sh`")


def _refusal(build: Build, found: Found, code: str, because: str, instead: str) -> Refusal:
    line = build.line(found.instruction.text_span.start)
    return Refusal(build.path, line, code, because, instead)


def _is_known(base: BaseImage | None) -> bool:
    """Whether an image brings no ENTRYPOINT and no SHELL: the official ones of Python and of systems."""
    if base is None or base.kind not in ("python", "distribution", "scratch"):
        return False
    name = base.name.removeprefix("docker.io/").removeprefix("library/")
    return base.kind != "distribution" or "/" not in name


def _without_shebang(stage: StageFacts, program: str) -> str:
    """Why a program may be a file that nothing but a shell starts, in a clause; empty where it is none."""
    state = stage.final
    if "/" in program:
        places = [place for place in [state.absolute(program)] if place is not None]
    else:
        places = [ROOT / entry / program for entry in state.path] + [f / program for f in _EXECUTABLES]
    for place in places:
        path = stage.locate(place, state)
        if path is not None and not stage.context.is_dir(path):
            data = stage.context.repo.get(stage.context.folder / path, b"")
            marked = data.startswith((b"#!", b"\x7fELF"))
            return "" if marked else "a file without `#!`, which only a shell runs"
    unseen = program.endswith(_SCRIPTS) or ("/" in program and not program.startswith("/"))
    return "which may be a file without `#!`: it is not among those that are copied" if unseen else ""

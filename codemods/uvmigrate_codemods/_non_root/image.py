"""Who the containers of a stage start as, and whether the files of its image are there for others than root.

A base counts as one that starts as root where it is the official image of Python, Debian, Ubuntu or Alpine,
or one of uv's: for those it is known, and so is what they add users with.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    ROOT,
    NamedTuple,
    Refusal,
    as_copy,
    as_user,
    expand,
    join,
    lazy_pattern,
    made_venvs,
    read_pip,
    read_uv,
    uv_installs,
)
from uvmigrate_codemods._non_root.modes import closes, closing_mode
from uvmigrate_codemods._run.environment import VARIABLE, Syncs
from uvmigrate_codemods._settings.python import python_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

    from uvmigrate.codemod import Build, Instruction, StageFacts, UvInstall

HOME = ROOT / "root"
_KNOWN = lazy_pattern(
    r"((docker\.io|index\.docker\.io)/)?(library/)?(debian|ubuntu|alpine)|.+/library/(debian|ubuntu|alpine)"
)
#: Settings of installers, which mean nothing once the image is built.
_BUILD_ONLY = lazy_pattern(r"(UV|PIP|POETRY)_.+|PATH")
_NEEDED = (VARIABLE, "UV_PYTHON_INSTALL_DIR")
#: What a RUN puts into the home folder unless a variable or an argument names another place.
_HOME_DATA = {b"playwright": "PLAYWRIGHT_BROWSERS_PATH", b"nltk": "NLTK_DATA", b"huggingface": "HF_HOME"}
_ELSEWHERE = lazy_pattern(rb"(^|\s)-d\s|download_dir|local[-_]dir|cache[-_]dir")
_NO_DOWNLOADS = frozenset({"never", "manual", "0", "false"})


class User(NamedTuple):
    """One USER: its stage, the instruction, and the name or number where it is known."""

    stage: StageFacts
    instruction: Instruction
    name: str | None

    @property
    def is_root(self) -> bool:
        """Whether it is root for certain."""
        return self.name in ("root", "0")


def users(stage: StageFacts) -> list[User]:
    """Every USER of a stage and its parents, in order."""
    found = []
    for facts in stage.lineage:
        for instruction, state in zip(facts.instructions, facts.states, strict=False):
            if instruction.keyword == "USER":
                word = as_user(instruction)
                text = expand(word.text, state.env) if word else None
                found.append(User(facts, instruction, text.partition(":")[0] if text else None))
    return found


def unknown(build: Build, stage: StageFacts) -> Refusal | None:
    """Why it is not known who the stage starts as, or how its base adds a user; None where both are."""
    last = next(reversed(users(stage)), None)
    if last is not None and last.name is None:
        line = build.line(last.instruction.text_span.start)
        because = "USER is a variable without a default, so it is not known who the container starts as"
        return Refusal(build.path, line, "user-unknown", because, "give the ARG a default")
    base = stage.base
    line = build.line(stage.lineage[0].stage.from_.text_span.start)
    if base is not None and base.windows:
        because = f"{base.reference} is an image of Windows, which has other users"
        return Refusal(build.path, line, "windows", because, "migrate this image by hand")
    official = base is not None and (
        base.kind == "python" or (base.kind == "distribution" and _KNOWN.fullmatch(base.name.lower()))
    )
    if official:
        return None
    name = base.reference if base is not None else "FROM names a variable without a default, and its image"
    because = f"{name} is not one of the bases whose users are known"
    return Refusal(build.path, line, "user-unknown", because, "add a user and write USER by hand")


def environments(build: Build) -> frozenset[PurePosixPath]:
    """The image paths of the environments that the build makes, as far as they are known."""
    found = {path for path, _ in Syncs.of(build).made} | {made.path for made in made_venvs(build)}
    for facts in build.stages:
        for name in (VARIABLE, "VIRTUAL_ENV"):
            path = facts.final.absolute(facts.final.env.get(name) or "") if name in facts.final.env else None
            found |= {path} if path is not None else set()
    return frozenset(found)


def installing(build: Build, stage: StageFacts, places: frozenset[PurePosixPath]) -> tuple[UvInstall, ...]:
    """The installs that made what the stage's image runs: its own, or those whose environment it copies."""
    own = {facts.index for facts in stage.lineage}
    for copied in stage.final.copies:
        origin = stage.find(copied.origin) if copied.origin else None
        folders = [join(ROOT, source.lstrip("/")) for source in copied.sources]
        brings = any(
            place.is_relative_to(folder) or folder.is_relative_to(place)
            for place in places
            for folder in folders
        )
        if origin is not None and (brings or (stage.base is not None and stage.base.kind == "python")):
            own |= {facts.index for facts in origin.lineage}
    return tuple(install for install in uv_installs(build) if install.call.stage.index in own)


def closed(
    build: Build, stage: StageFacts, installs: tuple[UvInstall, ...], places: frozenset[PurePosixPath]
) -> Iterator[Refusal]:
    """What of the image another user than root could not read or enter."""
    yield from _in_home(build, stage, places)
    yield from _modes(build, stage)
    yield from _home_data(build, stage)
    yield from _tools(build, stage)
    for facts in {install.call.stage.index: install.call.stage for install in installs}.values():
        own = tuple(install for install in installs if install.call.stage is facts)
        python = _python(build, facts, own)
        if python is not None:
            yield python


def _in_home(build: Build, stage: StageFacts, places: frozenset[PurePosixPath]) -> Iterator[Refusal]:
    """What lies in root's home folder, which nobody else can enter."""
    instead = "put it into a folder of its own, such as /app or /opt"
    final, top = stage.final, build.line(stage.stage.from_.text_span.start)
    named = {
        name: value
        for name, value in final.env.items()
        if name in final.exported and (name in _NEEDED or not _BUILD_ONLY.fullmatch(name))
    }
    for name, value in named.items():
        if any(join(ROOT, part).is_relative_to(HOME) for part in value.split(":") if part.startswith("/")):
            because = f"{name} names {value}, and only root can enter /root"
            yield Refusal(build.path, top, "needs-root", because, instead)
    workdir = final.workdir if final.workdir is not None and final.workdir.is_relative_to(HOME) else None
    for copied in final.copies:
        if copied.dest.is_relative_to(HOME) and not (workdir and copied.dest.is_relative_to(workdir)):
            line = build.line(copied.instruction.text_span.start)
            because = f"files are copied to {copied.dest}, and only root can enter /root"
            yield Refusal(build.path, line, "needs-root", because, instead)
    inside = {str(path): "environment" for path in places if path.is_relative_to(HOME)}
    if workdir is not None:
        inside = {str(workdir): "working directory"}
    for text, what in sorted(inside.items()):
        because = f"the {what} is {text}, and only root can enter /root"
        yield Refusal(build.path, top, "needs-root", because, instead)


def _modes(build: Build, stage: StageFacts) -> Iterator[Refusal]:
    """Files that are taken away from all but their owner."""
    instead = "let others read it, and enter or start it where its owner can: chmod 755, or 644 for a file"
    for facts in stage.lineage:
        for call in facts.calls(b"chmod", b"umask"):
            mode = closing_mode(call.command)
            if mode is not None:
                line = build.line(call.command.span.start)
                because = f"{mode} keeps what it is for from all but its owner"
                yield Refusal(build.path, line, "needs-root", because, instead)
        for instruction in facts.instructions:
            copy = as_copy(instruction)
            if copy is not None and copy.chmod is not None and closes(copy.chmod):
                line = build.line(instruction.text_span.start)
                because = f"--chmod={copy.chmod} keeps the files from all but their owner"
                yield Refusal(build.path, line, "needs-root", because, instead)


def _home_data(build: Build, stage: StageFacts) -> Iterator[Refusal]:
    for call in (call for facts in stage.lineage for call in facts.calls(*_HOME_DATA)):
        text, uv = call.script.of(call.command.span), read_uv(call.command)
        installs = read_pip(call.command) is not None or (uv is not None and uv.verb != "run")
        if installs or not re.search(rb"download|install", text) or _ELSEWHERE.search(text):
            continue
        for word, variable in _HOME_DATA.items():
            set_here = any(given.name == variable for given in call.command.assignments)
            if word in text and not set_here and variable not in call.state.exported:
                line = build.line(call.command.span.start)
                because = f"{word.decode()} puts its files into /root, which only root can enter"
                instead = f"set {variable} above it to a folder such as /opt/{word.decode()}"
                yield Refusal(build.path, line, "needs-root", because, instead)


def _tools(build: Build, stage: StageFacts) -> Iterator[Refusal]:
    for call in (call for facts in stage.lineage for call in facts.calls(b"uv")):
        uv = read_uv(call.command)
        named = call.state.exported | {given.name for given in call.command.assignments}
        if uv is not None and uv.verb == "tool install" and not {"UV_TOOL_DIR", "UV_TOOL_BIN_DIR"} <= named:
            line = build.line(call.command.span.start)
            because = "uv tool install puts the program into /root, which only root can enter"
            instead = "declare it as a dependency, or set UV_TOOL_DIR and UV_TOOL_BIN_DIR above it"
            yield Refusal(build.path, line, "needs-root", because, instead)


def _python(build: Build, stage: StageFacts, installs: tuple[UvInstall, ...]) -> Refusal | None:
    """A Python that uv may have put into root's home folder, where it does by default."""
    answer = python_of(build, stage, installs)
    if answer == "base":
        return None
    final = stage.final
    system = all(install.uv.has("--system") or "UV_SYSTEM_PYTHON" in final.exported for install in installs)
    calls = [uv for call in stage.calls(b"uv") if (uv := read_uv(call.command)) is not None]
    asked = any(uv.verb == "python install" or uv.has("--managed-python") for uv in calls)
    place = final.env.get("UV_PYTHON_INSTALL_DIR")
    if place is not None and not join(ROOT, place).is_relative_to(HOME):
        return None
    if not asked and (
        system
        or final.env.get("UV_PYTHON_DOWNLOADS") in _NO_DOWNLOADS
        or final.env.get("UV_PYTHON_PREFERENCE") == "only-system"
        or "UV_NO_MANAGED_PYTHON" in final.exported
    ):
        return None
    line = build.line(installs[0].call.command.span.start)
    because = "uv may use a Python here that it has put into /root, which only root can enter"
    instead = "set UV_PYTHON_INSTALL_DIR=/python above the first uv, or UV_PYTHON_DOWNLOADS=never"
    return Refusal(build.path, line, "needs-root", because, instead)

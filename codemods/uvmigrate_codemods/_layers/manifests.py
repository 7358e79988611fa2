"""The manifests that an install needs, copied above it; and a sync of everything but the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    ROOT,
    NamedTuple,
    apply_edits,
    as_copy,
    insertion_point,
    lazy_pattern,
    new_lines,
    remove_words,
    uv_calls,
)

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from uvmigrate.codemod import Build, Instruction, StageFacts, State, UvInstall
    from uvmigrate_codemods._layers.sources import Sources

#: What a COPY takes as it stands: no blank, quote, variable or wildcard.
PLAIN = lazy_pattern(r"[\w./@+-]+")
#: Instructions that an install's settings are made of.
_SETTINGS = frozenset({"ENV", "ARG", "LABEL"})


class Place(NamedTuple):
    """Where new instructions go: an offset, and the state that holds there."""

    offset: int
    state: State


def place_of_manifests(build: Build, stage: StageFacts, found: Sources, run: Instruction) -> Place:
    """Where the sources' COPY stood, if only uv and its settings come between it and the install; else above
    these."""
    moved = {instruction.span for instruction in found.moved}
    place = run
    for instruction in reversed(stage.instructions[: stage.instructions.index(run)]):
        copy = as_copy(instruction)
        if instruction.span in moved:
            place = instruction
            break
        foreign = copy is not None and copy.from_ is not None
        runs_uv = any(call.instruction.span == instruction.span for call, _ in uv_calls(build))
        if instruction.keyword not in _SETTINGS and not foreign and not runs_uv:
            break
        place = instruction
    return Place(insertion_point(build.dockerfile, place), stage.state(place))


def manifest_lines(
    build: Build, stage: StageFacts, found: Sources, installs: tuple[UvInstall, ...], place: Place
) -> bytes:
    """COPY instructions for the files that the installs read and that only the moved instructions bring."""
    moved = {instruction.span for instruction in found.moved}
    folders: dict[tuple[PurePosixPath, str], list[str]] = {}
    for install in installs:
        state = install.call.state
        left = state._replace(copies=tuple(c for c in state.copies if c.instruction.span not in moved))
        for target, source in install.files.items():
            if stage.locate(target, left, install.call.instruction) == source:
                continue
            names = folders.setdefault((target.parent, _flags(build, stage, state, target)), [])
            if str(source) not in names:
                names.append(str(source))
    lines = [
        f"COPY{flags} {' '.join(names)} {_dest(folder, place.state)}"
        for (folder, flags), names in folders.items()
    ]
    return new_lines(build.dockerfile, *lines)


def _flags(build: Build, stage: StageFacts, state: State, target: PurePosixPath) -> str:
    """The owner and mode that the sources' COPY gave the file."""
    for copied in reversed(state.copies):
        alone = state._replace(copies=(copied,))
        if stage.locate(target, alone) is not None:
            kept = (flag for flag in copied.instruction.flags if flag.name in ("chown", "chmod"))
            return "".join(f" {flag.span.of(build.dockerfile.data).decode()}" for flag in kept)
    return ""


def _dest(folder: PurePosixPath, state: State) -> str:
    """A folder as a destination: relative where it lies in the working directory."""
    if folder == state.workdir:
        return "./"
    inside = state.workdir is not None and state.workdir != ROOT and folder.is_relative_to(state.workdir)
    path = folder.relative_to(state.workdir) if inside and state.workdir is not None else folder
    return f"{path}/".replace("//", "/")


def first_sync(build: Build, install: UvInstall) -> str:
    """A RUN of the same sync, with the same flags and what comes before it, for all that needs no sources."""
    command, options = install.call.command, [o for o in install.first or () if not install.uv.has(o)]
    data, run = build.dockerfile.data, install.call.instruction
    dropped = [a.first for a in install.uv.arguments if a.option == "--locked" and "--frozen" in options]
    edits = remove_words(command, dropped, data)
    length = len(data) - command.span.end
    edited = apply_edits(data, edits)
    text = edited[install.call.script.statements[0].span.start : len(edited) - length]
    whole = b"RUN" + data[run.keyword_span.end : run.args_span.start] + text
    return whole.decode(errors="surrogateescape").replace("\r\n", "\n") + "".join(f" {o}" for o in options)

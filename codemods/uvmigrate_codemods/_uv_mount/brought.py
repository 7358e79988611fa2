"""COPY instructions that bring uv into a stage, and the mounts that show the same files to a RUN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    ROOT,
    Edit,
    NamedTuple,
    Span,
    as_copy,
    as_run,
    delete_instruction,
    join,
    lazy_pattern,
)
from uvmigrate_codemods._layers.manifests import PLAIN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

    from uvmigrate.codemod import Build, Instruction, StageFacts

PROGRAMS = frozenset({"uv", "uvx"})
#: Owner and mode do not matter: a mounted file is as it is in the image that it comes from, for all to run.
_FLAGS = frozenset({"from", "chown", "chmod", "link"})
#: Folders that every image has: a file goes into them also where the destination ends in no slash.
_FOLDERS = frozenset({"/bin", "/usr/bin", "/usr/local/bin"})
_BECAUSE = "uv is mounted while it installs"
#: What a mount's option takes as it stands: no comma, no quote, no variable.
_REFERENCE = lazy_pattern(r"[\w./:@+-]+")


class Brought(NamedTuple):
    """A COPY of uv from another image or stage; ``mounts`` has the flag for each path in the image.

    ``problem`` says why there is none: then the COPY has to stay.
    """

    stage: StageFacts
    copy: Instruction
    mounts: dict[PurePosixPath, str]
    problem: str = ""


def brought(build: Build) -> Iterator[Brought]:
    """Every COPY of uv in the stages that an image of the build is made from."""
    held = {facts.index for final in build.final_stages for facts in final.lineage}
    for stage in build.stages:
        for instruction in stage.instructions if stage.index in held else ():
            found = _brought(stage, instruction)
            if found is not None:
                yield found


def _brought(stage: StageFacts, instruction: Instruction) -> Brought | None:
    copy = as_copy(instruction)
    if instruction.keyword != "COPY" or copy is None or copy.from_ is None:
        return None
    names = [word.text.rpartition("/")[2] for word in copy.sources]
    if not PROGRAMS & {*names}:
        return None
    if not {*names} <= PROGRAMS or {flag.name for flag in instruction.flags} - _FLAGS:
        return Brought(stage, instruction, {}, "its COPY does more than to bring uv")
    copied = stage.copied(instruction)
    if copied is None:
        return Brought(stage, instruction, {}, "a variable says where it goes")
    if copy.from_.isdigit():
        return Brought(
            stage, instruction, {}, "it comes from a stage without a name, which no mount can take"
        )
    into = copied.into_folder or str(copied.dest) in _FOLDERS
    mounts: dict[PurePosixPath, str] = {}
    for source, name in zip(copied.sources, names, strict=False):
        place = copied.dest / name if into else copied.dest
        path = join(ROOT, source.lstrip("/"))
        plain = all(PLAIN.fullmatch(str(one).lstrip("/")) for one in (path, place))
        if not plain or not _REFERENCE.fullmatch(copy.from_) or place.name != name:
            return Brought(stage, instruction, {}, "it is not certain which file a mount would have to show")
        mounts[place] = f"--mount=type=bind,from={copy.from_},source={path},target={place}"
    return Brought(stage, instruction, mounts)


def mounts_for(run: Instruction, names: frozenset[str], ways: list[Brought]) -> list[bytes]:
    """The mounts that a RUN needs to call these programs, as far as it has none at their places."""
    view = as_run(run)
    there = {mount.target for mount in view.mounts} if view is not None else set()
    # Of several files at one place the last is seen.
    mounts = {place: flag for way in ways for place, flag in way.mounts.items()}
    # uvx calls the uv beside it.
    wanted = {"uv", *names}
    found = (flag for place, flag in mounts.items() if place.name in wanted and str(place) not in there)
    return [flag.encode(errors="surrogateescape") for flag in found]


def without(build: Build, copy: Instruction) -> tuple[Edit, ...]:
    """The deletion of a COPY, with one of the blank lines around it."""
    data, newline = build.dockerfile.data, build.dockerfile.newline
    edits = delete_instruction(build.dockerfile, copy, _BECAUSE)
    lone = data[: copy.span.start].endswith(b"\n" + newline) and data[copy.span.end :].startswith(newline)
    if lone and len(edits) == 1:
        return (Edit.delete(Span(copy.span.start, copy.span.end + len(newline)), _BECAUSE),)
    return edits

"""Which instructions above an install bring the sources, and so have to follow it."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    ROOT,
    NamedTuple,
    Refusal,
    as_copy,
    as_user,
    expand,
    reach,
    starts_as_another,
)

if TYPE_CHECKING:
    from uvmigrate.codemod import Build, BuildContext, Copied, Instruction, StageFacts, UvInstall

_INSTEAD = "move it below the install, or copy only what it needs above it"


class Sources(NamedTuple):
    """The instructions to be moved, in order, and the image paths that they fill."""

    moved: tuple[Instruction, ...]
    folders: frozenset[PurePosixPath]


def brings_sources(context: BuildContext, copied: Copied) -> bool:
    """Whether a COPY brings a project's whole folder, or any Python module, from the context."""
    if copied.origin is not None:
        return False
    for match in (path for source in copied.sources for path in context.matches(source)):
        if not context.is_dir(match):
            found = match.suffix == ".py"
        else:
            found = any(
                (path.suffix == ".py" or path.name == "pyproject.toml") and not context.ignore.ignores(path)
                for path in context.below(match)
            )
        if found:
            return True
    return False


def source_copies(stage: StageFacts, install: UvInstall) -> tuple[Copied, ...]:
    """The COPY instructions above an install, in its own stage, that bring sources."""
    own = {instruction.span for instruction in stage.instructions}
    return tuple(
        copied
        for copied in install.call.state.copies
        if copied.instruction.span in own and brings_sources(stage.context, copied)
    )


def inherited(stage: StageFacts, install: UvInstall) -> bool:
    """Whether the sources lie around the install's files already in a stage that this one is FROM."""
    own = {instruction.span for instruction in stage.instructions}
    return any(
        copied.instruction.span not in own
        and brings_sources(stage.context, copied)
        and any(place.is_relative_to(copied.dest) for place in install.files)
        for copied in install.call.state.copies
    )


def written(context: BuildContext, copied: Copied) -> frozenset[PurePosixPath]:
    """The image paths that a COPY fills: folders as a whole, single files by their own path."""
    if copied.origin is not None or not copied.sources:
        return frozenset({copied.dest})
    found = set()
    for match in (path for source in copied.sources for path in context.matches(source)):
        single = copied.into_folder and not context.is_dir(match)
        found.add(copied.dest / match.name if single else copied.dest)
    return frozenset(found or {copied.dest})


def find_sources(build: Build, stage: StageFacts, install: UvInstall) -> Sources | Refusal | None:
    """What has to follow the install: the sources' COPY, and what builds on it; None without a COPY."""
    copies = source_copies(stage, install)
    if not copies:
        return None
    start = copies[0].instruction.span.start
    folders = frozenset(path for copied in copies for path in written(stage.context, copied))
    moved: list[Instruction] = []
    known = {copied.instruction.span for copied in copies}
    run = install.call.instruction
    for instruction in stage.instructions:
        if not start <= instruction.span.start < run.span.start:
            continue
        follows: bool | str = instruction.span in known
        if not follows and instruction.keyword in ("COPY", "ADD"):
            follows = _copy_follows(stage, instruction, install, folders)
        elif instruction.keyword == "RUN":
            touched = reach(stage, instruction, folders)
            follows = "may need the sources" if touched == "unknown" else touched == "inside"
            if follows is True and not is_root(stage, run):
                follows = f"prepares the folder for {install.call.state.user or 'another user'}"
        if isinstance(follows, str):
            because = f"{instruction.keyword} above the install {follows}"
            return Refusal(
                build.path, build.line(instruction.text_span.start), "sources-needed", because, _INSTEAD
            )
        if follows:
            moved.append(instruction)
            folders |= _filled(stage, instruction)
    return Sources(tuple(moved), folders)


def _filled(stage: StageFacts, instruction: Instruction) -> frozenset[PurePosixPath]:
    copied = stage.copied(instruction)
    return written(stage.context, copied) if copied else frozenset()


def _copy_follows(
    stage: StageFacts, instruction: Instruction, install: UvInstall, folders: frozenset[PurePosixPath]
) -> bool | str:
    """Whether a COPY has to stay behind the sources because it fills the same folders."""
    copied = stage.copied(instruction)
    if copied is None:
        view = as_copy(instruction)
        known = view is not None and view.dest.text.startswith("/") and "$" not in view.dest.text
        if view is None or not known:
            return "copies to a folder that is not known"
        filled = frozenset({PurePosixPath(view.dest.text)})
    else:
        filled = written(stage.context, copied)
        if copied.origin is None and filled <= install.files.keys():
            return False
    if not any(a.is_relative_to(b) or b.is_relative_to(a) for a in filled for b in folders):
        return False
    names = {PurePosixPath(source).name for source in copied.sources} if copied else set()
    alone = copied is not None and copied.origin is not None and names <= {"uv", "uvx"}
    if alone and not any(path.name in ("uv", "uvx") for path in stage.context.repo):
        # uv goes there beside the sources, which hold no file that it would take the place of.
        return False
    return "puts uv into the sources' folder" if names & {"uv", "uvx"} or ROOT in folders else True


def is_root(stage: StageFacts, run: Instruction) -> bool:
    """Whether root runs a RUN. A base image's own user is taken to be root where nothing else is known of it,
    a USER that is not known not."""
    for facts in reversed(stage.lineage):
        for instruction, state in reversed(list(zip(facts.instructions, facts.states, strict=False))):
            word = as_user(instruction) if instruction.keyword == "USER" else None
            if word is not None and (facts is not stage or instruction.span.start < run.span.start):
                return (expand(word.text, state.env) or "?").partition(":")[0] in ("root", "0")
    return stage.base is None or not starts_as_another(stage.base)

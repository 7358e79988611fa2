"""What a builder does again when one file of its context has changed, and what it takes from its cache.

A step is taken from the cache where nothing has changed of the steps below it in its stage, of its text, and
of the files that it reads: those that COPY and ADD name, and bind mounts of RUN, by their contents (Docker's
documentation, "Build cache invalidation"). ``COPY --link`` does not ask what lies below it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from uvmigrate.build.context import ROOT, join
from uvmigrate.build.state import bind_mounts, stage_mounts
from uvmigrate.dockerfile import as_copy, as_run, expand

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import PurePosixPath

    from uvmigrate.build.context import Context
    from uvmigrate.build.model import Build, StageFacts
    from uvmigrate.build.state import Copied, State
    from uvmigrate.dockerfile import Copy, Instruction

#: ``kept``: taken from the cache; ``rebuilt``: done again; ``perhaps``: done again where what it reads of
#: another stage comes out different, or where a value that is not known names the file.
Again = Literal["kept", "perhaps", "rebuilt"]
_ORDER: tuple[Again, ...] = ("kept", "perhaps", "rebuilt")


def needed_stages(build: Build, stage: StageFacts) -> tuple[StageFacts, ...]:
    """The stages without which the image of *stage* cannot be made, that one included, in their order."""
    found: dict[int, StageFacts] = {}
    ahead = [stage]
    while ahead:
        facts = ahead.pop()
        if facts.index in found:
            continue
        found[facts.index] = facts
        ahead += facts.lineage
        ahead += (other for other, _ in sources_of(facts))
    return tuple(facts for facts in build.stages if facts.index in found)


def sources_of(facts: StageFacts) -> Iterator[tuple[StageFacts, Instruction]]:
    """The other stages that a stage copies from or mounts, each with the instruction that does."""
    for instruction, state in zip(facts.instructions, facts.states, strict=False):
        copy = as_copy(instruction)
        origins = [copy.from_ if copy else None]
        origins += [copied.origin for copied in stage_mounts(state, instruction)]
        for origin in filter(None, origins):
            other = facts.find(origin)
            if other is not None:
                yield other, instruction


def rebuilt(build: Build, stage: StageFacts, path: PurePosixPath) -> Mapping[int, tuple[Again, ...]]:
    """What is done again for the image of *stage* when the file at *path* has changed.

    *path* is relative to the repository. For each stage that the image needs, by its index, the fate of each
    of its instructions below FROM.
    """
    context = build.context
    below = path.is_relative_to(context.folder)
    changed = path.relative_to(context.folder) if below else None
    if changed is not None and not context.has(changed):
        changed = None
    found: dict[int, tuple[Again, ...]] = {}
    ends: dict[int, Again] = {}
    for facts in needed_stages(build, stage):
        fate: Again = ends[facts.parent.index] if facts.parent else "kept"
        fates: list[Again] = []
        for instruction, state in zip(facts.instructions, facts.states, strict=False):
            own = _own(facts, instruction, state, changed, ends)
            copy = as_copy(instruction)
            fates.append(own if copy is not None and copy.link else _worse(fate, own))
            fate = _worse(fate, own)
        found[facts.index] = tuple(fates)
        ends[facts.index] = fate
    return found


def _own(
    facts: StageFacts,
    instruction: Instruction,
    state: State,
    changed: PurePosixPath | None,
    ends: Mapping[int, Again],
) -> Again:
    """What becomes of a step for what it reads itself."""
    fate: Again = "kept"
    copy = as_copy(instruction)
    if copy is not None:
        if copy.from_ is not None:
            return _from_stage(facts, copy.from_, facts.copied(instruction), changed, ends)
        return _of_context(copy, state, facts.context, changed)
    for mount in bind_mounts(state, instruction):
        if mount.origin is not None:
            fate = _worse(fate, _from_stage(facts, mount.origin, mount, changed, ends))
        elif changed is not None and any(_image_paths(mount, facts.context, changed)):
            return "rebuilt"
    return _worse(fate, "perhaps") if changed is not None and _is_unknown(instruction, state) else fate


def _of_context(copy: Copy, state: State, context: Context, changed: PurePosixPath | None) -> Again:
    if changed is None:
        return "kept"
    sources = [expand(word.text, state.env) for word in copy.sources]
    for source in filter(None, sources):
        if "://" not in source and any(_holds(match, changed) for match in context.matches(source)):
            return "perhaps" if copy.exclude else "rebuilt"
    return "perhaps" if None in sources else "kept"


def _from_stage(
    facts: StageFacts,
    origin: str,
    copied: Copied | None,
    changed: PurePosixPath | None,
    ends: Mapping[int, Again],
) -> Again:
    """What becomes of a step that reads another stage: what counts is what it holds then."""
    other = facts.find(origin)
    if other is None or ends[other.index] == "kept":
        return "kept"
    if changed is not None and copied is not None:
        places = [
            place for brought in other.final.copies for place in _image_paths(brought, facts.context, changed)
        ]
        read = [join(ROOT, source.lstrip("/") or ".") for source in copied.sources]
        if any(place == one or place.is_relative_to(one) for place in places for one in read):
            return ends[other.index]
    return "perhaps"


def _image_paths(copied: Copied, context: Context, changed: PurePosixPath) -> Iterator[PurePosixPath]:
    """Where a COPY or mount of the context puts a file of it."""
    for source in copied.sources if copied.origin is None else ():
        for match in context.matches(source):
            if match == changed:
                yield copied.dest / match.name if copied.into_folder else copied.dest
            elif _holds(match, changed):
                yield copied.dest / changed.relative_to(match)


def _holds(match: PurePosixPath, changed: PurePosixPath) -> bool:
    return changed == match or changed.is_relative_to(match)


def _is_unknown(instruction: Instruction, state: State) -> bool:
    """Whether a RUN has a bind mount of which nobody knows what it shows."""
    run = as_run(instruction)
    mounts = [mount for mount in run.mounts if mount.type == "bind"] if run else []
    return len(mounts) > len(bind_mounts(state, instruction))


def _worse(one: Again, other: Again) -> Again:
    return max(one, other, key=_ORDER.index)

"""``uv run`` without a sync, where it starts something in an image whose environment is made already.

Before it runs anything, uv brings the environment in line with the project: after a COPY it finds the project
changed and installs it again, and it adds the groups that the build left out. ``--frozen`` and ``--locked``
do not keep it from that (uv's reference, ``uv run``). With ``--no-sync`` it writes nothing but its cache, and
with UV_NO_CACHE that lies in a temporary folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    Change,
    Codemod,
    Context,
    Edit,
    Refusal,
    as_copy,
    below,
    find_uv,
    is_set,
    uv_calls,
)
from uvmigrate_codemods._run.environment import VARIABLE, Place, Syncs
from uvmigrate_codemods._run.image import NO_SYNC, Image, Where, insertion, look
from uvmigrate_codemods._run.missing import added, own_environment

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from uvmigrate.codemod import Build, Instruction, StageFacts

NO_CACHE = "UV_NO_CACHE"
_UNREADABLE = ("syntax error", "unreadable heredoc", "unknown construct")
_FROZEN = (
    "--frozen, --locked and UV_NO_CACHE are not enough: they leave uv.lock or the cache alone, and uv run"
    " still changes the environment at every start"
)
_TMP = "where the root file system is read-only, uv run needs a writable /tmp"


def run(context: Context) -> Iterator[Change | Refusal]:
    """One change for each ``uv run`` that starts something, and one for each image that keeps uv."""
    found = [(build, Syncs.of(build)) for build in context.builds if build.path not in context.targets]
    of_build = {build.path: _images(context, build, syncs) for build, syncs in found}
    kept = {where for images in of_build.values() for image in images for where in image.kept}
    for build in (build for build in context.builds if build.path in context.targets):
        # An image that is not on uv alone: whether it goes without a sync is not known.
        images = _images(context, build, Syncs.of(build))
        kept |= {where for image in images for where in (*image.kept, *image.edits)}
    done: set[Where] = set()
    for build, syncs in found:
        images = of_build[build.path]
        edits: dict[Where, Edit] = {(build.path, at): edit for at, edit in _at_build(build, syncs)}
        for image in images:
            yield from image.refusals
            yield from (_shared(build, where) for where in image.edits if where in kept)
            edits |= {where: edit for where, edit in image.edits.items() if where not in kept}
        frozen = {where for image in images if image.frozen for where in image.edits}
        for where, edit in edits.items():
            if where not in done:
                notes = (_FROZEN,) if where in frozen else ()
                yield Change({where[0]: (edit,)}, notes=notes, builds=(build.path,))
        done |= edits.keys()
        yield from _environments(images, {at for path, at in edits if path == build.path})


def _images(context: Context, build: Build, syncs: Syncs) -> list[Image]:
    images = [look(build, stage, syncs) for stage in build.final_stages]
    for image in images:
        image.runs = image.runs or (context.settings.keep_uv and _kept(build, image.stage))
    return images


def _shared(build: Build, where: Where) -> Refusal:
    path, offset = where
    line = build.context.repo[path].count(b"\n", 0, offset) + 1
    because = "another image that starts by this command would miss its environment without a sync"
    instead = f"give each image a command of its own; the image's {NO_SYNC}=1 keeps it from syncing"
    return Refusal(path, line, "shared-start", because, instead)


def _kept(build: Build, stage: StageFacts) -> bool:
    """Whether a stage that somebody wants to keep uv in has it, and an environment that uv made."""
    own = {facts.index for facts in stage.lineage}
    synced = any(call.stage.index in own and uv.verb == "sync" for call, uv in uv_calls(build))
    return synced and NO_SYNC not in stage.final.exported


def _at_build(build: Build, syncs: Syncs) -> Iterator[tuple[int, Edit]]:
    """The places of ``uv run`` in RUN instructions below a sync that installed all that it needs."""
    for call in build.calls(b"uv"):
        uv = find_uv(call.command)
        if uv is None or uv.verb != "run" or uv.has("--no-sync") or call.nested in _UNREADABLE:
            continue
        place = Place.of(call)
        path = place.environment(uv)
        made = syncs.behind(place, path) if path is not None else ()
        earlier = tuple(one for one in made if one.call.command.span.start < call.command.span.start)
        if (
            earlier
            and not is_set(call, NO_SYNC)
            and not own_environment(uv, place)
            and not added(uv, earlier)
        ):
            yield insertion(uv)


def _environments(images: list[Image], edited: Collection[int]) -> Iterator[Change]:
    """The ENV for everything that may call ``uv run`` in an image, below its last install."""
    done: set[int] = set()
    for image in images:
        if not image.runs or image.needs_sync:
            continue
        stage, build = image.stage, image.build
        last = _last_install(image, edited)
        if last is stage.stage.from_ and done & {facts.index for facts in stage.lineage}:
            continue
        done.add(stage.index)
        pairs = {NO_SYNC: "1"}
        if not {NO_CACHE, "UV_CACHE_DIR"} & stage.final.exported:
            pairs[NO_CACHE] = "1"
        if image.unnamed is not None:
            pairs[VARIABLE] = str(image.unnamed)
        line = "ENV " + " \\\n    ".join(f"{name}={value}" for name, value in sorted(pairs.items()))
        edit = Edit.insert(*below(build.dockerfile, last, line))
        yield Change({build.path: (edit,)}, notes=(_TMP,), builds=(build.path,))


def _last_install(image: Image, edited: Collection[int]) -> Instruction:
    """The stage's last RUN with another use of uv; else the COPY that brings the environment, else FROM."""
    found = image.stage.stage.from_
    for instruction in image.stage.instructions:
        copy = as_copy(instruction)
        if copy is not None and copy.from_ is not None and image.stage.find(copy.from_) is not None:
            found = instruction
    for call in image.stage.calls(b"uv"):
        uv = find_uv(call.command)
        if uv is not None:
            verb = uv.command.words[uv.after - 1]
            settled = uv.verb == "run" and (uv.has("--no-sync") or verb.span.start in edited)
            found = found if settled else call.instruction
    return found


CODEMOD = Codemod(
    id="no-sync",
    title="Start with uv run without syncing again",
    why="The image starts what it was built with: offline, read-only, as any user, and at once.",
    docs="https://docs.astral.sh/uv/concepts/projects/sync/#automatic-lock-and-sync",
    level="safe",
    run=run,
    after=("multi-stage", "cache-mounts"),
    means={
        "environment": ("UV_NO_CACHE", "UV_NO_SYNC", "UV_PROJECT_ENVIRONMENT"),
        "entrypoint": ("",),
        "command": ("",),
        "healthcheck": ("",),
    },
)

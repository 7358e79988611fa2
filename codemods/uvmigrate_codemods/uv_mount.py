"""uv is shown to the RUNs that call it, and no part of the image.

uv's guide "Using uv in Docker", "Installing uv", and BuildKit's reference, "RUN --mount=type=bind". BuildKit
removes the empty file that a mount needs to stand on: nothing of uv is left (tests/engine/test_uv_mount.py).
``multi-stage`` leaves uv behind as well, but cannot where packages go into the image's own Python.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from uvmigrate.codemod import Change, Codemod, Context, Edit, Refusal, Span, as_run, delete_instruction
from uvmigrate_codemods._layers.flags import add_flags
from uvmigrate_codemods._stages.keeping import starts_uv
from uvmigrate_codemods._uv_mount.brought import brought
from uvmigrate_codemods._uv_mount.uses import by_all_names, named, names_place, problem, runs_with_uv, takers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Build, Instruction, StageFacts
    from uvmigrate_codemods._uv_mount.brought import Brought

_BECAUSE = "uv is mounted while it installs"
_NOTE = "nothing that starts in the image is seen to call uv: check that nobody counts on finding it there"


def run(context: Context) -> Iterator[Change | Refusal]:
    """One change for all stages with a common first one: what one of them brings, the others have."""
    for build in context.builds:
        if build.path in context.targets or context.settings.keep_uv or not _mounts(build):
            continue
        together: dict[int, list[Brought]] = defaultdict(list)
        for found in brought(build):
            together[found.stage.lineage[0].index].append(found)
        for ways in together.values():
            yield from _mounted(build, ways)


def _mounts(build: Build) -> bool:
    """Whether the Dockerfile has mounts: one without may be for a builder that knows none."""
    runs = (as_run(instruction) for facts in build.stages for instruction in facts.instructions)
    return any(found.mounts for found in runs if found is not None)


def _mounted(build: Build, ways: list[Brought]) -> Iterator[Change | Refusal]:
    stages = [facts for facts in build.stages if any(way.stage in facts.lineage for way in ways)]
    runs = [(facts, run, names) for facts in stages for run, names in runs_with_uv(build, facts)]
    # Where no RUN calls it, uv is there for people.
    ways = [way for way in ways if any(_has(way, stage, run) for stage, run, _ in runs)]
    if not ways or any(
        starts_uv(build, final) or names_place(final) for final in build.final_stages if final in stages
    ):
        return
    refusal = next(_problems(build, ways, stages), None)
    if refusal is not None:
        yield refusal
        return
    edits: list[Edit] = []
    for stage, run, names in runs:
        flags = _flags(run, names, [way for way in ways if _has(way, stage, run)])
        edits += add_flags(build.dockerfile, run, flags) if flags else []
    if edits:
        edits += (edit for way in ways for edit in _deletion(build, way.copy))
        yield Change({build.path: tuple(edits)}, notes=(_NOTE,), builds=(build.path,))


def _has(way: Brought, stage: StageFacts, run: Instruction) -> bool:
    """Whether a RUN has the uv that a COPY brings."""
    return way.stage in stage.lineage and way.copy.span.start < run.span.start


def _problems(build: Build, ways: list[Brought], stages: list[StageFacts]) -> Iterator[Refusal]:
    """Why uv cannot be mounted wherever it is called."""
    found = [(way.copy, way.problem) for way in ways if way.problem]
    places = by_all_names({place for way in ways for place in way.mounts})
    family = {facts.index for facts in stages}
    found += [(taker, "another stage takes it from here") for taker in takers(build, family, places)]
    for stage in stages:
        found += [(call.instruction, why) for call in stage.calls() if (why := problem(call, places))]
        onbuild = (item for item in stage.instructions if item.inner is not None)
        found += [(item, "ONBUILD calls it in other images") for item in onbuild if named(build, item)]
    for instruction, because in found:
        line = build.line(instruction.text_span.start)
        instead = "mount it by hand in each RUN that calls it, and take out its COPY"
        yield Refusal(build.path, line, "uv-stays", f"uv stays in the image: {because}", instead)


def _flags(run: Instruction, names: frozenset[str], ways: list[Brought]) -> list[bytes]:
    """The mounts that a RUN needs to call these programs, as far as it has none at their places."""
    view = as_run(run)
    there = {mount.target for mount in view.mounts} if view is not None else set()
    # Of several files at one place the last is seen.
    mounts = {place: flag for way in ways for place, flag in way.mounts.items()}
    # uvx calls the uv beside it.
    wanted = {"uv", *names}
    found = (flag for place, flag in mounts.items() if place.name in wanted and str(place) not in there)
    return [flag.encode(errors="surrogateescape") for flag in found]


def _deletion(build: Build, copy: Instruction) -> tuple[Edit, ...]:
    """The deletion of a COPY, with one of the blank lines around it."""
    data, newline = build.dockerfile.data, build.dockerfile.newline
    edits = delete_instruction(build.dockerfile, copy, _BECAUSE)
    lone = data[: copy.span.start].endswith(b"\n" + newline) and data[copy.span.end :].startswith(newline)
    if lone and len(edits) == 1:
        return (Edit.delete(Span(copy.span.start, copy.span.end + len(newline)), _BECAUSE),)
    return edits


CODEMOD = Codemod(
    id="uv-mount",
    title="Mount uv while it installs, leave it out of the image",
    why="The image holds no uv where nothing that runs in it calls one: smaller, with less to attack.",
    docs="https://docs.astral.sh/uv/guides/integration/docker/#installing-uv",
    level="review",
    run=run,
    after=("uv-switch", "uv-pin", "multi-stage", "cache-mounts"),
    requires=("uv-switch", "cache-mounts"),
)

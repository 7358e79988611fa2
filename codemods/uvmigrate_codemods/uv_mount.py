"""uv is shown to the RUNs that call it, and no part of the image.

uv's guide "Using uv in Docker", "Installing uv", and BuildKit's reference, "RUN --mount=type=bind". BuildKit
removes the empty file that a mount needs to stand on: nothing of uv is left (tests/engine/test_uv_mount.py).
``multi-stage`` leaves uv behind as well, but cannot where packages go into the image's own Python.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from uvmigrate.codemod import Change, Codemod, Context, Refusal, as_run
from uvmigrate_codemods._layers.flags import add_flags
from uvmigrate_codemods._means import UV
from uvmigrate_codemods._stages.keeping import starts_uv
from uvmigrate_codemods._uv_mount.brought import brought, mounts_for, without
from uvmigrate_codemods._uv_mount.uses import (
    by_all_names,
    leans_on_its_base,
    named,
    names_place,
    problem,
    runs_with_uv,
    takers,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Build, Edit, Instruction, StageFacts
    from uvmigrate_codemods._uv_mount.brought import Brought

_NOTE = "nothing that starts in the image is seen to call uv: check that nobody counts on finding it there"


def run(context: Context) -> Iterator[Change | Refusal]:
    """One change for all stages with a common first one: what one of them brings, the others have."""
    leaning = next((build for build in context.builds if leans_on_its_base(build)), None)
    for build in context.builds:
        if build.path in context.targets or context.settings.keep_uv or not _mounts(build):
            continue
        together: dict[int, list[Brought]] = defaultdict(list)
        for found in brought(build):
            together[found.stage.lineage[0].index].append(found)
        for ways in together.values():
            yield from _mounted(build, ways, leaning)


def _mounts(build: Build) -> bool:
    """Whether the Dockerfile has mounts: one without may be for a builder that knows none."""
    runs = (as_run(instruction) for facts in build.stages for instruction in facts.instructions)
    return any(found.mounts for found in runs if found is not None)


def _mounted(build: Build, ways: list[Brought], leaning: Build | None) -> Iterator[Change | Refusal]:
    stages = [facts for facts in build.stages if any(way.stage in facts.lineage for way in ways)]
    runs = [(facts, run, names) for facts in stages for run, names in runs_with_uv(build, facts)]
    # Where no RUN calls it, uv is there for people.
    ways = [way for way in ways if any(_has(way, stage, run) for stage, run, _ in runs)]
    if not ways or any(
        starts_uv(build, final) or names_place(final) for final in build.final_stages if final in stages
    ):
        return
    refusal = next(_problems(build, ways, stages, leaning), None)
    if refusal is not None:
        yield refusal
        return
    edits: list[Edit] = []
    for stage, run, names in runs:
        flags = mounts_for(run, names, [way for way in ways if _has(way, stage, run)])
        edits += add_flags(build.dockerfile, run, flags) if flags else []
    if edits:
        edits += (edit for way in ways for edit in without(build, way.copy))
        yield Change({build.path: tuple(edits)}, notes=(_NOTE,), builds=(build.path,))


def _has(way: Brought, stage: StageFacts, run: Instruction) -> bool:
    """Whether a RUN has the uv that a COPY brings."""
    return way.stage in stage.lineage and way.copy.span.start < run.span.start


def _problems(
    build: Build, ways: list[Brought], stages: list[StageFacts], leaning: Build | None
) -> Iterator[Refusal]:
    """Why uv cannot be mounted wherever it is called."""
    found = [(way.copy, way.problem) for way in ways if way.problem]
    if leaning is not None and leaning is not build:
        found.append((ways[0].copy, f"{leaning.path} calls uv that its base brings, which may be this image"))
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


CODEMOD = Codemod(
    id="uv-mount",
    title="Mount uv while it installs, leave it out of the image",
    why="The image holds no uv where nothing that runs in it calls one: smaller, with less to attack.",
    docs="https://docs.astral.sh/uv/guides/integration/docker/#installing-uv",
    level="review",
    run=run,
    after=("uv-switch", "uv-pin", "multi-stage", "cache-mounts"),
    requires=("uv-switch", "cache-mounts"),
    means={
        "file": UV,
    },
)

"""Mounts of uv in the RUNs that call it, instead of the COPY that brings it, or why it stays in the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import Change, Refusal
from uvmigrate_codemods._layers.flags import add_flags
from uvmigrate_codemods._stages.keeping import starts_uv
from uvmigrate_codemods._uv_mount.brought import mounts_for, without
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

    from uvmigrate.codemod import Build, Context, Edit, Instruction, StageFacts
    from uvmigrate_codemods._uv_mount.brought import Brought

_NOTE = "nothing that starts in the image is seen to call uv: check that nobody counts on finding it there"


def mounted(context: Context, build: Build, ways: list[Brought]) -> Iterator[Change | Refusal]:
    """One change for the stages of a build to which any of the *ways* brings uv, or why it stays there."""
    stages = [facts for facts in build.stages if any(way.stage in facts.lineage for way in ways)]
    runs = [(facts, run, names) for facts in stages for run, names in runs_with_uv(build, facts)]
    # Where no RUN calls it, uv is there for people.
    ways = [way for way in ways if any(_has(way, stage, run) for stage, run, _ in runs)]
    if not ways or any(
        starts_uv(build, final) or names_place(final) for final in build.final_stages if final in stages
    ):
        return
    refusal = next(_problems(context, build, ways, stages), None)
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
    context: Context, build: Build, ways: list[Brought], stages: list[StageFacts]
) -> Iterator[Refusal]:
    """Why uv cannot be mounted wherever it is called."""
    found = [(way.copy, way.problem) for way in ways if way.problem]
    leaning = next((other for other in context.builds if leans_on_its_base(other)), None)
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

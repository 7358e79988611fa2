"""The install moves to a build stage, and the runtime stage takes the environment from it.

uv's guide "Using uv in Docker" ("Non-editable installs") and Docker's "Multi-stage builds". What a build
stage needs is in docs/multi-stage.md, what header packages bring for the container in _stages/packages.toml.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import Change, Codemod, Context, Refusal
from uvmigrate_codemods._means import BUILD_PACKAGES, BUILT, ENVIRONMENT, MANIFESTS, UV
from uvmigrate_codemods._stages.assembly import Assembly
from uvmigrate_codemods._stages.candidates import find_candidates
from uvmigrate_codemods._stages.names import build_names, by_number, renumber
from uvmigrate_codemods._stages.needs import find_needs
from uvmigrate_codemods._stages.runs import CannotPartError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Build
    from uvmigrate_codemods._stages.candidates import Candidate
    from uvmigrate_codemods._stages.needs import Needs


def run(context: Context) -> Iterator[Change | Refusal]:
    """One change for each Dockerfile: all of its stages that install are parted at once."""
    for build in context.builds:
        if build.path in context.targets:
            continue
        found: list[tuple[Candidate, Needs]] = []
        for candidate in find_candidates(context, build):
            if isinstance(candidate, Refusal):
                yield candidate
                continue
            try:
                found.append((candidate, find_needs(candidate)))
            except CannotPartError as error:
                line = build.line(error.at)
                yield Refusal(build.path, line, error.code, error.because, error.instead)
        yield from _split(build, found)


def _split(build: Build, found: list[tuple[Candidate, Needs]]) -> Iterator[Change | Refusal]:
    gaining = [(one, needs) for one, needs in found if Assembly(one, needs, "build").drops_uv or needs.left]
    stages = [candidate.stage for candidate, _ in gaining]
    if not stages:
        return
    refusal = by_number(build, stages)
    if refusal is not None:
        yield refusal
        return
    names, renumbered = build_names(build, stages), renumber(build, stages)
    assemblies = [Assembly(one, needs, names[one.stage.index], renumbered) for one, needs in gaining]
    left = [span for assembly in assemblies for span in assembly.left]
    edits = [edit for assembly in assemblies for edit in assembly.edits()]
    edits += [edit for edit in renumbered if not any(span.contains(edit.span) for span in left)]
    notes = dict.fromkeys(note for assembly in assemblies for note in _notes(assembly))
    yield Change({build.path: tuple(edits)}, notes=tuple(notes), builds=(build.path,))


def _notes(assembly: Assembly) -> Iterator[str]:
    """What a reviewer should look at."""
    if assembly.needs.left:
        left = ", ".join(assembly.needs.left)
        yield f"{left} left the image: a package that compiles while it runs (as triton does) would miss that"
    yield from assembly.needs.kept
    base = assembly.candidate.stage.base
    if base is not None and base.kind == "python" and not base.alpine and "slim" not in (base.tag or ""):
        yield f"{base.reference} holds compilers itself: its slim variant would make the image smaller"


CODEMOD = Codemod(
    id="multi-stage",
    title="Install in a build stage, run without it",
    why="The image holds neither uv nor compilers: it is smaller, and there is less in it to attack.",
    docs="https://docs.docker.com/build/building/multi-stage/",
    level="review",
    run=run,
    after=("uv-switch", "old-tool-leftovers", "layer-split"),
    requires=("uv-switch",),
    means={
        "environment": (*ENVIRONMENT, "UV_*"),
        "file": (*MANIFESTS, "*/README*", *UV, *BUILT),
        "system-package": BUILD_PACKAGES,
    },
)

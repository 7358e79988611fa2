"""The install moves to a build stage, and the runtime stage takes the environment from it.

uv's guide "Using uv in Docker" ("Non-editable installs") and Docker's "Multi-stage builds". What a build
stage needs is in docs/multi-stage.md, what header packages bring for the container in _stages/packages.toml.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import Change, Codemod, Context, Refusal
from uvmigrate_codemods._stages.assembly import Assembly
from uvmigrate_codemods._stages.candidates import find_candidates
from uvmigrate_codemods._stages.names import build_names, by_number, renumber
from uvmigrate_codemods._stages.needs import find_needs
from uvmigrate_codemods._stages.runs import TiedError

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
            except TiedError as error:
                line = build.line(error.statement.span.start)
                because = "a command of the install's RUN cannot be taken out of it"
                instead = "write it as a plain command of the RUN, or give the install one of its own"
                yield Refusal(build.path, line, "opaque-shell", because, instead)
        yield from _split(build, found)


def _split(build: Build, found: list[tuple[Candidate, Needs]]) -> Iterator[Change | Refusal]:
    names = build_names(build, [candidate.stage for candidate, _ in found])
    assemblies = [Assembly(one, needs, names[one.stage.index]) for one, needs in found]
    gaining = [assembly for assembly in assemblies if assembly.drops_uv or assembly.needs.left]
    if not gaining:
        return
    stages = [assembly.candidate.stage for assembly in gaining]
    refusal = by_number(build, stages)
    if refusal is not None:
        yield refusal
        return
    edits = [edit for assembly in gaining for edit in assembly.edits()]
    notes = dict.fromkeys(note for assembly in gaining for note in _notes(assembly))
    yield Change({build.path: (*edits, *renumber(build, stages))}, notes=tuple(notes), builds=(build.path,))


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
)

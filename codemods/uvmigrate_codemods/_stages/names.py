"""Names of stages, and the numbers that a new stage shifts.

``COPY --from=1`` and ``--mount=from=1`` count stages from 0 (Docker's reference, "COPY --from"): after a new
stage above them, the same number silently means another one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.codemod import Edit, Refusal, Span, as_from, as_run, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from uvmigrate.codemod import Build, StageFacts

_NAMED = lazy_pattern(rb"(?i)\bfrom[=\s]\s*([\w.-]+)")
_FROM = lazy_pattern(rb"(?:^|,)from=([0-9]+)(?=,|$)", re.IGNORECASE)


def build_names(build: Build, stages: Sequence[StageFacts]) -> dict[int, str]:
    """A name for the build stage of each of *stages*, by that stage's number."""
    taken = {facts.name for facts in build.stages if facts.name} | _contexts(build)
    names: dict[int, str] = {}
    for facts in stages:
        first = "build" if len(stages) == 1 else f"{facts.name or f'stage-{facts.index}'}-build"
        others = (f"{first}-{number}" for number in range(2, len(taken) + 3))
        wanted = [first, *([f"{facts.name}-build"] if facts.name else []), *others]
        names[facts.index] = next(name for name in wanted if name not in taken)
        taken.add(names[facts.index])
    return names


def _contexts(build: Build) -> set[str]:
    """Names that images and contexts outside of the file go by: a stage of that name would hide them."""
    data = build.dockerfile.data
    found = {word.lower().decode(errors="replace") for word in _NAMED.findall(data)}
    others = any(b"additional_contexts" in file.data for file, _ in build.services)
    return found | ({"build"} if others else set())


def renumber(build: Build, stages: Sequence[StageFacts]) -> list[Edit]:
    """Numbers of stages become names where a stage is put in at or above the one that they mean."""
    first = min(facts.index for facts in stages)
    edits: list[Edit] = []
    named: dict[int, str] = {}
    for span in _numbers(build):
        number = int(span.of(build.dockerfile.data))
        if number < first or number >= len(build.stages):
            continue
        if number not in named:
            named[number], new = _name(build, build.stages[number], {*named.values()})
            edits += new
        edits.append(Edit(span, named[number].encode()))
    return edits


def _name(build: Build, facts: StageFacts, given: set[str]) -> tuple[str, list[Edit]]:
    """A stage's name, and the edit that gives it one where it has none."""
    if facts.name:
        return facts.name, []
    taken = {other.name for other in build.stages} | given
    wanted = (f"stage-{number}" for number in range(facts.index, facts.index + len(taken) + 1))
    name = next(name for name in wanted if name not in taken)
    source = as_from(facts.stage.from_)
    if source is None:
        raise ValueError("the FROM of a stage can be read")
    word = source.image_span
    return name, [Edit(word, word.of(build.dockerfile.data) + as_clause(facts, build, name))]


def as_clause(facts: StageFacts, build: Build, name: str) -> bytes:
    """`` AS name``, in the case of the file's keywords."""
    lower = facts.stage.from_.keyword_span.of(build.dockerfile.data).islower()
    return (" as " if lower else " AS ").encode() + name.encode()


def _numbers(build: Build) -> Iterator[Span]:
    """The spans of all numbers of stages, first to last."""
    data = build.dockerfile.data
    for facts in build.stages:
        for outer in facts.instructions:
            instruction = outer.inner or outer
            for flag in instruction.flags:
                span = flag.value_span
                if span is None:
                    continue
                if flag.name == "from" and span.of(data).isdigit():
                    yield span
                found = _FROM.search(span.of(data)) if flag.name == "mount" else None
                if found is not None and as_run(instruction) is not None:
                    yield Span(span.start + found.start(1), span.start + found.end(1))


def by_number(build: Build, stages: Sequence[StageFacts]) -> Refusal | None:
    """A refusal where a service of compose names a stage by a number that would mean another one."""
    first = min(facts.index for facts in stages)
    for file, service in build.services:
        target = service.build.target if service.build else None
        if service.build and target and target.isdigit() and first <= int(target) < len(build.stages):
            because = (
                f"the service {service.name} builds stage {target} by its number, which a new stage shifts"
            )
            instead = "give the stage a name and build that"
            return Refusal(file.path, service.build.line, "stage-number", because, instead)
    return None

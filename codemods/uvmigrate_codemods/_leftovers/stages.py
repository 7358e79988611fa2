"""Stages that only served a manager: they exported for pip, or installed the manager for another stage."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.codemod import as_copy, as_run

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from uvmigrate.codemod import Build, Instruction, Span, StageFacts

#: What a stage may hold that means nothing unless something else uses it.
_EMPTY = frozenset("WORKDIR ARG ENV COPY ADD USER SHELL".split())
_LOCKS = ("poetry.lock", "Pipfile")
_MAX_BYTES = 1024 * 1024


def idle_stages(build: Build, gone: Collection[Span], touched: Collection[int]) -> tuple[StageFacts, ...]:
    """The stages of which nothing is left that does anything, and which nothing uses.

    *gone* are the instructions that go as a whole, *touched* the stages (by their index) that something of a
    manager is taken out of.
    """
    found: list[StageFacts] = []
    while True:
        away = {*gone, *(item.span for facts in found for item in facts.instructions)}
        more = [
            facts
            for facts in build.stages[:-1]
            if facts not in found
            and (facts.index in touched or _copies_a_lock(facts))
            and all(item.span in away or item.keyword in _EMPTY for item in facts.instructions)
            and not _is_used(build, facts, away, found)
        ]
        if not more:
            return tuple(found)
        found += more


def _copies_a_lock(facts: StageFacts) -> bool:
    copies = (as_copy(item) for item in facts.instructions)
    sources = [word.text.rpartition("/")[2] for copy in copies if copy is not None for word in copy.sources]
    return any(name.startswith(_LOCKS) for name in sources)


def _is_used(build: Build, facts: StageFacts, away: Collection[Span], found: list[StageFacts]) -> bool:
    """Whether another stage, a service or a build from outside names the stage, or counts on its number."""
    for other in build.stages:
        if other in found or other is facts:
            continue
        variable = other.parent is None and other.base is None
        if other.parent is facts or (variable and other.index > facts.index):
            return True
        for name in _origins(other, away):
            number = name.isdigit() and other.find(name) is not None
            if other.find(name) is facts or (number and int(name) > facts.index) or "$" in name:
                return True
    targets = {service.build.target for _, service in build.services if service.build} - {None}
    if any(target and (target.isdigit() or build.find(target) is facts) for target in targets):
        return True
    return facts.name is not None and _is_target(build, facts.name)


def _origins(facts: StageFacts, away: Collection[Span]) -> Iterator[str]:
    """The stages and images that the instructions of a stage take something from."""
    for item in facts.instructions:
        if item.span not in away:
            yield from _named(item)
            if item.inner is not None:
                yield from _named(item.inner)


def _named(item: Instruction) -> Iterator[str]:
    copy, run = as_copy(item), as_run(item)
    if copy is not None and copy.from_ is not None:
        yield copy.from_
    for mount in run.mounts if run is not None else ():
        if "from" in mount.options:
            yield mount.options["from"]


def _is_target(build: Build, name: str) -> bool:
    """Whether a file of the repository builds the stage by its name."""
    word = re.escape(name.encode(errors="surrogateescape"))
    pattern = re.compile(rb"(?i)target[\"']?\s*[=:\s,]\s*\[?\s*[\"']?" + word + rb"(?![\w.-])")
    for path in build.context.repo:
        data = build.context.repo.get(path, b"") if path != build.path else b""
        if len(data) <= _MAX_BYTES and pattern.search(data):
            return True
    return False

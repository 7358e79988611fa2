"""Where an image is asked to import its packages: below all else that counts, by its environment's Python."""

from __future__ import annotations

import json
from textwrap import wrap
from typing import TYPE_CHECKING

from uvmigrate.codemod import NamedTuple, as_from, as_run, lazy_pattern, quote
from uvmigrate_codemods._run.environment import Place
from uvmigrate_codemods._shells import kind_of

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from uvmigrate.codemod import Build, Instruction, StageFacts, State, UvInstall
    from uvmigrate_codemods._run.environment import Syncs

#: What decides on what an import finds, and who asks.
_BEFORE = frozenset({"RUN", "COPY", "ADD", "ENV", "USER"})
_IMPORT = lazy_pattern(r"\s*(import|from)\s[\w\s.,*]+")
_WIDTH = 80
#: Images of nothing but what one program needs.
_BARE = lazy_pattern(r"distroless|chainguard|chiselled|chiseled")
#: They leave out what a project declares, or make another environment, or none.
_OTHERWISE = ("--only-group", "--only-dev", "--package", "--all-packages", "--script", "--dry-run", "--check")


class Spot(NamedTuple):
    """The instruction that the check goes below, and what holds there."""

    facts: StageFacts
    instruction: Instruction
    state: State


def spot(final: StageFacts) -> Spot | None:
    """The last instruction of an image, its parents' included, that decides on what it can import."""
    for facts in reversed(final.lineage):
        for instruction, state in zip(reversed(facts.instructions), reversed(facts.states), strict=False):
            if instruction.keyword in _BEFORE:
                return Spot(facts, instruction, state)
    return None


def environments(final: StageFacts, syncs: Syncs) -> dict[PurePosixPath, UvInstall]:
    """The environments that an image holds, and the syncs that had the last word on what is in each."""
    found = {}
    for path, _ in syncs.made:
        behind = syncs.behind(Place.final(final), path)
        if behind:
            # What a sync was not asked for it removes.
            found[path] = max(behind, key=lambda one: one.call.command.span.start)
    return {path: last for path, last in found.items() if _is_certain(last)}


def _is_certain(sync: UvInstall) -> bool:
    """Whether a sync runs in every build, and installs at least what the project depends on."""
    command = sync.call.command
    joined = command.guarded or command.piped or command.background
    dynamic = any(word.text is None for word in command.words)
    return not (sync.call.nested or joined or dynamic or sync.uv.has(*_OTHERWISE))


def is_checked(facts: StageFacts) -> bool:
    """Whether a RUN of the stage does nothing but import."""
    words = [text for call in facts.calls(b"import") for text in call.command.argv]
    for instruction in facts.instructions:
        run = as_run(instruction)
        words += (run.exec_form or ()) if run is not None else ()
    return any(text is not None and _IMPORT.fullmatch(text) for text in words)


def is_built_elsewhere(build: Build, final: StageFacts) -> bool:
    """Whether the build may be for another platform than the builder's, and runs nothing in the image."""
    platforms = (view.platform or "" for facts in build.stages if (view := as_from(facts.stage.from_)))
    return any("BUILD" in platform for platform in platforms) and not _runs(final)


def can_run(final: StageFacts) -> bool:
    """Whether a program can be run in the image while it is built."""
    base = final.base
    if base is None:
        return _runs(final)
    bare = base.kind == "scratch" or _BARE.search(base.reference)
    return not base.windows and (not bare or _runs(final))


def _runs(final: StageFacts) -> bool:
    return any(instruction.keyword == "RUN" for facts in final.lineage for instruction in facts.instructions)


def check(final: StageFacts, here: Spot, environment: PurePosixPath, names: tuple[str, ...]) -> str:
    """The RUN that imports modules by the Python of an environment.

    ``-I`` leaves the working directory and Python's own variables out, ``-B`` leaves no bytecode behind.
    """
    first = next(iter(here.state.path), None)
    python = "python" if first == str(environment / "bin") else str(environment / "bin/python")
    # Docker takes the line ends out before anybody else reads the text.
    code = " \\\n    ".join(wrap(f"import {', '.join(names)}", _WIDTH, break_long_words=False))
    base = final.base
    shell = _runs(final) or (base is not None and base.kind in ("python", "distribution"))
    if shell and kind_of(here.state) == "plain":
        return f'RUN {quote(python)} -IBc "{code}"'
    return f'RUN [{json.dumps(python, ensure_ascii=False)}, "-IBc", "{code}"]'

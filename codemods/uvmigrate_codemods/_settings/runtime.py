"""PYTHONDONTWRITEBYTECODE, in the images whose packages were compiled when they were built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import ROOT, Change, Edit, as_copy, as_env, below, edit_pairs, join
from uvmigrate_codemods._settings.known import compiles, is_known

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Build, Instruction, StageFacts, UvInstall

_VARIABLE = "PYTHONDONTWRITEBYTECODE"


def at_run_time(build: Build, installs: tuple[UvInstall, ...]) -> Iterator[Change]:
    """One change for each instruction that brings images their packages, where the variable is not set."""
    done: set[int] = set()
    for final in build.final_stages:
        place = _environment_comes(final, installs)
        if place is None or is_known(final, _VARIABLE):
            continue
        stage, instruction = place
        if instruction.span.start not in done:
            done.add(instruction.span.start)
            yield Change({build.path: _into_run_env(build, stage, instruction)}, builds=(build.path,))


def _environment_comes(
    final: StageFacts, installs: tuple[UvInstall, ...]
) -> tuple[StageFacts, Instruction] | None:
    """The first instruction that brings an image its packages: an install, or a COPY from where one ran."""
    made = [install for install in installs if _compiled(install, installs)]
    for stage in final.lineage:
        for instruction in stage.instructions:
            if any(install.call.instruction is instruction for install in made):
                return stage, instruction
            copy = as_copy(instruction)
            origin = stage.find(copy.from_) if copy and copy.from_ else None
            inside = [i for i in made if origin is not None and i.call.stage in origin.lineage]
            if copy and any(
                _brings(final, word.text, install) for word in copy.sources for install in inside
            ):
                return stage, instruction
    return None


def _brings(final: StageFacts, source: str, install: UvInstall) -> bool:
    """Whether a folder from an installing stage may hold its environment, and not just static files."""
    call = install.call
    named = call.state.env.get("UV_PROJECT_ENVIRONMENT") or call.state.env.get("VIRTUAL_ENV") or ".venv"
    place = call.state.absolute(named)
    folder = join(ROOT, source.lstrip("/"))
    inside = place is not None and (place.is_relative_to(folder) or folder.is_relative_to(place))
    return inside or (final.base is not None and final.base.kind == "python")


def _compiled(install: UvInstall, installs: tuple[UvInstall, ...]) -> bool:
    stage = install.call.stage
    return compiles(stage, tuple(other for other in installs if other.call.stage is stage)) is not False


def _into_run_env(build: Build, stage: StageFacts, comes: Instruction) -> tuple[Edit, ...]:
    """Into the first ENV below that puts the environment on PATH, or into one of its own."""
    dockerfile = build.dockerfile
    for env in stage.instructions[stage.instructions.index(comes) + 1 :]:
        pairs = as_env(env) or ()
        path = any(pair.key == "PATH" and "/bin" in (pair.value or "") for pair in pairs)
        if path and not pairs[0].legacy:
            return edit_pairs(dockerfile, env, add={_VARIABLE: "1"})
    return (Edit.insert(*below(dockerfile, comes, f"ENV {_VARIABLE}=1")),)

"""PYTHONDONTWRITEBYTECODE, in the images whose packages were compiled when they were built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import ROOT, Change, Edit, as_copy, as_env, below, edit_pairs, interpreter_of, join
from uvmigrate_codemods._settings.known import compiles, is_known

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

    from uvmigrate.codemod import Build, Instruction, StageFacts, UvInstall

_VARIABLE = "PYTHONDONTWRITEBYTECODE"


def at_run_time(build: Build, installs: tuple[UvInstall, ...]) -> Iterator[Change]:
    """One change for each instruction that brings images their packages, where the variable is not set."""
    done: set[int] = set()
    for final in build.final_stages:
        place = _environment_comes(final, installs)
        lambda_ = final.base is not None and final.base.kind == "lambda"
        kept = interpreter_of(final).keeps != "" and not lambda_
        if place is None or kept or is_known(final, _VARIABLE):
            continue
        stage, instruction, install = place
        if instruction.span.start not in done:
            done.add(instruction.span.start)
            yield Change(
                {build.path: _into_run_env(build, stage, instruction, install)}, builds=(build.path,)
            )


def _environment_comes(
    final: StageFacts, installs: tuple[UvInstall, ...]
) -> tuple[StageFacts, Instruction, UvInstall] | None:
    """The first instruction that brings an image its packages: an install, or a COPY from where one ran."""
    made = [install for install in installs if _compiled(install, installs)]
    for stage in final.lineage:
        for instruction in stage.instructions:
            copy = as_copy(instruction)
            origin = stage.find(copy.from_) if copy and copy.from_ else None
            for install in made:
                carried = (
                    copy is not None
                    and origin is not None
                    and install.call.stage in origin.lineage
                    and any(_brings(final, word.text, install) for word in copy.sources)
                )
                if carried or install.call.instruction is instruction:
                    return stage, instruction, install
    return None


def _place(install: UvInstall) -> PurePosixPath | None:
    """The environment that an install fills, by its variables; None where it is not known."""
    known = install.call.state.env
    return install.call.state.absolute(
        known.get("UV_PROJECT_ENVIRONMENT") or known.get("VIRTUAL_ENV") or ".venv"
    )


def _brings(final: StageFacts, source: str, install: UvInstall) -> bool:
    """Whether a folder from an installing stage may hold its environment, and not just static files."""
    place, folder = _place(install), join(ROOT, source.lstrip("/"))
    inside = place is not None and (place.is_relative_to(folder) or folder.is_relative_to(place))
    return inside or (final.base is not None and final.base.kind == "python")


def _compiled(install: UvInstall, installs: tuple[UvInstall, ...]) -> bool:
    stage = install.call.stage
    return compiles(stage, tuple(other for other in installs if other.call.stage is stage)) is not False


def _into_run_env(
    build: Build, stage: StageFacts, comes: Instruction, install: UvInstall
) -> tuple[Edit, ...]:
    """Into the first ENV below that puts the environment on PATH, or into one of its own."""
    dockerfile = build.dockerfile
    names = (f"{_place(install)}/bin", "$VIRTUAL_ENV/bin", "${VIRTUAL_ENV}/bin")
    for env in stage.instructions[stage.instructions.index(comes) + 1 :]:
        pairs = as_env(env) or ()
        values = [pair.value or "" for pair in pairs if pair.key == "PATH"]
        if any(name in value for name in names for value in values) and not pairs[0].legacy:
            return edit_pairs(dockerfile, env, add={_VARIABLE: "1"})
    return (Edit.insert(*below(dockerfile, comes, f"ENV {_VARIABLE}=1")),)

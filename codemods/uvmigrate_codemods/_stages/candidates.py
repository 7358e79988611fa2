"""Which stages have an install that can move to a build stage, and what is known about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    NamedTuple,
    Refusal,
    as_copy,
    as_run,
    find_uv,
    interpreter_of,
    is_set,
    made_venvs,
    uv_calls,
    uv_installs,
)
from uvmigrate_codemods._layers.binds import find_bound
from uvmigrate_codemods._run.environment import Place
from uvmigrate_codemods._stages.backends import writes_into_sources
from uvmigrate_codemods._stages.keeping import hands_on_to_uv, starts_uv
from uvmigrate_codemods._stages.obstacles import LOCAL, obstacle, owner_of
from uvmigrate_codemods._stages.statements import BUILD_VERBS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import PurePosixPath

    from uvmigrate.codemod import Build, Context, Instruction, Span, StageFacts, UvInstall


class Candidate(NamedTuple):
    """A stage of a final image in which uv installs.

    ``venv`` is the environment; ``first`` and ``last`` are the first and the last RUN of the install.
    ``builds`` says that something is installed from sources, ``everything`` that it is not known from which,
    ``hooked`` that building it may run other programs;
    ``reads`` are the files and folders of the context that an install reads, ``mounted`` the files that are
    mounted for it; ``manifests`` are the spans of those COPY instructions whose files nothing else reads.
    With ``keeps_uv`` something that stays calls uv; with ``by_path`` PATH alone leads uv to the environment.
    ``owner`` is whose the environment is, empty for root's.
    """

    build: Build
    stage: StageFacts
    venv: PurePosixPath
    first: Instruction
    last: Instruction
    builds: bool
    everything: bool
    hooked: bool
    reads: frozenset[PurePosixPath]
    mounted: frozenset[PurePosixPath]
    manifests: frozenset[Span]
    keeps_uv: bool
    owner: str
    by_path: bool


def find_candidates(context: Context, build: Build) -> Iterator[Candidate | Refusal]:
    """The stages of final images in which uv installs: for each what is known, or a refusal."""
    installs = uv_installs(build)
    for stage in build.stages:
        own = tuple(install for install in installs if install.call.stage is stage)
        finals = [final for final in build.final_stages if stage in final.lineage]
        kept = stage.base is not None and stage.base.kind in ("preinstalled", "lambda")
        venvs = {environment_of(build, install) for install in own}
        kept = kept or (None in venvs and interpreter_of(stage).keeps != "")
        if own and finals and not kept:
            yield obstacle(build, own, venvs) or _made(context, build, own, finals)


def _made(
    context: Context, build: Build, installs: tuple[UvInstall, ...], finals: Iterable[StageFacts]
) -> Candidate:
    stage = installs[0].call.stage
    moving = {call.instruction.span for call, uv in uv_calls(build) if uv.verb in BUILD_VERBS}
    runs = [instruction for instruction in stage.instructions if instruction.span in moving]
    left_out = [() if i.first is None else i.first for i in installs]
    everything = any(i.first is None for i in installs) or any(LOCAL & {*options} for options in left_out)
    folders = {install.builds for install in installs if install.builds is not None}
    mounted = {path for install in installs for path in install.files if _mounted(install, path)}
    files = {path for install in installs for path in install.files} - mounted
    built = everything or bool(folders)
    venv = next(place for place in (environment_of(build, i) for i in installs) if place is not None)
    return Candidate(
        build,
        stage,
        venv,
        first=runs[0],
        last=runs[-1],
        builds=built,
        everything=everything,
        hooked=built and any(writes_into_sources(i, everything=everything) for i in installs),
        reads=frozenset({*folders, *files}),
        mounted=frozenset(mounted),
        manifests=frozenset(bound.copy.span for bound in find_bound(build, stage, installs)),
        keeps_uv=context.settings.keep_uv or _calls_uv(build, stage, finals),
        owner=owner_of(installs[0].call) or "",
        by_path=any(_on_path(build, install, {venv}) is not None for install in installs),
    )


def _mounted(install: UvInstall, path: PurePosixPath) -> bool:
    call = install.call
    return call.stage.locate(path, call.state._replace(copies=()), call.instruction) is not None


def _calls_uv(build: Build, stage: StageFacts, finals: Iterable[StageFacts]) -> bool:
    """Whether a command that stays, in the build or in a container, calls uv."""
    in_build = (
        call.command
        for facts in build.stages
        if stage in facts.lineage
        for call in facts.calls(b"uv")
        if facts is not stage or (uv := find_uv(call.command)) is None or uv.verb not in BUILD_VERBS
    )
    if _lends_uv(build, stage) or any(starts_uv(build, final) for final in finals):
        return True
    return any(hands_on_to_uv(build, stage, command) for command in in_build)


def _lends_uv(build: Build, stage: StageFacts) -> bool:
    """Whether another stage takes uv from this one."""
    for facts in build.stages:
        for instruction in facts.instructions:
            copy, run = as_copy(instruction), as_run(instruction)
            taken = [(copy.from_, word.text) for word in copy.sources] if copy is not None else []
            taken += [(m.options.get("from"), m.source or "") for m in run.mounts] if run is not None else []
            for origin, path in taken:
                if origin and facts.find(origin) is stage and path.rpartition("/")[2] in ("uv", "uvx", "bin"):
                    return True
    return False


def environment_of(build: Build, install: UvInstall) -> PurePosixPath | None:
    """The environment that an install fills; None for the image's own Python, or where it is not known.

    uv's docs, "Using Python environments": ``uv pip`` looks for VIRTUAL_ENV, for ``.venv`` from the working
    directory upwards, and on PATH; ``uv sync`` for UV_PROJECT_ENVIRONMENT and for ``.venv`` beside the
    project.
    """
    call, uv = install.call, install.uv
    if uv.verb == "sync":
        return Place.of(call).environment(uv)
    if uv.has("--system", "--target", "--prefix", "--break-system-packages"):
        return None
    named_python = uv.values("--python")
    if uv.has("--python") and not named_python:
        return None
    if named_python:
        place = re.sub(r"/bin/python[0-9.]*$", "", named_python[0])
        return call.state.absolute(place) if place.startswith("/") else None
    if is_set(call, "UV_SYSTEM_PYTHON") or call.state.exported & {"UV_PYTHON", "CONDA_PREFIX"}:
        return None
    assigned = {a.name: a.value for a in call.command.assignments}
    named = assigned.get("VIRTUAL_ENV", call.state.env.get("VIRTUAL_ENV"))
    if named:
        return call.state.absolute(named)
    made = {venv.path for venv in made_venvs(build) if venv.call.stage in call.stage.lineage}
    folders = (call.cwd, *call.cwd.parents) if call.cwd is not None else ()
    beside = next((folder / ".venv" for folder in folders if folder / ".venv" in made), None)
    return beside or _on_path(build, install, made)


def _on_path(build: Build, install: UvInstall, made: Collection[PurePosixPath]) -> PurePosixPath | None:
    """The environment to which only PATH leads a ``uv pip`` (tried with uv 0.13.8)."""
    state = install.call.state
    elsewhere = any(uv.verb in ("sync", "run", "add") for _, uv in uv_calls(build))
    if elsewhere or "VIRTUAL_ENV" in state.exported or install.uv.verb == "sync":
        return None
    return next((venv for venv in made if state.path[:1] == (f"{venv}/bin",)), None)

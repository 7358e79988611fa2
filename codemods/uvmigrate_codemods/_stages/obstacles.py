"""Why an install cannot move to a build stage."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from uvmigrate.codemod import Refusal, as_run, droppable, made_venvs, uv_calls, uv_installs
from uvmigrate_codemods._layers.manifests import PLAIN
from uvmigrate_codemods._layers.sources import is_root
from uvmigrate_codemods._stages.statements import BUILD_VERBS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from uvmigrate.codemod import Build, Call, StageFacts, UvInstall

_SYSTEM_PREFIXES = frozenset(map(PurePosixPath, ("/", "/usr", "/usr/local")))
_OFF = frozenset({"never", "manual", "false", "0"})


class _Obstacle(NamedTuple):
    """A refusal's place (a byte offset), code, reason and advice."""

    at: int
    code: str
    because: str
    instead: str


def obstacle(
    build: Build, installs: tuple[UvInstall, ...], venvs: Collection[PurePosixPath | None]
) -> Refusal | None:
    """The first reason not to move the installs of one stage, which fill the environments *venvs*."""
    stage = installs[0].call.stage
    kinds = (
        _environments(build, installs, venvs),
        _family(build, installs),
        _commands(build, stage),
        _interpreter(installs),
    )
    found = next((found for kind in kinds for found in kind), None)
    if found is None:
        return None
    return Refusal(build.path, build.line(found.at), found.code, found.because, found.instead)


def _environments(
    build: Build, installs: tuple[UvInstall, ...], venvs: Collection[PurePosixPath | None]
) -> Iterator[_Obstacle]:
    stage, at = installs[0].call.stage, installs[0].call.command.span.start
    odd = any(venv is not None and not PLAIN.fullmatch(str(venv).lstrip("/")) for venv in venvs)
    if odd or None in venvs or _SYSTEM_PREFIXES & {*venvs}:
        because = "the packages go into the image's own Python, or to a place that is not known"
        yield _Obstacle(at, "no-venv", because, "install into a virtual environment")
    made = {venv.path for venv in made_venvs(build) if venv.call.stage in stage.lineage}
    if len({*venvs, *made}) > 1:
        because = f"{stage.name or 'the stage'} makes several environments"
        yield _Obstacle(at, "several-venvs", because, "install everything into one")


def _family(build: Build, installs: tuple[UvInstall, ...]) -> Iterator[_Obstacle]:
    """One of two stages that are built on each other installs what the other has brought."""
    stage = installs[0].call.stage
    for other in uv_installs(build):
        facts = other.call.stage
        if facts is not stage and (facts in stage.lineage or stage in facts.lineage):
            above, below = (facts, stage) if facts in stage.lineage else (stage, facts)
            first = next(one for one in uv_installs(build) if one.call.stage is above)
            because = f"{_called(above)} installs, and {_called(below)}, which is built on it, installs again"
            instead = "install in one of the two only"
            yield _Obstacle(first.call.command.span.start, "install-in-family", because, instead)


def _called(stage: StageFacts) -> str:
    return stage.name or f"stage {stage.index}"


def _commands(build: Build, stage: StageFacts) -> Iterator[_Obstacle]:
    for instruction in stage.instructions:
        run = as_run(instruction)
        words = run.exec_form if run else None
        if words and words[0].rpartition("/")[2] == "uv":
            because = "an install in exec form is not edited"
            yield _Obstacle(
                instruction.text_span.start, "exec-form-install", because, "write it in shell form"
            )
        inner = instruction.inner
        if inner is not None and b"uv" in inner.text_span.of(build.dockerfile.data).split():
            because = "ONBUILD calls uv in the images that are built on this one"
            yield _Obstacle(instruction.text_span.start, "onbuild", because, "install in those images")
    for call, uv in uv_calls(build):
        if call.stage is not stage or uv.verb not in BUILD_VERBS:
            continue
        at = call.command.span.start
        if call.nested is not None or not call.script.located or not droppable(call.command):
            because = f"uv {uv.verb} is tied to other commands".replace("uv  ", "uv ")
            yield _Obstacle(at, "opaque-shell", because, "write it as a plain command of the RUN")
        if not is_root(stage, call.instruction):
            because = f"uv runs as {_user(call)}, who would not own a copy of the environment"
            yield _Obstacle(at, "install-as-non-root", because, "install above USER")


def _user(call: Call) -> str:
    return call.state.user or "a user that is not known"


def _interpreter(installs: tuple[UvInstall, ...]) -> Iterator[_Obstacle]:
    """A Python that uv downloads lies outside of the environment, which only links to it."""
    for install in installs:
        call, base = install.call, install.call.stage.base
        downloads = call.state.env.get("UV_PYTHON_DOWNLOADS")
        managed = call.state.env.get("UV_PYTHON_PREFERENCE") == "only-managed" or install.uv.has(
            "--managed-python"
        )
        known = base is not None and base.kind == "python"
        if managed or not (known or downloads in _OFF or install.uv.has("--no-python-downloads")):
            because = "uv may download the Python that the environment links to, and a copy would miss it"
            yield _Obstacle(
                call.command.span.start,
                "managed-python",
                because,
                "use an image that brings Python, and set UV_PYTHON_DOWNLOADS=never",
            )

"""Why an install cannot move to a build stage."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    MANAGERS,
    UNREAD,
    NamedTuple,
    Refusal,
    as_run,
    droppable,
    handover,
    installs_manager,
    made_venvs,
    read_pip,
    requirement_name,
    uv_calls,
    uv_installs,
)
from uvmigrate_codemods._layers.manifests import PLAIN
from uvmigrate_codemods._layers.sources import is_root, source_copies
from uvmigrate_codemods._leftovers.uses import user_of
from uvmigrate_codemods._settings.known import configured
from uvmigrate_codemods._settings.python import python_of
from uvmigrate_codemods._stages.backends import is_editable, writes_into_sources
from uvmigrate_codemods._stages.statements import BUILD_VERBS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from uvmigrate.codemod import Build, Call, StageFacts, UvCommand, UvInstall

_SYSTEM_PREFIXES = frozenset(map(PurePosixPath, ("/", "/usr", "/usr/local")))
_OFF = frozenset({"never", "manual", "false", "0"})
#: Options by which a sync leaves out what lies beside the project in the context.
LOCAL = frozenset({"--no-install-local", "--no-install-workspace"})


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
        _tools(build, stage),
        _sources(installs),
        _interpreter(build, installs),
        _above(installs),
    )
    found = next((found for kind in kinds for found in kind), None)
    if found is None or isinstance(found, Refusal):
        return found
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
    own = [(call, uv) for call, uv in uv_calls(build) if call.stage is stage and uv.verb in BUILD_VERBS]
    owners = {owner_of(call) for call, _ in own}
    for call, uv in own:
        yield from _command(call, uv, alone=len(owners) == 1)


def _tools(build: Build, stage: StageFacts) -> Iterator[_Obstacle]:
    """A tool that pip installs beside the packages goes with them: what calls it would miss it."""
    for call in stage.calls(b"pip"):
        pip = read_pip(call.command)
        if pip is None or pip.verb != "install" or not installs_manager(pip):
            continue
        words = [call.command.words[argument.first].raw for argument in pip.arguments if not argument.option]
        names = {requirement_name(word.strip("\"'")) for word in words} & MANAGERS - {"uv"}
        for tool in sorted(names):
            user = user_of(build, tool, {call.command.span})
            if user is not None:
                because = f"{tool} would leave the image with the install, and {user} calls it"
                yield _Obstacle(call.command.span.start, "still-used", because, "let uv do that as well")


def owner_of(call: Call) -> str | None:
    """Who owns what a call of uv installs, as ``COPY --chown`` takes it; "" for root, None if not certain."""
    if is_root(call.stage, call.instruction):
        return ""
    found = handover(call.stage, call.instruction)
    if found is None:
        return None
    return f"{found.user}:{found.group}" if found.group else found.user


def _command(call: Call, uv: UvCommand, *, alone: bool) -> Iterator[_Obstacle]:
    at = call.command.span.start
    if call.nested is not None or not call.script.located or not droppable(call.command):
        called = " ".join(["uv", uv.verb]).strip()
        unread = call.nested in UNREAD
        because = (
            f"{called} stands in what cannot be read as a shell script"
            if unread
            else f"{called} is tied to other commands"
        )
        instead = "mend its syntax" if unread else "write it as a plain command of the RUN"
        yield _Obstacle(at, "opaque-shell", because, instead)
    if not alone:
        because = "several users install here, and a copy of the environment belongs to one"
        yield _Obstacle(at, "install-as-non-root", because, "install above USER")
    if owner_of(call) is None:
        because = f"uv runs as {call.state.user}, who would not own a copy of the environment"
        yield _Obstacle(at, "install-as-non-root", because, "install above USER")
    if uv.values("--link-mode") == ("symlink",) or call.state.env.get("UV_LINK_MODE") == "symlink":
        because = "packages are links into uv's cache, which a copy of the environment would miss"
        yield _Obstacle(at, "cache-linked", because, "leave UV_LINK_MODE to uvmigrate")
    written = [r.target for r in call.command.redirects if ">" in r.operator and r.target is not None]
    named = [word.raw for word in written if word.raw not in ("/dev/null", "1", "2", "&1", "&2")]
    if uv.has("--output-file") or named:
        because = f"uv {uv.verb} writes a file, and the image may want it"
        yield _Obstacle(at, "uv-output", because, "write it into the repository, or in a stage of its own")


def _sources(installs: tuple[UvInstall, ...]) -> Iterator[_Obstacle]:
    """An editable install of a project whose build leaves files beside its sources."""
    for install in installs:
        everything = install.first is None or bool({*install.first} & LOCAL)
        built = install.builds is not None or everything
        used = is_editable(install) or _runs_from_sources(install)
        if built and used and writes_into_sources(install, everything=everything):
            because = (
                "building the project may write files beside its sources, where the image would look for them"
            )
            instead = "install it with --no-editable, and keep its package in src/"
            yield _Obstacle(install.call.command.span.start, "built-in-place", because, instead)


def _runs_from_sources(install: UvInstall) -> bool:
    """Whether the container starts in the folder in which the package lies: it is found there first."""
    stage, folder = install.call.stage, install.builds
    path = stage.locate(folder, stage.final) if folder is not None else None
    if folder is None or path is None or stage.final.workdir != folder:
        return False
    root = stage.context.folder / path
    return any(p.name == "__init__.py" and p.parent.parent == root for p in stage.context.repo)


def _above(installs: tuple[UvInstall, ...]) -> Iterator[_Obstacle]:
    """The sources stand above an install that needs none: what keeps them there is to be parted first."""
    first = installs[0]
    if first.first is not None and source_copies(first.call.stage, first):
        because = "the sources are copied above the install, and layer-split has to part them first"
        instead = "see what layer-split says of it"
        yield _Obstacle(first.call.command.span.start, "sources-needed", because, instead)


def _interpreter(build: Build, installs: tuple[UvInstall, ...]) -> Iterator[_Obstacle | Refusal]:
    """A Python that uv downloads lies outside of the environment, which only links to it."""
    stage, first = installs[0].call.stage, installs[0].call
    calls = [(call, uv) for call, uv in uv_calls(build) if call.stage is stage]
    chosen = next((call for call, uv in calls if _manages(uv)), None)
    preferred = first.state.env.get("UV_PYTHON_PREFERENCE") == "only-managed" or any(
        configured(install, "python-preference") for install in installs
    )
    off = first.state.env.get("UV_PYTHON_DOWNLOADS") in _OFF or first.state.env.get("UV_NO_MANAGED_PYTHON")
    answer = "base" if off else python_of(build, stage, installs)
    if isinstance(answer, Refusal):
        yield answer
    elif chosen is not None or preferred or answer != "base":
        call = chosen or first
        because = "uv may download the Python that the environment links to, and a copy would miss it"
        instead = "use an image that brings Python, and set UV_PYTHON_DOWNLOADS=never"
        yield _Obstacle(call.command.span.start, "managed-python", because, instead)


def _manages(uv: UvCommand) -> bool:
    return uv.verb in ("python install", "python upgrade") or uv.has("--managed-python")

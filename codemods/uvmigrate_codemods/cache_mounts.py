"""uv's cache is mounted where uv installs, and so are files that nothing but an install reads.

uv's guide "Using uv in Docker", sections "Caching" and "Intermediate layers"; BuildKit's reference,
"RUN --mount". Bind targets are absolute: older builders take no others.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from uvmigrate.codemod import Change, Codemod, Context, Refusal, as_run, starts_as_root, uv_calls, uv_installs
from uvmigrate_codemods._layers.binds import find_bound
from uvmigrate_codemods._layers.mounting import Mounting
from uvmigrate_codemods._layers.sources import is_root
from uvmigrate_codemods._means import MANIFESTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Build, Call, UvCommand

#: The verbs that fill uv's cache.
_FILLING = frozenset({"sync", "pip install", "pip sync", "add", "tool install"})
#: Those that do not touch it.
_NOT_TOUCHING = frozenset({"", "version", "help", "cache clean", "cache prune", "cache dir", "self update"})
_Calls = list[tuple["Call", "UvCommand"]]


def run(context: Context) -> Iterator[Change | Refusal]:
    """One change for all stages with a common first one, because they share the variables of uv."""
    for build in context.builds:
        if build.path in context.targets:
            continue
        together: dict[int, _Calls] = defaultdict(list)
        for call, uv in uv_calls(build):
            if uv.verb not in _NOT_TOUCHING:
                together[call.stage.lineage[0].index].append((call, uv))
        unmounted = tuple(_exec_forms(build))
        yield from unmounted
        for number, calls in enumerate(() if unmounted else together.values()):
            users = {
                "root" if is_root(call.stage, call.instruction) else call.state.user for call, _ in calls
            }
            yield from _mount(Mounting(build, syntax=number == 0, alone=len(users) == 1), calls)


def _exec_forms(build: Build) -> Iterator[Refusal]:
    """Installs without a shell and without a cache: they would leave one in the image."""
    for instruction in build.dockerfile.instructions:
        run = as_run(instruction)
        words = run.exec_form if run else None
        installs = (
            words and words[0].rpartition("/")[2] == "uv" and words[1:2] in (("sync",), ("pip",), ("add",))
        )
        if run and installs and not any(mount.type == "cache" for mount in run.mounts):
            line = build.line(instruction.text_span.start)
            because = "an install in exec form is not edited"
            yield Refusal(build.path, line, "exec-form-install", because, "write it in shell form")


def _mount(mounting: Mounting, calls: _Calls) -> Iterator[Change | Refusal]:
    """The mounts of one family of stages: all of its installs have them, or none."""
    build = mounting.build
    for call, uv in (found for found in calls if found[1].verb in _FILLING):
        if call.stage.state(call.instruction).shell[0].lower().startswith(("powershell", "cmd")):
            return
        problem = mounting.add(call, uv)
        if problem is not None:
            line = build.line(call.command.span.start)
            yield Refusal(build.path, line, problem.code, problem.because, problem.instead)
            return
    for call, uv in calls:
        mounting.add_too(call, uv)
    installs = uv_installs(build)
    for stage in {call.stage.index: call.stage for call, _ in calls}.values():
        for bound in find_bound(build, stage, tuple(i for i in installs if i.call.stage is stage)):
            mounting.bind(bound)
    stale = mounting.reinstall(installs)
    if stale is not None:
        yield stale
        return
    edits = mounting.finish()
    if not edits:
        return
    stages = [stage for stage in mounting.stages if stage.final.user is None]
    bases = {
        stage.base.reference if stage.base else "the base image"
        for stage in stages
        if not stage.base or not starts_as_root(build, stage.base)
    }
    notes = [f"{base} is taken to run as root: check that it does" for base in sorted(bases)]
    if mounting.bumped:
        notes.append("the pinned Dockerfile syntax knows no mounts: check that the newer one can be pulled")
    yield Change(
        {build.path: edits}, notes=tuple(notes), level="review" if notes else None, builds=(build.path,)
    )


CODEMOD = Codemod(
    id="cache-mounts",
    title="Mount uv's cache and the manifests into the install",
    why="An install finds in the builder's cache what it had before, and leaves nothing of it in the image.",
    docs="https://docs.astral.sh/uv/guides/integration/docker/#caching",
    level="safe",
    run=run,
    after=("uv-switch", "layer-split", "multi-stage"),
    requires=("uv-switch",),
    means={
        "environment": ("UV_CACHE_DIR", "UV_LINK_MODE", "UV_NO_CACHE"),
        "file": (*MANIFESTS, "*/README*"),
    },
)

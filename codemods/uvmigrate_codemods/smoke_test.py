"""A RUN that imports the project's packages, so that an image without one of them is never made.

``-I`` is Python's isolated mode (Python's documentation, "Command line and environment"): what is found is in
the environment, and not just in the working directory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import Change, Codemod, Context, Edit, Refusal, below, is_set
from uvmigrate_codemods._run.environment import Syncs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Build, StageFacts, UvInstall
    from uvmigrate_codemods._smoke_test.places import Spot

_NOTE = (
    "importing runs code of the packages while the image is built: take out those that need what is not "
    "there then, such as a display or a database"
)


def run(context: Context) -> Iterator[Change | Refusal]:
    """One change for each image that holds an environment of ``uv sync``."""
    from uvmigrate_codemods._smoke_test.packages import dependencies
    from uvmigrate_codemods._smoke_test.places import (
        can_run,
        check,
        environments,
        is_built_elsewhere,
        is_checked,
        spot,
    )

    for build in context.builds:
        if build.path in context.targets:
            continue
        syncs = Syncs.of(build)
        done = {facts.index for facts in build.stages if is_checked(facts)}
        for final in build.final_stages if syncs.made else ():
            here = spot(final)
            if here is None or not can_run(final) or done & {facts.index for facts in final.lineage}:
                continue
            lines: list[str] = []
            for environment, sync in environments(final, syncs).items():
                own = _own(build, here, sync)
                names = dependencies(sync)
                if isinstance(own, Refusal):
                    yield own
                elif own:
                    names = (own, *names)
                lines += [check(final, here, environment, names)] if names else []
            if lines and is_built_elsewhere(build, final):
                yield _elsewhere(build, final)
            elif lines:
                done.add(here.facts.index)
                edit = Edit.insert(*below(build.dockerfile, here.instruction, *lines))
                yield Change({build.path: (edit,)}, notes=(_NOTE,), builds=(build.path,))


def _own(build: Build, here: Spot, sync: UvInstall) -> str | Refusal:
    """The module that a sync installs of the project itself; empty where none is certain."""
    from uvmigrate_codemods._smoke_test.packages import module_name, own_module

    call, project = sync.call, sync.project
    path = own_module(call.stage.context, project) if project is not None else None
    if sync.builds is None or path is None:
        return ""
    place = sync.builds / path
    if sync.uv.has("--no-editable") or is_set(call, "UV_NO_EDITABLE"):
        return module_name(path) if call.locate(str(place)) is not None else ""
    if here.facts.locate(place, here.state) is not None:
        return module_name(path)
    because = f"uv sync installs the project editable, and the image has no {place} to import"
    instead = "install it with --no-editable, or copy its sources to where they were"
    return Refusal(build.path, build.line(call.command.span.start), "sources-missing", because, instead)


def _elsewhere(build: Build, final: StageFacts) -> Refusal:
    """A build for several platforms, in which nothing needs an emulator so far."""
    line = build.line(final.stage.from_.span.start)
    because = "the builder's platform is named, and nothing runs in this image while it is built"
    instead = "write the RUN by hand if every builder has an emulator for the other platforms"
    return Refusal(build.path, line, "cross-build", because, instead)


CODEMOD = Codemod(
    id="smoke-test",
    title="Import the project's packages while building",
    why="An image that cannot import what the application imports is never made.",
    docs="https://docs.python.org/3/using/cmdline.html#cmdoption-I",
    level="opt-in",
    run=run,
    after=("no-sync", "exec-form"),
)

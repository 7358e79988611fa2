"""The outcome for each Dockerfile: what its installs were, and what they are when the series has run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from uvmigrate.build import find_manager, installs, managed_calls, mentions_managers, starts, uv_calls
from uvmigrate.codemod import Refusal, Target
from uvmigrate.plan.migration import BuildResult

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import PurePosixPath

    from uvmigrate.build import Build
    from uvmigrate.codemod import Context
    from uvmigrate.plan.migration import Status


#: What poetry and pipenv may still do for an image, where uv does not.
_WORKING = frozenset({"build", "export", "run", "requirements", "lock"})


def build_results(
    first: Context, last: Context, refusals: Collection[Refusal], changed: Collection[PurePosixPath]
) -> tuple[BuildResult, ...]:
    """One result for every Dockerfile that could be read, from the contexts before and after the series."""
    after = {build.path: build for build in last.builds}
    results = []
    for build in first.builds:
        target = first.targets.get(build.path)
        strategy = target.strategy if isinstance(target, Target) else _uv_strategy(build)
        status, why = _status(build, after[build.path], target, refusals, changed)
        results.append(BuildResult(build.path, build.context.folder, strategy, status, why))
    return tuple(results)


def _status(
    before: Build,
    after: Build,
    target: Target | Refusal | None,
    refusals: Collection[Refusal],
    changed: Collection[PurePosixPath],
) -> tuple[Status, str]:
    if isinstance(target, Refusal):
        return "refused", f"{target.code}: {target.because}"
    if not before.stages:
        return "noop", "has no FROM, so no image is made of it"
    if target is None and not uv_calls(before):
        return "noop", "installs no Python packages"
    if target is None and before.path not in changed:
        return "noop", "already uses uv, and nothing of the pattern is missing that can be added"
    left = {install.stage.index for install in installs(after)}
    managed = next((one for one in managed_calls(after) if one.tool.verb in _WORKING), None)
    started = next(_started_by_managers(after), None)
    if not left and managed is None and started is not None:
        return "partial", f"{started} starts the container"
    if not left and managed is not None:
        line = after.line(managed.call.command.span.start)
        return "partial", f"{managed.tool.tool} {managed.tool.verb} stays (line {line} of the result)"
    if not left:
        return "migrated", target.why if target is not None else "was on uv already"
    switched = any(
        not left & {stage.index for stage in final.lineage} and _installs(before, final.index)
        for final in after.final_stages
    )
    if switched:
        return "partial", "some of its images still install with pip"
    mine = next((refusal for refusal in refusals if refusal.path == before.path), None)
    if mine is not None:
        return "refused", f"{mine.code}: {mine.because}"
    project = target.project if target is not None else None
    manifest = project.folder / "pyproject.toml" if project is not None else None
    stopped = next((refusal for refusal in refusals if refusal.path == manifest), None)
    return "refused", str(stopped) if stopped else "uv-switch was left out"


def _installs(build: Build, index: int) -> bool:
    lineage = {stage.index for stage in build.stages[index].lineage}
    return any(install.stage.index in lineage for install in installs(build))


def _started_by_managers(build: Build) -> Iterator[str]:
    """The calls of poetry and pipenv that start the images of a build, as they are written."""
    if mentions_managers(build):
        for stage in build.final_stages:
            for start in starts(build, stage):
                tool = find_manager(start.command)
                if tool is not None and start.carrier == "instruction":
                    yield f"{tool.tool} {tool.verb}"


def _uv_strategy(build: Build) -> Literal["sync", "pip"] | None:
    verbs = {uv.verb for _, uv in uv_calls(build)}
    return "sync" if "sync" in verbs else "pip" if verbs & {"pip install", "pip sync"} else None

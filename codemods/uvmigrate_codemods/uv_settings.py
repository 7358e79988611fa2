"""The settings of the pattern: compile at build time, download no Python, write no bytecode at run time.

The first two are from uv's guide "Using uv in Docker" ("Compiling bytecode", "Managing Python"); the last is
Python's own PYTHONDONTWRITEBYTECODE.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    Change,
    Codemod,
    Context,
    Edit,
    Refusal,
    append_words,
    as_env,
    edit_pairs,
    insertion_point,
    new_lines,
    read_uv,
    starts,
    uv_installs,
)
from uvmigrate_codemods._settings.known import COMPILE, compiles, configured, is_known
from uvmigrate_codemods._settings.python import python_of
from uvmigrate_codemods._settings.runtime import at_run_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Build, StageFacts, UvInstall

DOWNLOADS = "UV_PYTHON_DOWNLOADS"


def run(context: Context) -> Iterator[Change | Refusal]:
    """One change for each stage that installs, and one for each image that runs what was installed."""
    for build in context.builds:
        if build.path in context.targets:
            continue
        done: set[int] = set()
        installs = uv_installs(build)
        for stage in build.stages:
            own = tuple(install for install in installs if install.call.stage is stage)
            inherited = done & {facts.index for facts in stage.lineage}
            if own and not inherited:
                done.add(stage.index)
                yield from _at_build(build, stage, own)
        yield from at_run_time(build, installs)


def _at_build(build: Build, stage: StageFacts, installs: tuple[UvInstall, ...]) -> Iterator[Change | Refusal]:
    """The build settings of one stage."""
    settings: dict[str, str] = {}
    edits: list[Edit] = []
    if compiles(stage, installs) is None:
        if _syncs_at_start(build, stage):
            edits += [append_words(install.call.command, "--compile-bytecode") for install in installs]
        else:
            settings[COMPILE] = "1"
    if not is_known(stage, DOWNLOADS) and not any(configured(i, "python-downloads") for i in installs):
        answer = python_of(build, stage, installs)
        if isinstance(answer, Refusal):
            yield answer
        elif answer == "base":
            settings[DOWNLOADS] = "never"
    if settings:
        edits += _into_build_env(build, stage, settings)
    if edits:
        yield Change({build.path: tuple(edits)}, builds=(build.path,))


def _syncs_at_start(build: Build, stage: StageFacts) -> bool:
    """Whether ``uv run`` starts a container with the stage's variables: it would compile each time."""
    commands = (
        start.command
        for final in build.final_stages
        if stage in final.lineage
        for start in starts(build, final)
    )
    return any(uv is not None and uv.verb == "run" for uv in map(read_uv, commands))


def _into_build_env(build: Build, stage: StageFacts, settings: dict[str, str]) -> tuple[Edit, ...]:
    """Into the ENV above the first use of uv that holds nothing but uv's settings, or into one of its own."""
    dockerfile = build.dockerfile
    first = next(call.instruction for call in stage.calls(b"uv") if read_uv(call.command))
    for env in reversed(stage.instructions[: stage.instructions.index(first)]):
        pairs = as_env(env)
        own = pairs and all(pair.key.startswith("UV_") or pair.key == "VIRTUAL_ENV" for pair in pairs)
        if own and pairs and not pairs[0].legacy:
            return edit_pairs(dockerfile, env, add=settings)
    line = "ENV " + " \\\n    ".join(f"{name}={value}" for name, value in sorted(settings.items()))
    return (Edit.insert(insertion_point(dockerfile, first), new_lines(dockerfile, line)),)


CODEMOD = Codemod(
    id="uv-settings",
    title="Compile at build time and download no Python",
    why="Containers start faster and write no bytecode, and no build uses another Python than the image's.",
    docs="https://docs.astral.sh/uv/guides/integration/docker/#compiling-bytecode",
    level="safe",
    run=run,
    after=("cache-mounts",),
    requires=("uv-switch",),
    means={
        "environment": ("PYTHONDONTWRITEBYTECODE", "UV_COMPILE_BYTECODE", "UV_PYTHON_DOWNLOADS"),
    },
)

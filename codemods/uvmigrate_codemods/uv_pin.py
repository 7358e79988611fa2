"""uv itself at one version, and the packages at those of the lock, in files that are on uv already.

uv's guide "Using uv in Docker" asks for a pinned image: with ``latest``, every release of uv throws away all
layers below its COPY, and a build of tomorrow is made by another uv than that of today.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import Change, Codemod, Context, Refusal, starts, uv_calls
from uvmigrate_codemods._means import ENVIRONMENT, MANIFESTS, UV
from uvmigrate_codemods._pin.images import pin_images
from uvmigrate_codemods._pin.installers import replace_installers
from uvmigrate_codemods._pin.locks import hold_to_locks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Build


def run(context: Context) -> Iterator[Change | Refusal]:
    """One change for each thing that moves, so that an ignore comment holds for that one alone."""
    builds = [build for build in context.builds if build.path not in context.targets]
    for build in builds:
        yield from pin_images(build, context.settings)
        if _calls_uv(build):
            yield from replace_installers(build, context.settings)
    yield from hold_to_locks(context, builds)


def _calls_uv(build: Build) -> bool:
    """Whether the image is made with uv, or starts with it: else uv is there for people, who may choose."""
    return bool(uv_calls(build)) or any(
        "uv" in start.command.argv for facts in build.final_stages for start in starts(build, facts)
    )


CODEMOD = Codemod(
    id="uv-pin",
    title="Pin uv, and hold uv sync to the lock",
    why="The same sources make the same image tomorrow, and a release of uv does not throw away the layers.",
    docs="https://docs.astral.sh/uv/guides/integration/docker/#installing-uv",
    level="safe",
    run=run,
    after=("uv-switch",),
    means={
        "distribution": ("uv",),
        "environment": ENVIRONMENT,
        "file": (*MANIFESTS, *UV, "*/.local/bin/env*", "*/.config/uv/*", "*/uv-installer.sh"),
        "size": ("uv",),
    },
)

"""uv is shown to the RUNs that call it, and no part of the image.

uv's guide "Using uv in Docker", "Installing uv", and BuildKit's reference, "RUN --mount=type=bind". BuildKit
removes the empty file that a mount needs to stand on: nothing of uv is left (tests/engine/test_uv_mount.py).
``multi-stage`` leaves uv behind as well, but cannot where packages go into the image's own Python.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from uvmigrate.codemod import Change, Codemod, Context, Refusal, as_run
from uvmigrate_codemods._means import UV
from uvmigrate_codemods._uv_mount.brought import brought

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Build
    from uvmigrate_codemods._uv_mount.brought import Brought


def run(context: Context) -> Iterator[Change | Refusal]:
    """One change for all stages with a common first one: what one of them brings, the others have."""
    for build in context.builds:
        if build.path in context.targets or context.settings.keep_uv or not _mounts(build):
            continue
        together: dict[int, list[Brought]] = defaultdict(list)
        for found in brought(build):
            together[found.stage.lineage[0].index].append(found)
        if together:
            from uvmigrate_codemods._uv_mount.mounting import mounted

            for ways in together.values():
                yield from mounted(context, build, ways)


def _mounts(build: Build) -> bool:
    """Whether the Dockerfile has mounts: one without may be for a builder that knows none."""
    runs = (as_run(instruction) for facts in build.stages for instruction in facts.instructions)
    return any(found.mounts for found in runs if found is not None)


CODEMOD = Codemod(
    id="uv-mount",
    title="Mount uv while it installs, leave it out of the image",
    why="The image holds no uv where nothing that runs in it calls one: smaller, with less to attack.",
    docs="https://docs.astral.sh/uv/guides/integration/docker/#installing-uv",
    level="review",
    run=run,
    after=("uv-switch", "uv-pin", "multi-stage", "cache-mounts"),
    requires=("uv-switch", "cache-mounts"),
    means={
        "file": UV,
    },
)

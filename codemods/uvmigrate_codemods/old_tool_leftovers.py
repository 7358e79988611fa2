"""What served pip, poetry and pipenv goes where uv installs: installs, upgrades, clean-ups and settings.

pip's own documentation ("Configuration", "Caching") says what they did; uv reads none of pip's settings (uv's
guide "Compatibility with pip"). For poetry and pipenv it is their "Installation" and "Configuration".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import Change, Codemod, Context, Refusal
from uvmigrate_codemods._leftovers.changes import Clearing
from uvmigrate_codemods._leftovers.commands import find_leftovers, on_uv
from uvmigrate_codemods._means import HOMES, TOOLS

if TYPE_CHECKING:
    from collections.abc import Iterator


def run(context: Context) -> Iterator[Change | Refusal]:
    """One change for each instruction, in builds where nothing installs with pip any more."""
    for build in context.builds:
        if build.path not in context.targets and on_uv(build):
            found = find_leftovers(build)
            yield from found.refusals
            yield from Clearing(build, found).changes()


CODEMOD = Codemod(
    id="old-tool-leftovers",
    title="Drop what only pip and other old installers needed",
    why="Upgrades, clean-ups and settings of tools that nothing calls cost build time and mislead readers.",
    docs="https://docs.astral.sh/uv/pip/compatibility/#configuration-files-and-environment-variables",
    level="safe",
    run=run,
    after=("uv-switch", "uv-pin"),
    requires=("uv-switch",),
    means={
        "distribution": TOOLS,
        "environment": ("PATH", "PIP_*", "PIPENV_*", "PIPX_*", "POETRY_*"),
        "file": (*HOMES, "*/pip.conf"),
    },
)

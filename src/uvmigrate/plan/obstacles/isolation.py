"""Builds without isolation: they take their tools from the environment, which starts without any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.plan.isolated import in_isolation, missing_tool
from uvmigrate.plan.obstacles.mixed import stays
from uvmigrate.plan.obstacles.refusals import refuse_call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.build import Build
    from uvmigrate.build.installs import Install
    from uvmigrate.codemod import Refusal


def isolation(build: Build, installs: tuple[Install, ...]) -> Iterator[Refusal]:
    """A refusal for each install without isolation whose tools nothing brings, and that needs the option."""
    if stays(build, installs):
        return
    needless = in_isolation(build)
    for install in installs:
        missing = missing_tool(build, installs, install)
        if missing is not None and install.call.command.span.start not in needless:
            because = f"--no-build-isolation: no install above brings {missing} into the environment"
            instead = f"install {missing} in a command above, or build with isolation"
            yield refuse_call(build, install.call, "pip-option", because, instead)

"""Base images that do not say what an environment would need to know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.plan.obstacles.refusals import refuse_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.build import Build
    from uvmigrate.build.installs import Install
    from uvmigrate.codemod import Refusal


def bases(build: Build, installs: tuple[Install, ...]) -> Iterator[Refusal]:
    """A refusal for each install on a base whose Python is too old, or not known."""
    for install in installs:
        base = install.stage.base
        line = install.stage.lineage[0].stage.from_.span.start
        if base is None:
            because = "which image this is FROM depends on an ARG without a default"
            yield refuse_at(build, line, "base-unknown", because, "give the ARG a default")
        elif base.windows:
            yield refuse_at(
                build, line, "windows", "uv's image is for Linux containers", "migrate this image by hand"
            )
        elif base.python is not None and base.python < (3, 7):
            version = ".".join(map(str, base.python))
            because = f"uv installs for Python 3.7 and newer, and this image has {version}"
            yield refuse_at(
                build, line, "python-too-old", because, "move the image to a supported Python first"
            )
        elif base.kind in ("unknown", "distribution", "scratch"):
            because = f"which Python {base.reference} has, and what else is in it, its name does not tell"
            yield refuse_at(
                build, line, "base-unknown", because, "use an official python image, or migrate by hand"
            )

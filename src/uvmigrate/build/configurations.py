"""Files by which other programs than a shell start Python in a container: uWSGI's, supervisord's, cron's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

    from uvmigrate.build.model import Build

_CONFIGURES = re.compile(r"(?i).*\.(ini|conf|cron)|.*supervisor.*|.*cron(tab)?.*|Procfile")
_CRON = re.compile(r"(?i).*cron.*")


def configurations(build: Build) -> Iterator[PurePosixPath]:
    """The context paths of such files that a COPY of the build brings into an image."""
    folder = build.context.folder
    for path in build.context.repo:
        if _CONFIGURES.fullmatch(path.name) and path.suffix != ".py" and path.is_relative_to(folder):
            inside = path.relative_to(folder)
            if not build.context.ignore.ignores(inside) and _copied(build, inside):
                yield inside


def is_cron(path: PurePosixPath) -> bool:
    """Whether a file is cron's, which takes nothing from the image's environment."""
    return _CRON.fullmatch(path.name) is not None


def _copied(build: Build, path: PurePosixPath) -> bool:
    """Whether a COPY of the build brings the file into an image."""
    sources = {
        source
        for facts in build.stages
        for copied in facts.final.copies
        if copied.origin is None
        for source in copied.sources
    }
    return any(path.is_relative_to(match) for source in sources for match in build.context.matches(source))

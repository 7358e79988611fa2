"""Files by which other programs than a shell start Python in a container: uWSGI's, supervisord's, cron's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.build.start_scripts import context_file, start_scripts
from uvmigrate.source import Span, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

    from uvmigrate.build.model import Build

_CONFIGURES = lazy_pattern(r"(?i)(?!.*\.py\Z)(?:.*\.(ini|conf|cron)|.*supervisor.*|.*cron(tab)?.*|Procfile)")
_CRON = lazy_pattern(r"(?i).*cron.*")
#: Where the settings of supervisord and circus say what they start; and what a line of a Procfile starts.
_PROGRAMS = lazy_pattern(rb"(?m)^\[(?:program|eventlistener|fcgi-program|watcher):")
_COMMAND = lazy_pattern(rb"(?m)^[ \t]*(?:command|cmd)[ \t]*=[ \t]*(?P<command>[^\r\n]+)")
_READERS = lazy_pattern(rb"\b(?:honcho|foreman|goreman|hivemind|overmind)\b")
_PROCESS = lazy_pattern(rb"(?m)^[\w-]+:[ \t]*(?P<command>[^\r\n]+)")


def configurations(build: Build) -> Iterator[PurePosixPath]:
    """The context paths of such files that a COPY of the build brings into an image."""
    for path in build.context.matching(_CONFIGURES):
        if build.context.ignore.ignores(path) or not _copied(build, path):
            continue
        # A platform that makes an image of its own reads a Procfile as well.
        if path.name != "Procfile" or _reads_procfile(build):
            yield path


def is_cron(path: PurePosixPath) -> bool:
    """Whether a file is cron's, which takes nothing from the image's environment."""
    return _CRON.fullmatch(path.name) is not None


def commands_in(path: PurePosixPath, data: bytes) -> Iterator[Span]:
    """Where the settings of supervisord or circus, or a Procfile, have the commands that are started."""
    if path.name == "Procfile":
        pattern = _PROCESS
    elif _PROGRAMS.search(data):
        pattern = _COMMAND
    else:
        return
    for found in pattern.finditer(data):
        yield Span(*found.span("command"))


def _reads_procfile(build: Build) -> bool:
    """Whether something that starts a container starts what a Procfile says."""
    scripts = (context_file(build, path) for path in start_scripts(build))
    composed = (file.data for file, _ in build.services)
    return any(_READERS.search(data) for data in (build.dockerfile.data, *composed, *scripts))


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

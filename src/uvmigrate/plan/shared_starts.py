"""Scripts and compose files that several images start by: what follows the switch of one must suit all."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from uvmigrate.build import follow, installs, start_scripts
from uvmigrate.codemod import Refusal, Target
from uvmigrate.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import PurePosixPath

    from uvmigrate.build import Build
    from uvmigrate.source import Edit


class _Part(NamedTuple):
    """What starts containers of a build: a span of a file."""

    build: Build
    span: Span


def shared_starts(
    builds: Iterable[Build], decided: Mapping[PurePosixPath, Target | Refusal]
) -> dict[PurePosixPath, Refusal]:
    """A refusal for each build whose switch would edit what starts the containers of another as well.

    It is right where the other asks for the same edit. *decided* are the decisions on all of them.
    """
    builds = tuple(builds)
    edits = {build.path: _edits(build, decided.get(build.path)) for build in builds}
    if not any(edits.values()):
        return {}
    parts: dict[PurePosixPath, list[_Part]] = defaultdict(list)
    for build in builds:
        for path, span in _parts(build):
            parts[path].append(_Part(build, span))
    found: dict[PurePosixPath, Refusal] = {}
    for build in builds:
        for path, some in edits[build.path].items():
            for part in parts[path]:
                others = edits[part.build.path].get(path, ())
                if any(part.span.contains(edit.span) and edit not in others for edit in some):
                    found.setdefault(build.path, _refusal(build, path, part.build))
    return found


def _edits(build: Build, target: Target | Refusal | None) -> Mapping[PurePosixPath, tuple[Edit, ...]]:
    return follow(build, installs(build), target.venv).edits if isinstance(target, Target) else {}


def _parts(build: Build) -> Iterator[tuple[PurePosixPath, Span]]:
    folder = build.context.folder
    for path in start_scripts(build):
        yield folder / path, Span(0, len(build.context.repo.get(folder / path, b"")))
    for _, service in build.services:
        for given in (service.command, service.entrypoint, service.healthcheck):
            if given is not None:
                yield given.path, given.span


def _refusal(build: Build, path: PurePosixPath, other: Build) -> Refusal:
    because = f"{path} starts the image of {other.path} as well, which stays as it is"
    instead = "give each image a script of its own, or mend what keeps the other back"
    return Refusal(build.path, 0, "shared-start", because, instead)

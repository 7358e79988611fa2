"""Scripts and compose files that several images start by: what follows the switch of one must suit all."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.build import binds, configurations, follow, installs, launchers, mounted_files, start_scripts
from uvmigrate.codemod import Refusal, Target
from uvmigrate.source import NamedTuple, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from uvmigrate.build import Build
    from uvmigrate.compose import ComposeFile, Service
    from uvmigrate.source import Edit, Repo


class Around(NamedTuple):
    """What else of a repository starts containers: its compose files, and the builds that are not planned."""

    compose: tuple[ComposeFile, ...] = ()
    builds: tuple[Build, ...] = ()


class _Part(NamedTuple):
    """What starts containers: a span of a file, and the Dockerfile of their image; None for other images."""

    build: PurePosixPath | None
    what: str
    span: Span


def shared_starts(
    repo: Repo,
    builds: Iterable[Build],
    decided: Mapping[PurePosixPath, Target | Refusal],
    around: Callable[[], Around],
) -> dict[PurePosixPath, Refusal]:
    """A refusal for each build whose switch would edit what starts the containers of another as well.

    It is right where the other asks for the same edit. *decided* are the decisions on all of them; a service
    of an image that the repository does not build asks for none. *around* is asked only where it matters.
    """
    builds = tuple(builds)
    edits = {build.path: _edits(build, decided.get(build.path)) for build in builds}
    if not any(edits.values()):
        return {}
    parts: dict[PurePosixPath, list[_Part]] = defaultdict(list)
    others = around()
    for build in (*builds, *others.builds):
        for path, span in _parts(build):
            parts[path].append(_Part(build.path, f"the image of {build.path}", span))
    for path, part in _foreign(repo, (*builds, *others.builds), others.compose):
        parts[path].append(part)
    found: dict[PurePosixPath, Refusal] = {}
    for build in builds:
        for path, some in edits[build.path].items():
            for part in parts[path]:
                asked = edits[part.build].get(path, ()) if part.build in edits else ()
                if any(part.span.contains(edit.span) and edit not in asked for edit in some):
                    found.setdefault(build.path, _refusal(build, path, part.what))
    return found


def _edits(build: Build, target: Target | Refusal | None) -> Mapping[PurePosixPath, tuple[Edit, ...]]:
    return follow(build, installs(build), target.venv).edits if isinstance(target, Target) else {}


def _parts(build: Build) -> Iterator[tuple[PurePosixPath, Span]]:
    folder = build.context.folder
    started = {path for path, _ in launchers(build)}
    for path in sorted(start_scripts(build) | started | set(configurations(build))):
        yield folder / path, Span(0, len(build.context.repo.get(folder / path, b"")))
    for _, service in build.services:
        for given in service.runs:
            yield given.path, given.span


def _foreign(
    repo: Repo, builds: Iterable[Build], compose: Iterable[ComposeFile]
) -> Iterator[tuple[PurePosixPath, _Part]]:
    """What starts the services of images that the repository does not build, files mounted there included."""
    ours = {(file.path, service.name) for build in builds for file, service in build.services}
    for file in compose:
        for service in (one for one in file.services if (file.path, one.name) not in ours):
            what = f"the service {service.name} of another image"
            for given in service.runs:
                yield given.path, _Part(None, what, given.span)
                for word in given.argv or (given.text or "").split():
                    for path in _mounted(repo, service, word):
                        yield path, _Part(None, what, Span(0, len(repo.get(path, b""))))


def _mounted(repo: Repo, service: Service, word: str) -> Iterator[PurePosixPath]:
    """The files of the repository that a word may name in a container."""
    if not re.fullmatch(r"[\w./-]+", word):
        return
    # Where the image says in which folder it starts, that is not known.
    folders = [service.working_dir] if service.working_dir else [mount.target for mount in service.volumes]
    for folder in folders or ["/"]:
        yield from mounted_files(repo, binds([service]), PurePosixPath("/") / folder / word)


def _refusal(build: Build, path: PurePosixPath, what: str) -> Refusal:
    because = f"{path} starts {what} as well, which does not change in the same way"
    instead = "give each image a script of its own, or mend what keeps the other back"
    return Refusal(build.path, 0, "shared-start", because, instead)

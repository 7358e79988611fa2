"""Which files of a repository are Dockerfiles, and what each is built from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.build.context import within
from uvmigrate.build.installs import installs
from uvmigrate.build.managed import managed_calls, manager_root
from uvmigrate.build.model import Build, read_build
from uvmigrate.build.uv_installs import uv_installs
from uvmigrate.compose import services_of
from uvmigrate.source import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import PurePosixPath

    from uvmigrate.build.image import BaseImage
    from uvmigrate.compose import ComposeFile
    from uvmigrate.source import Repo

_NAME = lazy_pattern(
    r"(?:dockerfile|containerfile)(?:[._-].+)?|.+\.(?:dockerfile|containerfile)", re.IGNORECASE
)
#: The suffixes of files that bear the name and are something else.
_OTHERS = frozenset(
    """dockerignore go py rb js ts java cs md rst txt html sh yaml yml json lock bak orig swp
    j2 jinja jinja2 tmpl template tpl erb mustache in""".split()
)
_PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")


def is_dockerfile(path: PurePosixPath) -> bool:
    """Whether the file's name says that it is a Dockerfile (``Dockerfile``, ``web.Dockerfile``, …)."""
    return bool(_NAME.fullmatch(path.name)) and path.name.rpartition(".")[2].lower() not in _OTHERS


def find_dockerfiles(repo: Repo, below: PurePosixPath) -> tuple[PurePosixPath, ...]:
    """The Dockerfiles below a folder, or the one file that *below* names."""
    if below in repo:
        return (below,)
    return tuple(path for path in repo.matching(_NAME) if within(path, below) and is_dockerfile(path))


def build_of(
    repo: Repo,
    path: PurePosixPath,
    compose: Iterable[ComposeFile],
    folder: PurePosixPath | None = None,
    complete: Callable[[BaseImage, PurePosixPath], BaseImage] | None = None,
) -> Build:
    """The build of one Dockerfile, in the context that compose names or its COPY sources resolve from.

    ``COPY . .`` resolves from everywhere: there the manifests decide that the installs read.

    *folder* is that context where it is known already: a file that a step adds must not change it. *complete*
    is as `read_build` takes it (`OwnImages.complete`).
    """
    services = services_of(compose, path)
    if folder is not None:
        return read_build(repo, path, folder, services, complete)
    named = {service.build.folder() for _, service in services if service.build} - {None}
    candidates = [folder for folder in sorted(named, key=str) if folder is not None]
    candidates += [path.parent, *path.parent.parents]
    builds = [read_build(repo, path, folder, services, complete) for folder in dict.fromkeys(candidates)]
    # The first of those with the most sources found; compose's word counts where it names one context.
    if len(named) == 1 or len(builds) == 1:
        return builds[0]
    found = [_resolved(build) for build in builds]
    best = [build for build, number in zip(builds, found, strict=True) if number == max(found)]
    return max(best, key=_manifests) if len(best) > 1 else best[0]


def _resolved(build: Build) -> int:
    """How many of the build's COPY sources are found in its context."""
    copies = (facts.copied(instruction) for facts in build.stages for instruction in facts.instructions)
    return sum(
        bool(build.context.matches(source))
        for copied in copies
        if copied is not None and copied.origin is None
        for source in copied.sources
    )


def _manifests(build: Build) -> int:
    """How many of the manifests that the build's installs read are found in its context."""
    context = build.context
    found = sum(manager_root(*managed) is not None for managed in managed_calls(build))
    for install in installs(build):
        found += sum(path is not None for path in install.files)
        folders = [project.folder for project in install.projects if project.folder is not None]
        found += sum(any(context.has(one / name) for name in _PROJECT_FILES) for one in folders)
    for by_uv in uv_installs(build):
        found += len(by_uv.files)
        if by_uv.builds is not None and not by_uv.files:
            places = [by_uv.builds / name for name in _PROJECT_FILES]
            call = by_uv.call
            found += any(call.stage.locate(place, call.state, call.instruction) for place in places)
    return found

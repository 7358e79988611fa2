"""What services mount over a place of their image."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.build.context import ROOT, join

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from uvmigrate.build.model import Build
    from uvmigrate.compose import Mount, Service
    from uvmigrate.source import Repo


def mount_over(service: Service, path: PurePosixPath) -> Mount | None:
    """The mount of a service that decides what lies at an image path: the nearest at or above it, or None."""
    over = [mount for mount in service.volumes if path.is_relative_to(mount.target)]
    return max(over, key=lambda mount: len(PurePosixPath(mount.target).parts), default=None)


def uncovered(build: Build, places: Iterable[str]) -> str | None:
    """The first of some image paths that no service of the build mounts anything over; None for none."""
    for place in places:
        path = PurePosixPath(place)
        if all(mount_over(service, path) is None for _, service in build.services):
            return place
    return None


#: What bind mounts put at image paths: paths from the repository's root.
Binds = Mapping[PurePosixPath, tuple[PurePosixPath, ...]]


def binds(services: Iterable[Service]) -> Binds:
    """The bind mounts of some services that come from the repository."""
    found: dict[PurePosixPath, dict[PurePosixPath, None]] = {}
    for mount in (mount for service in services for mount in service.volumes):
        source = mount.source or "/"
        if mount.kind == "bind" and source[0] not in "/~$":
            here = join(ROOT / mount.path.parent, source).relative_to(ROOT)
            found.setdefault(PurePosixPath(mount.target), {})[here] = None
    return {target: tuple(sources) for target, sources in found.items()}


def mounted_files(repo: Repo, mounted: Binds, path: PurePosixPath) -> Iterator[PurePosixPath]:
    """The files of the repository that bind mounts put at an image path, of the nearest mount first."""
    for target in (path, *path.parents):
        for source in mounted.get(target, ()):
            found = source / path.relative_to(target)
            if found in repo:
                yield found

"""What services mount over a place of their image."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from uvmigrate.build.model import Build
    from uvmigrate.compose import Mount, Service


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

"""Which files of a repository are compose files, and which of their services use a Dockerfile.

What reads them is imported where there are any.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.source import Unreadable, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

    from uvmigrate.compose.model import BuildSection, ComposeFile, Service
    from uvmigrate.source import Repo

_NAME = lazy_pattern(r"(?:docker-)?compose(?:[._-].*)?\.ya?ml|.+[._-]compose\.ya?ml", re.IGNORECASE)
_ANY_NAME = lazy_pattern(r".+\.ya?ml", re.IGNORECASE)
_WORKFLOWS = PurePosixPath(".github/workflows")
#: What a file that is not named after Compose must have before it is read.
_SERVICES = lazy_pattern(rb"^[\"']?services[\"']?[ \t]*:", re.MULTILINE)
_INCLUDE = lazy_pattern(rb"^[\"']?include[\"']?[ \t]*:", re.MULTILINE)


def find(repo: Repo) -> tuple[PurePosixPath, ...]:
    """The compose files of *repo*, in order of their paths. Never raises.

    That is: what has a name as Compose and people use it (``compose.yaml``, ``docker-compose.prod.yml``,
    ``dev.compose.yml``); what lies in the root or in a folder named after Compose and has services with
    an image or a build; and what one of these includes.
    """
    found: set[PurePosixPath] = set()
    for path in repo.matching(_ANY_NAME):
        if path.parent != _WORKFLOWS and (_NAME.fullmatch(path.name) or _is_compose_by_content(repo, path)):
            found.add(path)
    waiting = list(found)
    while waiting:
        path = waiting.pop()
        if _INCLUDE.search(_bytes(repo, path)):
            from uvmigrate.compose.read import is_there, load

            included = {other for other in load(repo, path).includes if is_there(repo, other)} - found
            found |= included
            waiting += included
    return tuple(sorted(found))


def _is_compose_by_content(repo: Repo, path: PurePosixPath) -> bool:
    folder = path.parent
    if folder.name and "compose" not in folder.name.lower():
        return False
    if not _SERVICES.search(_bytes(repo, path)):
        return False
    from uvmigrate.compose.read import load

    return any(service.build or service.image for service in load(repo, path).services)


def _bytes(repo: Repo, path: PurePosixPath) -> bytes:
    try:
        return repo[path]
    except (KeyError, Unreadable):
        return b""


def services_of(
    files: Iterable[ComposeFile], dockerfile: PurePosixPath
) -> tuple[tuple[ComposeFile, Service], ...]:
    """The services that run an image built from *dockerfile* (relative to the repository's root).

    The build of a service may stand in another file of its folder, which is then laid under it
    (``docker-compose.override.yml``), or in another service that gives the image its name. Such a service
    comes back with that build. Where several files could lie under it, each counts.
    """
    files = tuple(files)
    folders: dict[PurePosixPath, list[ComposeFile]] = {}
    for file in files:
        folders.setdefault(file.path.parent, []).append(file)
    users = []
    for folder, siblings in folders.items():
        built = _Built(siblings)
        for file in siblings:
            elsewhere = [other for other in files if other.path in file.below] if file.below else []
            elsewhere = [other for other in elsewhere if other.path.parent != folder]
            around = _Built([*siblings, *elsewhere]) if elsewhere else built
            for service in file.services:
                for build in _builds(service, file, around):
                    if build.dockerfile_path() == dockerfile:
                        users.append((file, service._replace(build=build)))
                        break
    return tuple(users)


def _builds(service: Service, file: ComposeFile, around: _Built) -> list[BuildSection]:
    """The builds that the service may have, its own or those of the files *around* its own."""
    own = service.build
    # Compose lays an override file over the main one by itself; another file may well be used alone.
    is_override = ".override." in file.path.name or bool(file.below)
    if own is not None and own.has_context and not is_override:
        return [own]
    if "build" in service.reset:
        return []
    image = _repository(service.image)
    found: list[BuildSection] = []
    for other, below, build in around.like(service.name, image):
        is_below = below.name == service.name and other is not file
        is_below = is_below and (not file.below or other.path in file.below)
        if own is not None:
            found += [_completed(own, build)] if is_below else []
        elif (image is not None and _repository(below.image) == image) or (
            is_below and (is_override or image is None)
        ):
            found.append(build)
    return found if own is None or found else [own]


class _Built:
    """The services of some files that say all of their build themselves."""

    def __init__(self, files: Iterable[ComposeFile]) -> None:
        self._all = [
            (file, service, service.build)
            for file in files
            for service in file.services
            if service.build is not None and service.build.has_context
        ]
        self._named: dict[str, list[int]] = {}
        self._giving: dict[str | None, list[int]] = {}
        for index, (_, service, _) in enumerate(self._all):
            self._named.setdefault(service.name, []).append(index)
            self._giving.setdefault(_repository(service.image), []).append(index)

    def like(self, name: str, image: str | None) -> list[tuple[ComposeFile, Service, BuildSection]]:
        """Those that have the name, or that name what they build as the image is named, in order."""
        giving = [] if image is None else self._giving.get(image, [])
        return [self._all[index] for index in sorted({*self._named.get(name, []), *giving})]


def _completed(own: BuildSection, below: BuildSection) -> BuildSection:
    """A build laid over another one; the context's folder goes with the context."""
    context = own if own.has_context else below
    return own._replace(
        context=context.context,
        base=context.base,
        has_context=True,
        dockerfile=own.dockerfile or below.dockerfile,
        dockerfile_inline=own.dockerfile_inline or below.dockerfile_inline,
        target=own.target or below.target,
        args={**below.args, **own.args},
        secrets=tuple(dict.fromkeys(below.secrets + own.secrets)),
        ssh=tuple(dict.fromkeys(below.ssh + own.ssh)),
        platforms=tuple(dict.fromkeys(below.platforms + own.platforms)),
        network=own.network or below.network,
        span=None,
    )


def _repository(image: str | None) -> str | None:
    """An image's name without tag and digest."""
    return None if image is None else re.sub(r"(?::[^:/{}]*|:\$\{[^}]*\})?(?:@.*)?\Z", "", image, count=1)

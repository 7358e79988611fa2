"""The services that run the repository's images, each with the compose files that may be laid over its own.

The Compose Specification, "Merge": docker-compose.override.yml is read by itself, others by ``-f``, and
``extends`` takes a service of another file. What is written for a service counts for all of these.
"""

from __future__ import annotations

import re
from functools import cache, partial
from typing import TYPE_CHECKING

from uvmigrate.codemod import NamedTuple, lazy_pattern, stage_of
from uvmigrate_codemods._non_root.image import environments, installing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import PurePosixPath

    from uvmigrate.codemod import Build, ComposeFile, Context, Repo, Service, StageFacts

#: Where people write which compose files they use together.
_SAYS = lazy_pattern(
    r"(?i).*\.(sh|bash|md|rst|txt|ya?ml|toml|mk|json|cfg|py)|makefile|justfile|\.env.*|procfile"
)
_MOST = 200_000
#: What gives compose files to Compose; prose may name them in any order.
_GIVES = lazy_pattern(rb"(?<![\w-])(-f|--file)[ =]|COMPOSE_FILE|dockerComposeFile")
_STACK = lazy_pattern(rb"\bdocker stack (deploy|up)\b.*(-c|--compose-file)[ =]")
#: What Compose looks for where it is told no file.
_DEFAULT = lazy_pattern(r"(docker-)?compose\.ya?ml")


class Use(NamedTuple):
    """A service as a compose file has it, or as it is laid over another one, and the image that it runs.

    ``file`` is the file that an edit would go to. ``on_uv`` says whether uv installed what the image runs.
    """

    build: Build
    stage: StageFacts
    file: ComposeFile
    service: Service
    on_uv: bool


class Group(NamedTuple):
    """A service of one file, and what it is with each of the files that are laid over it or extend it."""

    base: Use
    over: tuple[Use, ...]


def groups(context: Context) -> Iterator[Group]:
    """Every service that runs an image of the repository, once."""
    uses = list(_uses(context))
    together = cache(partial(_together, context.repo))
    above: dict[int, dict[int, Use]] = {index: {} for index in range(len(uses))}
    for under, other in enumerate(uses):
        for index, use in enumerate(uses):
            # Of two that are laid over each other, here so and there so, the first is the base.
            effective = _over(together, other, use) if under != index and under not in above[index] else None
            if effective is not None:
                over = use._replace(service=effective._replace(build=use.service.build))
                above[under][index] = over
    laid = {index for over in above.values() for index in over}
    for index, use in enumerate(uses):
        if index not in laid:
            yield Group(use, tuple(above[index].values()))


def _uses(context: Context) -> Iterator[Use]:
    for build in context.builds:
        ours = build.path not in context.targets
        places = environments(build) if ours and build.services else frozenset()
        # A file without a FROM makes no image.
        for file, service in build.services if build.stages else ():
            stage = stage_of(build, service)
            yield Use(build, stage, file, service, ours and bool(installing(build, stage, places)))


def _over(
    together: Callable[[PurePosixPath], frozenset[PurePosixPath]], base: Use, use: Use
) -> Service | None:
    """The service of *use* with the file of *base* under it; None where it is none that is laid over that."""
    from uvmigrate.codemod import extended_elsewhere, overlaid

    name, path, below = use.service.name, use.file.path, base.file.path
    if path == below:
        return None
    if extended_elsewhere(use.file, name) == (below, base.service.name):
        return use.service
    if base.service.name != name or (path.parent != below.parent and below not in use.file.below):
        return None
    own = next(service for service in use.file.services if service.name == name)
    full = own.build is not None and own.build.has_context
    if use.file.below or base.file.below:
        is_over = below in use.file.below
    elif ".override." in path.name:
        is_over = path.stem == f"{below.stem}.override"
    elif ".override." in below.name:
        is_over = False
    else:
        is_over = (not full and own.image is None) or path in together(below)
    return overlaid(base.file, use.file, name) if is_over else None


def in_swarm(repo: Repo, path: PurePosixPath) -> bool:
    """Whether a line of the repository deploys the file as a stack, where a list of tmpfs means nothing.

    Docker's reference of Compose files, version 3, "tmpfs".
    """
    return any(_STACK.search(line) for line in _lines(repo, path))


def may_be_over(repo: Repo, base: PurePosixPath, path: PurePosixPath) -> bool:
    """Whether a file may be laid over the one that Compose reads by itself: no ``-f`` names it alone."""
    if base.parent != path.parent or not _DEFAULT.fullmatch(base.name) or base == path:
        return False
    named = re.compile(rb"(-f|--file)[ =]\S*" + re.escape(path.name.encode()))
    lines = _lines(repo, path)
    return not any(named.search(line) and base.name.encode() not in line for line in lines)


def _together(repo: Repo, path: PurePosixPath) -> frozenset[PurePosixPath]:
    """The files beside *path* that a command or a setting of the repository names behind it.

    As in ``-f a.yml -f b.yml``, ``COMPOSE_FILE=a.yml:b.yml``, ``"dockerComposeFile": ["a.yml", "b.yml"]``.
    """
    names = repo.children(path.parent)
    found: set[PurePosixPath] = set()
    for line in filter(_GIVES.search, _lines(repo, path)):
        behind = line.partition(path.name.encode())[2]
        words = re.findall(r"[\w.-]+\.ya?ml", behind.decode(errors="replace"))
        found |= {path.with_name(word) for word in words if word in names and word != path.name}
    return frozenset(found)


def _lines(repo: Repo, path: PurePosixPath) -> Iterable[bytes]:
    """The lines of texts that name a file: by its path, or as the nearest of its name beside or above."""
    name = path.name.encode()
    for text in repo.matching(_SAYS):
        data = repo.get(text, b"")
        if name not in data or len(data) > _MOST:
            continue
        beside = next((up for up in text.parents if up / path.name in repo), None)
        wanted = name if beside == path.parent else bytes(path)
        if b"/" in wanted or beside == path.parent:
            yield from (line for line in data.split(b"\n") if wanted in line)

"""What a compose file says about its services, as far as an image and its commands are concerned."""

from __future__ import annotations

import posixpath
import re
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

    from uvmigrate.compose.nodes import Lines
    from uvmigrate.compose.tree import Table
    from uvmigrate.source import Span

#: A build context that is no folder: a URL or another kind of source, or git's short forms.
_REMOTE = lazy_pattern(r"[a-z][a-z0-9+.-]*://|git@|github\.com/|service:", re.IGNORECASE)


#: Why a file is not read that something else is made from, by Jinja or the like.
TEMPLATE = "is a template"


class Problem(NamedTuple):
    """Why a compose file cannot be used: the 1-based line, and one clause that follows its name."""

    line: int
    why: str


class Words(NamedTuple):
    """A command, an entrypoint or a health check.

    ``argv`` is the list form, ``text`` the string form; exactly one of them is not None. Compose splits a
    string into words as a shell would, but runs no shell; a health check's string runs in ``/bin/sh -c``, and
    its list begins with CMD, CMD-SHELL or NONE. Variables are substituted by their defaults: what stands at
    ``span`` (bytes of ``path``) may be longer. ``spans`` are those of the list's items, or that of
    the string. ``line`` is that of the key, 1-based.
    """

    argv: tuple[str, ...] | None
    text: str | None
    path: PurePosixPath
    line: int
    span: Span
    spans: tuple[Span, ...]


class Mount(NamedTuple):
    """Something mounted into a service, from ``volumes:`` or ``tmpfs:``.

    ``source`` is a path for a bind (absolute, or relative to the project's folder, mostly that of ``path``),
    a name for a volume, else None. A source that begins with a variable without a default counts as a bind.
    ``line`` is that of the entry, 1-based, ``span`` its bytes of ``path``. ``options`` are those of a tmpfs,
    as its short form has them behind the colon.
    """

    kind: Literal["bind", "volume", "tmpfs", "anonymous"]
    source: str | None
    target: str
    path: PurePosixPath
    line: int
    read_only: bool
    span: Span
    options: str = ""


class EnvFile(NamedTuple):
    """An entry of ``env_file:``. ``folder`` is that of the file it stands in, from the repository's root.

    Unless ``required`` it may be missing; ``raw`` is its ``format``, in which values stand for themselves.
    """

    path: str
    folder: PurePosixPath
    required: bool
    raw: bool


class BuildSecret(NamedTuple):
    """An entry of ``build.secrets``: the name under ``secrets:``, and the id that a RUN asks for."""

    name: str
    id: str


class Watch(NamedTuple):
    """An entry of ``develop.watch``: on a change below ``path``, ``action`` (``sync``, ``rebuild`` …)."""

    action: str
    path: str
    target: str | None
    line: int


class BuildSection(NamedTuple):
    """``build:``, the short or the long form; what it leaves out has Compose's default.

    ``context`` and ``dockerfile`` are as written, with variables as their defaults. ``path`` is the file that
    ``line`` (of the key) and ``span`` point into; ``span`` is None where the section is put together
    of several. ``base`` is the folder that ``context`` is relative to: that of the file it stands in, or a
    folder above it if only from there the Dockerfile is found. ``ssh`` is written as for ``docker build``.
    """

    context: str
    dockerfile: str | None
    target: str | None
    args: Mapping[str, str | None]
    dockerfile_inline: bool
    has_context: bool
    base: PurePosixPath
    path: PurePosixPath
    line: int
    span: Span | None
    secrets: tuple[BuildSecret, ...] = ()
    ssh: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    network: str | None = None

    def folder(self) -> PurePosixPath | None:
        """The build context relative to the repository's root.

        None if it is remote, outside the repository, or decided by a variable that has no default.
        """
        return None if _REMOTE.match(self.context) else inside(self.base, self.context)

    def dockerfile_path(self) -> PurePosixPath | None:
        """The Dockerfile relative to the repository's root; None as `folder` says, and for an inline one."""
        folder = self.folder()
        if folder is None or self.dockerfile_inline:
            return None
        return inside(folder, self.dockerfile or "Dockerfile")


def inside(base: PurePosixPath, path: str) -> PurePosixPath | None:
    """*path* seen from the folder *base*, relative to the repository's root.

    None where it is absolute, leads out of the repository, or depends on a variable.
    """
    if "$" in path or path.startswith("~"):
        return None
    joined = posixpath.normpath(posixpath.join(base.as_posix(), path))
    return None if joined.startswith(("/", "../")) or joined == ".." else PurePosixPath(joined)


class Service(NamedTuple):
    """One entry of ``services:``, with what it extends already in it.

    ``line`` is that of its name. ``ports`` are the container's ends of those published or exposed, as they
    are written. ``hooks`` are the commands of ``post_start``, ``pre_stop`` and of an ``exec`` that
    ``develop.watch`` makes. ``reset`` are the keys that ``!reset`` takes away from the files before.
    ``unchecked`` says that ``healthcheck.disable`` takes the image's health check away.
    """

    name: str
    line: int
    image: str | None = None
    platform: str | None = None
    build: BuildSection | None = None
    command: Words | None = None
    entrypoint: Words | None = None
    healthcheck: Words | None = None
    unchecked: bool = False
    hooks: tuple[Words, ...] = ()
    volumes: tuple[Mount, ...] = ()
    working_dir: str | None = None
    user: str | None = None
    environment: Mapping[str, str | None] = MappingProxyType({})
    env_files: tuple[EnvFile, ...] = ()
    read_only: bool = False
    privileged: bool = False
    ports: tuple[str, ...] = ()
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    security_opt: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    extends: str | None = None
    watch: tuple[Watch, ...] = ()
    reset: frozenset[str] = frozenset()

    @property
    def runs(self) -> tuple[Words, ...]:
        """All that runs in the service's containers, as far as the compose file says it."""
        given = (self.command, self.entrypoint, self.healthcheck, *self.hooks)
        return tuple(one for one in given if one is not None)


class ComposeFile(NamedTuple):
    """A compose file; where there is a ``problem`` there are no services.

    ``includes`` are the files that it includes, relative to the repository's root. ``documents`` are its
    tables with aliases and merge keys expanded, ``tables`` the services with what they extend in them, too.
    ``below`` are the files that it is known to be laid over (``-f``).
    """

    path: PurePosixPath
    data: bytes
    services: tuple[Service, ...]
    includes: tuple[PurePosixPath, ...]
    problem: Problem | None
    lines: Lines
    documents: tuple[Table, ...] = ()
    tables: Mapping[str, Table] = MappingProxyType({})
    below: tuple[PurePosixPath, ...] = ()

    def line(self, offset: int) -> int:
        """The 1-based line of the byte at *offset*."""
        return self.lines.at(offset)

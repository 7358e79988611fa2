"""What another manager's metadata becomes: a pyproject.toml for uv, and the versions that were held."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import PurePosixPath


class Converted(NamedTuple):
    """A project of another manager in uv's words.

    ``manifest`` is the whole pyproject.toml. ``groups`` maps the manager's groups, as its commands name them,
    to those of ``[dependency-groups]``; ``optional`` are those of them (in the manager's words) that are only
    installed where a command asks for them. ``extras`` are those that can be asked for. ``packaged`` says
    that the project can be installed itself.

    ``pins`` are the versions that the old lock held, by normalised name: several where markers part them.
    ``hashes`` are the accepted ones (``sha256:…``) by name, ``constraints`` the pins as PEP 508 texts with
    their markers, for the first resolution. All three are empty without a lock. ``notes`` say what a reviewer
    should know: what has no counterpart, or means a little less. ``reads`` are files that the project is
    built from, besides its manifests. ``python`` is the only version that can install it, where there is only
    one. Where something else declares the project, there is no ``[project]``, and ``main_group`` is the group
    that stands for its dependencies.
    """

    manifest: bytes
    groups: Mapping[str, str]
    optional: frozenset[str]
    extras: tuple[str, ...]
    packaged: bool
    pins: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    hashes: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    constraints: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    reads: tuple[PurePosixPath, ...] = ()
    main_group: str | None = None
    python: tuple[int, int] | None = None

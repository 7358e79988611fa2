"""What a build that installs with pip is to become: chosen by the plan, carried out by ``uv-switch``."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import PurePosixPath

    from uvmigrate.codemod.contract import LockRequest
    from uvmigrate.project import Selection


class Project(NamedTuple):
    """The uv project that a build installs from.

    ``folder`` is relative to the repository; ``manifest`` the pyproject.toml to be written, None where the
    existing one serves. ``selections`` says what each install of the build takes from the project, by the
    byte offset of its command. ``packaged`` tells whether the project itself is installed. ``no_default``
    is the option that leaves its default groups out, ``default_groups`` those that are installed without it.
    ``exports`` has the options of ``uv export`` for the calls of poetry and pipenv that write requirements.
    """

    folder: PurePosixPath
    manifest: bytes | None
    lock: LockRequest | None
    packaged: bool
    selections: Mapping[int, Selection]
    no_default: str = "--no-dev"
    default_groups: frozenset[str] = frozenset({"dev"})
    requirement_files: frozenset[PurePosixPath] = frozenset()
    notes: tuple[str, ...] = ()
    exports: Mapping[int, tuple[str, ...]] = MappingProxyType({})


class Target(NamedTuple):
    """The decision for one Dockerfile, with the reason that people read.

    ``pip_stages`` are the stages (numbers of their lineages' first) that stay on ``uv pip`` even where the
    strategy is *sync*. With ``system`` there is no virtual environment: the base's own packages must stay.
    ``from_base`` are requirements of the sources that only the base's own Python fulfilled. ``isolated`` are
    the installs, by the offset of their command, that go without ``--no-build-isolation``.
    """

    strategy: Literal["sync", "pip"]
    why: str
    venv: str
    project: Project | None = None
    pip_stages: frozenset[int] = frozenset()
    system: bool = False
    from_base: tuple[str, ...] = ()
    isolated: frozenset[int] = frozenset()

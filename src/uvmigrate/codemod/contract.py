"""The contract between the engine and its catalogue: a codemod is a pure function from views to changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from uvmigrate.build import Build
    from uvmigrate.codemod.settings import Settings
    from uvmigrate.codemod.target import Target
    from uvmigrate.compose import ComposeFile
    from uvmigrate.source import Edit, Repo

Level = Literal["safe", "review", "opt-in"]

#: How much a level asks of a reader, least first.
LEVELS: tuple[Level, ...] = ("safe", "review", "opt-in")


class LockRequest(NamedTuple):
    """A ``uv.lock`` to be made before anything is written: a codemod cannot lock, it asks.

    ``pins`` are the versions that must come out, by name: several where markers part them. ``hashes`` are
    those that were accepted before (name to ``sha256:…``), ``constraints`` hold versions for the first
    resolution only.
    """

    folder: PurePosixPath
    python: str | None = None
    pins: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    hashes: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    constraints: tuple[str, ...] = ()

    @property
    def path(self) -> PurePosixPath:
        """Where the lock will lie."""
        return self.folder / "uv.lock"


class Change(NamedTuple):
    """Edits that belong together: all are made or none. Paths are relative to the repository.

    ``writes`` are files that are new, or written whole. ``notes`` say what a reviewer should look at.
    ``level`` raises the codemod's own level for this change. ``builds`` are the Dockerfiles that it is for.
    """

    edits: Mapping[PurePosixPath, tuple[Edit, ...]] = MappingProxyType({})
    writes: Mapping[PurePosixPath, bytes] = MappingProxyType({})
    deletes: frozenset[PurePosixPath] = frozenset()
    notes: tuple[str, ...] = ()
    level: Level | None = None
    locks: tuple[LockRequest, ...] = ()
    builds: tuple[PurePosixPath, ...] = ()


class Refusal(NamedTuple):
    """What could not be done: where (1-based line, 0 for a whole file), why, and what to do instead."""

    path: PurePosixPath
    line: int
    code: str
    because: str
    instead: str = ""

    def __str__(self) -> str:
        """``path:line code: because``, as a refusal is shown in one line."""
        where = f"{self.path}:{self.line}" if self.line else str(self.path)
        return f"{where} {self.code}: {self.because}"


class Context(NamedTuple):
    """What a codemod sees: the repository as it is now, its builds and compose files, the settings.

    ``targets`` says for every Dockerfile that installs with pip what it is to become, or why it cannot.
    """

    repo: Repo
    builds: tuple[Build, ...]
    compose: tuple[ComposeFile, ...]
    settings: Settings
    targets: Mapping[PurePosixPath, Target | Refusal]


Run = Callable[[Context], Iterable[Change | Refusal]]


class Codemod(NamedTuple):
    """One entry of the catalogue.

    ``id`` is a kebab-case noun, ``title`` an imperative under 60 characters (a commit's subject), ``why``
    one sentence, ``docs`` a link. ``after`` orders it behind others; ``requires`` names those without which
    it means nothing for a build that is not on uv yet. ``run`` must not read anything but its Context.
    ``means`` is what it means to change in images, by the kinds that `uvmigrate verify` compares: globs of
    names, such as variables or paths. Whatever else differs is a regression (docs/verify.md).
    """

    id: str
    title: str
    why: str
    docs: str
    level: Level
    run: Run
    after: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    means: Mapping[str, tuple[str, ...]] = MappingProxyType({})

    def __hash__(self) -> int:
        """By id, which tells codemods apart: what one means is a mapping, and has no hash."""
        return hash(self.id)

"""The result of planning: plain data, from which everything is shown, written and checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from uvmigrate.codemod import Change, Codemod, Level, LockRequest, Refusal
    from uvmigrate.plan.ledger import Entry
    from uvmigrate.plan.mentions import Mention
    from uvmigrate.source import Repo

Status = Literal["migrated", "partial", "refused", "noop"]

#: Refused because somebody asked for it, or means it so.
_WISHED = frozenset({"development-service", "ignored", "requirement-left-out"})


class Step(NamedTuple):
    """One codemod's changes, between two snapshots of the repository."""

    codemod: Codemod
    level: Level
    changes: tuple[Change, ...]
    before: Repo
    after: Repo
    paths: tuple[PurePosixPath, ...]
    notes: tuple[str, ...]


class BuildResult(NamedTuple):
    """What comes out for one Dockerfile. ``context`` is its build context, relative to the repository."""

    path: PurePosixPath
    context: PurePosixPath
    strategy: Literal["sync", "pip"] | None
    status: Status
    why: str


class Migration(NamedTuple):
    """The whole plan for one repository: ``before`` and ``after`` differ by the steps, in their order.

    ``locks`` are to be made before anything is written: they are part of the migration, not of the patches.
    ``mentions`` are lines that nothing of it changes, and that people may want to change themselves.
    """

    before: Repo
    after: Repo
    builds: tuple[BuildResult, ...]
    steps: tuple[Step, ...]
    refusals: tuple[Refusal, ...]
    ledger: tuple[Entry, ...]
    locks: tuple[LockRequest, ...]
    mentions: tuple[Mention, ...]

    @property
    def unmet(self) -> tuple[Refusal, ...]:
        """What was refused that nobody asked to leave as it is."""
        return tuple(refusal for refusal in self.refusals if refusal.code not in _WISHED)

"""The series: the codemods in their order, one snapshot a step, every change checked before it counts."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING

from uvmigrate.codemod import LEVELS, Change, Codemod, Context, Refusal, SettingsError
from uvmigrate.dockerfile import parse, second_reader_disagrees
from uvmigrate.plan.check import damage
from uvmigrate.plan.ignores import ignored
from uvmigrate.plan.ledger import Ledger
from uvmigrate.plan.look import find_readable, look, untouchable
from uvmigrate.plan.migration import Migration, Step
from uvmigrate.plan.outcome import build_results
from uvmigrate.source import OverlapError, apply_edits

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import PurePosixPath

    from uvmigrate.codemod import Level, LockRequest, Settings
    from uvmigrate.source import Edit, Repo


def load_catalogue() -> tuple[Codemod, ...]:
    """All codemods behind the entry-point group ``uvmigrate.codemods``, the built-in ones first.

    Raises SettingsError where two share an id.
    """
    points = sorted(
        importlib.metadata.entry_points(group="uvmigrate.codemods"), key=lambda p: p.name != "uvmigrate"
    )
    catalogue = [codemod for point in points for codemod in point.load()]
    ids = [codemod.id for codemod in catalogue]
    doubled = next((name for name in ids if ids.count(name) > 1), None)
    if doubled:
        raise SettingsError(f"two codemods are called {doubled}: remove one of the packages that bring them")
    return in_order(catalogue)


def in_order(catalogue: Iterable[Codemod]) -> tuple[Codemod, ...]:
    """The codemods, each behind those that it names in ``after``; otherwise in the order given."""
    waiting, placed = list(catalogue), list[Codemod]()
    while waiting:
        left = {codemod.id for codemod in waiting}
        ready = next((codemod for codemod in waiting if not left & set(codemod.after)), waiting[0])
        waiting.remove(ready)
        placed.append(ready)
    return tuple(placed)


def chosen(catalogue: Sequence[Codemod], settings: Settings) -> tuple[Codemod, ...]:
    """The codemods that run. Raises SettingsError for an id that nobody has."""
    known = {codemod.id for codemod in catalogue}
    for name in (*settings.select, *settings.ignore):
        if name not in known:
            raise SettingsError(f"no codemod is called {name}: `uvmigrate codemods` lists them")
    return tuple(
        codemod
        for codemod in catalogue
        if codemod.id not in settings.ignore
        and (codemod.id in settings.select if settings.select else codemod.level != "opt-in")
    )


def plan(repo: Repo, below: PurePosixPath, settings: Settings, catalogue: Sequence[Codemod]) -> Migration:
    """What would change in the Dockerfiles below a path, codemod by codemod. Writes nothing, runs nothing.

    Raises SettingsError for unknown codemod ids.
    """
    codemods = chosen(catalogue, settings)
    paths, refusals = find_readable(repo, below)
    series = _Series(look(repo, paths, settings), paths, list(refusals))
    for codemod in codemods:
        series.run(codemod, {other.id for other in codemods})
    entries = tuple(entry for path in sorted(series.ledgers) for entry in series.ledgers[path].entries())
    results = build_results(series.first, series.context, series.refusals, series.changed)
    return Migration(
        repo,
        series.context.repo,
        results,
        tuple(series.steps),
        tuple(series.refusals),
        entries,
        tuple(series.locks),
    )


class _Series:
    """The run of one plan: the context as it is now, and what has come out so far."""

    def __init__(self, context: Context, paths: tuple[PurePosixPath, ...], refusals: list[Refusal]) -> None:
        self.first = self.context = context
        self.paths = paths
        self.refusals = refusals
        self.steps: list[Step] = []
        self.locks: list[LockRequest] = []
        self.ledgers: dict[PurePosixPath, Ledger] = {}
        self.changed: set[PurePosixPath] = set()

    def run(self, codemod: Codemod, selected: set[str]) -> None:
        """Run one codemod: its changes become a step, or refusals; never anything half done."""
        before = self.context
        missing = next((name for name in codemod.requires if name not in selected), None)
        accepted: list[Change] = []
        for outcome in codemod.run(before):
            if isinstance(outcome, Refusal):
                self._refuse(outcome)
                continue
            refusal = self._objection(codemod, outcome, accepted)
            if refusal is None:
                accepted.append(outcome)
            else:
                self._refuse(refusal)
        if missing is not None:
            for path, target in before.targets.items():
                if not isinstance(target, Refusal):
                    because = f"{codemod.id} needs {missing}, which is left out"
                    self._refuse(
                        Refusal(path, 0, "requirement-left-out", because, f"select {missing} as well")
                    )
        if accepted:
            self._take(codemod, accepted)

    def _refuse(self, refusal: Refusal) -> None:
        if refusal not in self.refusals:
            self.refusals.append(refusal)

    def _objection(self, codemod: Codemod, change: Change, accepted: list[Change]) -> Refusal | None:
        """Why a change cannot be taken, or None: ignore comments, overlaps, what would not read back."""
        repo = self.context.repo
        for path in (*change.edits, *change.writes, *change.deletes):
            if (refusal := untouchable(repo, path)) is not None:
                return refusal
        for path, edits in change.edits.items():
            data = repo[path]
            if path not in self.paths:
                continue
            kept = ignored(parse(data), edits, codemod.id)
            if kept is not None:
                line = parse(data).line(kept.text_span.start)
                return Refusal(path, line, "ignored", f"a comment keeps it from {codemod.id}", "")
            together = [edit for other in (*accepted, change) for edit in other.edits.get(path, ())]
            try:
                broken = damage(data, together)
            except OverlapError as error:
                broken = str(error)
            if broken is not None:
                because = f"{codemod.id} would break it: {broken}"
                return Refusal(path, 0, "check-failed", because, "please report this file's shape")
        return None

    def _take(self, codemod: Codemod, changes: list[Change]) -> None:
        """Make the changes, unless a second run would change something or the ledger does not balance."""
        edits: dict[PurePosixPath, list[Edit]] = {}
        written: dict[PurePosixPath, bytes | None] = {}
        for change in changes:
            written.update(change.writes)
            written.update(dict.fromkeys(change.deletes))
            for path, made in change.edits.items():
                edits.setdefault(path, []).extend(made)
        before = self.context.repo
        for path, some in edits.items():
            written[path] = apply_edits(before[path], some)
        after = before.replace(written)
        settings = self.context.settings
        context = look(after, self.paths, settings, self.context)
        problem = self._unsettled(codemod, context) or self._unbalanced(codemod, edits, after)
        if problem is not None:
            for path in sorted(edits):
                self._refuse(Refusal(path, 0, "check-failed", f"{codemod.id}: {problem}", "please report it"))
            return
        notes = [note for change in changes for note in change.notes]
        level = max((change.level or codemod.level for change in changes), key=LEVELS.index)
        doubts = self._doubts(edits)
        level = "review" if doubts and level == "safe" else level
        paths = tuple(sorted(path for path in written if before.get(path) != after.get(path)))
        # Of several requests for one lock the first counts: it knows the versions that were pinned.
        requested = {lock.path: lock for change in reversed(changes) for lock in change.locks}
        for lock in self.locks:
            requested.pop(lock.path, None)
        if not paths and not requested:
            return
        self.steps.append(
            Step(
                codemod, level, tuple(changes), before, after, paths, tuple(dict.fromkeys([*notes, *doubts]))
            )
        )
        self.changed.update(edits)
        self.locks += requested.values()
        self.context = context

    def _unsettled(self, codemod: Codemod, context: Context) -> str | None:
        # What an ignore comment or another check keeps out this time is kept out the next time, too.
        settled = _Series(context, self.paths, [])
        again = [
            change
            for change in codemod.run(context)
            if isinstance(change, Change) and settled._objection(codemod, change, []) is None
        ]
        files = sorted(
            {str(path) for change in again for path in (*change.edits, *change.writes, *change.deletes)}
        )
        return f"a second run would change {', '.join(files)} again" if files else None

    def _unbalanced(
        self, codemod: Codemod, edits: dict[PurePosixPath, list[Edit]], after: Repo
    ) -> str | None:
        advanced: dict[PurePosixPath, Ledger] = {}
        for path in edits:
            if path not in self.paths:
                continue
            ledger = Ledger(path, self.first.repo[path])
            for step in self.steps:
                made = [edit for change in step.changes for edit in change.edits.get(path, ())]
                ledger.advance(step.codemod.id, made, step.before[path])
            try:
                ledger.advance(codemod.id, edits[path], self.context.repo[path])
            except ValueError as error:
                return str(error)
            problems = ledger.problems(after[path])
            if problems:
                return problems[0]
            advanced[path] = ledger
        self.ledgers.update(advanced)
        return None

    def _doubts(self, edits: Iterable[PurePosixPath]) -> list[str]:
        """A note for each file that dockerfile-parse, the second reader, reads differently than we do."""
        found = []
        for path in edits:
            doubt = second_reader_disagrees(self.first.repo[path]) if path in self.paths else None
            if doubt is not None:
                found.append(
                    f"{path}: a second parser reads this file differently ({doubt}): check this diff closely"
                )
        return found


def level_of(steps: Iterable[Step]) -> Level:
    """The highest level among the steps; *safe* where there are none."""
    return max((step.level for step in steps), key=LEVELS.index, default="safe")

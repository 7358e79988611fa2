"""The series: the codemods in their order, one snapshot a step, every change checked before it counts."""

from __future__ import annotations

from copy import copy
from itertools import compress
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.build import uv_calls, within
from uvmigrate.codemod import LEVELS, Change, Codemod, Context, Refusal, SettingsError
from uvmigrate.compose import TEMPLATE, asked_ids
from uvmigrate.dockerfile import parse, second_reader_disagrees
from uvmigrate.plan.catalogue import chosen
from uvmigrate.plan.ignores import unknown_ids
from uvmigrate.plan.ledger import Ledger
from uvmigrate.plan.look import find_readable, look
from uvmigrate.plan.mentions import find_mentions
from uvmigrate.plan.migration import Migration, Step
from uvmigrate.plan.objections import fit, objection, paths_of
from uvmigrate.plan.origin import original_line
from uvmigrate.plan.outcome import build_results
from uvmigrate.source import NamedTuple, apply_edits

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from uvmigrate.codemod import LockRequest, Settings
    from uvmigrate.compose import ComposeFile
    from uvmigrate.source import Edit, Repo


def plan(repo: Repo, below: PurePosixPath, settings: Settings, catalogue: Sequence[Codemod]) -> Migration:
    """What would change in the Dockerfiles below a path, codemod by codemod. Writes nothing, runs nothing.

    Raises SettingsError for unknown codemod ids, and for compose files that settings name and that are not
    there or cannot be read.
    """
    codemods = chosen(catalogue, settings)
    paths, refusals = find_readable(repo, below, settings.exclude)
    first = look(repo, paths, settings)
    misspelt = _misspelt(repo, paths, first.compose, catalogue)
    unread = _unread(first) if paths else ()
    series = _Series(first, paths, [*refusals, *misspelt, *unread])
    for codemod in codemods:
        series.run(codemod, {other.id for other in codemods})
    entries = tuple(entry for path in sorted(series.ledgers) for entry in series.ledgers[path].entries())
    results = build_results(series.first, series.context, tuple(series.refusals), series.changed)
    return Migration(
        repo,
        series.context.repo,
        results,
        tuple(series.steps),
        tuple(series.refusals),
        entries,
        tuple(series.locks),
        find_mentions(series.context.repo, series.first.builds, results),
    )


def _misspelt(
    repo: Repo,
    paths: Iterable[PurePosixPath],
    compose: Iterable[ComposeFile],
    catalogue: Sequence[Codemod],
) -> Iterator[Refusal]:
    """A refusal for each ignore comment that names no codemod, and so keeps nothing as it is."""
    known = {codemod.id for codemod in catalogue}
    asked = [(path, *one) for path in paths for one in unknown_ids(parse(repo[path]), known)]
    asked += [(file.path, *one) for file in compose for one in asked_ids(file.data) if one[1] not in known]
    for path, line, name in asked:
        because = f"no codemod is called {name}, so nothing is kept by this comment"
        yield Refusal(path, line, "unknown-ignore", because, "`uvmigrate codemods` lists them")


def _unread(first: Context) -> Iterator[Refusal]:
    """A refusal for each compose file that cannot be read, and may start an image that installs packages.

    Any file may; but one that lies neither above a Dockerfile nor in its context seldom does.
    """
    named = {PurePosixPath(name) for one in first.settings.compose for name in one}
    python = [build for build in first.builds if build.path in first.targets or uv_calls(build)]
    for path, problem in ((file.path, file.problem) for file in first.compose):
        if problem is None:
            continue
        if path in named:
            raise SettingsError(f"compose: {path}:{problem.line} {problem.why}")
        if any(within(build.path, path.parent) or within(path, build.context.folder) for build in python):
            mend = "run uvmigrate on what it renders" if problem.why == TEMPLATE else "mend or simplify it"
            instead = f"{mend}, or check that what it starts goes on working"
            yield Refusal(path, problem.line, "compose-unreadable", problem.why, instead)


class _Made(NamedTuple):
    """What some changes make together: the edits, all paths that they touch, and how things look then.

    ``ledgers`` are the books of the edited Dockerfiles, and ``unbalanced`` says why they cannot be kept.
    """

    edits: Mapping[PurePosixPath, list[Edit]]
    paths: frozenset[PurePosixPath]
    context: Context
    ledgers: Mapping[PurePosixPath, Ledger]
    unbalanced: str | None


class _Series:
    """The run of one plan: the context as it is now, and what has come out so far."""

    def __init__(self, context: Context, paths: tuple[PurePosixPath, ...], refusals: list[Refusal]) -> None:
        self.first = self.context = context
        self.paths = paths
        # In the order in which they came, each once.
        self.refusals = dict.fromkeys(refusals)
        self.steps: list[Step] = []
        self.locks: list[LockRequest] = []
        self.ledgers: dict[PurePosixPath, Ledger] = {}
        self.changed: set[PurePosixPath] = set()

    def run(self, codemod: Codemod, selected: set[str]) -> None:
        """Run one codemod: its changes become a step, or refusals; never anything half done."""
        before = self.context
        missing = next((name for name in codemod.requires if name not in selected), None)
        accepted: list[Change] = []
        outcomes = tuple(codemod.run(before))
        changes = [outcome for outcome in outcomes if isinstance(outcome, Change)]
        all_fit = fit(before, self.paths, codemod.id, changes)
        for outcome in outcomes:
            if isinstance(outcome, Refusal):
                self._refuse(self._placed(outcome))
                continue
            refusal = None if all_fit else self._objection(codemod, outcome, accepted)
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
        self.refusals.setdefault(refusal)

    def _placed(self, refusal: Refusal) -> Refusal:
        """The refusal with its line in the file as it was before the series, where its readers look."""
        was, now = (repo.get(refusal.path) for repo in (self.first.repo, self.context.repo))
        if not refusal.line or was is None or now is None or was == now:
            return refusal
        return refusal._replace(line=original_line(was, now, refusal.line))

    def _objection(self, codemod: Codemod, change: Change, beside: Sequence[Change]) -> Refusal | None:
        return objection(self.context, self.paths, codemod.id, change, beside)

    def _take(self, codemod: Codemod, changes: list[Change]) -> None:
        """Make the changes that pass the checks; the others become refusals."""
        made = self._make(codemod, changes)
        problem = self._problem(codemod, made)
        if problem is not None:
            # One bad file must not keep the others from their step.
            problems = [self._problem(codemod, self._make(codemod, [change]), changes) for change in changes]
            bad = [found is not None for found in problems] if any(problems) else [True] * len(changes)
            for change, found in zip(compress(changes, bad), compress(problems, bad), strict=True):
                for path in sorted(paths_of(change)):
                    because = f"{codemod.id}: {found or problem}"
                    self._refuse(Refusal(path, 0, "check-failed", because, "please report this file's shape"))
            left = [change for change, is_bad in zip(changes, bad, strict=True) if not is_bad]
            made = self._make(codemod, left)
            if not left or self._problem(codemod, made, changes) is not None:
                return
            changes = left
        self._step(codemod, changes, made)

    def _make(self, codemod: Codemod, changes: Iterable[Change]) -> _Made:
        edits: dict[PurePosixPath, list[Edit]] = {}
        written: dict[PurePosixPath, bytes | None] = {}
        for change in changes:
            written.update(change.writes)
            written.update(dict.fromkeys(change.deletes))
            for path, some in change.edits.items():
                known = edits.setdefault(path, [])
                # Two Dockerfiles may ask for the same line of the ignore file that they share.
                known += [edit for edit in some if path in self.paths or edit not in known]
        before = self.context.repo
        for path, together in edits.items():
            written[path] = apply_edits(before[path], together)
        context = look(before.replace(written), self.paths, self.context.settings, self.context)
        return _Made(edits, frozenset(written), context, *self._advanced(codemod, edits))

    def _advanced(
        self, codemod: Codemod, edits: Mapping[PurePosixPath, list[Edit]]
    ) -> tuple[dict[PurePosixPath, Ledger], str | None]:
        """The books of the edited Dockerfiles after one step more; a sentence where they do not balance."""
        ledgers: dict[PurePosixPath, Ledger] = {}
        for path in (path for path in edits if path in self.paths):
            ledger = copy(self.ledgers.get(path)) or Ledger(path, self.first.repo[path])
            try:
                ledger.advance(codemod.id, edits[path], self.context.repo[path])
            except ValueError as error:
                return ledgers, str(error)
            ledgers[path] = ledger
        return ledgers, None

    def _step(self, codemod: Codemod, changes: list[Change], made: _Made) -> None:
        before, after = self.context.repo, made.context.repo
        notes = [note for change in changes for note in change.notes]
        level = max((change.level or codemod.level for change in changes), key=LEVELS.index)
        doubts = self._doubts(made.edits)
        level = "review" if doubts and level == "safe" else level
        paths = tuple(sorted(path for path in made.paths if before.get(path) != after.get(path)))
        # Of several requests for one lock the first counts: it knows the versions that were pinned.
        requested = {lock.path: lock for change in reversed(changes) for lock in change.locks}
        for lock in self.locks:
            requested.pop(lock.path, None)
        if not paths and not requested:
            return
        said = tuple(dict.fromkeys([*notes, *doubts]))
        self.ledgers.update(made.ledgers)
        self.steps.append(Step(codemod, level, tuple(changes), before, after, paths, said))
        self.changed.update(made.edits)
        self.locks += requested.values()
        self.context = made.context

    def _problem(self, codemod: Codemod, made: _Made, asked: Iterable[Change] = ()) -> str | None:
        """What the checks of a whole step find: a second run, the ledger, the patches' order.

        *asked* are all the changes that the codemod asked for: what is not made of them may come again.
        """
        gone = {path for path in made.paths if path not in made.context.repo}
        earlier = next(
            (path for path in sorted(gone) if any(path in step.paths for step in self.steps)), None
        )
        if earlier is not None:
            # git apply leaves a file that a stream of patches modifies and then deletes.
            return f"{earlier} was changed by an earlier step, and would be deleted"
        apart = {path for change in asked for path in paths_of(change)} - made.paths
        return self._unsettled(codemod, made.context, apart) or self._unbalanced(made)

    def _unsettled(self, codemod: Codemod, context: Context, apart: Collection[PurePosixPath]) -> str | None:
        # What an ignore comment or another check keeps out this time is kept out the next time, too.
        again = {
            str(path)
            for change in codemod.run(context)
            if isinstance(change, Change)
            and not set(paths_of(change)) & set(apart)
            and objection(context, self.paths, codemod.id, change, ()) is None
            for path in paths_of(change)
        }
        return f"a second run would change {', '.join(sorted(again))} again" if again else None

    def _unbalanced(self, made: _Made) -> str | None:
        if made.unbalanced is not None:
            return made.unbalanced
        problems = (ledger.problems(made.context.repo[path]) for path, ledger in made.ledgers.items())
        return next((found[0] for found in problems if found), None)

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

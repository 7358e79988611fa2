"""The whole run: every image before and after, compared, named and timed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from uvmigrate.source import NamedTuple
from uvmigrate.verify.affected import subjects_of
from uvmigrate.verify.blame import authors
from uvmigrate.verify.comparing import compare
from uvmigrate.verify.engine import BuildFailed
from uvmigrate.verify.frontend import without_frontends
from uvmigrate.verify.meaning import Meaning, alike
from uvmigrate.verify.ours import ours
from uvmigrate.verify.series import failing, judged
from uvmigrate.verify.speed import time_images
from uvmigrate.verify.trials import locked_trials, try_image
from uvmigrate.verify.verdict import ImageVerdict, Row, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path, PurePosixPath

    from uvmigrate.codemod import Settings
    from uvmigrate.plan import Migration, Step
    from uvmigrate.verify.engine import Engine
    from uvmigrate.verify.options import Options
    from uvmigrate.verify.subjects import Subject
    from uvmigrate.verify.trials import Trial


def verify(
    engine: Engine,
    migration: Migration,
    locks: Mapping[PurePosixPath, bytes],
    trees: Sequence[Path],
    settings: Settings,
    options: Options,
    tell: Callable[[str], None],
) -> Verdict:
    """What *engine* says about a migration.

    *trees* are the repository as it is and as it would be or, where every prefix of the series is to be
    tried, after each step; they may be changed. *tell* is called with a line about what is going on now.
    Raises EngineProblem; who calls removes what the engine was given (`Docker.remove_all`).
    """
    if not options.frontend:
        without_frontends(migration, trees)
    every = [migration.steps[:number] for number in range(len(migration.steps) + 1)]
    snapshots = every if len(trees) == len(every) else [every[0], every[-1]]
    subjects = subjects_of(migration, snapshots, settings, options)
    run = _Run(engine, migration, locks, trees, snapshots, options, tell)
    with ThreadPoolExecutor(options.jobs) as pool:
        try:
            waiting = [pool.submit(run.image, subject) for subject in subjects]
            images = tuple(future.result() for future in waiting)
        except BaseException:
            # Whoever waits for an engine's command would wait until its end.
            engine.processes.stop()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return Verdict(engine.version(), tuple(map(run.timed, subjects, images)))


class _Run(NamedTuple):
    """One run of `verify`. ``snapshots`` are the steps that lead to each tree."""

    engine: Engine
    migration: Migration
    locks: Mapping[PurePosixPath, bytes]
    trees: Sequence[Path]
    snapshots: Sequence[Sequence[Step]]
    options: Options
    tell: Callable[[str], None]

    def image(self, subject: Subject) -> ImageVerdict:
        """All that is found out about one image, but how long it takes."""
        found = ImageVerdict(subject.name, subject.before.build.path, subject.before.recipe.target, ())
        try:
            before = self._tried(subject, 0)
        except BuildFailed as failed:
            place = f" ({found.dockerfile}:{failed.line})" if failed.line else ""
            because = "; ".join((f"the image as it is cannot be built{place}", *subject.before.problems))
            return found._replace(rows=(Row("build", "", "unknown", because=because, detail=failed.said),))
        after = before
        rows: tuple[Row, ...] = (alike("build", "builds"),)
        prefixes: list[tuple[str, tuple[Row, ...]]] = []
        for number in range(1, len(self.snapshots)):
            some = self.snapshots[number]
            try:
                after = self._tried(subject, number, before)
            except BuildFailed as failed:
                rows = (self._unbuilt(failed, subject, some),)
            else:
                rows = self._compared(subject, before, after, some)
            prefixes.append((some[-1].codemod.id, rows))
        if self.options.each or self.options.drop_failing:
            prefixes = list(judged(prefixes))
            rows = prefixes[-1][1] if prefixes else rows
            found = found._replace(failed=failing(prefixes), prefixes=len(prefixes))
        if any(row.kind == "build" and row.status == "regression" for row in rows):
            return found._replace(rows=rows)
        if self.options.read_only:
            tell = self._teller(subject, "read-only")
            tried = locked_trials(self.engine, before, after, self.options, tell)
            rows = (*rows, *(row for row, _ in tried))
            found = found._replace(written=tuple(written for _, written in tried))
        return found._replace(rows=rows, sizes=(before.sizes, after.sizes))

    def timed(self, subject: Subject, found: ImageVerdict) -> ImageVerdict:
        """What was found about an image, and how long it takes to build and to start, where that was asked.

        Nothing else runs meanwhile.
        """
        if not self.options.repeat or not found.sizes:
            return found
        trees = (self.trees[0], self.trees[-1])
        timings = time_images(self.engine, subject, trees, self.options, self._teller(subject, "timing"))
        return found._replace(timings=timings)

    def _teller(self, subject: Subject, what: str) -> Callable[[str], None]:
        return lambda line: self.tell(f"{subject.name}, {what}: {line}")

    def _tried(self, subject: Subject, number: int, original: Trial | None = None) -> Trial:
        what = ("before" if number == 0 else "after") if len(self.trees) == 2 else self.trees[number].name
        tell = self._teller(subject, what)
        side, tree = subject.sides[number], self.trees[number]
        return try_image(self.engine, side, tree, self.options, tell, original)

    def _compared(
        self, subject: Subject, before: Trial, after: Trial, steps: Sequence[Step]
    ) -> tuple[Row, ...]:
        done = {step.codemod.id for step in steps}
        meaning = Meaning(tuple(codemod for codemod in subject.codemods if codemod.id in done))
        known = {request.path for step in steps for change in step.changes for request in change.locks}
        locks = {path: data for path, data in self.locks.items() if path in known}
        files = ours(self.migration.before, steps, locks)
        return (alike("build", "builds"), *compare(before, after, meaning, files))

    def _unbuilt(self, failed: BuildFailed, subject: Subject, steps: Sequence[Step]) -> Row:
        """The row of an image that no longer builds: where, and who wrote that line."""
        path = subject.after.build.path
        lines = authors(steps, path)
        known = failed.line is not None and 0 < failed.line <= len(lines)
        author = lines[failed.line - 1] if known and failed.line else ""
        place = f"{path}:{failed.line}" if failed.line else str(path)
        because = f"{place}, which {author} wrote" if author else place
        by = (author,) if author else ()
        return Row("build", "", "regression", "builds", "does not build", by, because, failed.said)

"""How long the images take to build, to build again and to answer, before and after, in turns.

Both sides run on the same machine in one go, each round once and in changing order, so that their ratio holds
where their seconds do not. Nothing but what a round is about is cold, or changed.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import uuid
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from uvmigrate.verify.building import order_of
from uvmigrate.verify.engine import BuildFailed
from uvmigrate.verify.environment import read_environment
from uvmigrate.verify.pythons import candidates
from uvmigrate.verify.running import observe
from uvmigrate.verify.touching import manifests, source_file, touched, with_own_caches
from uvmigrate.verify.verdict import TIMED, Timing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import PurePosixPath

    from uvmigrate.verify.engine import Built, Engine
    from uvmigrate.verify.options import Options
    from uvmigrate.verify.subjects import Side, Subject, Use

    #: What one round does on one side: how many seconds it took.
    Measure = Callable[[], float]
    _Pair = tuple["Bench", "Bench"]

_COLD, _SOURCE, _DEPENDENCY, _START = TIMED


class NotMeasuredError(Exception):
    """Something could not be timed; the message is why, on one line."""


class Bench:
    """A copy of one side's tree, in which files are changed between builds."""

    def __init__(self, engine: Engine, side: Side, tree: Path, tell: Callable[[str], None]) -> None:
        """*tree* is the copy, and nobody else's."""
        self.engine = engine
        self.side = side
        self.tree = tree.resolve()
        self.tell = tell
        self.warm_image = ""

    def build(self, *, fresh: bool = False) -> Built:
        """Build the tree as it is. Raises BuildFailed."""
        return self.engine.build(order_of(self.side.recipe, self.tree, fresh=fresh), self.tell)

    def warm_up(self) -> None:
        """Build what is not in the builder's cache yet, so that what follows finds it there."""
        self.warm_image = self.build().image

    def cold(self) -> float:
        """The seconds of a build that finds no layer and no package of an earlier one."""
        return self._with_changed(
            (self.side.recipe.dockerfile,), lambda _, data, stamp: with_own_caches(data, stamp), fresh=True
        ).seconds

    def touched(self, paths: Iterable[PurePosixPath]) -> Built:
        """What a build makes after these files were given new ends.

        Raises NotMeasuredError where one cannot be given any, and BuildFailed.
        """
        return self._with_changed(paths, _touched)

    def _with_changed(
        self,
        paths: Iterable[PurePosixPath],
        change: Callable[[str, bytes, str], bytes],
        *,
        fresh: bool = False,
    ) -> Built:
        """Build with changed files, and put them back: a round begins as the one before did."""
        stamp = uuid.uuid4().hex
        files = [(self.tree / path).resolve() for path in paths]
        if not all(file.is_relative_to(self.tree) for file in files):
            raise NotMeasuredError(f"{', '.join(map(str, paths))} lies outside of the repository")
        originals = [file.read_bytes() for file in files]
        try:
            for file, data in zip(files, originals, strict=True):
                file.write_bytes(change(file.name, data, stamp))
            built = self.build(fresh=fresh)
        finally:
            for file, data in zip(files, originals, strict=True):
                file.write_bytes(data)
        if built.image != self.warm_image:
            # Round after round of a large image would fill a disk.
            self.engine.remove_image(built.image)
        return built


def time_images(
    engine: Engine,
    subject: Subject,
    trees: tuple[Path, Path],
    options: Options,
    tell: Callable[[str], None],
) -> tuple[Timing, ...]:
    """Time the images of a subject as often as the options say; nothing where that is 0.

    *trees* are the repository before and after, and stay as they are; *tell* is told what happens. What could
    not be timed says why (`Timing.because`). Raises EngineProblem.
    """
    if not options.repeat:
        return ()
    with tempfile.TemporaryDirectory(prefix="uvmigrate-") as parent:
        sides = zip((subject.before, subject.after), trees, ("before", "after"), strict=True)
        first, second = (
            Bench(engine, side, _copy(tree, Path(parent, name)), tell) for side, tree, name in sides
        )
        pair = (first, second)
        return (
            _timing(_COLD, pair, options.repeat, _cold_builds),
            _timing(_SOURCE, pair, options.repeat, _source_changes),
            _timing(_DEPENDENCY, pair, options.repeat, _dependency_changes),
            _timing(_START, pair, options.repeat, partial(_starts, options=options)),
        )


def rounds(measures: tuple[Measure, ...], repeat: int) -> tuple[tuple[float, ...], ...]:
    """The seconds of each measure in each round: they take turns, and the one that begins changes."""
    seconds: list[list[float]] = [[] for _ in measures]
    for number in range(repeat):
        turn = list(enumerate(measures))
        for index, measure in turn if number % 2 == 0 else turn[::-1]:
            seconds[index].append(measure())
    return tuple(map(tuple, seconds))


def _timing(what: str, pair: _Pair, repeat: int, prepare: Callable[[_Pair], tuple[Measure, ...]]) -> Timing:
    """Time what *prepare* makes ready to be measured on both sides."""
    try:
        for bench in pair:
            bench.tell(f"{what}: preparing")
            bench.warm_up()
        measures = prepare(pair)
        pair[0].tell(what)
        before, after = rounds(measures, repeat)
    except BuildFailed as failed:
        return Timing(what, (), (), because=failed.said.strip().splitlines()[-1])
    except NotMeasuredError as why:
        return Timing(what, (), (), because=str(why))
    return Timing(what, before, after)


def _cold_builds(pair: _Pair) -> tuple[Measure, ...]:
    return tuple(bench.cold for bench in pair)


def _source_changes(pair: _Pair) -> tuple[Measure, ...]:
    path = source_file(pair[0].side, pair[1].side)
    if path is None:
        raise NotMeasuredError("no Python file of the application is copied into both images")
    return _tried(partial(_source_change, bench, path) for bench in pair)


def _source_change(bench: Bench, path: PurePosixPath) -> float:
    built = bench.touched((path,))
    if built.image == bench.warm_image:
        raise NotMeasuredError(f"{path} changed, and the image stayed the same")
    return built.seconds


def _dependency_changes(pair: _Pair) -> tuple[Measure, ...]:
    found = tuple(
        tuple(path for path in manifests(bench.side) if (bench.tree / path).is_file()) for bench in pair
    )
    if not all(found):
        raise NotMeasuredError("no file is known that the image's packages come from")
    return _tried(partial(_dependency_change, bench, paths) for bench, paths in zip(pair, found, strict=True))


def _dependency_change(bench: Bench, paths: tuple[PurePosixPath, ...]) -> float:
    built = bench.touched(paths)
    # The image may be the same: what is copied out of the stage that installed has not changed.
    if not any(step.instruction.startswith("RUN ") and not step.cached for step in built.steps):
        raise NotMeasuredError(f"{', '.join(map(str, paths))} changed, and nothing was installed again")
    return built.seconds


def _starts(pair: _Pair, options: Options) -> tuple[Measure, ...]:
    """The first way to start both images in which both answer."""
    later = {(use.file, use.service): use for use in pair[1].side.uses}
    ways = [(use, later.get((use.file, use.service))) for use in pair[0].side.uses]
    known = [(first, second) for first, second in ways if second is not None]
    if not known:
        raise NotMeasuredError("it is not known how the images are started")
    pythons = [_python(bench) for bench in pair]
    quiet = options._replace(smoke="")
    for uses in known:
        both = zip(pair, uses, pythons, strict=True)
        with contextlib.suppress(NotMeasuredError):
            return _tried(partial(_start, bench, use, python, quiet) for bench, use, python in both)
    raise NotMeasuredError("nothing answers in both images")


def _start(bench: Bench, use: Use, python: tuple[str, ...], options: Options) -> float:
    outcome = observe(bench.engine, bench.warm_image, use, options, python)
    if outcome.seconds is None:
        raise NotMeasuredError(f"{use.service or 'the image'} did not answer")
    return outcome.seconds


def _python(bench: Bench) -> tuple[str, ...]:
    found = read_environment(bench.engine, bench.warm_image, candidates(bench.side))
    if found is None:
        raise NotMeasuredError("the image has no Python that could ask for an answer")
    return found.python


def _tried(measures: Iterable[Measure]) -> tuple[Measure, ...]:
    """The measures, each of which was taken once: caches hold then what they do in daily work."""
    found = tuple(measures)
    for measure in found:
        measure()
    return found


def _touched(name: str, data: bytes, stamp: str) -> bytes:
    new = touched(name, data, stamp)
    if new is None:
        raise NotMeasuredError(f"{name} is UTF-16")
    return new


def _copy(tree: Path, to: Path) -> Path:
    return shutil.copytree(tree, to, symlinks=True)

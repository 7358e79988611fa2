"""One image in one snapshot: built, looked into, and started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.source import NamedTuple
from uvmigrate.verify.building import order_of
from uvmigrate.verify.compare.running import compare_read_only
from uvmigrate.verify.compare.size import read_sizes
from uvmigrate.verify.environment import look
from uvmigrate.verify.listing import read_files
from uvmigrate.verify.locked import try_read_only
from uvmigrate.verify.pythons import candidates
from uvmigrate.verify.running import SECONDS, observe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from uvmigrate.verify.engine import Built, Config, Engine
    from uvmigrate.verify.environment import Seen
    from uvmigrate.verify.listing import Listing
    from uvmigrate.verify.locked import ReadOnly
    from uvmigrate.verify.options import Options
    from uvmigrate.verify.running import Outcome
    from uvmigrate.verify.subjects import Side, Use
    from uvmigrate.verify.verdict import Row, Sizes, Written


class Trial(NamedTuple):
    """What one image is like.

    ``seen`` is None where no Python of it starts. ``outcomes`` go with the side's uses.
    """

    side: Side
    built: Built
    config: Config
    listing: Listing
    sizes: Sizes
    seen: Seen | None
    outcomes: tuple[Outcome, ...]

    @property
    def python(self) -> tuple[str, ...]:
        """The words that start the image's Python; none where it has none."""
        return self.seen.environment.python if self.seen is not None else ()


def try_image(
    engine: Engine,
    side: Side,
    tree: Path,
    options: Options,
    tell: Callable[[str], None],
    original: Trial | None = None,
) -> Trial:
    """Build an image from a tree, look into it and start it, with a word about each to *tell*.

    What the *original* holds is imported in place of what it holds itself. Raises BuildFailed where it cannot
    be built, and EngineProblem.
    """
    built = engine.build(order_of(side.recipe, tree), tell)
    image = built.image
    tell("reading its files")
    listing = read_files(engine, image)
    config = engine.config(image)
    sizes = read_sizes(engine, image, listing)
    tell("importing what is installed")
    modules = original.seen.environment.modules if original is not None and original.seen else None
    found = Trial(side, built, config, listing, sizes, look(engine, image, candidates(side), modules), ())
    outcomes = []
    for use in side.uses:
        tell(f"starting {use.service or 'it'}, for up to {SECONDS:.0f} s")
        outcomes.append(observe(engine, image, use, options, found.python))
    return found._replace(outcomes=tuple(outcomes))


def locked_trials(
    engine: Engine, before: Trial, after: Trial, options: Options, tell: Callable[[str], None]
) -> tuple[tuple[Row, Written], ...]:
    """What comes of starting the migrated image read-only, use by use; the original only where that fails."""
    earlier = {
        (use.file, use.service): (use, outcome)
        for use, outcome in zip(before.side.uses, before.outcomes, strict=True)
    }
    found = []
    for use, outcome in zip(after.side.uses, after.outcomes, strict=True):
        tell(f"starting {use.service or 'it'}, for up to {SECONDS:.0f} s")
        tried = _locked(engine, after, use, outcome, options)
        original = None
        was = earlier.get((use.file, use.service))
        if tried.written.works is False and not use.locked and was is not None:
            original = _locked(engine, before, *was, options)
        row = compare_read_only(original, tried, asked=use.locked, name=use.service)
        found.append((row, tried.written))
    return tuple(found)


def _locked(engine: Engine, trial: Trial, use: Use, outcome: Outcome, options: Options) -> ReadOnly:
    return try_read_only(
        engine,
        trial.built.image,
        use,
        options,
        trial.python,
        writable=outcome,
        config=trial.config,
        listing=trial.listing,
    )

"""All that is compared of two images, in one list of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.verify.compare.config import compare_config
from uvmigrate.verify.compare.distribution_files import compare_distribution_files
from uvmigrate.verify.compare.environment import compare_environments
from uvmigrate.verify.compare.files import Image, compare_files
from uvmigrate.verify.compare.packages import compare_packages, system_packages
from uvmigrate.verify.compare.places import places
from uvmigrate.verify.compare.running import compare_run
from uvmigrate.verify.compare.size import compare_sizes, uv_bytes
from uvmigrate.verify.meaning import unknown
from uvmigrate.verify.verdict import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.verify.meaning import Meaning
    from uvmigrate.verify.ours import Ours
    from uvmigrate.verify.trials import Trial
    from uvmigrate.verify.verdict import Row


def compare(before: Trial, after: Trial, meaning: Meaning, edited: Ours) -> tuple[Row, ...]:
    """The rows of two images, in the order of KINDS; *edited* is what the migration changes in files."""
    rows = [*_looked_into(before, after, meaning, edited), *_started(before, after, meaning)]
    return tuple(sorted(rows, key=lambda row: KINDS.index(row.kind)))


def _looked_into(before: Trial, after: Trial, meaning: Meaning, edited: Ours) -> Iterator[Row]:
    """What the images are, without starting them."""
    required = tuple(dict.fromkeys((*before.side.requirements, *after.side.requirements)))
    yield from compare_environments(before.seen, after.seen, meaning, required)
    yield from compare_config(before.config, after.config, after.listing.holds, meaning)
    old, new = system_packages(before.listing), system_packages(after.listing)
    yield from compare_packages(old, new, meaning)
    environments = [
        places(trial.listing, trial.seen.environment) for trial in (before, after) if trial.seen is not None
    ]

    def is_environment(path: str) -> bool:
        return any(one.hold(path) for one in environments)

    files = (Image(before.listing, old), Image(after.listing, new))
    yield from compare_files(*files, is_environment, meaning, edited)
    if before.seen is not None and after.seen is not None:
        both = (files[0], before.seen.environment), (files[1], after.seen.environment)
        yield from compare_distribution_files(*both, meaning)
    yield from compare_sizes(before.sizes, after.sizes, uv_bytes(before.listing, after.listing), meaning)


def _started(before: Trial, after: Trial, meaning: Meaning) -> Iterator[Row]:
    """What came of starting them, use by use."""
    earlier = {use.service: outcome for use, outcome in zip(before.side.uses, before.outcomes, strict=True)}
    for use, outcome in zip(after.side.uses, after.outcomes, strict=True):
        if use.service in earlier:
            yield from compare_run(earlier[use.service], outcome, meaning, use.service)
        else:
            yield unknown("run", f"{use.service or 'the image'} could not be started as it was")

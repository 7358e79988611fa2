"""All that is compared of two images, in one list of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.verify.compare.config import compare_config
from uvmigrate.verify.compare.distribution_files import compare_distribution_files
from uvmigrate.verify.compare.environment import compare_environments
from uvmigrate.verify.compare.files import Image, compare_files
from uvmigrate.verify.compare.packages import compare_packages, system_packages
from uvmigrate.verify.compare.places import places
from uvmigrate.verify.compare.running import compare_run, told
from uvmigrate.verify.compare.services import compare_services
from uvmigrate.verify.compare.size import compare_sizes, uv_bytes
from uvmigrate.verify.touching import imported_in
from uvmigrate.verify.verdict import KINDS, Row
from uvmigrate.verify.writes import ids_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from uvmigrate.verify.meaning import Meaning
    from uvmigrate.verify.ours import Ours
    from uvmigrate.verify.running import Outcome
    from uvmigrate.verify.subjects import Side
    from uvmigrate.verify.trials import Trial


def compare(before: Trial, after: Trial, meaning: Meaning, edited: Ours) -> tuple[Row, ...]:
    """The rows of two images, in the order of KINDS; *edited* is what the migration changes in files."""
    starts = compare_starts((before.side, before.outcomes), (after.side, after.outcomes), meaning)
    rows = [*_looked_into(before, after, meaning, edited), *_said(before, after, meaning), *starts]
    return tuple(sorted(rows, key=lambda row: KINDS.index(row.kind)))


def _looked_into(before: Trial, after: Trial, meaning: Meaning, edited: Ours) -> Iterator[Row]:
    """What the images are, without starting them."""
    required = tuple(dict.fromkeys((*before.side.requirements, *after.side.requirements)))
    imported = imported_in(before.side.build)
    yield from compare_environments(before.seen, after.seen, meaning, required, imported)
    yield from compare_config(before.config, after.config, after.listing.holds, meaning)
    old, new = system_packages(before.listing), system_packages(after.listing)
    yield from compare_packages(old, new, meaning)
    environments = [
        places(trial.listing, trial.seen.environment) for trial in (before, after) if trial.seen is not None
    ]

    def is_environment(path: str) -> bool:
        return any(one.hold(path) for one in environments)

    files = (Image(before.listing, old), Image(after.listing, new))
    user = ids_of(after.config.user, after.listing)
    yield from compare_files(*files, is_environment, meaning, edited, user)
    if before.seen is not None and after.seen is not None:
        both = (files[0], before.seen.environment), (files[1], after.seen.environment)
        yield from compare_distribution_files(*both, meaning)
    yield from compare_sizes(before.sizes, after.sizes, uv_bytes(before.listing, after.listing), meaning)


def _said(before: Trial, after: Trial, meaning: Meaning) -> Iterator[Row]:
    """What compose says otherwise of the services that are there before and after."""
    earlier = {(use.file, use.service): use for use in before.side.uses}
    for use in after.side.uses:
        was = earlier.get((use.file, use.service))
        if was is not None:
            yield from compare_services((was, before.config), (use, after.config), meaning)


def compare_starts(
    before: tuple[Side, Sequence[Outcome]], after: tuple[Side, Sequence[Outcome]], meaning: Meaning
) -> Iterator[Row]:
    """What came of starting two images, use by use, and which services could not be started at all.

    The outcomes go with the uses of their sides.
    """
    earlier = {
        (use.file, use.service): outcome for use, outcome in zip(before[0].uses, before[1], strict=True)
    }
    for use, outcome in zip(after[0].uses, after[1], strict=True):
        was = earlier.pop((use.file, use.service), None)
        if was is not None:
            yield from compare_run(was, outcome, meaning, use.service)
    lost = {service: told(outcome) for (_, service), outcome in earlier.items()}
    unstarted = dict.fromkeys((*before[0].unstarted, *after[0].unstarted))
    for service in lost.keys() - {one.service for one in unstarted}:
        yield meaning.row("run", service, lost[service], "", "no compose file starts it any more")
    for service, because in unstarted:
        if service in lost:
            yield meaning.row("run", service, lost[service], "", because)
        else:
            yield Row("run", service, "unknown", because=because)

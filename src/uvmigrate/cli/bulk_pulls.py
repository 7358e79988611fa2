"""What `uvmigrate bulk` does at forges: lists organisations, and opens pull requests of what was pushed."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from uvmigrate.cli.terminal import say
from uvmigrate.fleet import git
from uvmigrate.fleet.forge import ForgeRefused, Patience
from uvmigrate.fleet.forge.listing import lister
from uvmigrate.fleet.outcome import Outcome
from uvmigrate.fleet.pull import is_ours
from uvmigrate.fleet.pulls import Asked, lent, pulls
from uvmigrate.report.words import shown
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from uvmigrate.fleet.forge import Pull, Wish
    from uvmigrate.fleet.job import Job
    from uvmigrate.fleet.outcome import Unchanged
    from uvmigrate.fleet.pull import Fate
    from uvmigrate.fleet.pulls import Pulls
    from uvmigrate.fleet.targets import Listing, Target

#: Seconds that a limit of requests is waited for: GitHub's lasts an hour.
_PATIENCE = 3900
#: What is said of a pull request.
_FATES: Mapping[Fate, str] = {
    "opened": "opened {}",
    "updated": "updated {}",
    "unchanged": "{} is up to date",
    "closed": "{} was closed meanwhile, and is not opened again",
    "foreign": "the text of {} is somebody's own, and stays",
}


class Said(NamedTuple):
    """A repository's outcome, its pull request's address, and what was done with it; both may be empty."""

    outcome: Outcome | Unchanged
    pull: str = ""
    note: str = ""


def listing(wished: Wish, forge_url: str) -> Listing:
    """What lists organisations, for targets such as ``github:acme``."""
    return lister(wished, forge_url, Patience(_PATIENCE, tell=say))


@contextlib.contextmanager
def proposing(wish: Mapping[str, Any], targets: Sequence[Target]) -> Iterator[Proposing]:
    """The pull requests of a run, and until its end the tokens that git needs for its repositories.

    Raises ForgeUnavailable where pull requests are wished for, and a token or a library is missing.
    """
    asked = Asked(**{**wish["asked"], **{key: tuple(wish["asked"][key]) for key in ("labels", "reviewers")}})
    if wish["pull"] is None:
        addresses = [target.source for target in targets if not target.is_folder]
        with lent(addresses, asked.kind, asked.forge_url):
            yield Proposing(None)
        return
    known: dict[str, str] = {}
    for one in targets:
        # One that comes from nowhere fails by itself.
        with contextlib.suppress(git.GitProblem):
            known[one.name] = git.origin_of(Path(one.source)) if one.is_folder else one.source
    with pulls(known, asked, Patience(_PATIENCE, tell=say), reads=wish["dry_run"]) as opened:
        yield Proposing(opened, dry_run=wish["dry_run"])


class Proposing:
    """The pull requests of one run; with none wished for, everything stays as it is."""

    def __init__(self, opened: Pulls | None, *, dry_run: bool = False) -> None:
        self._pulls = opened
        self._dry_run = dry_run
        self._closed: dict[str, str] = {}
        self._refused = dict(opened.unknown) if opened is not None else {}

    def jobs(self, jobs: Iterable[Job]) -> Iterator[Job]:
        """The jobs, of which those push nothing whose pull request somebody closed."""
        for job in jobs:
            name = job.target.name
            if self._pulls is not None and name in self._pulls:
                try:
                    self._closed[name] = self._pulls.closed(name)
                except ForgeRefused as error:
                    self._refused[name] = str(error)
            left = self._closed.get(name) or self._refused.get(name)
            yield job._replace(wish=replace(job.wish, mode="report", pull=None)) if left else job

    def about(self, target: Target, outcome: Outcome | Unchanged) -> Said:
        """Open or update the pull request of what was pushed; where the forge says no, that failed."""
        if self._pulls is None or not isinstance(outcome, Outcome) or outcome.status == "failed":
            return Said(outcome)
        name = target.name
        if refused := self._refused.get(name):
            return Said(outcome._replace(status="failed", why=shown(refused)))
        if closed := self._closed.get(name):
            note = f"{closed} is closed, and is not opened again: nothing was pushed"
            return Said(outcome, shown(closed), shown(note))
        if not outcome.branch:
            return Said(outcome)
        try:
            if self._dry_run:
                return _would(self._pulls.newest(name), outcome)
            fate, pull = self._pulls.propose(name, outcome.default_branch, outcome.text)
        except ForgeRefused as error:
            why = f"{'' if self._dry_run else 'it is pushed, but '}{error}"
            return Said(outcome._replace(status="failed", why=shown(why)))
        return Said(outcome, shown(pull.address), _FATES[fate].format(shown(pull.address)))


def _would(there: Pull | None, outcome: Outcome) -> Said:
    """What would be done with the pull request of a branch that would be pushed, or is there already."""
    if there is None or there.state == "merged":
        return Said(outcome, "", f"would open a pull request for {outcome.default_branch}")
    address = shown(there.address)
    if there.state == "closed":
        return Said(outcome, address, _FATES["closed"].format(address))
    if not is_ours(there):
        return Said(outcome, address, _FATES["foreign"].format(address))
    return Said(outcome, address, f"would bring the text of {address} up to date")

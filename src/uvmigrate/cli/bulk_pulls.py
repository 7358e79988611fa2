"""What `uvmigrate bulk` does at forges: lists organisations, and opens pull requests of what was pushed."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from uvmigrate.cli.terminal import say
from uvmigrate.fleet import git
from uvmigrate.fleet.forge import ForgeRefused, Patience
from uvmigrate.fleet.forge.listing import lister
from uvmigrate.fleet.outcome import Outcome
from uvmigrate.fleet.pulls import Asked, lent, pulls
from uvmigrate.report.words import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from uvmigrate.fleet.forge import Wish
    from uvmigrate.fleet.job import Job
    from uvmigrate.fleet.outcome import Unchanged
    from uvmigrate.fleet.pulls import Pulls
    from uvmigrate.fleet.targets import Listing, Target

#: Seconds that a limit of requests is waited for: GitHub's lasts an hour.
_PATIENCE = 3900


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
        yield Proposing(opened)


class Proposing:
    """The pull requests of one run; with none wished for, everything stays as it is."""

    def __init__(self, opened: Pulls | None) -> None:
        self._pulls = opened
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
            return Said(outcome, closed, f"{closed} is closed, and is not opened again: nothing was pushed")
        if outcome.branch == "would-push":
            there = self._pulls.newest(name)
            if there is None or there.state == "merged":
                return Said(outcome, "", f"would open a pull request for {outcome.default_branch}")
            return Said(outcome, there.address, f"would bring {there.address} up to date")
        if not outcome.branch:
            return Said(outcome)
        try:
            fate, pull = self._pulls.propose(name, outcome.default_branch, outcome.text)
        except ForgeRefused as error:
            return Said(outcome._replace(status="failed", why=shown(f"it is pushed, but {error}")))
        return Said(outcome, shown(pull.address), f"{fate} {shown(pull.address)}")

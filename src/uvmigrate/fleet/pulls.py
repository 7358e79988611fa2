"""Pull requests of many repositories: whose forge each is at is known before any work, and nobody is asked
for two things at a time.
"""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING

from uvmigrate.fleet.branch import BRANCH
from uvmigrate.fleet.forge import ForgeUnavailable, Patience, Proposal, forge_at, missing, place_of, token_for
from uvmigrate.fleet.forge.tokens import lent_to_git, variable_token
from uvmigrate.fleet.pull import TITLE, propose
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from uvmigrate.fleet.forge import Forge, Kind, Place, Pull
    from uvmigrate.fleet.pull import Fate


class Asked(NamedTuple):
    """How pull requests are opened, and what the user says of the forge."""

    draft: bool = False
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    kind: Kind | None = None
    forge_url: str = ""


class Pulls:
    """The forges of repositories, by the names that these have here.

    *unknown* are those of which it is not certain where they are, and why.
    """

    def __init__(
        self, asked: Asked, found: Mapping[str, tuple[Forge, str]], unknown: Mapping[str, str]
    ) -> None:
        self._asked = asked
        self._found = found
        self._names: dict[str, str] = {}
        self.unknown = unknown
        # Forges want to be asked for one thing after the other.
        self._one = threading.Lock()

    def __contains__(self, repository: str) -> bool:
        return repository in self._found

    def closed(self, repository: str) -> str:
        """The address of the pull request that somebody closed; empty where the branch may be pushed.

        Raises ForgeRefused and ForgeUnavailable, as `propose` does.
        """
        there = self.newest(repository)
        return there.address if there is not None and there.state == "closed" else ""

    def newest(self, repository: str) -> Pull | None:
        """The open pull request of the branch, else the newest."""
        with self._one:
            forge, name = self._now(repository)
            return forge.newest(name, BRANCH)

    def propose(self, repository: str, base: str, text: str) -> tuple[Fate, Pull]:
        """Open the pull request of a branch that was pushed, for *base*, or bring the open one up to date."""
        asked = self._asked
        wished = Proposal(BRANCH, base, TITLE, "", asked.draft, asked.labels, asked.reviewers)
        with self._one:
            forge, name = self._now(repository)
            return propose(forge, name, wished, text)

    def _now(self, repository: str) -> tuple[Forge, str]:
        """The forge of a repository, and what it is called there now.

        By the name of one that was moved, a forge answers what is read, and finds none of its pull requests.
        """
        forge, name = self._found[repository]
        if repository not in self._names:
            self._names[repository] = forge.hosted(name).name
        return forge, self._names[repository]


@contextlib.contextmanager
def pulls(
    addresses: Mapping[str, str], asked: Asked, patience: Patience | None = None, *, reads: bool = False
) -> Iterator[Pulls]:
    """The forges of repositories, of which *addresses* has what git clones each from.

    Processes that are started meanwhile push with the same tokens (`lent_to_git`). Raises ForgeUnavailable
    where a forge's library is missing, or a token for it, unless one only *reads*.
    """
    patience = patience or Patience()
    forges: dict[Place, Forge] = {}
    found: dict[str, tuple[Forge, str]] = {}
    unknown: dict[str, str] = {}
    with contextlib.ExitStack() as stack:
        for repository, address in addresses.items():
            try:
                place, name = place_of(address, os.environ, asked.kind, asked.forge_url)
            except ForgeUnavailable as error:
                unknown[repository] = str(error)
                continue
            if place not in forges:
                token = token_for(place, os.environ)
                if token is None and not reads:
                    raise ForgeUnavailable(missing(place, os.environ))
                stack.enter_context(lent_to_git(place, token))
                forges[place] = stack.enter_context(forge_at(place, token, patience))
            found[repository] = forges[place], name
        yield Pulls(asked, found, unknown)


@contextlib.contextmanager
def lent(addresses: Iterable[str], kind: Kind | None = None, forge_url: str = "") -> Iterator[None]:
    """Meanwhile, git uses the tokens of variables where it reaches what they are for (`lent_to_git`)."""
    places = set()
    for address in addresses:
        with contextlib.suppress(ForgeUnavailable):
            places.add(place_of(address, os.environ, kind, forge_url)[0])
    with contextlib.ExitStack() as stack:
        for place in sorted(places):
            stack.enter_context(lent_to_git(place, variable_token(place, os.environ)))
        yield

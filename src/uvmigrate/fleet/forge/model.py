"""What a forge is asked for, and what it answers: plain data, and a small protocol over it."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal, Protocol

from uvmigrate.apply.problems import EnvironmentProblem, one_line
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind = Literal["github", "gitlab"]
#: How long a message that quotes a forge may be.
_LONGEST = 400


class ForgeUnavailable(EnvironmentProblem):
    """Something around a forge is missing: its library, a token, an answer. The message is one line."""


class ForgeRefused(Exception):  # noqa: N818 - the forge said no; nothing erred
    """A forge does not do what it was asked for: one line with its own words, credentials masked.

    ``status`` is that of its answer, 0 where it did not have to be asked.
    """

    def __init__(self, message: str, status: int = 0) -> None:
        """*message* may be of several lines, and of any length."""
        line = one_line(message)
        super().__init__(line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…")
        self.status = status


class Wish(NamedTuple):
    """Which repositories of an organisation are meant; what is empty is not asked for.

    ``match`` is a pattern of the shell for a repository's name, or for its path below the organisation, in
    any case. Those that are archived take no branches, and are left out unless they are wished for.
    """

    language: str = ""
    topic: str = ""
    match: str = ""
    archived: bool = False

    def meets(self, name: str, owner: str) -> bool:
        """Whether a repository's full name is one that ``match`` means."""
        pattern, below = self.match.lower(), name[len(owner) :].strip("/").lower()
        return not pattern or fnmatchcase(below, pattern) or fnmatchcase(below.rpartition("/")[2], pattern)


class Hosted(NamedTuple):
    """A repository at a forge.

    ``name`` is its path there (``acme/shop``, ``group/sub/shop``), ``branch`` its default branch, empty where
    it has no commit.
    """

    name: str
    address: str
    branch: str
    archived: bool = False


class Pull(NamedTuple):
    """A pull request, or merge request, as it is at the forge."""

    number: int
    address: str
    state: Literal["open", "closed", "merged"]
    body: str


class Proposal(NamedTuple):
    """A pull request as it is to be opened: the branch and the one that it is to go into, what it says.

    ``reviewers`` are names of people; one with a slash is a team of GitHub's.
    """

    branch: str
    base: str
    title: str
    body: str
    draft: bool = False
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()


class Forge(Protocol):
    """A server that hosts repositories and takes pull requests.

    Every method raises ForgeUnavailable where the server cannot be asked, and ForgeRefused where it says no.
    """

    kind: Kind
    #: Bytes that the text of a pull request may have.
    body_limit: int

    def listed(self, owner: str, wish: Wish) -> Iterator[Hosted]:
        """The repositories of an organisation, a group with those below it, or a person."""

    def hosted(self, name: str) -> Hosted:
        """One repository, by its path."""

    def newest(self, name: str, branch: str) -> Pull | None:
        """The open pull request from a branch of the repository itself; else the one that was opened last."""

    def open(self, name: str, proposal: Proposal) -> Pull:
        """Open a pull request; ``decorate`` gives it its labels and reviewers."""

    def decorate(self, name: str, pull: Pull, proposal: Proposal) -> None:
        """Add the labels, and ask for the reviews; what is there already stays."""

    def update(self, name: str, pull: Pull, body: str) -> None:
        """Give a pull request another text."""

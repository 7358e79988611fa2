"""GitHub, and GitHub Enterprise, through gidgethub.

REST API, version 2022-11-28: "Repositories", "Pull requests", "Labels", "Review requests".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from gidgethub.abc import GitHubAPI

from uvmigrate.fleet.forge.model import ForgeRefused, Hosted, Pull
from uvmigrate.fleet.forge.transport import REQUESTER, answer_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from uvmigrate.fleet.forge.model import Kind, Proposal, Wish
    from uvmigrate.fleet.forge.transport import Transport

_REPOSITORY = "/repos/{owner}/{repo}"
_PULLS = f"{_REPOSITORY}/pulls"


class _Client(GitHubAPI):
    """gidgethub over our transport."""

    def __init__(self, transport: Transport) -> None:
        token = transport.token.text if transport.token else None
        super().__init__(REQUESTER, oauth_token=token, base_url=transport.place.api)
        self._transport = transport

    async def _request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
    ) -> tuple[int, Mapping[str, str], bytes]:
        versioned = {**headers, "x-github-api-version": "2022-11-28"}
        return await self._transport.request(method, url, versioned, body)

    async def sleep(self, seconds: float) -> None:
        """Never called: the transport waits."""

    async def all(self, url: str, words: Mapping[str, str]) -> list[Any]:
        """Every item of every page."""
        return [item async for item in self.getiter(url, words)]


class GitHub:
    """A ``Forge``: its methods and errors are those of the protocol."""

    kind: Kind = "github"
    #: The text may have as many characters; no encoding has more of them than bytes.
    body_limit = 65_536

    def __init__(self, transport: Transport) -> None:
        self._client = _Client(transport)

    def listed(self, owner: str, wish: Wish) -> Iterator[Hosted]:
        """The repositories of an organisation, or of a person where no organisation is called so."""
        words = {"owner": owner, "per_page": "100"}
        try:
            found = answer_of(self._client.all("/orgs/{owner}/repos{?per_page}", words))
        except ForgeRefused as error:
            if error.status != 404:
                raise
            found = answer_of(self._client.all("/users/{owner}/repos{?per_page}", words))
        for one in found:
            topics = {topic.lower() for topic in one.get("topics") or ()}
            if (
                wish.meets(one["full_name"], owner)
                and (wish.archived or not one.get("archived"))
                and (not wish.language or (one.get("language") or "").lower() == wish.language.lower())
                and (not wish.topic or wish.topic.lower() in topics)
            ):
                yield _hosted(one)

    def hosted(self, name: str) -> Hosted:
        """One repository; the name is the one that it has now, where it was renamed."""
        return _hosted(answer_of(self._client.getitem(_REPOSITORY, _words(name))))

    def newest(self, name: str, branch: str) -> Pull | None:
        """The open pull request of a branch, else the newest."""
        words = _words(name)
        head = f"{words['owner']}:{branch}"
        query = {"head": head, "state": "all", "sort": "created", "direction": "desc", "per_page": "100"}
        found = answer_of(
            self._client.getitem(f"{_PULLS}{{?head,state,sort,direction,per_page}}", {**words, **query})
        )
        # A head that it does not understand is ignored, and all pull requests are listed.
        own = [one for one in found if one["head"]["ref"] == branch and _is_own(one, name)]
        chosen = next((one for one in own if one["state"] == "open"), own[0] if own else None)
        return _pull(chosen) if chosen else None

    def open(self, name: str, proposal: Proposal) -> Pull:
        """Open a pull request in the repository itself."""
        data = {
            "title": proposal.title,
            "head": proposal.branch,
            "base": proposal.base,
            "body": proposal.body,
            "draft": proposal.draft,
        }
        return _pull(answer_of(self._client.post(_PULLS, _words(name), data=data)))

    def decorate(self, name: str, pull: Pull, proposal: Proposal) -> None:
        """Labels that are not there yet are made by GitHub."""
        words = {**_words(name), "number": str(pull.number)}
        if proposal.labels:
            labels = {"labels": list(proposal.labels)}
            answer_of(self._client.post(f"{_REPOSITORY}/issues/{{number}}/labels", words, data=labels))
        if proposal.reviewers:
            people = [one for one in proposal.reviewers if "/" not in one]
            teams = [one.rpartition("/")[2] for one in proposal.reviewers if "/" in one]
            asked = {"reviewers": people, "team_reviewers": teams}
            answer_of(self._client.post(f"{_PULLS}/{{number}}/requested_reviewers", words, data=asked))

    def update(self, name: str, pull: Pull, body: str) -> None:
        """Only the text is another afterwards."""
        words = {**_words(name), "number": str(pull.number)}
        answer_of(self._client.patch(f"{_PULLS}/{{number}}", words, data={"body": body}))


def _words(name: str) -> dict[str, str]:
    owner, slash, repo = name.partition("/")
    if not slash or "/" in repo:
        raise ForgeRefused(f"{name} is no repository of GitHub's: they are called OWNER/NAME")
    return {"owner": owner, "repo": repo}


def _is_own(pull: Mapping[str, Any], name: str) -> bool:
    """Whether the branch is the repository's own: a fork may have one of the same name."""
    repo = pull["head"].get("repo") or {}
    return bool(str(repo.get("full_name", "")).lower() == name.lower())


def _hosted(one: Mapping[str, Any]) -> Hosted:
    return Hosted(
        one["full_name"], one["clone_url"], one.get("default_branch") or "", bool(one.get("archived"))
    )


def _pull(one: Mapping[str, Any]) -> Pull:
    ended: Literal["closed", "merged"] = "merged" if one.get("merged_at") else "closed"
    return Pull(
        one["number"], one["html_url"], "open" if one["state"] == "open" else ended, one.get("body") or ""
    )

"""GitLab, anybody's own included, through gidgetlab.

REST API, version 4: "Groups", "Projects", "Merge requests", "Users".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from gidgetlab.abc import GitLabAPI

from uvmigrate.fleet.forge.model import ForgeRefused, Hosted, Pull
from uvmigrate.fleet.forge.transport import REQUESTER, answer_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from uvmigrate.fleet.forge.model import Kind, Proposal, Wish
    from uvmigrate.fleet.forge.transport import Transport

_STATES: Mapping[str, Literal["open", "closed", "merged"]] = {
    "opened": "open",
    "locked": "open",  # while it is being merged
    "merged": "merged",
}


class _Client(GitLabAPI):
    """gidgetlab over our transport."""

    def __init__(self, transport: Transport) -> None:
        token = transport.token.text if transport.token else None
        web = transport.place.api.removesuffix("/api/v4")
        super().__init__(REQUESTER, access_token=token, url=web)
        self._transport = transport

    async def _request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
    ) -> tuple[int, Mapping[str, str], bytes]:
        return await self._transport.request(method, url, headers, body)

    async def sleep(self, seconds: float) -> None:
        """Never called: the transport waits."""

    async def all(self, url: str, query: dict[str, str | bool]) -> list[Any]:
        """Every item of every page."""
        return [item async for item in self.getiter(url, query)]


class GitLab:
    """A ``Forge``: its methods and errors are those of the protocol."""

    kind: Kind = "gitlab"
    #: A description may have as many characters; no encoding has more of them than bytes.
    body_limit = 1_048_576

    def __init__(self, transport: Transport) -> None:
        self._client = _Client(transport)

    def listed(self, owner: str, wish: Wish) -> Iterator[Hosted]:
        """The projects of a group and of those below it, or of a person where no group is called so."""
        query: dict[str, str | bool] = {"per_page": "100", "order_by": "id"}
        if not wish.archived:
            query["archived"] = "false"
        if wish.topic:
            query["topic"] = wish.topic
        if wish.language:
            query["with_programming_language"] = wish.language
        # What others share with the group is theirs.
        below: dict[str, str | bool] = {**query, "include_subgroups": "true", "with_shared": "false"}
        try:
            found = answer_of(self._client.all(f"/groups/{_id(owner)}/projects", below))
        except ForgeRefused as error:
            if error.status != 404:
                raise
            found = answer_of(self._client.all(f"/users/{_id(owner)}/projects", query))
        for one in found:
            if wish.meets(one["path_with_namespace"], owner):
                yield _hosted(one)

    def hosted(self, name: str) -> Hosted:
        """One project; the name is the one that it has now, where it was moved."""
        return _hosted(answer_of(self._client.getitem(f"/projects/{_id(name)}")))

    def newest(self, name: str, branch: str) -> Pull | None:
        """The open merge request of a branch, else the newest."""
        query: dict[str, str | bool] = {"source_branch": branch, "state": "all"}
        query |= {"order_by": "created_at", "sort": "desc", "per_page": "100"}
        found = answer_of(self._client.getitem(f"/projects/{_id(name)}/merge_requests", query))
        # A fork may have a branch of the same name.
        own = [
            one
            for one in found
            if one["source_branch"] == branch and one["source_project_id"] == one["project_id"]
        ]
        chosen = next((one for one in own if _pull(one).state == "open"), own[0] if own else None)
        return _pull(chosen) if chosen else None

    def open(self, name: str, proposal: Proposal) -> Pull:
        """Open a merge request in the project itself. A draft is one by its title."""
        data = {
            "source_branch": proposal.branch,
            "target_branch": proposal.base,
            "title": f"{'Draft: ' * proposal.draft}{proposal.title}",
            "description": proposal.body,
        }
        return _pull(answer_of(self._client.post(f"/projects/{_id(name)}/merge_requests", data=data)))

    def decorate(self, name: str, pull: Pull, proposal: Proposal) -> None:
        """Labels that are not there yet are made by GitLab. Raises ForgeRefused for an unknown reviewer."""
        data: dict[str, Any] = {}
        if proposal.labels:
            data["add_labels"] = ",".join(proposal.labels)
        if proposal.reviewers:
            data["reviewer_ids"] = [self._user(one) for one in proposal.reviewers]
        if data:
            answer_of(self._client.put(self._request_path(name, pull), data=data))

    def update(self, name: str, pull: Pull, body: str) -> None:
        """Only the description is another afterwards."""
        answer_of(self._client.put(self._request_path(name, pull), data={"description": body}))

    def _user(self, name: str) -> int:
        found = answer_of(self._client.getitem("/users", {"username": name}))
        if not found:
            raise ForgeRefused(f"nobody is called {name} at {self._client.api_url}")
        return int(found[0]["id"])

    @staticmethod
    def _request_path(name: str, pull: Pull) -> str:
        return f"/projects/{_id(name)}/merge_requests/{pull.number}"


def _id(path: str) -> str:
    """A project's or a group's path as one part of an address ("Namespaced paths")."""
    return quote(path, safe="")


def _hosted(one: Mapping[str, Any]) -> Hosted:
    return Hosted(
        one["path_with_namespace"],
        one["http_url_to_repo"],
        one.get("default_branch") or "",
        bool(one.get("archived")),
    )


def _pull(one: Mapping[str, Any]) -> Pull:
    return Pull(one["iid"], one["web_url"], _STATES.get(one["state"], "closed"), one.get("description") or "")

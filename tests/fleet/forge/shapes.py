"""What GitHub and GitLab publish about the requests that we make: which there are, and what they may say.

GitHub: github/rest-api-description, api.github.com, version 2022-11-28, and docs.github.com/rest. GitLab:
docs.gitlab.com/api: groups, projects, users, merge_requests. Nothing but what is listed may be sent, although
both servers ignore what they do not know.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it brings no type hints

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TEXT: dict[str, Any] = {"type": "string"}
_WORD: dict[str, Any] = {"type": "string", "minLength": 1}
_TEXTS: dict[str, Any] = {"type": "array", "items": _WORD}
_FLAG = {"enum": ["true", "false"]}
_COUNT = {"type": "string", "pattern": "^([1-9]|[1-9][0-9]|100)$"}
_PAGE = {"type": "string", "pattern": "^[1-9][0-9]*$"}
_PAGING = {"per_page": _COUNT, "page": _PAGE}


class Shape(NamedTuple):
    """One kind of request: its method and path, and what may stand in its query and its body."""

    name: str
    method: str
    path: re.Pattern[str]
    query: Mapping[str, Any]
    body: Mapping[str, Any] | None

    def problems(self, query: Mapping[str, str], body: object) -> Iterator[str]:
        """What of a request is not as it is published."""
        listed = {"type": "object", "properties": self.query, "additionalProperties": False}
        for error in Draft202012Validator(listed).iter_errors(query):
            yield f"{self.name}: query: {error.message}"
        if self.body is None:
            if body is not None:
                yield f"{self.name}: has a body"
            return
        for error in Draft202012Validator(self.body).iter_errors(body):
            yield f"{self.name}: body: {error.message}"


def _shape(
    name: str,
    method: str,
    path: str,
    query: Mapping[str, Any] | None = None,
    body: Mapping[str, Any] | None = None,
    required: tuple[str, ...] = (),
) -> Shape:
    pattern = re.compile(re.sub(r":(\w+)", r"(?P<\1>[^/?]+)", path) + "$")
    schema = None
    if body is not None:
        schema = {
            "type": "object",
            "properties": body,
            "required": list(required),
            "additionalProperties": False,
        }
    return Shape(name, method, pattern, query or {}, schema)


_REPO = "/repos/:owner/:repo"
GITHUB = (
    _shape(
        "repos/list-for-org",
        "GET",
        "/orgs/:owner/repos",
        {
            "type": {"enum": ["all", "public", "private", "forks", "sources", "member"]},
            "sort": {"enum": ["created", "updated", "pushed", "full_name"]},
            "direction": {"enum": ["asc", "desc"]},
            **_PAGING,
        },
    ),
    _shape(
        "repos/list-for-user",
        "GET",
        "/users/:owner/repos",
        {"type": {"enum": ["all", "owner", "member"]}, **_PAGING},
    ),
    _shape("repos/get", "GET", _REPO),
    _shape(
        "pulls/list",
        "GET",
        f"{_REPO}/pulls",
        {
            "state": {"enum": ["open", "closed", "all"]},
            "head": {"type": "string", "pattern": "^[^:]+:.+$"},
            "base": _WORD,
            "sort": {"enum": ["created", "updated", "popularity", "long-running"]},
            "direction": {"enum": ["asc", "desc"]},
            **_PAGING,
        },
    ),
    _shape(
        "pulls/create",
        "POST",
        f"{_REPO}/pulls",
        body={
            "title": _WORD,
            "head": _WORD,
            "head_repo": _WORD,
            "base": _WORD,
            "body": {"type": "string", "maxLength": 65_536},
            "maintainer_can_modify": {"type": "boolean"},
            "draft": {"type": "boolean"},
        },
        # The description asks for head and base alone: the title may be an issue's.
        required=("title", "head", "base"),
    ),
    _shape(
        "pulls/update",
        "PATCH",
        f"{_REPO}/pulls/:number",
        body={
            "title": _WORD,
            "body": {"type": "string", "maxLength": 65_536},
            "state": {"enum": ["open", "closed"]},
            "base": _WORD,
            "maintainer_can_modify": {"type": "boolean"},
        },
    ),
    _shape(
        "issues/add-labels",
        "POST",
        f"{_REPO}/issues/:number/labels",
        body={"labels": {**_TEXTS, "minItems": 1}},
        required=("labels",),
    ),
    _shape(
        "pulls/request-reviewers",
        "POST",
        f"{_REPO}/pulls/:number/requested_reviewers",
        body={"reviewers": _TEXTS, "team_reviewers": _TEXTS},
    ),
)

_LISTING = {
    "archived": _FLAG,
    "order_by": {
        "enum": ["id", "name", "path", "created_at", "updated_at", "star_count", "last_activity_at"]
    },
    "sort": {"enum": ["asc", "desc"]},
    "topic": _WORD,
    "with_programming_language": _WORD,
    **_PAGING,
}
_REQUESTS = "/projects/:project/merge_requests"
_DESCRIPTION = {"type": "string", "maxLength": 1_048_576}
GITLAB = (
    _shape(
        "list a group's projects",
        "GET",
        "/groups/:owner/projects",
        {**_LISTING, "include_subgroups": _FLAG, "with_shared": _FLAG},
    ),
    _shape("list a user's projects", "GET", "/users/:owner/projects", _LISTING),
    _shape("get a project", "GET", "/projects/:project"),
    _shape("list users", "GET", "/users", {"username": _WORD}),
    _shape(
        "list project merge requests",
        "GET",
        _REQUESTS,
        {
            "state": {"enum": ["all", "opened", "closed", "locked", "merged"]},
            "source_branch": _WORD,
            "target_branch": _WORD,
            "order_by": {"enum": ["created_at", "label_priority", "priority", "title", "updated_at"]},
            "sort": {"enum": ["asc", "desc"]},
            **_PAGING,
        },
    ),
    _shape(
        "create a merge request",
        "POST",
        _REQUESTS,
        body={
            "source_branch": _WORD,
            "target_branch": _WORD,
            "title": _WORD,
            "description": _DESCRIPTION,
            "labels": _TEXT,
            "reviewer_ids": {"type": "array", "items": {"type": "integer"}},
            "remove_source_branch": {"type": "boolean"},
        },
        required=("source_branch", "target_branch", "title"),
    ),
    _shape(
        "update a merge request",
        "PUT",
        f"{_REQUESTS}/:number",
        body={
            "title": _WORD,
            "description": _DESCRIPTION,
            "state_event": {"enum": ["close", "reopen"]},
            "labels": _TEXT,
            "add_labels": _TEXT,
            "remove_labels": _TEXT,
            "reviewer_ids": {"type": "array", "items": {"type": "integer"}},
            "target_branch": _WORD,
        },
    ),
)

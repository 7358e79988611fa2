"""A GitHub and a GitLab on loopback that keep their repositories in memory, and check what they are asked.

A request that is not as `shapes` has it is noted, and answered as the real server would answer nonsense.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from fleet.forge.git_backend import answered
from fleet.forge.shapes import GITHUB, GITLAB

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

Answer = tuple[int, Any]
_PREFIX = {"github": "/api/v3", "gitlab": "/api/v4"}


class Asked(NamedTuple):
    """A request that was made: what it is called, and what it said."""

    name: str
    path: str
    query: Mapping[str, str]
    body: Any
    headers: Mapping[str, str]


class Fault(NamedTuple):
    """An answer that a request gets in place of the usual one; status 0 closes the connection."""

    status: int
    headers: Mapping[str, str]
    body: Any = None


class Server:
    """One forge: what it has, what it was asked, and what was wrong about that.

    ``token`` is the one that writing needs; ``refuse`` may answer a request by its name in another way.
    """

    def __init__(self, kind: Literal["github", "gitlab"]) -> None:
        self.kind = kind
        self.token = "t0ken-of-the-test"
        self.repositories: dict[str, dict[str, Any]] = {}
        self.pulls: dict[str, list[dict[str, Any]]] = {}
        self.organisations = {"acme"}
        self.people = {"ann": 7, "bob": 8}
        #: What was renamed: from which name to which.
        self.moved: dict[str, str] = {}
        self.asked: list[Asked] = []
        self.problems: list[str] = []
        self.faults: deque[Fault] = deque()
        self.refuse: Callable[[str], Answer | None] = lambda _: None
        self.per_page = 100
        #: Bare repositories that git reaches at their names; who pushes needs the token.
        self.git_root: Path | None = None
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def web(self) -> str:
        """The address that --forge-url is given."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def names(self) -> list[str]:
        """What was asked for, in order."""
        return [one.name for one in self.asked]

    def add(self, name: str, address: str = "", **more: Any) -> None:
        """A repository: by its path, what git clones it from, and what else is so (language, topics, …)."""
        usual = {"default_branch": "main", "archived": False, "language": "Python", "topics": []}
        known = {"id": len(self.repositories) + 1, "address": address or f"{self.web}/{name}.git"}
        self.repositories[name] = {**usual, **known, **more}
        self.pulls[name] = []

    def close(self, name: str, number: int, *, merged: bool = False) -> None:
        """What a person does to a pull request."""
        self.pulls[name][number - 1]["state"] = "merged" if merged else "closed"

    def answer(
        self, method: str, path: str, query: Mapping[str, str], asked: Mapping[str, str], body: Any
    ) -> Answer:
        """The answer to a request, which is noted."""
        with self._lock:
            return self._answer(method, path.removeprefix(_PREFIX[self.kind]), query, asked, body)

    def _answer(
        self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: Any
    ) -> Answer:
        for shape in GITHUB if self.kind == "github" else GITLAB:
            found = shape.path.match(path) if shape.method == method else None
            if found is None:
                continue
            self.asked.append(Asked(shape.name, path, query, body, headers))
            problems = [*shape.problems(query, body), *self._unauthorised(shape.name, headers)]
            self.problems += problems
            refused = self.refuse(shape.name)
            if refused is not None:
                return refused
            if problems:
                return 422, {"message": "Validation Failed", "errors": [{"message": problems[0]}]}
            if method != "GET" and self._token(headers) != self.token:
                return 401, {"message": "Bad credentials"}
            where = {key: unquote(value) for key, value in found.groupdict().items()}
            return (_github if self.kind == "github" else _gitlab)(self, shape.name, where, query, body)
        self.problems.append(f"{method} {path} is not published")
        return 404, {"message": "Not Found"}

    def _unauthorised(self, name: str, headers: Mapping[str, str]) -> list[str]:
        wanted = {"user-agent": "uvmigrate/", "accept": "application/"}
        if self.kind == "github":
            wanted |= {"accept": "application/vnd.github", "x-github-api-version": "2022-11-28"}
        return [
            f"{name}: header {key}"
            for key, start in wanted.items()
            if not headers.get(key, "").startswith(start)
        ]

    def _token(self, headers: Mapping[str, str]) -> str:
        return headers.get("authorization", "").partition(" ")[2]

    def moved_path(self, path: str) -> str | None:
        """Where a request for something that was renamed is led; None for all others."""
        for old, new in self.moved.items():
            was, now = (old, new) if self.kind == "github" else (quote(old, safe=""), quote(new, safe=""))
            if re.search(rf"/{re.escape(was)}(?=[/?]|$)", path):
                return path.replace(f"/{was}", f"/{now}", 1)
        return None

    def listing(self, owner: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
        """The repositories of an owner that a query wishes for."""
        found = []
        for name, one in self.repositories.items():
            wished = (
                name.startswith(f"{owner}/")
                and (
                    self.kind == "github" or "/" not in name[len(owner) + 1 :] or "include_subgroups" in query
                )
                and ("archived" not in query or one["archived"] == (query["archived"] == "true"))
                and query.get("topic") in (None, *one["topics"])
                and query.get("with_programming_language") in (None, one["language"])
            )
            if wished:
                found.append((github_repository if self.kind == "github" else gitlab_project)(self, name))
        return found


def github_repository(server: Server, name: str) -> dict[str, Any]:
    """The part of GitHub's "minimal-repository" that matters here."""
    one = server.repositories[name]
    owner, _, short = name.partition("/")
    return {
        "id": one["id"],
        "name": short,
        "full_name": name,
        "owner": {"login": owner, "type": "Organization"},
        "private": False,
        "html_url": f"{server.web}/{name}",
        "clone_url": one["address"],
        "default_branch": one["default_branch"],
        "archived": one["archived"],
        "language": one["language"],
        "topics": one["topics"],
        "fork": False,
    }


def gitlab_project(server: Server, name: str) -> dict[str, Any]:
    """The part of GitLab's project that matters here."""
    one = server.repositories[name]
    return {
        "id": one["id"],
        "path_with_namespace": name,
        "http_url_to_repo": one["address"],
        "web_url": f"{server.web}/{name}",
        # null where nothing was pushed yet
        "default_branch": one["default_branch"] or None,
        "archived": one["archived"],
        "topics": one["topics"],
    }


def _github(
    server: Server, name: str, where: Mapping[str, str], query: Mapping[str, str], body: Any
) -> Answer:
    if name.startswith("repos/list"):
        is_organisation = where["owner"] in server.organisations
        known = is_organisation or where["owner"] in server.people
        if not known or is_organisation != (name == "repos/list-for-org"):
            return 404, {"message": "Not Found"}
        return 200, server.listing(where["owner"], query)
    repo = f"{where['owner']}/{where['repo']}"
    if repo not in server.repositories:
        return 404, {"message": "Not Found"}
    pulls = server.pulls[repo]
    if name == "repos/get":
        return 200, github_repository(server, repo)
    if name == "pulls/list":
        head = query.get("head", "").partition(":")[2]
        found = [one for one in pulls if not head or one["head"] == head]
        return 200, [_github_pull(server, repo, one) for one in reversed(found)]
    if name == "pulls/create":
        if any(one["head"] == body["head"] and one["state"] == "open" for one in pulls):
            message = f"A pull request already exists for {where['owner']}:{body['head']}."
            error = {"resource": "PullRequest", "code": "custom", "message": message}
            return 422, {"message": "Validation Failed", "errors": [error], "status": "422"}
        pulls.append({"state": "open", "labels": [], "reviewers": [], "number": len(pulls) + 1, **body})
        return 201, _github_pull(server, repo, pulls[-1])
    one = pulls[int(where["number"]) - 1]
    if name == "pulls/update":
        one.update(body)
        return 200, _github_pull(server, repo, one)
    if name == "issues/add-labels":
        one["labels"] = sorted({*one["labels"], *body["labels"]})
        return 200, [{"name": label} for label in one["labels"]]
    unknown = [who for who in body["reviewers"] if who not in server.people]
    if unknown:
        return 422, {"message": "Reviews may only be requested from collaborators."}
    one["reviewers"] = sorted({*one["reviewers"], *body["reviewers"], *body["team_reviewers"]})
    return 201, _github_pull(server, repo, one)


def _github_pull(server: Server, repo: str, one: Mapping[str, Any]) -> dict[str, Any]:
    """The part of GitHub's "pull-request-simple" that matters here."""
    fork = one.get("fork", repo)
    return {
        "number": one["number"],
        "html_url": f"{server.web}/{repo}/pull/{one['number']}",
        "state": "open" if one["state"] == "open" else "closed",
        "merged_at": "2026-01-31T12:00:00Z" if one["state"] == "merged" else None,
        "title": one["title"],
        "body": one.get("body"),
        "draft": one.get("draft", False),
        "labels": [{"name": label} for label in one["labels"]],
        "head": {"ref": one["head"], "repo": {"full_name": fork} if fork else None},
        "base": {"ref": one["base"], "repo": {"full_name": repo}},
    }


def _gitlab(
    server: Server, name: str, where: Mapping[str, str], query: Mapping[str, str], body: Any
) -> Answer:
    if name == "list users":
        wanted = query["username"]
        return 200, [{"id": server.people[wanted], "username": wanted}] if wanted in server.people else []
    if name in ("list a group's projects", "list a user's projects"):
        is_group = where["owner"] in server.organisations
        if not (is_group or where["owner"] in server.people) or is_group != (
            name == "list a group's projects"
        ):
            return 404, {"message": "404 Not Found"}
        return 200, server.listing(where["owner"], query)
    repo = where["project"]
    if repo not in server.repositories:
        return 404, {"message": "404 Project Not Found"}
    pulls = server.pulls[repo]
    if name == "get a project":
        return 200, gitlab_project(server, repo)
    if name == "list project merge requests":
        found = [one for one in pulls if one["head"] == query.get("source_branch", one["head"])]
        return 200, [_gitlab_request(server, repo, one) for one in reversed(found)]
    if name == "create a merge request":
        for one in pulls:
            if one["head"] == body["source_branch"] and one["state"] == "open":
                message = (
                    f"Another open merge request already exists for this source branch: !{one['number']}"
                )
                return 409, {"message": [message]}
        pulls.append(
            {
                "state": "open",
                "labels": [],
                "reviewers": [],
                "number": len(pulls) + 1,
                "title": body["title"],
                "body": body.get("description"),
                "draft": body["title"].startswith("Draft: "),
                "head": body["source_branch"],
                "base": body["target_branch"],
            }
        )
        return 201, _gitlab_request(server, repo, pulls[-1])
    one = pulls[int(where["number"]) - 1]
    one["body"] = body.get("description", one["body"])
    one["labels"] = sorted({*one["labels"], *body.get("add_labels", "").split(",")} - {""})
    one["reviewers"] = body.get("reviewer_ids", one["reviewers"])
    return 200, _gitlab_request(server, repo, one)


def _gitlab_request(server: Server, repo: str, one: Mapping[str, Any]) -> dict[str, Any]:
    """The part of GitLab's merge request that matters here."""
    project = server.repositories[repo]["id"]
    return {
        "iid": one["number"],
        "web_url": f"{server.web}/{repo}/-/merge_requests/{one['number']}",
        "state": "opened" if one["state"] == "open" else one["state"],
        "title": one["title"],
        "description": one["body"],
        "draft": one["draft"],
        "labels": one["labels"],
        "source_branch": one["head"],
        "target_branch": one["base"],
        "project_id": project,
        "source_project_id": one.get("fork", project),
    }


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
            """Nothing is printed."""

        def do_GET(self) -> None:
            self._serve()

        do_POST = do_PATCH = do_PUT = do_DELETE = do_GET  # noqa: N815 - as http.server calls them

        def _serve(self) -> None:
            split = urlsplit(self.path)
            if server.git_root is not None and not split.path.startswith(_PREFIX[server.kind]):
                answered(self, server.git_root, server.token)
                return
            query = {key: values[-1] for key, values in parse_qs(split.query).items()}
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            headers = {key.lower(): value for key, value in self.headers.items()}
            if server.faults:
                fault = server.faults.popleft()
                if not fault.status:
                    self.close_connection = True
                    return
                self._send(fault.status, fault.headers, fault.body)
                return
            moved = server.moved_path(self.path)
            if moved is not None:
                # Both forges do; whoever follows with a write, makes a read of it (RFC 9110, 15.4.2).
                self._send(301 if self.command == "GET" else 307, {"location": server.web + moved}, {})
                return
            status, data = server.answer(self.command, split.path, query, headers, body)
            more = {}
            if isinstance(data, list):
                page, count = int(query.get("page", 1)), min(int(query.get("per_page", 30)), server.per_page)
                if len(data) > page * count:
                    following = urlencode({**query, "page": page + 1})
                    more["link"] = f'<{server.web}{split.path}?{following}>; rel="next"'
                data = data[(page - 1) * count : page * count]
            self._send(status, more, data)

        def _send(self, status: int, headers: Mapping[str, str], data: Any) -> None:
            text = data if isinstance(data, str | bytes) else json.dumps(data)
            sent = text.encode() if isinstance(text, str) else text
            self.send_response(status)
            usual = {
                "content-type": "application/json; charset=utf-8",
                "content-length": str(len(sent)),
            }
            for key, value in {**usual, **headers}.items():
                self.send_header(key, value)
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                # Nobody has to read to the end.
                self.wfile.write(sent)

    return Handler

"""Many repositories at a GitHub and a GitLab: each has one pull request in the end, whatever happens."""

from __future__ import annotations

import json
import signal
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from cli import many
from cli.conftest import BUILT_IN
from fleet.forge.server import Fault, Server
from source.git import git

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cli.conftest import Console, Done

#: No index is asked in these tests.
USUAL = (BUILT_IN, "--no-lock")
BRANCH = "uvmigrate/migrate"
#: What pull requests there are before, and what a run that is to open some comes to.
KINDS = many.KINDS | {"open": "migrated", "closed": "migrated", "merged": "migrated", "by-hand": "migrated"}


class Forges(NamedTuple):
    """A GitHub and a GitLab, and how each is reached."""

    hub: Server
    lab: Server
    root: Path
    variables: dict[str, str]

    def add(self, server: Server, name: str, kind: str) -> None:
        """A repository of a kind in the organisation `acme`."""
        folder = self.root / server.kind / "acme"
        folder.mkdir(parents=True, exist_ok=True)
        many.serve(folder, name, kind)
        server.add(f"acme/{name}", default_branch="" if kind == "empty" else "master")
        state = {"open": "open", "closed": "closed", "merged": "merged", "by-hand": "open"}.get(kind)
        if state:
            one = {"number": 1, "state": state, "title": "x", "draft": False, "labels": [], "reviewers": []}
            body = "Mine." if kind == "by-hand" else ours("an older text")
            server.pulls[f"acme/{name}"].append({**one, "head": BRANCH, "base": "master", "body": body})

    def pulls(self, name: str) -> list[dict[str, Any]]:
        return [*self.hub.pulls.get(f"acme/{name}", []), *self.lab.pulls.get(f"acme/{name}", [])]

    def tip(self, server: Server, name: str) -> str:
        bare = self.root / server.kind / "acme" / f"{name}.git"
        return git(bare, "for-each-ref", "--format=%(objectname)", f"refs/heads/{BRANCH}").strip()


def ours(text: str) -> str:
    """A part of a pull request's text that an earlier run wrote."""
    name = "0123456789abcdef"
    return f"Above.\n<!-- uvmigrate {name}: ours -->\n{text}\n<!-- /uvmigrate {name} -->\nBelow."


@pytest.fixture
def forges(tmp_path: Path) -> Iterator[Forges]:
    with Server("github") as hub, Server("gitlab") as lab:
        root = tmp_path / "served"
        hub.git_root, lab.git_root = root / "github", root / "gitlab"
        lab.token = "t0ken-of-the-lab"
        hub.per_page = lab.per_page = 7
        variables = {
            "GITHUB_SERVER_URL": hub.web,
            "GITHUB_API_URL": f"{hub.web}/api/v3",
            "GITHUB_TOKEN": hub.token,
            "CI_SERVER_URL": lab.web,
            "CI_API_V4_URL": f"{lab.web}/api/v4",
            "GITLAB_TOKEN": lab.token,
        }
        yield Forges(hub, lab, root, variables)
    assert hub.problems + lab.problems == []


def exported(uvmigrate: Console, folder: Path) -> dict[str, dict[str, Any]]:
    """What the state knows, by the last part of each name."""
    done = uvmigrate("bulk", "export", cwd=folder)
    assert done.returncode == 0, done.stderr
    return {one["name"].rpartition("/")[2]: one for one in json.loads(done.stdout)["repositories"]}


def quiet(done: Done, forges: Forges) -> Done:
    """What a run said, in which no token is."""
    for token in (forges.hub.token, forges.lab.token):
        assert token.encode() not in done.stdout + done.stderr
    return done


def test_forty_repositories_have_one_pull_request_each_though_the_run_is_killed_twice(
    forges: Forges, environment: dict[str, str], uvmigrate: Console, tmp_path: Path
) -> None:
    kinds = {f"{number:02}-{kind}": kind for number, kind in enumerate([*KINDS] * 3) if number < 40}
    at = {name: (forges.hub, forges.lab)[number % 2] for number, name in enumerate(kinds)}
    for name, kind in kinds.items():
        forges.add(at[name], name, kind)
    arguments = ["bulk", "github:acme", "gitlab:acme", "--pr", "--jobs", "2", *USUAL]
    variables = environment | forges.variables
    codes, said = many.killed_and_continued(arguments, (9, 24), tmp_path, variables)
    assert codes == [-signal.SIGKILL, -signal.SIGKILL, 1], said[-3:]
    assert not [line for line in said if forges.hub.token in line or forges.lab.token in line]
    found = exported(uvmigrate, tmp_path)
    assert {name: one["status"] for name, one in found.items()} == {
        name: KINDS[kind] for name, kind in kinds.items()
    }
    told = Counter(name for line in said for name in kinds if f"/acme/{name}: " in line)
    assert set(told.values()) == {1}, told
    for name, kind in kinds.items():
        pulls = forges.pulls(name)
        tip = forges.tip(at[name], name)
        if kind == "closed":
            assert ([one["state"] for one in pulls], tip) == (["closed"], ""), name
            assert pulls[0]["body"] == ours("an older text")
        elif KINDS[kind] == "migrated":
            assert [one["state"] for one in pulls] == ["merged"] * (kind == "merged") + ["open"], name
            assert tip
            body = pulls[-1]["body"]
            assert (body == "Mine.") if kind == "by-hand" else ("uv sync" in body and "an older" not in body)
            assert body.startswith("Above.\n<!-- uvmigrate ") == (kind == "open")
        else:
            assert pulls == [], name
        if pulls:
            assert found[name]["pull"].endswith(f"/{len(pulls)}"), name


def test_a_dry_run_opens_nothing(forges: Forges, uvmigrate: Console, tmp_path: Path) -> None:
    for name in ("migrates", "open", "closed", "noop", "by-hand", "merged"):
        forges.add(forges.hub, name, name)
    # Pushed by a run that was killed before its pull request.
    forges.add(forges.hub, "pushed", "migrates")
    address = f"{forges.hub.web}/acme/pushed.git"
    done = uvmigrate("bulk", address, "--push", *USUAL, cwd=tmp_path, **forges.variables)
    assert done.returncode == 0, done.stderr
    (tmp_path / "uvmigrate-bulk.db").unlink()
    done = quiet(
        uvmigrate("bulk", "github:acme", "--pr", "--dry-run", *USUAL, cwd=tmp_path, **forges.variables),
        forges,
    )
    assert done.returncode == 0, done.stderr
    said = {
        line.partition(": ")[2].partition(": ")[0].rpartition("/")[2]: line
        for line in done.stderr.decode().splitlines()
    }
    assert "; would open a pull request for master (" in said["migrates"]
    assert f"; would bring the text of {forges.hub.web}/acme/open/pull/1 up to date (" in said["open"]
    assert "/acme/by-hand/pull/1 is somebody's own, and stays (" in said["by-hand"]
    assert "; would open a pull request for master (" in said["merged"]
    assert "; is already on uvmigrate/migrate of " in said["pushed"]
    assert "; would open a pull request for master (" in said["pushed"]
    assert "/acme/closed/pull/1 is closed, and is not opened again" in said["closed"]
    assert "pull" not in said["noop"]
    assert {one.name for one in forges.hub.asked} == {"repos/list-for-org", "repos/get", "pulls/list"}
    assert not any(forges.tip(forges.hub, name) for name in ("migrates", "open", "closed"))


def test_a_forge_that_says_no_to_a_dry_run_costs_that_repository_alone(
    forges: Forges, uvmigrate: Console, tmp_path: Path
) -> None:
    forges.add(forges.hub, "migrates", "migrates")
    asked: list[str] = []

    def refuse(name: str) -> tuple[int, Any] | None:
        asked.append(name)
        # The second time that the pull requests are asked for, the work is done.
        return (403, {"message": "No."}) if asked.count("pulls/list") == 2 else None

    forges.hub.refuse = refuse
    address = f"{forges.hub.web}/acme/migrates.git"
    done = uvmigrate("bulk", address, "--pr", "--dry-run", *USUAL, cwd=tmp_path, **forges.variables)
    assert done.returncode == 1, done.stderr
    assert b"1 repository: 1 failed\n" in done.stdout
    assert b"refuses GET /api/v3/repos/acme/migrates/pulls: 403 No." in done.stdout


def test_an_organisation_is_filtered(forges: Forges, uvmigrate: Console, tmp_path: Path) -> None:
    for name in ("web-a", "web-b", "tool"):
        forges.add(forges.hub, name, "noop")
    forges.hub.repositories["acme/web-b"]["archived"] = True
    done = uvmigrate("bulk", "github:acme", "--match", "web-*", *USUAL, cwd=tmp_path, **forges.variables)
    assert done.returncode == 0, done.stderr
    assert set(exported(uvmigrate, tmp_path)) == {"web-a"}
    more = ("--match", "web-*", "--archived", "--state", "other.db")
    done = uvmigrate("bulk", "github:acme", *more, *USUAL, cwd=tmp_path, **forges.variables)
    assert b"2 repositories: 2 noop" in done.stdout
    none = uvmigrate("bulk", "github:acme", "--topic", "x", *USUAL, cwd=tmp_path, **forges.variables)
    assert (none.returncode, b"error: there is no target" in none.stderr) == (2, True)
    gone = uvmigrate("bulk", "gitlab:nobody", *USUAL, cwd=tmp_path, **forges.variables)
    assert (gone.returncode, b": 404 " in gone.stderr) == (1, True)


def test_labels_and_reviewers_are_those_that_were_asked_for(
    forges: Forges, uvmigrate: Console, tmp_path: Path
) -> None:
    forges.add(forges.lab, "migrates", "migrates")
    wished = ("--label", "uv", "--reviewer", "bob", "--draft")
    done = uvmigrate("bulk", "gitlab:acme", "--pr", *wished, *USUAL, cwd=tmp_path, **forges.variables)
    assert done.returncode == 0, done.stderr
    [one] = forges.pulls("migrates")
    assert (one["labels"], one["reviewers"], one["draft"]) == (["uv"], [8], True)


def test_a_forge_that_says_no_costs_that_repository_alone(
    forges: Forges, uvmigrate: Console, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        forges.add(forges.hub, name, "migrates")
    (tmp_path / "nowhere").mkdir()
    git(tmp_path / "nowhere", "init", "-q")
    addresses = [f"{forges.hub.web}/acme/{name}.git" for name in ("one", "two")]
    asked = iter([(403, {"message": "not for you"}), None])
    forges.hub.refuse = lambda name: next(asked) if "create" in name else None
    run = ("bulk", *addresses, str(tmp_path / "nowhere"), "--pr", "--jobs", "1", *USUAL)
    done = quiet(uvmigrate(*run, cwd=tmp_path, **forges.variables), forges)
    assert done.returncode == 1
    found = exported(uvmigrate, tmp_path)
    assert {name: one["status"] for name, one in found.items()} == {
        "one": "failed",
        "two": "migrated",
        "nowhere": "failed",
    }
    assert found["one"]["why"].startswith("it is pushed, but 127.0.0.1:")
    assert found["one"]["why"].endswith(": 403 not for you")
    assert "has no remote called origin" in found["nowhere"]["why"]
    forges.hub.refuse = lambda _: None
    again = uvmigrate("bulk", "retry", "--where", "failed", cwd=tmp_path, **forges.variables)
    assert again.returncode == 1
    assert exported(uvmigrate, tmp_path)["one"]["pull"] == f"{forges.hub.web}/acme/one/pull/1"
    assert len(forges.pulls("one")) == len(forges.pulls("two")) == 1


def test_a_forge_that_is_gone_ends_the_run_which_goes_on_later(
    forges: Forges, uvmigrate: Console, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        forges.add(forges.hub, name, "migrates")
    addresses = [f"{forges.hub.web}/acme/{name}.git" for name in ("one", "two")]
    run = ("bulk", *addresses, "--pr", "--jobs", "1", *USUAL)
    forges.hub.faults.append(
        Fault(403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "99999999999"}, {})
    )
    done = uvmigrate(*run, cwd=tmp_path, **forges.variables)
    assert done.returncode == 4
    assert b"takes no more requests until" in done.stderr
    assert forges.pulls("one") == []
    assert uvmigrate(*run, cwd=tmp_path, **forges.variables).returncode == 0
    assert len(forges.pulls("one")) == len(forges.pulls("two")) == 1


def test_without_a_token_nothing_is_begun(forges: Forges, uvmigrate: Console, tmp_path: Path) -> None:
    forges.add(forges.hub, "one", "migrates")
    given = forges.variables | {"GITHUB_TOKEN": ""}
    done = uvmigrate("bulk", f"{forges.hub.web}/acme/one.git", "--pr", *USUAL, cwd=tmp_path, **given)
    assert (done.returncode, b"there is no token for 127.0.0.1:" in done.stderr) == (4, True)
    assert forges.tip(forges.hub, "one") == ""


def test_branches_and_pull_requests_exclude_each_other(uvmigrate: Console, tmp_path: Path) -> None:
    done = uvmigrate("bulk", ".", "--branch", "--pr", cwd=tmp_path)
    assert (done.returncode, b"--branch and --pr exclude each other" in done.stderr) == (2, True)

"""`uvmigrate pr` pushes a branch and opens its pull request, over real git, and touches nothing else."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from cli.conftest import Console, Done, tree
from fleet.forge.server import Server
from report.pages import Page
from report.verdicts import VERDICT
from uvmigrate.report.verdict_document import verdict_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from uvmigrate.fleet.forge import Kind

BRANCH = "uvmigrate/migrate"
SELECT = "--select=acme-label,acme-owner"
FILES = {"Dockerfile": "FROM scratch\n", "old.cfg": "[old]\n"}


class Host:
    """A forge with one repository, a checkout of it, and ``uvmigrate pr`` in that."""

    def __init__(self, server: Server, root: Path, uvmigrate: Console, git: Console) -> None:
        self.server = server
        self.bare = root / "served" / "acme" / "shop.git"
        self.checkout = root / "shop"
        self._uvmigrate = uvmigrate
        self._git = git

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        return self._git(*arguments, cwd=cwd or self.checkout).stdout.decode().strip()

    def served(self, *arguments: str) -> str:
        return self.git(*arguments, cwd=self.bare)

    def run(self, *arguments: str, **variables: str) -> Done:
        name = "GITHUB_TOKEN" if self.server.kind == "github" else "GITLAB_TOKEN"
        given = {name: self.server.token}
        forge = ("--forge", self.server.kind, "--forge-url", self.server.web)
        done = self._uvmigrate("pr", *forge, SELECT, *arguments, cwd=self.checkout, **{**given, **variables})
        shown = done.stdout + done.stderr
        assert self.server.token.encode() not in shown
        assert b"Traceback" not in shown
        return done

    def tip(self) -> str:
        return self.served("for-each-ref", "--format=%(objectname)", f"refs/heads/{BRANCH}")

    def commit(self, file: str, text: str, branch: str = "main") -> None:
        """A person commits a file and pushes it."""
        person = self.checkout.with_name("person")
        if not person.exists():
            self.git("clone", "-q", str(self.bare), str(person), cwd=self.bare)
        self.git("fetch", "-q", cwd=person)
        self.git("checkout", "-q", "-B", branch, f"origin/{branch}", cwd=person)
        (person / file).write_text(text)
        self.git("add", file, cwd=person)
        self.git("commit", "-qm", f"change {file}", cwd=person)
        self.git("push", "-q", "origin", branch, cwd=person)


both = pytest.mark.parametrize("kind", ["github", "gitlab"])


@pytest.fixture
def kind() -> Kind:
    return "github"


@pytest.fixture
def host(kind: Kind, tmp_path: Path, uvmigrate: Console, git: Console) -> Iterator[Host]:
    with Server(kind) as server:
        host = Host(server, tmp_path, uvmigrate, git)
        server.git_root = tmp_path / "served"
        host.bare.mkdir(parents=True)
        host.served("init", "-q", "--bare", "--initial-branch=main")
        address = f"{server.web}/acme/shop.git"
        server.add("acme/shop", address)
        host.git("clone", "-q", address, str(host.checkout), cwd=tmp_path)
        for name, text in FILES.items():
            (host.checkout / name).write_text(text)
        host.git("add", "-A")
        host.git("commit", "-qm", "first")
        host.git("push", "-q", str(host.bare), "HEAD:main")
        host.git("fetch", "-q")
        yield host
    assert server.problems == []


def line(done: Done, code: int) -> str:
    """The one line of an error."""
    assert (done.returncode, done.stdout) == (code, b""), done.stderr
    (found,) = done.stderr.decode().splitlines()
    return found.removeprefix("uvmigrate: error: ")


@both
def test_a_pull_request_is_opened_and_the_checkout_is_as_it_was(host: Host) -> None:
    (host.checkout / "old.cfg").write_text("not committed\n")
    (host.checkout / "mine").write_text("not tracked\n")
    hook = host.checkout / ".git" / "hooks" / "pre-push"
    hook.write_text(f"#!/bin/sh\ntouch {host.checkout / 'ran'}\n")
    hook.chmod(0o755)
    before = tree(host.checkout), host.git("for-each-ref"), host.git("status", "--porcelain")
    done = host.run()
    assert (done.returncode, done.stderr) == (0, b"")
    pull = "pull" if host.server.kind == "github" else "-/merge_requests"
    address = f"{host.server.web}/acme/shop/{pull}/1"
    assert done.stdout.decode() == f"opened {address}: 2 commits on {BRANCH}, for main\n"
    assert (tree(host.checkout), host.git("for-each-ref"), host.git("status", "--porcelain")) == before
    log = host.served("log", "--format=%an %s", f"main..{BRANCH}").splitlines()
    assert log == ["A. Tester Name the owner", "A. Tester Label the images"]
    assert host.served("show", f"{BRANCH}:old.cfg") == "[old]"
    [one] = host.server.pulls["acme/shop"]
    assert (one["head"], one["base"], one["draft"]) == (BRANCH, "main", False)
    assert "uvmigrate verify --select acme-label,acme-owner .`" in one["body"]


@both
def test_a_second_run_does_nothing_and_a_third_follows_the_branch_below(host: Host) -> None:
    host.run()
    first = host.tip()
    done = host.run()
    assert done.stdout.decode().endswith(f"/1 is up to date: 2 commits on {BRANCH}, for main\n")
    assert host.tip() == first
    host.commit("Dockerfile", "FROM scratch\nEXPOSE 80\n")
    done = host.run()
    assert re.fullmatch(rf"updated \S+/1: 2 commits on {BRANCH}, for main\n", done.stdout.decode())
    assert host.served("rev-parse", f"{BRANCH}~2") == host.served("rev-parse", "main")
    assert len(host.server.pulls["acme/shop"]) == 1
    assert " EXPOSE 80\n" in host.server.pulls["acme/shop"][0]["body"]


def test_commits_of_a_person_are_not_pushed_over(host: Host) -> None:
    host.run()
    host.commit("mine", "text", BRANCH)
    theirs = host.tip()
    host.commit("Dockerfile", "FROM scratch\nEXPOSE 80\n")
    said = line(host.run(), 1)
    assert said == f"{BRANCH} has a commit that is not ours: {theirs[:10]} change mine: nothing was pushed"
    assert host.tip() == theirs


@both
def test_a_closed_one_is_left_closed_and_nothing_is_pushed(host: Host) -> None:
    host.run()
    host.server.close("acme/shop", 1)
    host.commit("Dockerfile", "FROM scratch\nEXPOSE 80\n")
    tip = host.tip()
    done = host.run()
    assert done.returncode == 0
    assert done.stdout.endswith(b"/1 is closed, and is not opened again: nothing was pushed\n")
    assert host.tip() == tip
    assert host.server.pulls["acme/shop"][0]["state"] == "closed"


@both
@pytest.mark.parametrize("given", [{}, {"GITHUB_TOKEN": "", "GITLAB_TOKEN": ""}])
def test_a_dry_run_says_what_it_would_do(host: Host, given: dict[str, str]) -> None:
    wished = ("--draft", "--label", "docker,uv", "--label", "uv", "--reviewer", "ann")
    done = host.run("--dry-run", *wished, **given)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode() == (
        f"would push to {BRANCH} of {host.server.web}/acme/shop.git:\n"
        "    Label the images\n    Name the owner\n"
        "would open a draft of a pull request for main: Follow the uv pattern in Docker builds\n"
        "    labels: docker, uv\n    reviewers: ann\n"
    )
    assert host.tip() == ""
    assert host.server.pulls["acme/shop"] == []
    host.run(*wished)
    [one] = host.server.pulls["acme/shop"]
    assert (one["draft"], one["labels"], len(one["reviewers"])) == (True, ["docker", "uv"], 1)
    again = host.run("--dry-run", **given).stdout.decode().splitlines()
    assert again[0] == f"{BRANCH} of {host.server.web}/acme/shop.git is up to date"
    assert re.fullmatch(r"would bring the text of \S+/1 up to date", again[-1])


def test_a_push_that_is_rejected_is_said_in_the_servers_words(host: Host) -> None:
    hook = host.bare / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    assert line(host.run(), 1) == "acme/shop: git push: [remote rejected] (pre-receive hook declined)"
    assert host.server.pulls["acme/shop"] == []


def test_a_forge_that_fails_after_the_push_is_said_and_gone_on_with(host: Host) -> None:
    host.server.refuse = lambda name: (500, {}) if "create" in name else None
    said = line(host.run(), 4)
    assert said.startswith(f"{BRANCH} is pushed, but 127.0.0.1:")
    assert said.endswith(" fails: 500 Internal Server Error")
    host.server.refuse = lambda name: (403, {"message": "not for you"}) if "create" in name else None
    assert line(host.run(), 1).endswith(": 403 not for you")
    host.server.refuse = lambda _: None
    assert host.run().stdout.startswith(b"opened ")


def test_a_detached_head_and_a_shallow_checkout_will_do(host: Host) -> None:
    host.commit("more", "text")
    shallow = host.checkout.with_name("shallow")
    host.git("clone", "-q", "--depth=1", f"{host.server.web}/acme/shop.git", str(shallow), cwd=host.bare)
    host.git("checkout", "-q", "--detach", cwd=shallow)
    assert host.run(str(shallow)).stdout.startswith(b"opened ")
    assert host.served("log", "--format=%s", BRANCH).splitlines()[-2:] == ["change more", "first"]


def test_where_nothing_changes_nothing_is_pushed(host: Host) -> None:
    done = host.run("--ignore", "acme-label,acme-owner")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"uvmigrate: nothing to change\n")
    assert host.tip() == ""


def test_what_was_refused_is_said(host: Host) -> None:
    host.commit("Dockerfile", "FROM scratch\nLABEL none\n")
    done = host.run()
    assert done.returncode == 0
    assert b"uvmigrate: refused: Dockerfile:2" in done.stderr
    assert "## What was refused" in host.server.pulls["acme/shop"][0]["body"]


def test_a_verdict_is_part_of_the_text(host: Host, tmp_path: Path) -> None:
    verdict = tmp_path / "verdict.json"
    verdict.write_text(verdict_json(VERDICT))
    assert "a verdict of another repository" in line(host.run("--verdict", str(verdict)), 2)
    document = json.loads(verdict.read_text())
    for image in document["images"]:
        image["dockerfile"] = "Dockerfile"
    verdict.write_text(json.dumps(document))
    assert host.run("--verdict", str(verdict)).returncode == 0
    assert "**uvmigrate verify:** 2 regressions" in host.server.pulls["acme/shop"][0]["body"]
    verdict.write_text("{}")
    assert line(host.run("--verdict", str(verdict)), 2) == (
        f"{verdict}: no verdict of uvmigrate verify: it is not as its schema says"
    )
    assert "No such file" in line(host.run("--verdict", "nowhere.json"), 2)


def test_without_a_token_it_is_said_where_one_is_looked_for(host: Host) -> None:
    said = line(host.run(GITHUB_TOKEN=""), 4)
    assert said.startswith("there is no token for 127.0.0.1:")
    assert "let git's credential helper know one" in said
    assert host.server.asked == []


def test_a_wrong_token_is_said(host: Host) -> None:
    done = host.run(**dict.fromkeys(["GITHUB_TOKEN"], "wr0ng"))
    assert done.returncode == 1
    assert b"wr0ng" not in done.stderr
    assert b"git push: " in done.stderr
    assert host.tip() == ""


def test_a_jobs_own_credentials_in_the_address_do_not_stand_in_the_way(host: Host) -> None:
    address = host.server.web.replace("://", "://gitlab-ci-token:j0b-token@")
    host.git("remote", "set-url", "origin", f"{address}/acme/shop.git")
    done = host.run()
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"j0b-token" not in done.stdout
    assert "j0b-token" not in str(host.server.pulls)


def test_a_helper_of_gits_is_enough(host: Host, tmp_path: Path) -> None:
    settings = tmp_path / "gitconfig"
    settings.write_text(
        f'[credential]\n    helper = "!f() {{ echo username=ann; echo password={host.server.token}; }}; f"\n'
    )
    done = host.run(GITHUB_TOKEN="", GIT_CONFIG_GLOBAL=str(settings))
    assert (done.returncode, done.stderr) == (0, b"")
    assert host.tip()


def test_a_hostile_repository_says_nothing_that_it_should_not(host: Host) -> None:
    evil = "```\n</details>\n@octocat /close \x1b[31m\x1b]0;title\x07 https://ann:s3cret@acme.example/simple"
    folder = "a\n/merge \x1b[2J"
    (host.checkout / folder).mkdir(parents=True)
    lines = "".join(f"# {line}\n" for line in evil.split("\n"))
    for place in ("Dockerfile", f"{folder}/Dockerfile"):
        (host.checkout / place).write_text(f"FROM scratch\n{lines}LABEL none\n")
    (host.checkout / "pip.conf").write_text("[global]\nindex-url = https://ann:s3cret@acme.example/simple\n")
    (host.checkout / "link.Dockerfile").symlink_to("/etc/passwd")
    host.git("add", "-A")
    host.git("commit", "-qm", "evil")
    host.git("push", "-q", str(host.bare), "HEAD:main")
    done = host.run()
    assert done.returncode == 0
    [one] = host.server.pulls["acme/shop"]
    for text in (done.stdout.decode(), done.stderr.decode(), one["body"]):
        assert "s3cret" not in text
        assert "\x1b" not in text
        assert "root:" not in text
        assert not re.search(r"^/(close|merge)", text, re.MULTILINE)
    assert Page(one["body"]).open == []
    assert "octocat" not in Page(one["body"]).prose


def test_an_open_pull_request_of_nothing_is_named(host: Host) -> None:
    host.run()
    done = host.run("--ignore", "acme-label,acme-owner")
    assert done.stderr.decode() == (
        f"uvmigrate: nothing to change, but {host.server.web}/acme/shop/pull/1 is open\n"
    )
    host.server.pulls["acme/shop"][0]["body"] = "Mine."
    assert b"as it is: it is somebody's own" in host.run("--dry-run").stdout
    assert b"its text is somebody's own, and stays" in host.run().stdout


def test_who_commits_must_be_known(host: Host) -> None:
    nobody = {f"GIT_{role}_{part}": "" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    said = line(host.run(**nobody), 4)
    assert said.startswith("git commit failed: ")
    assert "ident" in said


def test_what_is_no_repository_at_a_forge_is_said(host: Host, tmp_path: Path) -> None:
    (host.checkout / "api").mkdir()
    assert line(host.run("api"), 2) == f"api: a pull request is of a whole repository: name {host.checkout}"
    assert line(host.run("nowhere"), 2) == "nowhere: no folder"
    (tmp_path / "plain").mkdir()
    assert line(host.run(str(tmp_path / "plain")), 4).endswith(
        "no git repository: a pull request is made of one"
    )
    host.git("remote", "set-url", "origin", str(host.bare))
    assert line(host.run(), 4) == f"{host.bare} is no address of a repository at a forge"
    host.git("remote", "set-url", "origin", f"ext::touch {tmp_path / 'ran'}")
    assert line(host.run(), 4).endswith("is no address of a repository at a forge")
    assert not (tmp_path / "ran").exists()
    host.git("remote", "remove", "origin")
    assert line(host.run(), 4) == f"{host.checkout} has no remote called origin"


def test_a_repository_that_is_gone_or_empty_is_said(host: Host) -> None:
    host.git("remote", "set-url", "origin", f"{host.server.web}/acme/gone.git")
    assert ": 404 " in line(host.run(), 1)
    host.server.add("acme/gone", default_branch="")
    assert "git clone" in line(host.run(), 4)
    empty = host.bare.with_name("gone.git")
    empty.mkdir()
    host.git("init", "-q", "--bare", "--initial-branch=main", cwd=empty)
    assert line(host.run(), 4) == "acme/gone has no commit on a default branch yet"


def test_what_hosts_it_must_be_certain(host: Host, uvmigrate: Console) -> None:
    done = uvmigrate("pr", cwd=host.checkout, GITHUB_TOKEN=host.server.token)
    assert "may be any forge: say which with --forge github or --forge gitlab" in line(done, 4)
    done = uvmigrate(
        "pr", "--forge", "github", "--forge-url", "acme", cwd=host.checkout, GITHUB_TOKEN=host.server.token
    )
    assert "acme is no web address of a forge" in line(done, 4)

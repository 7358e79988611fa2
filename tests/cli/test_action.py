"""The steps of action.yml, run as GitHub's runner runs them: bash, variables, files for what they say."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import sysconfig
from typing import TYPE_CHECKING, Any

import pytest
from ruamel.yaml import YAML

from cli.conftest import ROOT, Console
from fleet.forge.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

ACTION: Any = YAML(typ="safe").load(ROOT / "action.yml")
HOOKS: Any = YAML(typ="safe").load(ROOT / ".pre-commit-hooks.yaml")
INSTALL, CHECK, OPEN = ACTION["runs"]["steps"]
#: Of bash, as the runner calls it (docs.github.com, "Workflow syntax", `shell`).
BASH = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c"]
Done = subprocess.CompletedProcess[bytes]


class Runner:
    """A job: its folders, its variables, and the action's steps."""

    def __init__(self, root: Path, workspace: Path, environment: Mapping[str, str]) -> None:
        self.temp = root / "temp"
        self.temp.mkdir()
        self.workspace = workspace
        self.summary = root / "summary.md"
        self.environment = {
            **environment,
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_STEP_SUMMARY": str(self.summary),
        }
        self.environment["HOME"] = str(root)

    def step(self, step: Mapping[str, Any], inputs: Mapping[str, str], **variables: str) -> Done:
        """Run a step: expressions stand in its variables alone, and are what they are in a job."""
        usual = {name: one["default"] for name, one in ACTION["inputs"].items()}
        known = {f"inputs.{name}": value for name, value in {**usual, **inputs}.items()}
        known |= {"github.action_path": str(ROOT)}
        given = {
            name: re.sub(r"\$\{\{ ([\w.]+) \}\}", lambda found: known[found[1]], value)
            for name, value in step["env"].items()
        }
        return subprocess.run(
            [*BASH, step["run"]],
            cwd=self.workspace,
            env={**self.environment, **given, **variables},
            capture_output=True,
            timeout=300,
        )

    def installed(self) -> None:
        """What the first step leaves: `uvmigrate` of this source tree."""
        program = self.temp / "uvmigrate" / "bin" / "uvmigrate"
        program.parent.mkdir(parents=True)
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m uvmigrate "$@"\n')
        program.chmod(0o755)


@pytest.fixture
def runner(tmp_path: Path, repository: Path, environment: dict[str, str], git: Console) -> Runner:
    (repository / "uvmigrate.toml").write_text('select = ["acme-label"]\n')
    git("add", "-A", cwd=repository)
    git("commit", "-qm", "settings", cwd=repository)
    kept = {name: value for name, value in environment.items() if not name.startswith(("GIT_", "GITHUB_"))}
    return Runner(tmp_path, repository, kept)


def test_no_input_becomes_a_part_of_a_script() -> None:
    assert ACTION["runs"]["using"] == "composite"
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step["run"]
        assert step["shell"] == "bash"
    used = set(re.findall(r"\$\{\{ inputs\.(\w+) \}\}", (ROOT / "action.yml").read_text()))
    assert used | {"mode"} == set(ACTION["inputs"])
    assert (CHECK["if"], OPEN["if"]) == ("inputs.mode != 'pr'", "inputs.mode == 'pr'")


def test_the_first_step_installs_this_source_tree(runner: Runner) -> None:
    # No index is asked: what it needs is found where these tests found it.
    offline = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0"}
    site = sysconfig.get_path("purelib")
    done = runner.step(INSTALL, {}, PYTHONPATH=site, **offline)
    assert done.returncode == 0, done.stderr
    program = runner.temp / "uvmigrate" / "bin" / "uvmigrate"
    version = subprocess.run(
        [program, "--version"], env={**runner.environment, "PYTHONPATH": site}, capture_output=True, text=True
    )
    assert version.stdout.startswith("uvmigrate, version ")


def test_nothing_of_the_repository_is_imported(runner: Runner) -> None:
    for name in ("venv", "subprocess", "types", "pip", "uvmigrate"):
        (runner.workspace / f"{name}.py").write_text("open('ran', 'w')\n")
    done = runner.step(INSTALL, {}, PIP_NO_INDEX="1")
    assert (runner.temp / "uvmigrate" / "bin" / "pip").exists(), done.stderr
    assert not (runner.workspace / "ran").exists()


def test_check_annotates_fails_and_sums_up(runner: Runner) -> None:
    runner.installed()
    done = runner.step(CHECK, {})
    assert (done.returncode, done.stderr) == (1, b"")
    lines = done.stdout.decode().splitlines()
    assert all(re.match(r"::(notice|warning) ", line) for line in lines)
    assert any("file=Dockerfile,line=1" in line for line in lines)
    assert runner.summary.read_text().startswith("**uvmigrate:** 1 codemod changes 2 files")


def test_annotate_says_the_same_and_does_not_fail(runner: Runner) -> None:
    runner.installed()
    done = runner.step(CHECK, {"mode": "annotate"})
    assert done.returncode == 0
    assert done.stdout.startswith(b"::notice ")


def test_where_nothing_would_change_the_check_passes(runner: Runner) -> None:
    runner.installed()
    done = runner.step(CHECK, {"args": "--ignore acme-label"})
    assert (done.returncode, done.stdout) == (0, b"")


def test_an_error_fails_in_every_mode(runner: Runner) -> None:
    runner.installed()
    for mode in ("check", "annotate"):
        done = runner.step(CHECK, {"mode": mode, "path": "nowhere"})
        assert done.returncode == 2
        assert b"uvmigrate: error: nowhere" in done.stderr
    done = runner.step(CHECK, {"mode": "::warning::x"})
    assert (done.returncode, done.stdout) == (2, b"::error title=uvmigrate::mode is check, annotate or pr\n")


@pytest.mark.parametrize("name", ["path", "args", "labels", "reviewers", "draft", "mode"])
def test_what_people_pass_is_not_run(runner: Runner, name: str) -> None:
    runner.installed()
    step = OPEN if name in ("labels", "reviewers", "draft") else CHECK
    for text in ("$(touch ran) `touch ran` *", "\"; touch ran; '; touch ran; #", "x\ntouch ran\n"):
        runner.step(step, {name: text, "token": ""})
    assert not list(runner.workspace.glob("ran*"))


@pytest.fixture
def server(tmp_path: Path, runner: Runner, git: Console) -> Iterator[Server]:
    with Server("github") as server:
        server.git_root = tmp_path / "served"
        git(
            "clone",
            "-q",
            "--bare",
            str(runner.workspace),
            str(tmp_path / "served/acme/shop.git"),
            cwd=tmp_path,
        )
        server.add("acme/shop", f"{server.web}/acme/shop.git")
        # As actions/checkout leaves it: one commit, and a HEAD without a branch.
        runner.workspace = tmp_path / "work"
        git("clone", "-q", "--depth=1", f"{server.web}/acme/shop.git", str(runner.workspace), cwd=tmp_path)
        git("checkout", "-q", "--detach", cwd=runner.workspace)
        runner.environment |= {"GITHUB_SERVER_URL": server.web, "GITHUB_API_URL": f"{server.web}/api/v3"}
        yield server
    assert server.problems == []


def test_pr_opens_a_pull_request_and_brings_it_up_to_date(
    runner: Runner, server: Server, tmp_path: Path, git: Console
) -> None:
    runner.installed()
    inputs = {
        "mode": "pr",
        "token": server.token,
        "labels": "uv,docker",
        "reviewers": "ann",
        "draft": "true",
    }
    done = runner.step(OPEN, inputs)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(f"opened {server.web}/acme/shop/pull/1: 1 commit on ".encode())
    assert runner.summary.read_bytes() == done.stdout
    [one] = server.pulls["acme/shop"]
    assert (one["draft"], one["labels"], one["reviewers"]) == (True, ["docker", "uv"], ["ann"])
    who = git("log", "-1", "--format=%an <%ae>", "uvmigrate/migrate", cwd=tmp_path / "served/acme/shop.git")
    assert who.stdout == b"github-actions[bot] <41898282+github-actions[bot]@users.noreply.github.com>\n"
    again = runner.step(OPEN, {**inputs, "labels": "", "reviewers": "", "draft": "false"})
    assert again.returncode == 0
    assert b"/pull/1 is up to date" in again.stdout
    assert len(server.pulls["acme/shop"]) == 1


def test_who_is_told_to_git_commits(runner: Runner, server: Server, tmp_path: Path, git: Console) -> None:
    runner.installed()
    (tmp_path / ".gitconfig").write_text("[user]\n    name = Acme Bot\n    email = bot@acme.example\n")
    done = runner.step(OPEN, {"token": server.token})
    assert done.returncode == 0, done.stderr
    who = git("log", "-1", "--format=%an", "uvmigrate/migrate", cwd=tmp_path / "served/acme/shop.git")
    assert who.stdout == b"Acme Bot\n"


def test_a_pull_request_that_cannot_be_opened_fails_the_step(runner: Runner, server: Server) -> None:
    runner.installed()
    server.refuse = lambda name: (403, {"message": "not permitted"}) if "create" in name else None
    done = runner.step(OPEN, {"token": server.token})
    assert done.returncode == 1
    assert b"uvmigrate/migrate is pushed, but " in done.stderr


def test_the_hook_of_pre_commit_says_what_would_change(
    runner: Runner, uvmigrate: Console, repository: Path
) -> None:
    [hook] = HOOKS
    assert (hook["language"], hook["pass_filenames"]) == ("python", False)
    program, *arguments = shlex.split(hook["entry"])
    assert program == "uvmigrate"
    done = uvmigrate(*arguments, cwd=repository)
    assert (done.returncode, b"would change Dockerfile" in done.stdout) == (1, True)
    assert uvmigrate(*arguments, "--ignore=acme-label", cwd=repository).returncode == 0


@pytest.mark.parametrize(
    ("path", "looks"),
    [
        ("Dockerfile", True),
        ("api/web.Dockerfile", True),
        ("Dockerfile.dev", True),
        ("Containerfile", True),
        ("docker-compose.override.yml", True),
        ("compose.yaml", True),
        ("requirements/base-requirements.txt", True),
        ("requirements.in", True),
        ("pyproject.toml", True),
        ("Pipfile.lock", True),
        ("uv.lock", True),
        (".dockerignore", True),
        ("src/app.py", False),
        ("docs/dockerfiles.md", False),
        ("README.md", False),
    ],
)
def test_the_hook_runs_for_files_of_builds(path: str, looks: bool) -> None:
    assert bool(re.search(HOOKS[0]["files"], path)) == looks

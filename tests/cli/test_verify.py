"""``uvmigrate verify`` as far as it needs no engine; tests/engine/verify has the rest."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from cli.conftest import tree

if TYPE_CHECKING:
    from pathlib import Path

    from cli.conftest import Console

#: Nothing listens there.
NOWHERE = "tcp://127.0.0.1:9"


def test_without_an_engine_it_says_what_to_do(uvmigrate: Console, pip_project: Path) -> None:
    before = tree(pip_project)
    done = uvmigrate("verify", "--engine", "docker", cwd=pip_project, DOCKER_HOST=NOWHERE)
    assert (done.returncode, done.stdout) == (4, b"")
    assert done.stderr.count(b"\n") == 1
    assert b"error: no container engine answers (docker: " in done.stderr
    assert done.stderr.endswith(b"start one, or set DOCKER_HOST\n")
    assert tree(pip_project) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--engine", "lxc"], "'lxc' is not one of"),
        (["--build-arg", "=x"], "neither NAME=VALUE nor a variable of the environment"),
        (["--build-arg", "NOT_SET_ANYWHERE"], "neither NAME=VALUE nor a variable of the environment"),
        (["--env", "=x"], "neither NAME=VALUE nor a variable of the environment"),
        (["--jobs", "0"], "0 is not in the range"),
        (["--repeat", "-1"], "-1 is not in the range"),
        (["--timeout", "0"], "0.0 is not in the range"),
        (["--format", "sarif"], "'sarif' is not one of"),
        (["--output", "no/such/folder/verdict.json"], "is not a folder"),
        (["nowhere"], "No such file or directory"),
        (["--select", "no-such-codemod"], "no-such-codemod"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_done(
    uvmigrate: Console, pip_project: Path, arguments: list[str], said: str
) -> None:
    done = uvmigrate("verify", *arguments, cwd=pip_project, DOCKER_HOST=NOWHERE)
    assert done.returncode == 2
    assert said in done.stderr.decode()
    assert done.stdout == b""


def test_a_stage_that_no_image_has_is_bad_usage(
    uvmigrate: Console, pip_project: Path, tmp_path: Path
) -> None:
    version = """echo '{"Server": {"Version": "28", "Components": [{"Name": "Engine"}]}}'"""
    folder = tmp_path / "bin"
    folder.mkdir()
    engine = folder / "docker"
    engine.write_text(f"#!/bin/sh\ncase $1 in version) {version};; esac\n", "utf-8")
    engine.chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    done = uvmigrate("verify", "--target", "nosuch", cwd=pip_project, PATH=path, DOCKER_HOST=NOWHERE)
    assert done.returncode == 2
    assert b"error: --target nosuch: no image that the migration changes has this stage\n" in done.stderr


def test_its_help_names_every_option(uvmigrate: Console, tmp_path: Path) -> None:
    done = uvmigrate("verify", "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert all(word in done.stdout for word in (b"--smoke", b"--drop-failing", b"--read-only", b"--select"))

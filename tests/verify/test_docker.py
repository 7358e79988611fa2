"""What is asked of docker, and what its answers mean: a script takes its place."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from uvmigrate.verify.engine import BuildFailed, Docker, EngineProblem, Launch, Order, TimedOut
from uvmigrate.verify.engine import docker as module
from uvmigrate.verify.engine.answers import made_by
from uvmigrate.verify.engine.leftovers import owner

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STEP = "#5 [2/2] RUN make"
WAIT = "exec sleep 60"
ANSWER = """echo '{"Server": {"Version": "28", "Components": [{"Name": "Engine"}]}}'"""
GONE = "echo 'Cannot connect to the Docker daemon at x. Is the docker daemon running?' >&2; exit 1"


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Puts a script in docker's place that does for each command what is given; returns what it was asked."""
    notes = tmp_path / "notes"
    notes.write_text("")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.5)

    def script(**commands: str) -> list[str]:
        cases = "".join(f"{name}) {what};;\n" for name, what in commands.items())
        path = tmp_path / "docker"
        path.write_text(f'#!/bin/sh\necho "$@" >>{notes}\ncase $1 in\n{cases}esac\n', "utf-8")
        path.chmod(0o755)
        return notes.read_text("utf-8").splitlines()

    return script


def build(tmp_path: Path, *, keep: bool = False) -> None:
    Docker(1, keep).build(Order(tmp_path, tmp_path / "Dockerfile"), lambda _: None)


def test_a_build_that_takes_too_long_has_failed(docker: Callable[..., list[str]], tmp_path: Path) -> None:
    docker(version=ANSWER, build=f"echo '{STEP}' >&2; {WAIT}")
    with pytest.raises(BuildFailed, match=r"^it took more than 1 s, in \[2/2\] RUN make$"):
        build(tmp_path)


def test_each_step_of_a_build_is_told_once(docker: Callable[..., list[str]], tmp_path: Path) -> None:
    steps = [STEP, "#7 [run  3/12] COPY a   b", STEP]
    docker(version=ANSWER, build=f"printf '%s\\n' {' '.join(repr(step) for step in steps)} >&2; exit 1")
    told: list[str] = []
    with pytest.raises(BuildFailed):
        Docker(1).build(Order(tmp_path, tmp_path / "Dockerfile"), told.append)
    assert told == ["[2/2] RUN make", "[run 3/12] COPY a b"]


def test_why_a_build_failed_is_told_without_the_engines_own_work(
    docker: Callable[..., list[str]], tmp_path: Path
) -> None:
    error = 'failed to compute cache key: failed to calculate checksum of ref a1::b2: "/x.py": not found'
    docker(version=ANSWER, build=f"echo 'ERROR: failed to solve: {error}' >&2; exit 1")
    with pytest.raises(BuildFailed, match=r'^"/x\.py": not found$'):
        build(tmp_path)


def test_a_build_of_an_engine_that_hangs_has_not_failed(
    docker: Callable[..., list[str]], tmp_path: Path
) -> None:
    docker(version=WAIT, build=WAIT)
    with pytest.raises(EngineProblem, match="the engine stopped answering"):
        build(tmp_path)


@pytest.mark.parametrize("answer", [GONE, WAIT])
def test_a_build_that_fails_where_no_engine_answers_has_not_failed(
    docker: Callable[..., list[str]], tmp_path: Path, answer: str
) -> None:
    docker(version=answer, build="echo 'ERROR: no words that anybody knows' >&2; exit 1")
    with pytest.raises(EngineProblem, match=r"stopped answering \(no words that anybody knows\)"):
        build(tmp_path)


def test_an_engine_that_goes_away_is_said_to_be_gone(docker: Callable[..., list[str]]) -> None:
    docker(image=GONE)
    with pytest.raises(EngineProblem, match="the engine stopped answering"):
        Docker(1).size("sha256:0")


def test_an_export_that_is_cut_short_is_the_engines(docker: Callable[..., list[str]]) -> None:
    docker(create="echo id", export="echo 'unexpected EOF' >&2; exit 1")
    with pytest.raises(EngineProblem, match=r"stopped answering \(unexpected EOF\)"):
        Docker(1).files("sha256:0", lambda stream: stream.read())


def test_reading_that_fails_does_not_wait_for_the_rest(docker: Callable[..., list[str]]) -> None:
    def read(_: object) -> None:
        raise KeyboardInterrupt

    docker(create="echo id", export=WAIT)
    with pytest.raises(KeyboardInterrupt):
        Docker(60).files("sha256:0", read)


@pytest.mark.parametrize(("keep", "owned"), [(False, True), (True, False)])
def test_images_that_are_kept_belong_to_nobody(
    docker: Callable[..., list[str]], tmp_path: Path, keep: bool, owned: bool
) -> None:
    docker(build="exit 1", version=ANSWER)
    with pytest.raises(BuildFailed):
        build(tmp_path, keep=keep)
    [asked] = [line for line in docker() if line.startswith("build ")]
    assert (f"uvmigrate.verify.owner={owner()}" in asked) == owned


def test_what_runs_left_that_are_gone_is_removed(docker: Callable[..., list[str]]) -> None:
    machine, number, started = owner().split("-")
    dead = f"{machine}-{number}-{int(started) - 1}"
    docker(
        ps='case "$*" in *owner=*) echo c1;; *) echo c1 c2;; esac',
        images='case "$*" in *owner=*) echo i1;; *) echo i1 i2;; esac',
        container=f"echo {dead}; echo {owner()}",
        image=f"echo {dead}; echo elsewhere-1-1",
    )
    Docker(1).remove_leftovers()
    asked = docker()
    assert [line for line in asked if line.startswith("rm")] == ["rm --force --volumes c1", "rmi --force i1"]
    assert f"ps --all --quiet --no-trunc --filter=label=uvmigrate.verify.owner={dead}" in asked


def test_what_is_left_of_a_run_is_looked_for_until_nothing_is(docker: Callable[..., list[str]]) -> None:
    docker(version=ANSWER, ps="echo c1")
    Docker(1).remove_all()
    assert docker().count("rm --force --volumes c1") > 1


def test_an_engine_that_is_gone_is_not_asked_to_remove_anything(docker: Callable[..., list[str]]) -> None:
    docker(version=GONE)
    with pytest.raises(EngineProblem):
        Docker(1).remove_all()
    assert len(docker()) == 1


def test_a_late_program_is_removed(docker: Callable[..., list[str]]) -> None:
    docker(run=WAIT)
    with pytest.raises(TimedOut):
        Docker(1).output("sha256:0", Launch(), 0.5)
    assert any(line.startswith("rm --force --volumes uvmigrate-") for line in docker())


@pytest.mark.parametrize(
    ("history", "shown"),
    [
        ("RUN |2 KEY=a b LEVEL=1 /bin/sh -c make all # buildkit", "RUN /bin/sh -c make all # buildkit"),
        ("|1 KEY=a /bin/bash -ec x", "/bin/bash -ec x"),
        ("RUN |1 KEY=a make all # buildkit", "RUN "),
        ("RUN /bin/sh -c a |1 b", "RUN /bin/sh -c a |1 b"),
        ("COPY a b # buildkit", "COPY a b # buildkit"),
    ],
)
def test_a_layer_says_nothing_of_build_arguments(history: str, shown: str) -> None:
    assert made_by(history) == shown

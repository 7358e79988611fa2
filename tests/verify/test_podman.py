"""What podman and buildah print is read, and they are asked for what Docker does."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from uvmigrate.verify.engine import (
    BuildFailed,
    BuildStep,
    Docker,
    Ended,
    EngineProblem,
    Launch,
    Layer,
    Order,
    TimedOut,
    choose,
)
from uvmigrate.verify.engine.buildah_log import failure, step_of, steps, tidy
from uvmigrate.verify.engine.podman import Buildah, Podman, older, tmpfs
from uvmigrate.verify.engine.process import Processes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

DOCKERFILE = b"""\
FROM python:3.11-slim AS base
ENV A=1
RUN echo one \\
    # why
    && echo two
FROM base
COPY --from=base  a.txt ./
run --mount=type=cache,target=/c echo 'three  times'; \\
  exit 7
"""
LOG = """\
[1/2] STEP 1/3: FROM python:3.11-slim AS base
[1/2] STEP 2/3: ENV A=1
--> Using cache 1f9623cd4120
--> 1f9623cd412
[1/2] STEP 3/3: RUN echo one     && echo two
--> Using cache f075a940856f
--> f075a940856
[2/2] STEP 1/4: FROM f075a940856f
[2/2] STEP 2/4: COPY --from=base  a.txt ./
--> 67744dcd721
[2/2] STEP 3/4: run --mount=type=cache,target=/c echo 'three  times';   exit 7
three  times
time="2026-05-01T10:00:00Z" level=warning msg="something about itself"
from https://me:hunter2@packages.example/
Error: building at STEP "run --mount=type=cache,target=/c echo 'three  times';   exit 7": exit status 7
"""


def program(folder: Path, name: str, text: str) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{text}\n", "utf-8")
    file.chmod(0o755)


def test_what_a_build_carried_out_is_told_from_what_its_cache_had() -> None:
    assert steps(LOG) == (
        BuildStep("RUN echo one     && echo two", cached=True),
        BuildStep("COPY --from=base  a.txt ./", cached=False),
        BuildStep("run --mount=type=cache,target=/c echo 'three  times';   exit 7", cached=False),
    )
    assert step_of("[1/2] STEP 2/3: ENV A=1") == "[1/2] STEP 2/3: ENV A=1"
    assert step_of("STEP 1/1: FROM a") == "STEP 1/1: FROM a"
    assert step_of("--> Using cache 1f9623cd4120") == ""


def test_a_failure_has_its_line_and_what_its_step_printed() -> None:
    failed = failure(LOG, DOCKERFILE)
    assert failed.line == 8
    said = failed.said.splitlines()
    assert said[0] == "three  times"
    assert "hunter2" not in failed.said
    assert said[2].endswith(": exit status 7")
    assert len(said) == 3


def test_an_instruction_that_stands_there_twice_has_no_line() -> None:
    log = 'STEP 1/3: FROM a\nSTEP 2/3: RUN x\nError: building at STEP "RUN x": exit status 1\n'
    assert failure(log, b"FROM a\nRUN x\n").line == 2
    assert failure(log, b"FROM a\nRUN x\nRUN  x\n").line is None


def test_a_build_that_begins_no_step_is_told_in_the_engine_s_words() -> None:
    failed = failure("Error: stat /x/Dockerfile: no such file or directory\n", DOCKERFILE)
    assert (failed.said, failed.line) == ("stat /x/Dockerfile: no such file or directory", None)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            'Error: building at STEP "RUNN ": Build error: Unknown instruction: "RUNN" '
            '&imagebuilder.Step{Env:[]string{"TOKEN=abc"}, Command:"runn", Original:"RUNN x"}\n',
            'Error: building at STEP "RUNN ": Build error: Unknown instruction: "RUNN"\n',
        ),
        (
            "Error: committing container for step {Env:[TOKEN=abc PATH=/bin] Command:run Args:[dd] Flags:[] "
            "Attrs:map[] Message:RUN dd Original:RUN dd if=a}: copying layers: exit status 1\n",
            "Error: committing container for step RUN dd if=a: copying layers: exit status 1\n",
        ),
    ],
)
def test_build_arguments_in_its_inner_data_are_not_shown(said: str, shown: str) -> None:
    assert tidy(said) == shown


@pytest.mark.parametrize(
    ("came", "is_the_engine_s"),
    [
        ("while running runtime: exit status 1", False),
        ('writing "/x": write /y: no space left on device', True),
    ],
)
def test_a_full_disk_is_told_from_a_step_that_speaks_of_one(
    tmp_path: Path, came: str, is_the_engine_s: bool
) -> None:
    step = 'RUN ["echo", "a", "no space left on device"]'
    log = f'STEP 1/2: FROM a\nSTEP 2/2: {step}\nError: building at STEP "{step}": {came}\n'
    file = tmp_path / "Dockerfile"
    file.write_text(f"FROM a\n{step}\n", "utf-8")
    program(tmp_path, "podman", f"test $1 = info && echo '{INFO}' && exit\ncat {tmp_path}/log >&2; exit 1")
    (tmp_path / "log").write_text(log, "utf-8")
    engine = Podman(60)
    engine.program = engine.builder = str(tmp_path / "podman")
    expected = EngineProblem if is_the_engine_s else BuildFailed
    with pytest.raises(expected, match="no room left" if is_the_engine_s else "exit status 1"):
        engine.build(Order(tmp_path, file), lambda _: None)


@pytest.mark.parametrize(
    ("entry", "options"),
    [
        ("/tmp", "/tmp:notmpcopyup"),
        ("/run:size=1m,mode=1777", "/run:size=1m,mode=1777,notmpcopyup"),
        ("/c:uid=1001,gid=1001", "/c:U,notmpcopyup"),
        ("/c:mode=700,gid=5", "/c:mode=700,U,notmpcopyup"),
    ],
)
def test_a_tmpfs_is_as_empty_as_docker_s(entry: str, options: str) -> None:
    assert tmpfs(entry) == options


@pytest.mark.parametrize(
    ("version", "is_older"),
    [("1.28.2", True), ("1.35.4", True), ("1.36.0", False), ("1.40.1-dev", False), ("unknown", False)],
)
def test_versions_are_compared_by_their_numbers(version: str, is_older: bool) -> None:
    assert older(version, (1, 36)) is is_older


class Said(Processes):
    """Answers by the command's words instead of running it."""

    def __init__(self, answers: dict[str, Ended]) -> None:
        super().__init__({})
        self.answers = answers
        self.asked: list[Sequence[str]] = []

    def run(self, argv: Sequence[str], *_: Any, **__: Any) -> Ended:
        self.asked.append(argv)
        text = " ".join(argv)
        return next((ended for words, ended in self.answers.items() if words in text), Ended(0, "", ""))


def podman(**answers: str) -> tuple[Podman, Said]:
    """A podman that prints this for these commands."""
    engine = Podman(60)
    said = Said({words.replace("_", " "): Ended(0, out, "") for words, out in answers.items()})
    engine.processes = said
    return engine, said


INFO = '{"host": {"buildahVersion": "1.28.2"}, "version": {"Version": "4.3.1"}}'


def test_an_old_buildah_builds_no_heredocs(tmp_path: Path) -> None:
    engine, said = podman(info=INFO)
    file = tmp_path / "Dockerfile"
    file.write_text("FROM a\n\nRUN <<EOF\necho b\nEOF\n", "utf-8")
    with pytest.raises(EngineProblem, match=r"buildah 1\.28\.2 .* \(line 3 of Dockerfile\): .* 1\.36"):
        engine.build(Order(tmp_path, file), lambda _: None)
    assert not any("build" in argv for argv in said.asked)


@pytest.mark.parametrize(
    ("instruction", "asked"),
    [
        ("RUN --mount=type=bind,source=uv.lock,target=uv.lock uv sync", [True, False]),
        ("RUN --mount=target=/src,from=build true", [True, False]),
        ("RUN --mount=type=cache,target=/c true", [False, False]),
        ("COPY . .", [False, False]),
    ],
)
def test_mounted_files_are_not_trusted_to_the_cache_of_earlier_runs(
    tmp_path: Path, instruction: str, asked: list[bool]
) -> None:
    engine, said = podman(info=INFO)
    file = tmp_path / "Dockerfile"
    file.write_text(f"FROM a\n{instruction}\n", "utf-8")
    for _ in asked:
        with pytest.raises(BuildFailed):
            engine.build(Order(tmp_path, file), lambda _: None)
    builds = [argv for argv in said.asked if argv[1] == "build"]
    assert ["--no-cache" in argv for argv in builds] == asked


def test_what_the_engine_lays_into_etc_was_written_by_nobody() -> None:
    engine, _ = podman(container_diff="C /etc\nA /app/x\n")
    assert engine.written("c") == (("A", "/app/x"),)
    engine, _ = podman(container_diff="C /etc\nC /etc/passwd\n")
    assert engine.written("c") == (("C", "/etc"), ("C", "/etc/passwd"))
    engine, _ = podman(container_diff="D /etc\n")
    assert engine.written("c") == (("D", "/etc"),)


def test_the_configuration_is_docker_s() -> None:
    found = """[{"Config": {"Env": ["A=b=c"], "Labels": {"io.buildah.version": "1", "x": "y"}},
        "Healthcheck": {"Test": ["CMD", "true"]}}]"""
    engine, _ = podman(image_inspect=found)
    config = engine.config("i")
    assert (config.environment, config.labels) == ({"A": "b=c"}, {"x": "y"})
    assert config.healthcheck == ("CMD", "true")


def test_layers_come_in_order_and_with_a_size() -> None:
    listed = """[{"CreatedBy": "RUN b", "size": 2}, {"CreatedBy": "ENV", "size": 0}, {"size": 1}]"""
    engine, _ = podman(history=listed)
    assert engine.layers("i") == (Layer(1, ""), Layer(2, "RUN b"))


def test_a_locked_container_has_no_writable_folders_of_the_engine_s() -> None:
    engine, said = podman()
    engine.output("i", Launch(locked=True, tmpfs=("/tmp",)))
    assert {"--read-only", "--read-only-tmpfs=false", "--tmpfs=/tmp:notmpcopyup"} <= set(said.asked[0])


@pytest.mark.parametrize(
    ("stamp", "seconds"),
    [
        ("2026-11-21T10:00:00.5Z", 0.5),
        ("2026-11-21T12:00:00.25+02:00", 0.25),
        ("2026-11-21T05:00:00-05:00", 0.0),
    ],
)
def test_a_container_was_started_when_it_was_in_any_time_zone(stamp: str, seconds: float) -> None:
    engine, _ = podman(container_inspect=f'{{"Running": true, "ExitCode": 0, "StartedAt": "{stamp}"}}')
    assert engine.state("c").started == 1795255200 + seconds


def test_buildah_builds_and_podman_runs() -> None:
    engine = Buildah(60)
    answers = {"--version": Ended(0, "buildah version 1.41.2 (image-spec 1)", ""), "info": Ended(0, INFO, "")}
    engine.processes = Said(answers)
    assert engine.version() == "buildah 1.41.2 with Podman 4.3.1"
    engine.processes = Said({**answers, "info": Ended(125, "", "no such thing")})
    with pytest.raises(EngineProblem, match="needs podman beside it: no such thing"):
        engine.version()


@pytest.mark.parametrize(
    "answer",
    [
        '{"Client": {"Version": "4.3.1"}}',
        '{"Client": {}, "Server": {"Version": "5.0", "Components": [{"Name": "Podman Engine"}]}}',
    ],
)
def test_podman_under_docker_s_name_is_not_docker(answer: str) -> None:
    engine = Docker(60)
    engine.processes = Said({"version": Ended(0, answer, "")})
    with pytest.raises(EngineProblem, match="--engine podman"):
        engine.version()


def test_the_first_engine_that_answers_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "docker", "echo nothing there >&2; exit 1")
    program(tmp_path, "podman", f"echo '{INFO}'")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    assert choose(None, 60).version() == "Podman 4.3.1"
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere")
    with pytest.raises(EngineProblem, match=r"\(docker: nothing there\)"):
        choose(None, 60)
    with pytest.raises(EngineProblem, match=r"\(buildah: buildah does not run: No such file"):
        choose("buildah", 60)


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found by /proc")
def test_what_a_command_runs_in_another_session_ends_first_and_the_command_by_itself(tmp_path: Path) -> None:
    # As a build whose RUN is killed: it cleans up, and is not asked to end.
    script = f"""
        trap 'touch {tmp_path}/asked' TERM
        setsid sh -c 'touch {tmp_path}/began; sleep 60'
        touch {tmp_path}/cleaned
    """
    with pytest.raises(TimedOut):
        Processes({}).run(["sh", "-c", script], 2, patience=20)
    assert {file.name for file in tmp_path.iterdir()} == {"began", "cleaned"}

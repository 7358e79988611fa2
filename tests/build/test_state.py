"""What holds before an instruction is folded from those above it, as BuildKit does; unknown is unknown."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest

from build.reading import build, build_in, final
from engine.docker_cli import docker
from uvmigrate.dockerfile import as_run

if TYPE_CHECKING:
    from engine.docker_cli import Engine

P = PurePosixPath


def values(text: str, *names: str) -> list[str | None]:
    env = final(text).env
    return [env.get(name) for name in names]


def test_env_sees_what_stands_above_its_line_only() -> None:
    assert values("FROM a\nENV A=1\nENV A=2 B=$A\nENV C=$A\n", "A", "B", "C") == ["2", "1", "2"]


def test_path_grows_in_front_of_the_image_s_own() -> None:
    state = final('FROM a\nENV V=/opt/venv\nENV PATH="$V/bin:$PATH"\nENV PATH=/app/bin:${PATH}:/late\n')
    assert state.path == ("/app/bin", "/opt/venv/bin", "/late")


def test_an_env_of_the_base_image_is_not_known() -> None:
    assert values("FROM a\nENV A=$LANG\n", "A", "LANG") == [None, None]


def test_what_env_says_arg_does_not_change() -> None:
    assert values("FROM a\nENV A=1\nARG A=2\n", "A") == ["1"]
    assert values("FROM a\nARG A=2\nENV A=1\n", "A") == ["1"]


def test_a_global_arg_is_known_in_a_stage_that_declares_it_again() -> None:
    assert values("ARG A=1\nFROM a\nENV B=$A\n", "A", "B") == [None, None]
    assert values("ARG A=1\nFROM a\nARG A\nENV B=$A\n", "A", "B") == ["1", "1"]


def test_a_stage_s_own_default_wins_over_the_global_one() -> None:
    assert values("ARG A=1\nFROM a\nARG A=2\n", "A") == ["2"]


def test_an_arg_without_a_value_is_unknown() -> None:
    assert values("FROM a\nARG A\nENV B=x$A C=${A:-c}\n", "A", "B") == [None, None]


def test_an_arg_ends_with_its_stage_unless_the_next_is_from_it() -> None:
    assert values("FROM a AS one\nARG A=1\nFROM a\nENV B=$A\n", "A", "B") == [None, None]
    assert values("FROM a AS one\nARG A=1\nENV B=$A\nFROM one\n", "A", "B") == ["1", "1"]


def test_the_base_image_may_be_a_global_arg() -> None:
    stages = build(
        "ARG V=3.12\nARG IMAGE=python:$V-slim\nFROM ${IMAGE} AS one\nFROM ONE\nFROM $OTHER\n"
    ).stages
    assert [stage.base.reference if stage.base else None for stage in stages] == [
        "python:3.12-slim",
        "python:3.12-slim",
        None,
    ]
    assert stages[1].lineage == (stages[0], stages[1])


COMPOSE = "services:\n  web:\n    build:\n      context: .\n      args:\n        A: from-compose\n"


def test_what_compose_passes_wins_over_every_default() -> None:
    text = "ARG A=1\nFROM python:$A\nARG A=2\nARG B=3\n"
    [stage] = build_in({"Dockerfile": text, "compose.yaml": COMPOSE}).stages
    assert (stage.final.env["A"], stage.final.env["B"]) == ("from-compose", "3")
    assert stage.base is not None
    assert stage.base.reference == "python:from-compose"


def test_where_services_pass_different_values_the_argument_is_unknown() -> None:
    other = COMPOSE + "  worker:\n    build:\n      context: .\n      args:\n        A: another\n"
    [stage] = build_in({"Dockerfile": "ARG A=1\nFROM python:$A\nARG A=2\n", "compose.yaml": other}).stages
    assert "A" not in stage.final.env
    assert stage.base is not None
    assert (stage.base.reference, stage.base.python) == ("python:$A", None)


def test_an_image_with_an_unknown_argument_keeps_its_text_unless_it_may_be_a_stage() -> None:
    text = "ARG A\nFROM debian AS dev-base\nFROM $A/tools:${A}\nFROM ${A}-base\nFROM $A\n"
    names = [stage.base.reference if stage.base else None for stage in build_in({"Dockerfile": text}).stages]
    assert names == ["debian", "$A/tools:${A}", None, None]


def test_a_working_directory_is_seen_from_the_one_before() -> None:
    assert final("FROM a\n").workdir == P("/")
    assert final("FROM a\nWORKDIR app\nWORKDIR src/../web\n").workdir == P("/app/web")
    assert final("FROM a\nENV D=/srv\nWORKDIR $D/app\n").workdir == P("/srv/app")
    assert final("FROM a\nWORKDIR $HOME/app\nWORKDIR src\n").workdir is None
    assert final("FROM a\nWORKDIR $HOME/app\nWORKDIR /src\n").workdir == P("/src")


def test_user_and_shell_are_the_last_ones_said() -> None:
    state = final('FROM a\nENV U=app\nUSER root\nUSER $U\nSHELL ["/bin/bash", "-o", "pipefail", "-c"]\n')
    assert state.user == "app"
    assert state.shell == ("/bin/bash", "-o", "pipefail", "-c")
    assert final("FROM a\n").user is None
    assert final("FROM a\n").shell == ("/bin/sh", "-c")


def test_a_stage_begins_where_the_stage_that_it_is_from_ended() -> None:
    text = "FROM a AS one\nWORKDIR /app\nUSER app\nENV A=1\nCOPY x y\nFROM one AS two\nFROM a\n"
    one, two, three = build(text, x="").stages
    assert two.states[0] == one.final
    assert (three.states[0].workdir, three.states[0].user, three.states[0].env) == (P("/"), None, {})


def test_the_state_is_that_before_the_instruction() -> None:
    [stage] = build("FROM a\nRUN one\nWORKDIR /app\nRUN two\n").stages
    runs = [item for item in stage.instructions if as_run(item)]
    assert [stage.state(run).workdir for run in runs] == [P("/"), P("/app")]


@pytest.mark.parametrize(
    ("script", "cwd"),
    [
        ("cd src && pip list", "/app/src"),
        ("cd /srv; pip list", "/srv"),
        ("cd $D && pip list", "/data"),
        ("cd $UNKNOWN && pip list", None),
        ("cd a || true; pip list", None),
        ("D=/other; cd $D; pip list", None),
        ("(cd a); pip list", None),
        ("if x; then cd a; fi; pip list", None),
        ("cd a; cd ..; cd b; pip list", "/app/b"),
        ("cd; pip list", None),
    ],
)
def test_a_command_runs_where_cd_before_it_leads(script: str, cwd: str | None) -> None:
    text = f"FROM a\nENV D=/data\nWORKDIR /app\nRUN {script}\n"
    [call] = [call for call in build(text).calls(b"pip") if call.command.name == "pip"]
    assert call.cwd == (P(cwd) if cwd is not None else None)


JUDGED = """\
ARG BOTH=global
ARG ONLY=global
ARG PLAIN=global
FROM python:3.13-slim AS one
ARG BOTH=stage
ARG ONLY
ARG TOLD=default
ARG NOTHING
ENV A=1
ENV B="x $A" C='$A' D=\\$A
ENV A=2 E=${A:-no} F=${NOTHING:-none} G=${A:+yes} H=$A$B
ENV I one  two
ARG A=3
WORKDIR /w
WORKDIR ./x/../y
FROM one
ENV J=$BOTH K=$PLAIN
ARG L=$TOLD
WORKDIR z
RUN env > /env && pwd > /pwd
FROM scratch
COPY --from=1 /env /pwd /
"""


@pytest.mark.engine
def test_a_real_build_has_the_same_variables_and_the_same_folder(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(JUDGED)
    docker("build", "--build-arg=TOLD=told", f"--output=type=local,dest={tmp_path / 'out'}", str(tmp_path))
    real = dict(line.split("=", 1) for line in (tmp_path / "out/env").read_text().splitlines())
    compose = COMPOSE.replace("A: from-compose", "TOLD: told")
    state = build_in({"Dockerfile": JUDGED, "compose.yaml": compose}).stages[1].final
    assert str(state.workdir) == (tmp_path / "out/pwd").read_text().strip()
    assert "NOTHING" not in state.env
    ours = {name: value for name, value in state.env.items() if name != "PATH"}
    # What hangs on an argument without a default is left unknown: whoever builds may pass it.
    assert ours == {name: real[name] for name in ours}
    assert ours.keys() >= set("ABCDEGHIJL") | {"BOTH", "ONLY", "TOLD"}

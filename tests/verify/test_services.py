"""What compose says of an image: how it is built, and how it is started."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest

from compose.reading import repository
from uvmigrate.build import read_build
from uvmigrate.compose import find, load, services_of
from uvmigrate.verify.engine import Launch
from uvmigrate.verify.options import Options
from uvmigrate.verify.services import healthcheck_of, launch_of, recipe_of

if TYPE_CHECKING:
    from uvmigrate.source import Repo
    from uvmigrate.verify.subjects import Recipe

DOCKERFILE = PurePosixPath("Dockerfile")


def launched(body: str, files: dict[str, str] | None = None, **given: str) -> Launch | str:
    """How the service ``web`` of a compose file is started; *files* lie beside it, *given* are passed."""
    repo = in_compose(body, files or {})
    file = load(repo, PurePosixPath("compose.yaml"))
    assert file.problem is None
    return launch_of(file, file.services[0], repo, given)


def in_compose(body: str, files: dict[str, str]) -> Repo:
    return repository({"compose.yaml": f"services:\n  web: {{{body}}}\n", **files})


def recipe(repo: Repo, options: Options | None = None) -> tuple[Recipe, tuple[str, ...]]:
    """How the image of the Dockerfile is built for the first service that uses it."""
    users = services_of([load(repo, path) for path in find(repo)], DOCKERFILE)
    build = read_build(repo, DOCKERFILE, PurePosixPath(), users)
    return recipe_of(build, "", users[0] if users else None, options or Options())


def test_a_service_that_says_nothing_starts_as_the_image_says() -> None:
    assert launched("build: .") == Launch()


def test_a_string_is_split_and_run_by_no_shell() -> None:
    found = launched("""command: 'sh -c "echo $$HOME" && x', entrypoint: ["/run me", "a b"]""")
    assert isinstance(found, Launch)
    assert found.command == ("sh", "-c", "echo $HOME", "&&", "x")
    assert found.entrypoint == ("/run me", "a b")


def test_variables_have_their_defaults_or_are_empty() -> None:
    found = launched('environment: {A: "${X:-x}", B: "$Y", C: , D: 1}, user: "${ID:-5}"')
    assert isinstance(found, Launch)
    assert found.environment == {"A": "x", "B": "", "D": "1"}
    assert found.user == "5"


def test_the_file_beside_it_fills_variables_in_and_what_is_given_comes_first() -> None:
    files = {".env": "X=of a file\nY=2\nC=3\n"}
    found = launched('environment: ["A=$X", "B=$Y", C, D]', files, Y="given")
    assert isinstance(found, Launch)
    assert found.environment == {"A": "of a file", "B": "given", "C": "3"}


def test_files_of_variables_come_before_those_of_the_service() -> None:
    found = launched(
        "env_file: [one.env, {path: two.env, required: false}], environment: {C: own}",
        {"one.env": "A=1\nB=${A}2\nC=3\n"},
    )
    assert isinstance(found, Launch)
    assert found.environment == {"A": "1", "B": "12", "C": "own"}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("env_file: gone.env", "env_file gone.env is not in the repository: pass its variables with --env"),
        ("env_file: ../secret.env", "env_file ../secret.env is not in the repository"),
        ("env_file: bad.env", "Compose cannot read bad.env: line 1 is no assignment"),
        ('command: "${PORT:?must be set}"', "it needs the variable PORT: pass --env PORT=…"),
        ("command: 'echo \"a'", "its command has a quote that nothing ends (compose.yaml, line 2)"),
        ("entrypoint: []", "its entrypoint is taken away, and it has no command of its own"),
    ],
)
def test_what_cannot_be_told_is_said(body: str, why: str) -> None:
    found = launched(body, {"bad.env": "two words=1\n"})
    assert isinstance(found, str)
    assert why in found


def test_what_is_passed_stands_for_a_file_of_variables_that_is_not_there() -> None:
    found = launched("env_file: gone.env, environment: [A, B]", X="x", A="a")
    assert isinstance(found, Launch)
    assert found.environment == {"A": "a"}


def test_volumes_are_new() -> None:
    found = launched('volumes: ["data:/data", /cache, "ro:/ro:ro"], tmpfs: ["/run:uid=1", /tmp]')
    assert isinstance(found, Launch)
    assert found.volumes == ("/data", "/cache", "/ro")
    assert found.tmpfs == ("/run:uid=1", "/tmp")


@pytest.mark.parametrize("target", ["/root:/data", "data", "$WHERE"])
def test_a_volume_is_no_folder_of_the_host_by_another_name(target: str) -> None:
    found = launched(f'volumes: [{{type: volume, target: "{target}"}}]', WHERE="/:/host")
    assert isinstance(found, str)
    assert "is no place for a volume" in found


def test_folders_of_the_host_are_volumes_and_files_are_left_out() -> None:
    mounts = (
        "./src:/app",
        "./src:/fixed:ro",
        "./made/here:/made",
        "./own.conf:/etc/own.conf",
        "./gone.conf:/etc/gone.conf",
        "./own.conf:/etc/plain",
        "/var/run/docker.sock:/var/run/docker.sock",
        "~/keys:/keys",
    )
    listed = ", ".join(f'"{mount}"' for mount in mounts)
    found = launched(f"volumes: [{listed}]", {"src/app.py": "", "own.conf": ""})
    assert isinstance(found, Launch)
    assert found.volumes == ("/app", "/made")


def test_an_override_file_is_laid_over_the_main_one() -> None:
    files = {
        "compose.yaml": "services: {web: {build: ., command: [a], environment: {A: 1, B: 1}}}",
        "compose.override.yaml": "services: {web: {command: [b], environment: {B: 2}}}",
    }
    repo = repository(files)
    file = load(repo, PurePosixPath("compose.override.yaml"))
    found = launch_of(file, file.services[0], repo)
    assert isinstance(found, Launch)
    assert (found.command, found.environment) == (("b",), {"A": "1", "B": "2"})


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("build: .", ()),
        ("healthcheck: {test: curl -f localhost}", ("CMD-SHELL", "curl -f localhost")),
        ("healthcheck: {test: [CMD, check, $PORT, $$X]}", ("CMD", "check", "", "$X")),
        ("healthcheck: {disable: true}", ("NONE",)),
    ],
)
def test_a_health_check_is_in_the_words_of_an_image(body: str, words: tuple[str, ...]) -> None:
    repo = in_compose(body, {})
    file = load(repo, PurePosixPath("compose.yaml"))
    assert healthcheck_of(file, file.services[0], repo) == words


FILES = {"Dockerfile": "FROM a\n", ".env": "X=x\nD=d\n"}
BUILD = """
    services:
      web:
        platform: linux/amd64
        build:
          context: .
          args: {A: "${V:-1}", B: "$W", C: }
          network: host
          ssh: [default]
          secrets: [here, away, variable, {source: away, target: passed}]
    secrets:
      here: {file: ./token}
      away: {file: /etc/token}
      variable: {environment: TOKEN}
"""


def test_a_build_is_as_compose_says() -> None:
    repo = repository({"compose.yaml": BUILD, "Dockerfile": "FROM a\n", "token": "x", ".env": "W=w"})
    options = Options(build_args={"A": "2"}, secrets=("id=passed,env=X",))
    found, problems = recipe(repo, options)
    assert dict(found.args) == {"A": "2", "B": "w"}
    assert (found.platform, found.network, found.ssh) == ("linux/amd64", "host", ())
    assert found.secrets == ("id=passed,env=X",)
    assert found.secret_files == (("here", PurePosixPath("token")),)
    assert problems == (
        "its build argument C has no value: pass --build-arg C=… if it needs one",
        "keys are not taken from this machine: pass --ssh default",
        "the secret away is no file of the repository: pass --secret id=away,src=…",
        "the secret variable is not taken from the environment: pass --secret id=variable,env=TOKEN",
    )


def test_what_a_person_passes_comes_first() -> None:
    repo = repository({"compose.yaml": BUILD, "Dockerfile": "FROM a\n", "token": "x"})
    options = Options(
        build_args={"C": "3"},
        secrets=("id=here,src=a", "type=env,id=away", "id=variable", "id=passed"),
        ssh=("default=a",),
        platform="linux/arm64",
        network="none",
    )
    found, problems = recipe(repo, options)
    assert (found.platform, found.network, found.ssh) == ("linux/arm64", "none", ("default=a",))
    assert dict(found.args) == {"A": "1", "B": "", "C": "3"}
    assert (found.secrets, found.secret_files, problems) == (options.secrets, (), ())


def test_what_hinders_a_start_does_not_hinder_a_build() -> None:
    body = 'build: {context: ., args: {A: "$X", B: "$Y", C: "${Z:?}", D: }}, user: "${ID:?must be set}"'
    found, problems = recipe(repository({**FILES, "compose.yaml": f"services: {{web: {{{body}}}}}"}))
    assert dict(found.args) == {"A": "x", "B": "", "D": "d"}
    assert problems == (
        "it needs the variable Z: pass --env Z=…",
        "its build argument C has no value: pass --build-arg C=… if it needs one",
    )


def test_a_build_without_a_service_is_as_a_person_says() -> None:
    found, problems = recipe(repository({"Dockerfile": "FROM a\n"}), Options(build_args={"A": "1"}))
    assert (found.context, found.dockerfile, problems) == (PurePosixPath(), DOCKERFILE, ())
    assert found.args == (("A", "1"),)

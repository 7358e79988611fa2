"""Which manifests are gone: a Dockerfile names them, no folder that it is built from holds or makes them."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from uvmigrate.build import build_of
from uvmigrate.compose import load
from uvmigrate.plan.gone import gone_manifests
from uvmigrate.source import Repo

DOCKERFILE = b"FROM python:3.12-slim\nCOPY pyproject.toml requirements.txt poetry.lock /app/\n"


def gone(files: dict[str, bytes]) -> set[str]:
    repo = Repo.of({"Dockerfile": DOCKERFILE, "pyproject.toml": b"", **files})
    compose = [load(repo, path) for path in repo if path.suffix == ".yml"]
    return {str(path) for path in gone_manifests(build_of(repo, PurePosixPath("Dockerfile"), compose))}


def test_manifests_that_nothing_holds_and_nothing_makes_are_gone() -> None:
    assert gone({}) == {"requirements.txt", "poetry.lock"}
    assert gone({"poetry.lock": b""}) == {"requirements.txt"}


def test_sources_that_may_be_missing_and_those_of_stages_are_not_gone() -> None:
    text = b"FROM scratch AS a\nCOPY requirements*.txt app.py /app/\nFROM a\nCOPY --from=a /app/Pipfile .\n"
    assert gone({"Dockerfile": text}) == set()


def test_a_bind_mount_names_manifests_too() -> None:
    text = b"FROM python:3.12\nRUN --mount=type=bind,source=Pipfile,target=/tmp/Pipfile pipenv sync\n"
    assert gone({"Dockerfile": text}) == {"Pipfile"}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".gitignore", b"/requirements.txt\n"),
        ("web/.gitignore", b"*.txt\n"),
        ("Makefile", b"lock:\n\tuv export > requirements.txt\n"),
        (".github/workflows/image.yml", b"    - run: uv export -o requirements.txt\n"),
        ("README.md", b"Run `make export`, which writes requirements.txt, before you build.\n"),
        ("tasks.py", b'run("pip-compile requirements.in requirements.txt")\n'),
    ],
)
def test_what_something_may_make_is_not_gone(path: str, text: bytes) -> None:
    assert gone({path: text}) == {"poetry.lock"}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("README.md", b"Run `pip install -r requirements.txt`.\n"),
        ("web.Dockerfile", b"FROM scratch\nRUN uv export > requirements.txt\n"),
        ("logo.png", b"\0 > requirements.txt"),
        ("uv.lock", b"# > requirements.txt\n"),
    ],
)
def test_other_mentions_make_nothing(path: str, text: bytes) -> None:
    assert gone({path: text}) == {"requirements.txt", "poetry.lock"}


def test_a_context_that_is_not_certain_may_hold_them() -> None:
    service = b"services:\n  %s:\n    build:\n      context: %s\n      dockerfile: ../Dockerfile\n"
    one, two = service % (b"a", b"web"), service % (b"b", b"api")
    files = {"docker-compose.yml": one, "docker-compose.ci.yml": two, "web/a": b"", "api/a": b""}
    assert gone(files) == set()

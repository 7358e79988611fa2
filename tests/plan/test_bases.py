"""What people are told where only the name of a base is known."""

from __future__ import annotations

from pathlib import PurePosixPath

from uvmigrate.codemod import Settings
from uvmigrate.plan import load_catalogue, plan
from uvmigrate.source import Repo

ON_TOP = b"FROM example/shop:main\nRUN pip install six\n"
ROOT_ON_TOP = b"FROM example/shop:main\nUSER root\nRUN pip install six\n"
OFFICIAL = b"FROM python:3.12-slim\nRUN pip install markdown\n"


def notes(**dockerfiles: bytes) -> str:
    """All notes of the plan for Dockerfiles, which are named before the dot."""
    repo = Repo.of({f"{name}.Dockerfile": text for name, text in dockerfiles.items()})
    migration = plan(repo, PurePosixPath(), Settings(), load_catalogue())
    return "\n".join(note for step in migration.steps for note in step.notes)


def test_the_pip_of_a_base_is_to_be_looked_at() -> None:
    assert "check that its pip is the same one's" in notes(app=ROOT_ON_TOP)
    assert "check that its pip" not in notes(app=OFFICIAL)


def test_an_image_that_is_known_to_be_root_s_is_not_asked_about() -> None:
    assert "taken to run as root" not in notes(app=b"FROM tiangolo/uwsgi-nginx-flask\nRUN pip install six\n")
    assert "taken to run as root" in notes(app=b"FROM pytorch/pytorch\nRUN pip install six\n")


def test_what_may_be_built_on_an_image_and_stays_with_pip_is_named() -> None:
    told = "would install beside the environment: look at dev.Dockerfile"
    assert told in notes(app=OFFICIAL, dev=ON_TOP)
    assert "beside the environment" not in notes(app=OFFICIAL, dev=ROOT_ON_TOP)

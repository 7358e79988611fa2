"""A Pipfile beside setup.py asks more of an image than a ``[project]`` does."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from uvmigrate.build import build_of
from uvmigrate.codemod import Refusal, Settings, Target
from uvmigrate.plan.target import choose
from uvmigrate.source import Repo

INSTALL = "RUN pip install pipenv\nCOPY Pipfile ./\nRUN {} pipenv install\n".format
FILES = {
    "Dockerfile": "FROM python:3.11\n" + INSTALL("PIPENV_VENV_IN_PROJECT=1"),
    "Pipfile": '[packages]\nsix = "*"\n\n[requires]\npython_version = "3.11"\n',
    "setup.py": "from setuptools import setup\nsetup(name='shop', version='1')\n",
}


def code(settings: Settings, **changed: str | None) -> str:
    """The code of the refusal of the Dockerfile; empty where it is switched."""
    files = {**FILES, **{name.replace("_", "."): text for name, text in changed.items()}}
    repo = Repo.of({name: text.encode() for name, text in files.items() if text is not None})
    path = PurePosixPath("Dockerfile")
    found = choose(repo, [build_of(repo, path, [])], settings)[path]
    assert isinstance(found, Refusal | Target)
    return found.code if isinstance(found, Refusal) else ""


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (Settings(), ""),
        (Settings(uv_version="0.12.0"), ""),
        (Settings(uv_version="0.11.30"), "metadata"),
        (Settings(uv_image="registry.example:5000/uv:0.9.2"), "metadata"),
        (Settings(uv_image="registry.example:5000/uv@sha256:" + "0" * 64), ""),
    ],
)
def test_groups_alone_take_a_uv_that_knows_them(settings: Settings, expected: str) -> None:
    assert code(settings) == expected
    assert code(settings, setup_py=None) == ""


def test_a_base_whose_python_is_not_known_can_be_named() -> None:
    text = "FROM acme/python-tools\nUSER root\n" + INSTALL("PIPENV_VENV_IN_PROJECT=1")
    assert code(Settings(), Dockerfile=text) == "other-python"
    assert code(Settings(), Dockerfile=text, setup_py=None) == ""
    assert code(Settings(python="3.11"), Dockerfile=text) == ""
    assert code(Settings(python="3.12"), Dockerfile=text) == "other-python"


@pytest.mark.parametrize("setup", [FILES["setup.py"], None])
def test_an_image_with_another_python_is_refused(setup: str | None) -> None:
    text = FILES["Dockerfile"].replace("3.11", "3.12")
    assert code(Settings(), Dockerfile=text, setup_py=setup) == "other-python"

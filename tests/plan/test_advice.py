"""What a refusal tells people to do fits what is in the way."""

from __future__ import annotations

import pytest

from plan.tiny import planned
from uvmigrate_codemods import CATALOGUE


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("exec bash -l -c 'python -m shop'", "without a login shell"),
        ("pip install -r more.txt", "install in a RUN"),
        (". /srv/.venv/bin/activate", "take that out"),
    ],
)
def test_a_start_script_gets_the_advice_for_what_it_does(line: str, instead: str) -> None:
    files = {
        "Dockerfile": b"FROM python:3.12\nCOPY . .\nRUN pip install -r requirements.txt\nCMD ./start.sh\n",
        "requirements.txt": b"six==1.16.0\n",
        "start.sh": f"#!/bin/sh\n{line}\n".encode(),
    }
    [refusal] = planned(files, *CATALOGUE).refusals
    assert (str(refusal.path), refusal.code) == ("start.sh", "script-needs-edit")
    assert instead in refusal.instead


@pytest.mark.parametrize(
    ("command", "instead"),
    [
        ("python -m ensurepip --upgrade", "leave it out"),
        ("python -m spacy download en_core_web_sm", "by its URL"),
        ("mim install mmcv", "name the packages"),
    ],
)
def test_what_runs_pip_itself_gets_advice_of_its_own(command: str, instead: str) -> None:
    text = f"FROM python:3.12-slim\nRUN pip install six==1.16.0\nRUN {command}\n"
    [refusal] = planned(text.encode(), *CATALOGUE).refusals
    assert (refusal.line, refusal.code) == (3, "hidden-install")
    assert instead in refusal.instead

"""Where packages come from: which strategy that allows, and what of it people read: never a secret."""

from __future__ import annotations

import json
from pathlib import PurePosixPath

import pytest

from uvmigrate.codemod import Settings
from uvmigrate.plan import Migration, load_catalogue, plan
from uvmigrate.report.document import as_json
from uvmigrate.report.text import as_text
from uvmigrate.source import Repo

FROM = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\n"


def planned(lines: str, requirements: str = "six==1.16.0\n", **files: str) -> Migration:
    named = {name.replace("_", "."): text.encode() for name, text in files.items()}
    repo = Repo.of({"Dockerfile": (FROM + lines).encode(), "requirements.txt": requirements.encode()} | named)
    return plan(repo, PurePosixPath(), Settings(), load_catalogue())


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("ARG PIP_INDEX_URL\nRUN pip install -r requirements.txt\n", "only known when the image is built"),
        ("RUN pip install -i $URL -r requirements.txt\n", "a variable"),
        ("RUN PIP_PRE=1 pip install -r requirements.txt\nRUN pip install idna\n", "different options"),
        ("ENV PIP_NO_DEPS=1\nRUN pip install -r requirements.txt\n", "no place in a project"),
        ("ENV PIP_CERT=/own.pem\nRUN pip install -r requirements.txt\n", "no place in a project"),
        ("ENV PIP_CONSTRAINT=https://a.example/c\nRUN pip install -r requirements.txt\n", "does not hold"),
        ("ENV PIP_CONSTRAINT=pins.txt\nRUN pip install -r requirements.txt\n", "limits setuptools"),
        ("RUN pip install -i https://u:p@a.example -r requirements.txt\n", "carries credentials"),
    ],
)
def test_what_a_project_cannot_hold_stays_with_uv_pip_and_says_why(lines: str, why: str) -> None:
    [result] = planned(lines, pins_txt="setuptools<80\n").builds
    assert (result.status, result.strategy) == ("migrated", "pip")
    assert why in result.why


def test_a_project_is_not_made_where_two_images_have_different_indexes() -> None:
    install = "RUN pip install -r requirements.txt\n"
    migration = planned(
        install, web_Dockerfile=f"{FROM}ENV PIP_INDEX_URL=https://a.example/simple\n{install}"
    )
    assert {result.strategy for result in migration.builds} == {"pip"}
    assert {result.why for result in migration.builds} == {
        "the images take their packages from different indexes"
    }


@pytest.mark.parametrize(
    ("lines", "strategy"),
    [
        ("RUN pip install --extra-index-url https://a.example/simple -r requirements.txt\n", "sync"),
        ("ARG PIP_EXTRA_INDEX_URL\nRUN pip install -r requirements.txt\n", "pip"),
        ("RUN pip install --extra-index-url $URL -r requirements.txt\n", "pip"),
    ],
)
def test_a_reviewer_reads_that_several_indexes_are_searched(lines: str, strategy: str) -> None:
    migration = planned(lines)
    [result] = migration.builds
    notes = [note for step in migration.steps for note in step.notes]
    assert result.strategy == strategy
    assert len([note for note in notes if "unsafe-best-match" in note]) == 1


SECRETS = [
    "ENV PIP_INDEX_URL=https://ci:hunter2@a.example/simple\nRUN pip install -r requirements.txt\n",
    "RUN pip install -i https://ci:hunter2@a.example/simple -r requirements.txt\n",
    "RUN PIP_INDEX_URL=https://hunter2@a.example/simple pip install -r requirements.txt\n",
    "RUN pip config set global.index-url https://ci:hunter2@a.example\nRUN pip install -r requirements.txt\n",
    "COPY pip.conf /etc/pip.conf\nRUN pip install -r requirements.txt\n",
    "RUN echo 'machine a.example login ci password hunter2' > ~/.netrc && pip install -r requirements.txt\n",
    "ENV UV_INDEX_SHOP_PASSWORD=hunter2\nRUN pip install --root /x -r requirements.txt\n",
]


@pytest.mark.parametrize("lines", SECRETS)
@pytest.mark.parametrize("where", ["", "--extra-index-url https://ci:hunter2@b.example/simple\n"])
def test_no_credentials_are_shown_or_copied_to_another_file(lines: str, where: str) -> None:
    migration = planned(
        lines, f"{where}six==1.16.0\n", pip_conf="[global]\nindex-url = https://ci:hunter2@a.example\n"
    )
    assert "hunter2" not in as_text(migration)
    document = json.loads(as_json(migration))
    for step in document["steps"]:
        # A patch is what it must be to apply: lines of the user's own files, as they are.
        del step["patch"]
    assert "hunter2" not in json.dumps(document)
    known = {path for path in migration.before if b"hunter2" in migration.before[path]}
    assert {path for path in migration.after if b"hunter2" in migration.after[path]} <= known


def test_a_variable_with_credentials_is_referred_to_and_not_written_again() -> None:
    migration = planned(SECRETS[0])
    switched = migration.steps[0].after[PurePosixPath("Dockerfile")]
    assert switched.count(b"hunter2") == 1
    assert b"ENV UV_DEFAULT_INDEX=$PIP_INDEX_URL\n" in switched

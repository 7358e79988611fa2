"""What is said of each Dockerfile in the end: migrated, partial, refused or nothing to do, and why."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest

from plan.tiny import planned, replacing
from source.git import committed, write
from uvmigrate.codemod import Settings
from uvmigrate.plan import BuildResult, load_catalogue, plan
from uvmigrate.source import Repo

if TYPE_CHECKING:
    from pathlib import Path

CATALOGUE = load_catalogue()
FILES = {"requirements.txt": b"six==1.16.0\n", "app.py": b"import six\n"}
PIP = (
    b"FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\nCMD python app.py\n"
)


def result(text: bytes, **settings: Any) -> BuildResult:
    files = FILES | {"Dockerfile": text}
    [found] = plan(Repo.of(files), PurePosixPath(), Settings(**settings), CATALOGUE).builds
    return found


def test_a_project_is_synced() -> None:
    found = result(PIP)
    assert (found.status, found.strategy) == ("migrated", "sync")
    assert found.why == "pyproject.toml declares the dependencies, uv.lock holds their versions"
    assert (found.path, found.context) == (PurePosixPath("Dockerfile"), PurePosixPath())


@pytest.mark.parametrize(
    ("settings", "why"),
    [({}, "there is no manifest to make a project of"), ({"strategy": "pip"}, "chosen by --strategy pip")],
)
def test_what_is_no_project_goes_through_uv_pip_and_says_why(settings: dict[str, Any], why: str) -> None:
    found = result(b"FROM python:3.12-slim\nRUN pip install six==1.16.0\n", **settings)
    assert (found.status, found.strategy) == ("migrated", "pip")
    assert found.why.endswith(why)


def test_what_cannot_be_said_in_uv_is_refused_with_its_code() -> None:
    found = result(PIP.replace(b"pip install", b"pip install --root /x"))
    assert (found.status, found.strategy) == ("refused", None)
    assert found.why == "pip-option: --root: uv pip cannot install under another root"


def test_what_stands_in_the_way_of_the_project_is_named(tmp_path: Path) -> None:
    write(tmp_path, {"Dockerfile": PIP, "requirements.txt": b"six==1.17.0\n", "pyproject.toml/a": b""})
    [found] = plan(Repo.open(tmp_path), PurePosixPath(), Settings(), CATALOGUE).builds
    assert (found.status, found.why) == ("refused", "pyproject.toml unreadable: is a folder")


def test_a_requirements_file_that_git_ignores_is_replaced_where_it_is_copied(tmp_path: Path) -> None:
    alone = PIP.replace(b"COPY . .", b"COPY requirements.txt .")
    write(tmp_path, {"requirements.txt": b"six==1.17.0\n"})
    repo = committed(tmp_path, {"Dockerfile": alone, ".gitignore": b"requirements.txt\n"})
    after = plan(repo, PurePosixPath(), Settings(select=("uv-switch",)), CATALOGUE).after
    assert b"COPY pyproject.toml uv.lock .\n" in after[PurePosixPath("Dockerfile")]
    assert b"COPY requirements.txt" not in after[PurePosixPath("Dockerfile")]


def test_a_heredoc_without_an_end_is_nothing_to_refuse_where_nothing_is_installed() -> None:
    assert result(b"FROM golang\nRUN <<E\necho hi\n").status == "noop"
    assert result(b"FROM python:3.12\nRUN <<E\npip install six\n").status == "refused"


def test_a_strategy_that_is_not_possible_is_refused() -> None:
    found = result(b"FROM python:3.12-slim\nRUN pip install six\n", strategy="sync")
    assert (found.status, found.why.partition(":")[0]) == ("refused", "no-project")


@pytest.mark.parametrize(
    "text",
    [
        b"FROM python:3.12\nCOPY . .\n",
        b"FROM node:20\nRUN npm ci\n",
        b"FROM a\nRUN echo pip install six\n",
    ],
)
def test_without_an_install_there_is_nothing_to_do(text: bytes) -> None:
    found = result(text)
    assert (found.status, found.strategy, found.why) == ("noop", None, "installs no Python packages")


@pytest.mark.parametrize("text", [b"", b"# nothing\n", b"ARG A\n", b"RUN pip install six\n"])
def test_a_file_without_a_from_makes_no_image(text: bytes) -> None:
    found = result(text)
    assert (found.status, found.strategy, found.why) == (
        "noop",
        None,
        "has no FROM, so no image is made of it",
    )


def test_an_ignored_install_is_refused() -> None:
    found = result(PIP.replace(b"RUN", b"# uvmigrate: ignore\nRUN"))
    assert (found.status, found.why) == ("refused", "ignored: a comment keeps it from uv-switch")


def test_what_is_left_out_by_the_user_is_said_so() -> None:
    found = result(PIP, ignore=("uv-switch", *(c.id for c in CATALOGUE if c.id != "uv-switch")))
    assert (found.status, found.why) == ("refused", "uv-switch was left out")


def test_what_is_on_uv_already_is_noop_or_migrated_where_something_was_missing() -> None:
    text = b"FROM python:3.12\nRUN uv pip install --system one\n"
    [untouched] = planned(text).builds
    assert (untouched.status, untouched.strategy) == ("noop", "pip")
    [touched] = planned(text, replacing("one", b"one", b"two")).builds
    assert (touched.status, touched.why) == ("migrated", "was on uv already")


def test_one_image_of_several_makes_it_partial() -> None:
    text = b"FROM python:3.12 AS one\nRUN pip install a\nFROM python:3.12 AS two\nRUN pip install b\n"
    [found] = planned(text, replacing("half", b"RUN pip install a", b"RUN uv pip install a")).builds
    assert (found.status, found.why) == ("partial", "some of its images still install with pip")


def test_every_dockerfile_has_its_own_result() -> None:
    files = FILES | {"Dockerfile": PIP, "tools/Dockerfile": b"FROM a\n", "bad/Dockerfile": b"FROM a\0"}
    migration = plan(Repo.of(files), PurePosixPath(), Settings(), CATALOGUE)
    assert [(str(found.path), found.status) for found in migration.builds] == [
        ("Dockerfile", "migrated"),
        ("tools/Dockerfile", "noop"),
    ]
    assert [str(refusal.path) for refusal in migration.refusals] == ["bad/Dockerfile"]


def test_what_poetry_still_does_makes_it_partial() -> None:
    text = b"FROM python:3.12\nRUN pip install poetry\nCOPY . .\nRUN poetry build && pip install dist/*.whl\n"
    hooks = b'[tool.poe.poetry_hooks]\npre_build = "assets"\n'
    files = {"Dockerfile": text, "pyproject.toml": hooks}
    [found] = plan(Repo.of(files), PurePosixPath(), Settings(ignore=("multi-stage",)), CATALOGUE).builds
    assert (found.status, found.why) == ("partial", "poetry build stays (line 13 of the result)")


def test_a_wrapper_of_pip_installs_packages() -> None:
    found = result(PIP.replace(b"pip install", b"pip-install"))
    assert (found.status, found.why) == ("refused", "hidden-install: pip-install installs, whatever it is")


def test_what_pip_sync_alone_installs_is_refused() -> None:
    found = result(PIP.replace(b"pip install -r", b"pip install pip-tools && pip-sync"))
    assert (found.status, found.why.partition(" ")[0]) == ("refused", "other-manager:")


def test_an_image_that_poetry_starts_is_partial() -> None:
    text = b"FROM python:3.12\nRUN pip install poetry\nCOPY . .\nRUN poetry build && pip install dist/*.whl\n"
    found = result(text + b"CMD poetry run app\n", ignore=("multi-stage",))
    assert (found.status, found.why) == ("partial", "poetry run starts the container")
    found = result(
        b"FROM python:3.12\nENV POETRY_VIRTUALENVS_CREATE=false\n" + text[17:] + b"CMD poetry run app\n"
    )
    assert found.status == "migrated"

"""What counts as a mention of a manifest, beside the cases of the page."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from uvmigrate.codemod import Settings
from uvmigrate.plan import Migration, plan
from uvmigrate.source import Repo
from uvmigrate_codemods.old_manifests import CODEMOD

PROJECT = b"""\
[project]
name = "shop"
version = "1.0"
dependencies = ["flask"]
"""
FILES = {
    "pyproject.toml": PROJECT,
    "uv.lock": b"version = 1\n",
    "requirements.txt": b"flask\n",
    "requirements/test.txt": b"flask\n",
    "poetry.lock": b"package = []\n",
}


def planned(files: dict[str, bytes]) -> Migration:
    repo = Repo.of({**FILES, **files})
    return plan(repo, PurePosixPath(), Settings(select=(CODEMOD.id,)), (CODEMOD,))


def kept(files: dict[str, bytes]) -> set[str]:
    """The manifests that stay beside *files*; each of them by a refusal."""
    migration = planned(files)
    left = {path for path in FILES if PurePosixPath(path) in migration.after} - {"pyproject.toml", "uv.lock"}
    assert len(migration.refusals) == len(left)
    return left


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("Makefile", "\tpip install -r requirements.txt"),
        ("Makefile", "\tpip install -rrequirements.txt"),
        ("web/Makefile", "\tpip install -r ../requirements.txt"),
        ("ci/steps.yml", "run: python -m pip install --requirement=requirements.txt"),
        ("setup.py", "open(os.path.join(here, 'requirements.txt'))"),
        ("pyproject.toml", PROJECT.decode() + "\n[tool.deptry]\nrequirements_files = ['requirements.txt']"),
        ("install.sh", 'pip install -r "$HERE/requirements.txt"'),
        (".github/workflows/a.yml", "key: ${{ hashFiles('**/require*.txt') }}"),
    ],
)
def test_what_reads_the_file_is_a_mention(path: str, line: str) -> None:
    assert kept({path: f"{line}\n".encode()}) == {"requirements.txt"}


@pytest.mark.parametrize(
    "line",
    [
        "pip install -r requirements/test.txt",
        "pip install -r requirements/$KIND.txt",
        "pip install -r requirements/*.txt",
        "cd requirements && pip install -r test.txt",
        "deps = -r{toxinidir}/requirements/{envname}.txt",
        'install(f"requirements/{kind}.txt")',
    ],
)
def test_a_variable_in_a_path_may_mean_the_file(line: str) -> None:
    assert kept({"noxfile.py": f"{line}\n".encode()}) == {"requirements/test.txt"}


def test_a_variable_that_may_be_any_file_means_all() -> None:
    assert kept({"install.sh": b"pip install -r $1.txt\n"}) == {"requirements.txt", "requirements/test.txt"}


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("Makefile", "\tpoetry install --no-root"),
        (".github/workflows/a.yml", "  cache: poetry"),
        (".pre-commit-config.yaml", "  - id: poetry-lock"),
        ("Dockerfile", "FROM python:3.12-slim\nCOPY pyproject.toml poetry.lock* ./"),
    ],
)
def test_a_call_of_poetry_is_a_mention_of_its_lock(path: str, line: str) -> None:
    assert kept({path: f"{line}\n".encode()}) == {"poetry.lock"}


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("README.md", "Run `pip install -r requirements.txt`, or `poetry install`."),
        ("Makefile", "# pip install -r requirements.txt"),
        (".dockerignore", "!requirements.txt"),
        ("uv.lock", 'name = "requirements.txt"'),
        ("Makefile", "\tpip install -r dev-requirements.txt.old"),
        ("docs/Makefile", "\tpip install -r docs-requirements.txt"),
        ("pyproject.toml", PROJECT.decode() + '\n[build-system]\nrequires = ["poetry-core"]'),
        ("poem.py", "poetry = True"),
        ("picture.txt", "\0requirements.txt"),
    ],
)
def test_what_does_not_need_the_file_is_none(path: str, line: str) -> None:
    assert kept({path: f"{line}\n".encode()}) == set()


def test_a_file_of_the_same_name_elsewhere_is_another_one() -> None:
    docs = {"docs/requirements.txt": b"sphinx\n"}
    assert kept({**docs, "docs.sh": b"pip install -r docs/requirements.txt\n"}) == set()
    # Where a command of docs/ runs is not certain.
    assert kept({**docs, "docs/a.sh": b"pip install -r requirements.txt\n"}) == {"requirements.txt"}


def test_a_manifest_that_stays_keeps_those_that_it_names() -> None:
    more = {"requirements-more.txt": b"-r requirements/test.txt\nsphinx\n"}
    codes = [str(refusal).split(":")[1].split()[1] for refusal in planned(more).refusals]
    assert codes == ["manifest-not-replaced", "manifest-mentioned"]


def test_people_are_told_where_they_are_told_of_it() -> None:
    [step] = planned({"README.md": b"# Shop\n\nSee requirements.txt.\n"}).steps
    assert "people are still told of them: README.md:3" in step.notes

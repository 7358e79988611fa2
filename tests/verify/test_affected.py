"""Which images are verified, by which Dockerfile, target and services."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest

from uvmigrate.codemod import Settings
from uvmigrate.plan import load_catalogue, look, plan
from uvmigrate.source import Repo
from uvmigrate.verify.affected import affected
from uvmigrate.verify.options import Options

if TYPE_CHECKING:
    from uvmigrate.verify.subjects import Subject


PIP = "FROM python:3.11-slim\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n"
START = 'CMD ["python", "-m", "shop"]\n'
FILES = {"Dockerfile": PIP + START, "requirements.txt": "six==1.17.0\n", "shop.py": ""}


def subjects(options: Options | None = None, /, **files: str) -> tuple[Subject, ...]:
    """The images that the whole series changes in a repository of FILES and these."""
    all_files = FILES | {name.replace("_", ".", 1): text for name, text in files.items()}
    repo = Repo.of({name: text.encode() for name, text in all_files.items()})
    migration = plan(repo, PurePosixPath(), Settings(), load_catalogue())
    paths = [result.path for result in migration.builds]
    first = look(repo, paths, Settings())
    contexts = (first, look(migration.after, paths, Settings(), first))
    return affected(migration, contexts, options or Options())


def test_an_image_that_no_service_uses_is_started_by_itself() -> None:
    (one,) = subjects()
    assert one.name == "Dockerfile"
    assert [use.service for use in one.before.uses] == [""]
    assert one.before.recipe.target == one.after.recipe.target == ""
    assert "multi-stage" in {codemod.id for codemod in one.codemods}
    assert one.after.stage is one.after.build.stages[-1]
    assert len(one.after.build.stages) == 2


def test_services_that_build_the_same_are_one_image_with_several_starts() -> None:
    (one,) = subjects(
        compose_yaml="services:\n  web:\n    build: .\n  worker:\n    build: .\n    command: python -m work\n"
    )
    assert [use.service for use in one.after.uses] == ["web", "worker"]
    assert one.after.uses[1].launch.command == ("python", "-m", "work")


def test_other_arguments_and_other_targets_are_other_images() -> None:
    found = subjects(
        Dockerfile=PIP.replace("slim", "slim AS app") + "ARG KIND\nENV KIND=$KIND\n" + START,
        compose_yaml="services:\n"
        + "  web: {build: {context: ., args: {KIND: web}}}\n"
        + "  worker: {build: {context: ., args: {KIND: worker}}}\n",
    )
    assert [(one.name, one.after.recipe.args) for one in found] == [
        ("Dockerfile (web)", (("KIND", "web"),)),
        ("Dockerfile (worker)", (("KIND", "worker"),)),
    ]


def test_a_stage_that_nothing_is_made_of_is_an_image_too() -> None:
    found = subjects(
        Dockerfile=PIP.replace("slim", "slim AS base") + "FROM base AS test\nFROM base\n" + START
    )
    assert {(one.name, one.before.recipe.target) for one in found} == {
        ("Dockerfile (stage test)", "test"),
        ("Dockerfile (last stage)", ""),
    }


def test_one_stage_is_verified_where_it_is_named() -> None:
    text = PIP.replace("slim", "slim AS base") + "FROM base AS test\nFROM base\n" + START
    found = subjects(Options(target="test"), Dockerfile=text)
    assert [one.before.recipe.target for one in found] == ["test"]


def test_a_file_that_is_laid_over_another_is_no_start_of_its_own() -> None:
    (one,) = subjects(
        compose_yaml="services:\n  web:\n    build: .\n",
        **{"compose_override.yaml": "services:\n  web:\n    command: python -m shop --reload\n"},
    )
    assert [(str(use.file), use.launch.command) for use in one.before.uses] == [("compose.yaml", None)]


def test_a_service_whose_start_cannot_be_told_is_named() -> None:
    (one,) = subjects(compose_yaml="services:\n  web:\n    build: .\n    env_file: secret.env\n")
    for side in one.sides:
        [(service, because)] = side.unstarted
        assert (service, side.uses) == ("web", ())
        assert because.startswith("its env_file secret.env is not in the repository")


def test_variables_that_are_given_are_there_in_every_start() -> None:
    (one,) = subjects(
        Options(environment={"KEY": "given"}),
        compose_yaml="services:\n  web:\n    build: .\n    environment: {KEY: file, OTHER: '1'}\n",
    )
    assert one.before.uses[0].launch.environment == {"KEY": "given", "OTHER": "1"}


def test_an_image_that_nothing_changes_is_verified_only_to_try_it_read_only() -> None:
    uv = (
        "FROM python:3.11-slim\nCOPY --from=ghcr.io/astral-sh/uv:0.13.8 /uv /bin/\nWORKDIR /app\nCOPY . .\n"
        "# uvmigrate: ignore[uv-mount,uv-settings,cache-mounts,multi-stage]\n"
        "RUN uv pip install --system --no-cache six==1.17.0\n" + START
    )
    names = [one.name for one in subjects(Options(read_only=True), Dockerfile=uv)]
    assert names == ["Dockerfile"]


@pytest.mark.parametrize(
    ("says", "locked"),
    [
        ("read_only: true, cap_drop: [all]", True),
        ("read_only: true", False),
        ("read_only: true, cap_drop: [ALL], cap_add: [CHOWN]", False),
        ("cap_drop: [ALL]", False),
    ],
)
def test_a_service_is_locked_where_nothing_is_left_to_it(says: str, locked: bool) -> None:
    (subject,) = subjects(**{"compose.yaml": f"services: {{web: {{build: ., {says}}}}}\n"})
    assert [use.locked for use in subject.before.uses] == [locked]


def test_what_the_old_manifests_require_is_known_beside_the_new() -> None:
    files = {
        "pyproject_toml": '[tool.poetry]\nname = "shop"\nversion = "1"\npackage-mode = false\n'
        "[tool.poetry.dependencies]\n"
        'python = "^3.11"\nsix = "^1.17"\nextra = {version = "*", optional = true}\n',
        "Pipfile": '[packages]\nbottle = "*"\n[dev-packages]\npytest = "*"\n',
    }
    (one,) = subjects(**files)
    assert one.before.requirements == ("six", "bottle")

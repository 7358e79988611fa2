"""What ``no-sync`` tells people who took a frozen lock for an environment that is left alone."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from uvmigrate.codemod import Settings
from uvmigrate.plan import plan
from uvmigrate.source import Repo
from uvmigrate_codemods.no_sync import CODEMOD

HEAD = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nRUN uv sync --locked\n"


def notes(dockerfile: str) -> list[str]:
    project = b'[project]\nname = "shop"\nversion = "1"\n'
    repo = Repo.of({"Dockerfile": f"{HEAD}{dockerfile}\n".encode(), "pyproject.toml": project})
    [step] = plan(repo, PurePosixPath(), Settings(select=(CODEMOD.id,)), (CODEMOD,)).steps
    said = "--frozen, --locked and UV_NO_CACHE are not enough"
    return [note for note in step.notes if note.startswith(said)]


@pytest.mark.parametrize(
    "text",
    [
        'CMD ["uv", "run", "--frozen", "shop"]',
        "CMD uv run --locked shop",
        'ENV UV_FROZEN=1\nCMD ["uv", "run", "shop"]',
        'ENV UV_NO_CACHE=1\nCMD ["uv", "run", "shop"]',
        'ENV UV_LOCKED=1\nENTRYPOINT ["tini", "--", "uv", "run", "shop"]',
    ],
)
def test_a_frozen_lock_is_said_to_be_no_frozen_environment(text: str) -> None:
    assert len(notes(text)) == 1


def test_nothing_is_said_of_a_lock_that_nobody_froze() -> None:
    assert notes('CMD ["uv", "run", "shop"]') == []

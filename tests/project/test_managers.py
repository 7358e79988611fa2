from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from uvmigrate.project import managers
from uvmigrate.source import Repo


@pytest.mark.parametrize(
    ("files", "tools"),
    [
        ({"requirements.txt": b""}, ["pip"]),
        ({"requirements/prod.txt": b""}, ["pip"]),
        ({"docs/requirements.txt": b""}, []),
        ({"pyproject.toml": b"[project]\nname = 'a'\n"}, ["pip"]),
        ({"pyproject.toml": b"[tool.ruff]\n"}, []),
        ({"pyproject.toml": b"[tool.poetry]\n", "poetry.lock": b""}, ["poetry"]),
        ({"pyproject.toml": b"[project]\nname = 'a'\n", "uv.lock": b""}, ["uv", "pip"]),
        ({"Pipfile": b"", "requirements.txt": b""}, ["pipenv", "pip"]),
        ({"setup.py": b"", "setup.cfg": b"[flake8]\n"}, ["setup.py"]),
        ({"setup.cfg": b"[flake8]\n"}, []),
        ({"setup.cfg": b"[metadata]\nname = a\n"}, ["setup.py"]),
        ({"environment.yml": b""}, ["conda"]),
    ],
)
def test_a_folders_managers_are_read_from_its_files(files: dict[str, bytes], tools: list[str]) -> None:
    found = managers(Repo.of(files), PurePosixPath())
    assert [manager.tool for manager in found] == tools
    assert all(str(manager.evidence) in files for manager in found)


def test_a_lock_file_is_better_evidence_than_a_table() -> None:
    repo = Repo.of({"api/pyproject.toml": b"[tool.poetry]\n", "api/poetry.lock": b""})
    assert [str(found.evidence) for found in managers(repo, PurePosixPath("api"))] == ["api/poetry.lock"]

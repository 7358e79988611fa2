"""What is imported to start: nothing that the command line at hand does not use."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = frozenset(
    {
        *("rich", "libcst", "uv", "tree_sitter", "tree_sitter_bash", "ruamel", "packaging", "tomlkit"),
        *("dockerfile_parse", "importlib.metadata", "json", "subprocess"),
        *("uvmigrate_codemods", "cli.acme", "uvmigrate.plan", "uvmigrate.report", "uvmigrate.apply"),
    }
)


def imported(environment: dict[str, str], folder: Path, *arguments: str) -> frozenset[str]:
    """The heavy modules that a command line imports, as Python itself reports them (-X importtime)."""
    command = [sys.executable, "-X", "importtime", "-m", "uvmigrate", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True)
    lines = done.stderr.decode().splitlines()
    names = [line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")]
    found = {".".join(name.split(".")[:length]) for name in names for length in (1, 2)}
    assert "click" in found
    return HEAVY & found


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["codemods", "--help"]])
def test_help_imports_nothing_but_click(
    environment: dict[str, str], tmp_path: Path, arguments: list[str]
) -> None:
    assert imported(environment, tmp_path, *arguments) == set()


def test_a_diff_where_nothing_is_to_do_reads_no_shell_and_no_yaml(
    environment: dict[str, str], repository: Path
) -> None:
    found = imported(environment, repository, "--diff", "--ignore=acme-label,acme-owner")
    assert {"uvmigrate.plan", "uvmigrate.report", "uvmigrate_codemods", "cli.acme"} <= found
    unneeded = {"rich", "libcst", "uv", "tree_sitter", "ruamel", "packaging", "tomlkit", "dockerfile_parse"}
    assert found & (unneeded | {"uvmigrate.apply"}) == set()


def test_a_diff_of_a_plain_project_imports_no_more_than_its_readers(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text(
        "FROM python:3.13-slim\nWORKDIR /app\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n"
    )
    (tmp_path / "requirements.txt").write_text("six==1.17.0\nidna>=3.4,<4\n")
    found = imported(environment, tmp_path, "--diff", "--ignore=acme-label,acme-owner")
    # dockerfile-parse is the second reader of every file that changes.
    assert found & {"tree_sitter", "dockerfile_parse"} == {"tree_sitter", "dockerfile_parse"}
    assert found & {"rich", "libcst", "uv", "ruamel", "packaging", "tomlkit", "uvmigrate.apply"} == set()

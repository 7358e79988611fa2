"""What holds of the repository as a whole: what it promises on its first page, and what it must not hold."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path, PurePosixPath

from corpus.pattern import judge_pattern
from uvmigrate.build import build_of
from uvmigrate.codemod import Settings
from uvmigrate.plan import load_catalogue, plan
from uvmigrate.source import Repo

ROOT = Path(__file__).parents[1]


def fenced(text: str, heading: str) -> list[str]:
    """The fenced blocks of a section of a Markdown text."""
    section = re.split(r"^## ", text, flags=re.MULTILINE)
    [wanted] = [part for part in section if part.startswith(heading)]
    return re.findall(r"^```\w*\n(.*?)^```", wanted, flags=re.MULTILINE | re.DOTALL)


def test_the_readme_shows_what_really_comes_out() -> None:
    before, after = fenced((ROOT / "README.md").read_text(), "Before and after")
    folder = ROOT / "examples" / "fastapi-pip"
    assert before == (folder / "Dockerfile").read_text()
    files = {
        path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.name != "uv.lock"
    }
    migration = plan(Repo.of(files), PurePosixPath(), Settings(), load_catalogue())
    assert after == migration.after[PurePosixPath("Dockerfile")].decode()


def test_the_readme_lists_the_catalogue() -> None:
    readme = (ROOT / "README.md").read_text()
    rows = re.findall(r"^\| `([a-z-]+)` \| (safe|review|opt-in) \|", readme, flags=re.MULTILINE)
    assert rows == [(codemod.id, codemod.level) for codemod in load_catalogue()]


def test_it_finds_nothing_to_change_in_itself() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "uvmigrate", "--check", "."],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "codemods")])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "uvmigrate: nothing to change\n")


def test_its_own_dockerfile_has_every_property_of_the_pattern() -> None:
    build = build_of(Repo.open(ROOT), PurePosixPath("Dockerfile"), ())
    assert [name for name, fulfilled in judge_pattern(build, build).items() if not fulfilled] == []


def test_every_dependency_is_pinned_for_repeatable_tests() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*pyproject["project"]["dependencies"], *pyproject["dependency-groups"]["dev"]]
    pinned = (ROOT / "requirements-dev.txt").read_text()
    for requirement in wanted:
        name = re.match(r"[\w.-]+", requirement)
        assert name is not None
        normal = re.sub(r"[-_.]+", "-", name[0]).lower()
        assert re.search(rf"^{normal}==", pinned, flags=re.MULTILINE), requirement
    assert "://" not in pinned, "index lines and addresses have no place in it"

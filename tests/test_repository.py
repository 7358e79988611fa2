"""What holds of the repository as a whole: what it promises on its first page, and what it must not hold."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path, PurePosixPath

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

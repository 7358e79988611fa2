"""What the pages written by hand show: commands do print that, Dockerfiles do become that."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from report.examples import example
from uvmigrate.plan import load_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
#: A line of it alone stands for any lines.
ANY = "…"


class Shown(NamedTuple):
    """A command of a page, the line it stands in, and what it is to print."""

    line: int
    command: str
    printed: tuple[str, ...]


def shown(page: Path) -> Iterator[Shown]:
    """The commands of the page's ``console`` blocks, in order."""
    inside, found = False, None
    for number, line in enumerate(page.read_text("utf-8").splitlines(), 1):
        if line == "```console":
            inside = True
        elif inside and (line == "```" or line.startswith("$ ")):
            if found:
                yield found
            inside = line != "```"
            found = Shown(number, line.removeprefix("$ "), ()) if inside else None
        elif found:
            found = found._replace(printed=(*found.printed, line.rstrip()))


def pattern(printed: tuple[str, ...]) -> str:
    return "".join("(?:.*\n)*?" if line == ANY else f"{re.escape(line)}\n" for line in printed)


PAGES = sorted(page for page in DOCS.rglob("*.md") if any(shown(page)))


@pytest.fixture
def environment(tmp_path: Path) -> Mapping[str, str]:
    """Variables with which a shell finds ``uvmigrate``, and git a name for its commits."""
    program = tmp_path / "bin" / "uvmigrate"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m uvmigrate "$@"\n')
    program.chmod(0o755)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "UV_"))}
    return kept | {
        "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT / 'codemods'}",
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": "A. Reader",
        "GIT_AUTHOR_EMAIL": "reader@example.org",
        "GIT_COMMITTER_NAME": "A. Reader",
        "GIT_COMMITTER_EMAIL": "reader@example.org",
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_commands_print_what_the_page_says(
    page: Path, environment: Mapping[str, str], tmp_path: Path
) -> None:
    root = tmp_path / "clone"
    shutil.copytree(
        ROOT / "examples", root / "examples", ignore=shutil.ignore_patterns("uv.lock", "__pycache__")
    )
    setting_up = "git init -q && git add -A && git commit -q -m examples"
    subprocess.run(setting_up, shell=True, cwd=root, env=environment, check=True)  # noqa: S602 - our own words
    for one in shown(page):
        done = subprocess.run(
            ["sh", "-c", one.command],
            cwd=root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=120,
        )
        output = re.sub(r"[ \t]+$", "", done.stdout, flags=re.MULTILINE)
        assert re.fullmatch(pattern(one.printed), output), f"{page.name}:{one.line}: {output}"


@pytest.mark.parametrize("page", sorted((DOCS / "from").glob("*.md")), ids=lambda page: page.name)
def test_before_and_after_are_parts_of_the_examples_dockerfile(page: Path) -> None:
    text = page.read_text("utf-8")
    named = re.search(r"examples/([\w-]+)", text)
    assert named is not None
    migration = example(named[1])
    before, after = re.findall(r"^```dockerfile\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    for part, files in ((before, migration.before), (after, migration.after)):
        dockerfiles = [files[path].decode() for path in files if path.name == "Dockerfile"]
        in_order = ".*?".join(re.escape(piece) for piece in part.split(f"# {ANY}\n"))
        assert any(re.search(in_order, one, re.DOTALL) for one in dockerfiles), part


def test_a_reviewer_is_told_of_every_codemod() -> None:
    rows = re.findall(r"^\| \[`([a-z-]+)`\]", (DOCS / "reviewing.md").read_text("utf-8"), re.MULTILINE)
    assert rows == [codemod.id for codemod in load_catalogue()]


def test_the_notes_that_a_reviewer_is_told_of_are_those_of_the_source() -> None:
    section = (DOCS / "reviewing.md").read_text("utf-8").partition("## The notes")[2].partition("\n## ")[0]
    notes = re.findall(r'^- "(.+?)"', section, re.MULTILINE)
    folders = (ROOT / "src", ROOT / "codemods")
    # A text that goes on in the next line of the source is one text.
    source = "".join(
        re.sub(r'"\n\s*f?"', "", path.read_text("utf-8"))
        for folder in folders
        for path in folder.rglob("*.py")
    )
    assert len(notes) > 5
    assert [note for note in notes if note not in source] == []

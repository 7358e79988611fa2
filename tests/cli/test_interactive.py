"""`--interactive`, as somebody at a terminal sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cli.conftest import BUILT_IN, tree
from cli.pseudo import Terminal

if TYPE_CHECKING:
    from pathlib import Path

    from cli.conftest import Console

ALL = "--select=acme-label,acme-owner,acme-files"
PROMPT = "Apply this codemod [y,n,a,q,e,?]? "


@pytest.fixture
def plain(environment: dict[str, str]) -> dict[str, str]:
    return environment | {"NO_COLOR": "1"}


def test_each_codemod_is_shown_with_its_reason_and_patch_and_what_was_accepted_is_written(
    repository: Path, plain: dict[str, str]
) -> None:
    with Terminal.of("-i", ALL, cwd=repository, env=plain) as terminal:
        first = terminal.until(PROMPT)
        assert "\n1/3 acme-label (safe): Label the images\n    Acme finds its images by label.\n" in first
        assert "\n    look at: ask https://***@acme.example about it\n\ndiff --git a/Dockerfile " in first
        assert "\n+LABEL acme=1\n" in first
        assert "LABEL owner" not in first
        terminal.type("y\n")
        second = terminal.until(PROMPT)
        assert "\n2/3 acme-owner (review): Name the owner\n" in second
        assert "\n FROM scratch\n+LABEL owner=web\n LABEL acme=1\n" in second
        terminal.type("n\n")
        third = terminal.until(PROMPT)
        assert "\n2/2 acme-files (opt-in): Move the settings\n" in third
        assert (repository / "Dockerfile").read_bytes() == b"FROM scratch\n"
        terminal.type("y\n")
        code, shown = terminal.end()
    assert code == 0
    assert "\nchanged Dockerfile (acme-label)\n" in shown
    assert "\ndeleted old.cfg (acme-files)\n" in shown
    assert (repository / "Dockerfile").read_bytes() == b"FROM scratch\nLABEL acme=1\n"
    assert not (repository / "old.cfg").exists()


def test_what_is_accepted_is_committed(repository: Path, plain: dict[str, str], git: Console) -> None:
    with Terminal.of("--commit", "--interactive", ALL, cwd=repository, env=plain) as terminal:
        for answer in ("n\n", "y\n", "n\n"):
            terminal.until(PROMPT)
            terminal.type(answer)
        code, shown = terminal.end()
    assert (code, "made 1 commit: `git log -p -1` shows them" in shown) == (0, True)
    assert git("log", "--format=%s", cwd=repository).stdout == b"Name the owner\nfirst\n"
    assert git("status", "--porcelain", cwd=repository).stdout == b""


def test_what_cannot_be_committed_is_said_before_anything_is_asked(
    repository: Path, plain: dict[str, str]
) -> None:
    (repository / "old.cfg").write_bytes(b"[new]\n")
    with Terminal.of("--commit", "-i", ALL, cwd=repository, env=plain) as terminal:
        code, shown = terminal.end()
    assert code == 4
    assert shown.startswith("uvmigrate: error: there are changes that are not committed (old.cfg)")


def test_a_accepts_all_that_follow_as_without_questions(
    repository: Path, plain: dict[str, str], uvmigrate: Console, git: Console
) -> None:
    with Terminal.of("-i", "--write", ALL, cwd=repository, env=plain) as terminal:
        terminal.until(PROMPT)
        terminal.type("a\n")
        assert terminal.end()[0] == 0
    asked = tree(repository)
    git("checkout", "-q", ".", cwd=repository)
    git("clean", "-fdq", cwd=repository)
    assert uvmigrate("--write", ALL, cwd=repository).returncode == 0
    assert tree(repository) == asked


@pytest.mark.parametrize(
    ("typed", "exit_code"),
    [("q\n", 0), ("Q\n", 0), ("\x04", 0), ("\x03", 130)],
    ids=["q", "Q", "EOF", "Ctrl-C"],
)
def test_who_quits_has_nothing_written(
    repository: Path, plain: dict[str, str], typed: str, exit_code: int
) -> None:
    before = tree(repository)
    with Terminal.of("-i", ALL, cwd=repository, env=plain) as terminal:
        terminal.until(PROMPT)
        terminal.type("y\n")
        terminal.until(PROMPT)
        terminal.type(typed)
        code, shown = terminal.end()
    assert code == exit_code
    assert "\nuvmigrate: nothing was written\n" in shown
    assert "Traceback" not in shown
    assert tree(repository) == before


def test_where_nothing_is_accepted_that_is_said(repository: Path, plain: dict[str, str]) -> None:
    before = tree(repository)
    with Terminal.of("-i", "--select=acme-label", cwd=repository, env=plain) as terminal:
        terminal.until(PROMPT)
        terminal.type("n\n")
        assert terminal.end() == (0, "n\nuvmigrate: nothing was written\n")
    assert tree(repository) == before


def test_other_letters_are_explained_and_asked_again(repository: Path, plain: dict[str, str]) -> None:
    with Terminal.of("-i", "--select=acme-label", cwd=repository, env=plain) as terminal:
        for typed in ("?\n", "\n", "zebra\n", "\u00e9\n"):
            terminal.until(PROMPT)
            terminal.type(typed)
            terminal.until("\nq - quit: nothing is written, not even what was accepted\n")
        terminal.until(PROMPT)
        terminal.type("e\n")
        assert terminal.until(PROMPT) == "e\n# acme-label\n\nEvery image gets Acme's label.\n"
        terminal.type("yes\n")
        assert terminal.end()[0] == 0
    assert b"LABEL acme=1" in (repository / "Dockerfile").read_bytes()


def test_a_no_plans_the_rest_anew_and_shows_what_is_refused_for_it(
    pip_project: Path, plain: dict[str, str]
) -> None:
    before = tree(pip_project)
    with Terminal.of("-i", BUILT_IN, cwd=pip_project, env=plain, size=(50, 200)) as terminal:
        first = terminal.until(PROMPT)
        assert "\n1/5 uv-switch (review): " in first
        assert "\nLock pending: --write makes uv.lock with `uv lock` for Python 3.11\n" in first
        terminal.type("n\n")
        code, again = terminal.end()
    refused = "Dockerfile requirement-left-out: cache-mounts needs uv-switch, which is left out\n"
    assert f"\n{refused}    → select uv-switch as well\n" in again
    assert again.endswith("\nuvmigrate: nothing was written\n")
    assert code == 0
    assert tree(pip_project) == before


def test_locks_are_made_as_usual(pip_project: Path, plain: dict[str, str]) -> None:
    with Terminal.of("-i", BUILT_IN, cwd=pip_project, env=plain) as terminal:
        terminal.until(PROMPT)
        terminal.type("a\n")
        code, shown = terminal.end()
    assert (code, "\nlocked uv.lock\n" in shown) == (0, True)
    assert b'name = "six"' in (pip_project / "uv.lock").read_bytes()


def test_what_was_accepted_is_not_asked_about_again(
    pip_project: Path, plain: dict[str, str], uvmigrate: Console, git: Console
) -> None:
    asked = []
    with Terminal.of("-i", "--no-lock", BUILT_IN, cwd=pip_project, env=plain) as terminal:
        for answer in ("y", "y", "n", "y", "y"):
            place, name, *_ = terminal.until(PROMPT).partition("/")[2].split()
            asked.append((place, name, answer))
            terminal.type(f"{answer}\n")
        assert terminal.end()[0] == 0
    assert asked == [
        ("5", "uv-switch", "y"),
        ("5", "multi-stage", "y"),
        ("5", "cache-mounts", "n"),
        ("4", "uv-settings", "y"),
        ("4", "dockerignore", "y"),
    ]
    chosen = tree(pip_project)
    assert b"--mount=" not in chosen["Dockerfile"][0]
    git("checkout", "-q", ".", cwd=pip_project)
    git("clean", "-fdq", cwd=pip_project)
    uvmigrate("--write", "--no-lock", f"{BUILT_IN},cache-mounts", cwd=pip_project)
    assert tree(pip_project) == chosen


def test_hostile_contents_stay_on_their_line(repository: Path, plain: dict[str, str]) -> None:
    (repository / "Dockerfile").write_bytes(b"FROM scratch\n# \x1b]0;owned\x07\r\n")
    with Terminal.of("-i", "--select=acme-label", cwd=repository, env=plain) as terminal:
        shown = terminal.until(PROMPT)
        assert "\n # \\x1b]0;owned\\x07\\r\n" in shown
        assert "\x1b" not in shown
        terminal.type("q\n")
        assert terminal.end()[0] == 0


def test_where_nothing_would_change_nothing_is_asked(repository: Path, plain: dict[str, str]) -> None:
    (repository / "old.cfg").unlink()
    with Terminal.of("-i", "--select=acme-files", cwd=repository, env=plain) as terminal:
        assert terminal.end() == (0, "uvmigrate: nothing to change\n")

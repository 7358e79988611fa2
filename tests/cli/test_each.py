"""`--each` lays out what every step of the series leaves, beside the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cli.conftest import BUILT_IN, tree

if TYPE_CHECKING:
    from pathlib import Path

    from cli.conftest import Console, Done

ALL = "--select=acme-label,acme-owner,acme-files"


def error(done: Done, code: int) -> str:
    assert (done.returncode, done.stdout) == (code, b"")
    line = done.stderr.decode().splitlines()[-1]
    return line.removeprefix("uvmigrate: error: ")


def test_the_trees_are_the_repository_before_and_after_each_step(
    uvmigrate: Console, git: Console, repository: Path, tmp_path: Path
) -> None:
    before = tree(repository)
    done = uvmigrate("--each", str(tmp_path / "each"), ALL, cwd=repository)
    assert done.returncode == 0, done.stderr
    names = ["0-original", "1-acme-label", "2-acme-owner", "3-acme-files"]
    assert done.stdout.decode().splitlines() == names
    said = f"uvmigrate: made 4 folders in {tmp_path / 'each'}, 0-original to 3-acme-files\n"
    assert done.stderr.decode() == said
    assert sorted(path.name for path in (tmp_path / "each").iterdir()) == names
    assert tree(repository) == tree(tmp_path / "each" / "0-original") == before
    # They are what --commit commits.
    assert uvmigrate("--commit", ALL, cwd=repository).returncode == 0
    for back, name in enumerate(reversed(names)):
        git("checkout", "-q", f"HEAD~{back}", cwd=repository)
        assert tree(tmp_path / "each" / name) == tree(repository)
        git("checkout", "-q", "-", cwd=repository)


def test_a_folder_named_by_path_limits_the_steps_and_not_the_trees(
    uvmigrate: Console, repository: Path, tmp_path: Path
) -> None:
    before = tree(repository)
    # An empty folder will do, and it is named from where one is.
    (tmp_path / "each").mkdir()
    done = uvmigrate("--each=../../each", "--select=acme-label", ".", cwd=repository / "api")
    assert done.returncode == 0, done.stderr
    last = tree(tmp_path / "each" / "1-acme-label")
    assert {path for path in last if last[path] != before[path]} == {"api/Dockerfile"}
    assert last.keys() == before.keys()


def test_without_git_the_folder_is_copied(uvmigrate: Console, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    (shop / "static").mkdir(parents=True)
    (shop / "Dockerfile").write_bytes(b"FROM scratch\n")
    (shop / "static" / "logo").write_bytes(b"\0" * 9_000_000)
    done = uvmigrate("--each", "each", "--select=acme-label", "shop", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, b"0-original\n1-acme-label\n")
    assert tree(tmp_path / "each" / "0-original") == tree(shop)
    # What is too large to be read is copied all the same.
    assert tree(tmp_path / "each" / "1-acme-label")["static/logo"] == tree(shop)["static/logo"]


def test_the_lock_is_made_and_joins_the_step_that_asked(
    uvmigrate: Console, pip_project: Path, tmp_path: Path
) -> None:
    before = tree(pip_project)
    done = uvmigrate("--each", str(tmp_path / "each"), BUILT_IN, cwd=pip_project)
    assert done.returncode == 0, done.stderr
    assert b"uvmigrate: locking small with uv " in done.stderr
    assert tree(pip_project) == tree(tmp_path / "each" / "0-original") == before
    first, last = done.stdout.decode().split()[1], done.stdout.decode().split()[-1]
    assert b'name = "six"\n' in tree(tmp_path / "each" / first)["uv.lock"][0]
    assert uvmigrate("--write", BUILT_IN, cwd=pip_project).returncode == 0
    assert tree(tmp_path / "each" / last) == tree(pip_project)


def test_without_locking_no_tree_holds_a_lock_and_it_is_named(
    uvmigrate: Console, pip_project: Path, tmp_path: Path
) -> None:
    done = uvmigrate("--each", str(tmp_path / "each"), "--no-lock", BUILT_IN, cwd=pip_project)
    assert done.returncode == 0
    assert b"uvmigrate: uv.lock is still to be locked: " in done.stderr
    assert list((tmp_path / "each").glob("*/uv.lock")) == []
    assert (tmp_path / "each" / "1-uv-switch" / "pyproject.toml").is_file()


def test_a_lock_that_fails_leaves_nothing(uvmigrate: Console, pip_project: Path, tmp_path: Path) -> None:
    (pip_project / "requirements.txt").write_text("six==0.0.1\n")
    done = uvmigrate("--each", str(tmp_path / "each"), BUILT_IN, cwd=pip_project)
    assert "six==0.0.1" in error(done, 4)
    assert not (tmp_path / "each").exists()


def test_where_nothing_changes_nothing_is_made(uvmigrate: Console, repository: Path, tmp_path: Path) -> None:
    (repository / "old.cfg").unlink()
    done = uvmigrate("--each", str(tmp_path / "each"), "--select=acme-files", cwd=repository)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"uvmigrate: nothing to change\n")
    assert not (tmp_path / "each").exists()


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("each", "each lies in the repository: name a folder outside of "),
        (".git/each", ".git/each lies in the repository: name a folder outside of "),
        ("inside", "inside lies in the repository: name a folder outside of "),
        ("..", "Invalid value for '--each': .. is not empty"),
        ("no/such", "Invalid value for '--each': no is not a folder"),
        ("Dockerfile", "Invalid value for '--each': Directory 'Dockerfile' is a file"),
    ],
)
def test_a_place_that_will_not_do_is_one_line_and_nothing_is_made(
    uvmigrate: Console, repository: Path, place: str, message: str
) -> None:
    (repository.parent / "link").symlink_to(repository)
    (repository / "inside").symlink_to("../link/api/new")
    before = tree(repository.parent)
    done = uvmigrate("--each", place, "--select=acme-label", cwd=repository)
    assert error(done, 2).startswith(message)
    assert len(done.stderr.splitlines()) == 1
    assert tree(repository.parent) == before


@pytest.mark.parametrize("other", ["--write", "--diff", "--check", "--commit"])
def test_it_is_a_mode_of_its_own(uvmigrate: Console, repository: Path, other: str, tmp_path: Path) -> None:
    done = uvmigrate("--each", str(tmp_path / "each"), other, cwd=repository)
    assert error(done, 2) == f"{other} and --each exclude each other (see uvmigrate --help)"


def test_a_refusal_is_said_and_strict_says_it_by_the_exit_code(
    uvmigrate: Console, repository: Path, tmp_path: Path
) -> None:
    (repository / "Dockerfile").write_text("FROM scratch\nLABEL none\n")
    done = uvmigrate("--each", str(tmp_path / "each"), "--strict", ALL, cwd=repository)
    assert (done.returncode, done.stdout) == (3, b"0-original\n1-acme-owner\n2-acme-files\n")
    assert b"uvmigrate: refused: Dockerfile:2 acme-unlabelled: " in done.stderr

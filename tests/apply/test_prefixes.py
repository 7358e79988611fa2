"""Every prefix of a series is a whole tree, and nothing lands anywhere else."""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath

import pytest

from apply.making import Files, bound_by_permissions, files_of, git, migration, request
from uvmigrate.apply import WriteError, prefix_names, write_prefixes

LOCK = {PurePosixPath("uv.lock"): b"version = 1\n"}


def test_each_tree_is_the_repository_after_one_more_step(repository: Path, tmp_path: Path) -> None:
    before = files_of(repository)
    plan = migration(
        repository,
        {"Dockerfile": b"FROM python:3.12\n", "pyproject.toml": b"[project]\n"},
        {"Dockerfile": b"FROM python:3.13\n", "README.md": None},
    )
    trees = write_prefixes(plan, {}, tmp_path / "each")
    assert [tree.name for tree in trees] == ["0-original", "1-acme-1", "2-acme-2"]
    assert {tree.parent for tree in trees} == {tmp_path / "each"}
    assert [files_of(tree) for tree in trees] == [
        before,
        {**before, "Dockerfile": b"FROM python:3.12\n", "pyproject.toml": b"[project]\n"},
        {"Dockerfile": b"FROM python:3.13\n", "pyproject.toml": b"[project]\n"},
    ]
    assert files_of(repository) == before


def test_some_of_the_trees_are_as_they_are_among_all(repository: Path, tmp_path: Path) -> None:
    plan = migration(repository, {"a": b"1"}, {"b": b"2"}, {"a": None})
    every = write_prefixes(plan, {}, tmp_path / "each")
    some = write_prefixes(plan, {}, tmp_path / "some", {0, 3})
    assert [tree.name for tree in some] == [every[0].name, every[3].name]
    assert [files_of(tree) for tree in some] == [files_of(every[0]), files_of(every[3])]


def test_a_lock_joins_the_step_that_asked(repository: Path, tmp_path: Path) -> None:
    plan = migration(repository, {"a": b"1"}, {"b": b"2"}, locks=(request(),))
    trees = write_prefixes(plan, LOCK, tmp_path / "each")
    assert ["uv.lock" in files_of(tree) for tree in trees] == [False, True, True]
    asked = plan.steps[0]
    late = plan.steps[1]._replace(changes=asked.changes)
    early = asked._replace(changes=tuple(change._replace(locks=()) for change in asked.changes))
    trees = write_prefixes(plan._replace(steps=(early, late)), LOCK, tmp_path / "late")
    assert ["uv.lock" in files_of(tree) for tree in trees] == [False, False, True]


def test_a_lock_that_git_ignores_is_there_and_other_ignored_files_are_not(
    repository: Path, tmp_path: Path
) -> None:
    (repository / ".gitignore").write_bytes(b"uv.lock\n.env\nlocal.dockerfile\n")
    for name in ("pyproject.toml", "uv.lock", ".env", "local.dockerfile"):
        (repository / name).write_bytes(b"# here\n")
    plan = migration(repository, {"local.dockerfile": b"# changed\n"})
    first, last = (files_of(tree) for tree in write_prefixes(plan, {}, tmp_path / "each"))
    assert sorted(first) == [
        ".gitignore",
        "Dockerfile",
        "README.md",
        "local.dockerfile",
        "pyproject.toml",
        "uv.lock",
    ]
    assert last == {**first, "local.dockerfile": b"# changed\n"}


@pytest.mark.parametrize("has_git", [True, False])
def test_links_and_modes_are_what_they_were(repository: Path, tmp_path: Path, has_git: bool) -> None:
    if not has_git:
        (repository / ".git").rename(tmp_path / "git")
    (repository / "bin").mkdir(mode=0o750)
    (repository / "bin/start").write_bytes(b"#!/bin/sh\n")
    (repository / "bin/start").chmod(0o750)
    links = {"file": "bin/start", "folder": "bin", "nowhere": "bin/stop", "out": "/etc", "loop": "loop"}
    for name, target in links.items():
        (repository / name).symlink_to(target)
    last = write_prefixes(migration(repository, {"bin/start": b"#!/bin/sh\ntrue\n"}), {}, tmp_path / "each")[
        1
    ]
    assert {name: str((last / name).readlink()) for name in links} == links
    assert stat.S_IMODE((last / "bin").stat().st_mode) == 0o750
    assert stat.S_IMODE((last / "bin/start").stat().st_mode) == 0o750
    assert (last / "bin/start").read_bytes() == b"#!/bin/sh\ntrue\n"


def test_what_is_no_file_is_left_out(repository: Path, tmp_path: Path) -> None:
    (repository / ".git").rename(tmp_path / "git")
    os.mkfifo(repository / "pipe")
    first = write_prefixes(migration(repository, {"a": b""}), {}, tmp_path / "each")[0]
    assert {path.name for path in first.iterdir()} == {"Dockerfile", "README.md"}


def test_a_submodule_is_copied_as_git_knows_it(repository: Path, tmp_path: Path) -> None:
    library = repository / "library"
    library.mkdir()
    git(library, "init", "--quiet")
    for name in ("kept.py", "ignored.py"):
        (library / name).write_bytes(b"")
    (library / ".gitignore").write_bytes(b"ignored.py\n")
    git(library, "add", ".")
    git(library, "commit", "--quiet", "-m", "Start")
    git(repository, "-c", "advice.addEmbeddedRepo=false", "add", "library")
    first = write_prefixes(migration(repository, {"a": b""}), {}, tmp_path / "each")[0]
    assert {path.name for path in (first / "library").iterdir()} == {"kept.py", ".gitignore"}


def test_a_submodule_that_was_never_fetched_is_an_empty_folder(repository: Path, tmp_path: Path) -> None:
    commit = git(repository, "rev-parse", "HEAD").strip()
    git(repository, "update-index", "--add", "--cacheinfo", f"160000,{commit},library")
    (repository / "library").mkdir()
    first = write_prefixes(migration(repository, {"a": b""}), {}, tmp_path / "each")[0]
    assert list((first / "library").iterdir()) == []


def test_a_link_in_a_folders_place_is_not_followed(repository: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (repository / "web").mkdir()
    (repository / "web/index.html").write_bytes(b"ours\n")
    git(repository, "add", ".")
    (repository / "web").rename(outside)
    (repository / "web").symlink_to(outside)
    (outside / "index.html").write_bytes(b"theirs\n")
    trees = write_prefixes(migration(repository, {"a": b""}), {}, tmp_path / "each")
    assert [tree.joinpath("web").readlink() for tree in trees] == [outside] * 2
    assert files_of(outside) == {"index.html": b"theirs\n"}


def test_a_link_that_leads_back_to_the_repository_is_not_written_through(
    repository: Path, tmp_path: Path
) -> None:
    (repository / "Containerfile").symlink_to(repository / "Dockerfile")
    plan = migration(repository, {"Containerfile": b"FROM python:3.12\n"})
    with pytest.raises(WriteError, match="Containerfile leads out of the repository"):
        write_prefixes(plan, {}, tmp_path / "each")
    assert (repository / "Dockerfile").read_bytes() == b"FROM python:3.11\n"
    assert not (tmp_path / "each").exists()


def test_a_repository_that_changed_meanwhile_is_not_copied(repository: Path, tmp_path: Path) -> None:
    plan = migration(repository, {"Dockerfile": b"FROM python:3.12\n"})
    assert plan.before[PurePosixPath("Dockerfile")]
    (repository / "Dockerfile").write_bytes(b"FROM python:3.10\n")
    with pytest.raises(WriteError, match="Dockerfile was changed meanwhile"):
        write_prefixes(plan, {}, tmp_path / "each")
    assert not (tmp_path / "each").exists()


def test_a_file_that_cannot_be_copied_is_named_and_no_tree_is_left(plain_folder: Path) -> None:
    folder = plain_folder / "each"
    with bound_by_permissions():
        (plain_folder / "shop").mkdir()
        for name in ("Dockerfile", "secret"):
            (plain_folder / "shop" / name).write_bytes(b"FROM python:3.11\n")
        (plain_folder / "shop/secret").chmod(0)
        folder.mkdir()
        plan = migration(plain_folder / "shop", {"Dockerfile": b"FROM python:3.12\n"})
        with pytest.raises(WriteError) as raised:
            write_prefixes(plan, {}, folder)
    assert str(raised.value) == f"{plain_folder}/shop/secret cannot be copied: Permission denied"
    # The folder was there before.
    assert list(folder.iterdir()) == []


def test_from_ten_steps_on_the_numbers_have_two_digits(repository: Path) -> None:
    plan = migration(repository, *[Files({f"{number}": b""}) for number in range(10)])
    names = prefix_names(plan)
    assert names[:2] == ("00-original", "01-acme-1")
    assert names[10] == "10-acme-10"
    assert sorted(names) == list(names)

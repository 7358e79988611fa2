from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path, PurePosixPath

import pytest

from apply.making import bound_by_permissions, files_of, migration, request
from uvmigrate.apply import WriteError, undo_hint, write


def test_what_the_steps_come_to_is_written_and_named(repository: Path) -> None:
    plan = migration(
        repository,
        {"Dockerfile": b"FROM python:3.12\n", "pyproject.toml": b"[project]\n"},
        {"Dockerfile": b"FROM python:3.13\n", "README.md": None},
    )
    written = write(plan, {PurePosixPath("uv.lock"): b"version = 1\n"})
    assert list(map(str, written)) == ["Dockerfile", "README.md", "pyproject.toml", "uv.lock"]
    assert files_of(repository) == {
        "Dockerfile": b"FROM python:3.13\n",
        "pyproject.toml": b"[project]\n",
        "uv.lock": b"version = 1\n",
    }


def test_bytes_are_written_as_they_are(repository: Path) -> None:
    data = b"\xef\xbb\xbfFROM python:3.11\r\nRUN echo \xff\r\n# no newline at the end"
    write(migration(repository, {"Dockerfile": data}), {})
    assert (repository / "Dockerfile").read_bytes() == data


def test_a_new_folder_is_made_for_a_new_file(repository: Path) -> None:
    write(migration(repository, {"deploy/api/pyproject.toml": b"[project]\n"}), {})
    assert (repository / "deploy/api/pyproject.toml").read_bytes() == b"[project]\n"


def test_permissions_stay_and_new_files_get_the_usual_ones(repository: Path) -> None:
    (repository / "start.sh").write_bytes(b"#!/bin/sh\n")
    (repository / "start.sh").chmod(0o750)
    write(migration(repository, {"start.sh": b"#!/bin/sh\nexec app\n", "new.txt": b"\n"}), {})
    (repository / "usual.txt").touch()
    assert stat.S_IMODE((repository / "start.sh").stat().st_mode) == 0o750
    assert (repository / "new.txt").stat().st_mode == (repository / "usual.txt").stat().st_mode


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_that_root_writes_stays_its_owners(repository: Path) -> None:
    os.chown(repository / "Dockerfile", 1234, 1234)
    write(migration(repository, {"Dockerfile": b"FROM python:3.12\n"}), {})
    assert (repository / "Dockerfile").stat().st_uid == 1234


def test_a_symlink_is_written_through(repository: Path) -> None:
    (repository / "api").mkdir()
    (repository / "api/Dockerfile").symlink_to("../Dockerfile")
    write(migration(repository, {"api/Dockerfile": b"FROM python:3.12\n"}), {})
    assert (repository / "api/Dockerfile").is_symlink()
    assert (repository / "Dockerfile").read_bytes() == b"FROM python:3.12\n"


def test_a_symlink_that_goes_leaves_its_target(repository: Path) -> None:
    (repository / "Containerfile").symlink_to("Dockerfile")
    write(migration(repository, {"Containerfile": None}), {})
    assert set(files_of(repository)) == {"Dockerfile", "README.md"}


@pytest.mark.parametrize("target", ["../outside.txt", ".git/config"])
def test_nothing_is_written_outside_of_the_working_tree(repository: Path, target: str) -> None:
    plan = migration(repository, {"README.md": b"# New\n", "setup.cfg": b"[metadata]\n"})
    outside = repository / target
    outside.touch()
    before = outside.read_bytes()
    (repository / "setup.cfg").symlink_to(target)
    with pytest.raises(WriteError, match=r"setup\.cfg leads out of the repository"):
        write(plan, {})
    assert outside.read_bytes() == before
    assert (repository / "README.md").read_bytes() == b"# Shop\n"


def test_a_pipe_in_a_file_s_place_is_not_waited_for(repository: Path) -> None:
    plan = migration(repository, {"README.md": b"# New\n", "setup.cfg": b"[metadata]\n"})
    os.mkfifo(repository / "setup.cfg")
    with pytest.raises(WriteError, match=r"setup\.cfg is no regular file"):
        write(plan, {})
    assert (repository / "README.md").read_bytes() == b"# Shop\n"


def test_two_names_of_one_file_cannot_hold_different_bytes(repository: Path) -> None:
    (repository / "Containerfile").symlink_to("Dockerfile")
    plan = migration(repository, {"Dockerfile": b"FROM a\n", "Containerfile": b"FROM b\n"})
    with pytest.raises(WriteError, match=r"Dockerfile and Containerfile are one file"):
        write(plan, {})
    assert (repository / "Dockerfile").read_bytes() == b"FROM python:3.11\n"


def test_a_file_that_was_changed_meanwhile_is_left_alone(repository: Path) -> None:
    plan = migration(repository, {"Dockerfile": b"FROM python:3.12\n", "README.md": b"# New\n"})
    (repository / "README.md").write_bytes(b"# Mine\n")
    with pytest.raises(WriteError, match=r"README\.md was changed meanwhile"):
        write(plan, {})
    assert files_of(repository) == {"Dockerfile": b"FROM python:3.11\n", "README.md": b"# Mine\n"}


def test_a_read_only_folder_is_named_and_nothing_is_changed(plain_folder: Path) -> None:
    (plain_folder / "api").mkdir(mode=0o555)
    with bound_by_permissions():
        (plain_folder / "Dockerfile").write_bytes(b"FROM python:3.11\n")
        plan = migration(plain_folder, {"Dockerfile": b"FROM python:3.12\n", "api/pyproject.toml": b"\n"})
        with pytest.raises(WriteError) as raised:
            write(plan, {})
    assert str(raised.value) == "api/pyproject.toml cannot be written: Permission denied: nothing was changed"
    assert files_of(plain_folder) == {"Dockerfile": b"FROM python:3.11\n"}


def test_what_was_done_before_a_failure_is_taken_back(plain_folder: Path) -> None:
    """The last change fails only when its turn comes: its folder allows no file to be taken away."""
    start = {"a/Dockerfile": b"FROM python:3.11\r\n", "b/old.txt": b"old\n", "z/last.txt": b"last\n"}
    with bound_by_permissions():
        for path, data in start.items():
            (plain_folder / path).parent.mkdir()
            (plain_folder / path).write_bytes(data)
        (plain_folder / "a/Dockerfile").chmod(0o750)
        (plain_folder / "z").chmod(0o555)
        changes = {
            "a/Dockerfile": b"FROM x\n",
            "b/old.txt": None,
            "c/d/new.txt": b"new\n",
            "z/last.txt": None,
        }
        with pytest.raises(WriteError, match=r"^z/last\.txt cannot be written: .*: nothing was changed$"):
            write(migration(plain_folder, changes), {})
    assert files_of(plain_folder) == start
    assert stat.S_IMODE((plain_folder / "a/Dockerfile").stat().st_mode) == 0o750
    assert not (plain_folder / "c").exists()


@pytest.mark.parametrize("subfolder", [".", "deploy"])
def test_the_hint_undoes_what_was_written(
    repository: Path, subfolder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "deploy").mkdir()
    monkeypatch.chdir(repository / subfolder)
    before = files_of(repository)
    changes = {"Dockerfile": b"FROM python:3.12\n", "README.md": None, "a b.toml": b"\n"}
    plan = migration(repository, changes, locks=(request(),))
    write(plan, {PurePosixPath("uv.lock"): b"version = 1\n"})
    subprocess.run(["sh", "-c", undo_hint(plan)], check=True)
    assert files_of(repository) == before


def test_the_hint_names_the_repository_from_outside(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    plan = migration(repository, {"Dockerfile": b"FROM python:3.12\n", "pyproject.toml": b"\n"})
    write(plan, {})
    assert undo_hint(plan) == "git -C shop checkout -- Dockerfile && rm shop/pyproject.toml"


def test_the_hint_says_where_there_is_no_way_back(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository)
    (repository / "Dockerfile").write_bytes(b"FROM python:3.11\nRUN mine\n")
    plan = migration(repository, {"Dockerfile": b"FROM python:3.12\n", "README.md": b"# New\n"})
    write(plan, {})
    assert undo_hint(plan) == (
        "git checkout -- README.md (but what was in Dockerfile before is in no commit)"
    )


def test_without_git_only_new_files_have_a_way_back(
    plain_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(plain_folder)
    (plain_folder / "Dockerfile").write_bytes(b"FROM python:3.11\n")
    plan = migration(plain_folder, {"Dockerfile": b"FROM python:3.12\n", "pyproject.toml": b"\n"})
    write(plan, {})
    assert undo_hint(plan) == "rm pyproject.toml (but what was in Dockerfile before is in no commit)"

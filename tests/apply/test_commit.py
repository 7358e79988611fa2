from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

import pytest

from apply.making import files_of, git, migration, request
from uvmigrate.apply import WriteError, commit

LOCK = {PurePosixPath("uv.lock"): b"version = 1\n"}


def clean(root: Path) -> bool:
    return git(root, "status", "--porcelain") == ""


def test_each_step_is_one_commit_and_the_lock_joins_the_step_that_asked(repository: Path) -> None:
    plan = migration(
        repository,
        {"pyproject.toml": b"[project]\n", "Dockerfile": b"FROM python:3.12\r\n"},
        {"Dockerfile": b"FROM python:3.13\r\n", "README.md": None},
        locks=(request(),),
    )
    hashes = commit(plan, LOCK)
    assert git(repository, "log", "--reverse", "--format=%H").split()[1:] == list(hashes)
    assert git(repository, "show", "--format=%s", "--name-status", hashes[0]).split("\n") == [
        "Do the 1. thing",
        "",
        "M\tDockerfile",
        "A\tpyproject.toml",
        "A\tuv.lock",
        "",
    ]
    assert git(repository, "show", "--format=%s", "--name-status", hashes[1]).split("\n") == [
        "Do the 2. thing",
        "",
        "M\tDockerfile",
        "D\tREADME.md",
        "",
    ]
    assert clean(repository)
    assert (repository / "Dockerfile").read_bytes() == b"FROM python:3.13\r\n"


def test_a_commit_says_why_what_to_look_at_and_where_to_read_on(repository: Path) -> None:
    notes = (
        "Dockerfile: https://bob:s3cret@pkgs.acme.example/simple is an index of its own now, look at it",
    )
    (made,) = commit(migration(repository, {"Dockerfile": b"FROM python:3.12\n"}, notes=notes), {})
    assert git(repository, "show", "--no-patch", "--format=%B", made).rstrip("\n") == (
        "Do the 1. thing\n"
        "\n"
        "Because Acme's images are to be small, and a reason that is longer than\n"
        "one line is wrapped.\n"
        "\n"
        "What to look at:\n"
        "- Dockerfile: https://***@pkgs.acme.example/simple is an index of its\n"
        "  own now, look at it\n"
        "\n"
        "Codemod: acme-1 (safe)\n"
        "https://acme.example/docs"
    )


def test_a_lock_that_git_ignores_is_committed_and_the_commit_says_so(repository: Path) -> None:
    (repository / ".gitignore").write_bytes(b"*.lock\n")
    git(repository, "add", ".gitignore")
    git(repository, "commit", "--quiet", "-m", "Ignore locks")
    (made,) = commit(migration(repository, {"pyproject.toml": b"\n"}, locks=(request(),)), LOCK)
    assert "uv.lock is ignored by .gitignore" in git(repository, "show", "--format=%B", "--no-patch", made)
    assert "uv.lock" in git(repository, "ls-files")


def test_a_step_without_files_is_no_commit(repository: Path) -> None:
    assert commit(migration(repository, {}, {"Dockerfile": b"FROM a\n"}), {}) == (
        git(repository, "rev-parse", "HEAD").strip(),
    )


def test_the_target_of_a_symlink_is_what_is_committed(repository: Path) -> None:
    (repository / "Containerfile").symlink_to("Dockerfile")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "A second name")
    (made,) = commit(migration(repository, {"Containerfile": b"FROM python:3.12\n"}), {})
    assert git(repository, "show", "--format=", "--name-status", made) == "M\tDockerfile\n"
    assert clean(repository)


def test_hooks_do_not_run(repository: Path, tmp_path: Path) -> None:
    """husky and its like let core.hooksPath point at files of the repository."""
    mark = tmp_path / "ran"
    hooks = repository / ".hooks"
    hooks.mkdir()
    for name in ("pre-commit", "prepare-commit-msg", "commit-msg", "post-commit"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {mark}\n")
        (hooks / name).chmod(0o755)
    git(repository, "config", "core.hooksPath", ".hooks")
    commit(migration(repository, {"Dockerfile": b"FROM python:3.12\n"}), {})
    assert not mark.exists()


def test_inside_of_a_hook_of_another_repository_the_right_one_is_used(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("GIT_DIR", "GIT_INDEX_FILE", "GIT_QUARANTINE_PATH", "GIT_SHALLOW_FILE", "GIT_OBJECT_DIRECTORY")
    with monkeypatch.context() as inside:
        for name in names:
            inside.setenv(name, str(tmp_path / "elsewhere"))
        commit(migration(repository, {"Dockerfile": b"FROM python:3.12\n"}), {})
    assert clean(repository)


@pytest.mark.parametrize("staged", [False, True])
def test_changes_that_are_not_committed_stop_it(repository: Path, staged: bool) -> None:
    (repository / "README.md").write_bytes(b"# Mine\n")
    if staged:
        git(repository, "add", "README.md")
    before = files_of(repository)
    with pytest.raises(WriteError, match=r"^there are changes that are not committed \(README\.md\)"):
        commit(migration(repository, {"Dockerfile": b"FROM python:3.12\n"}), {})
    assert files_of(repository) == before


def test_files_that_git_does_not_know_are_no_obstacle(repository: Path) -> None:
    (repository / "notes.txt").write_bytes(b"mine\n")
    commit(migration(repository, {"Dockerfile": b"FROM python:3.12\n"}), {})
    assert git(repository, "status", "--porcelain") == "?? notes.txt\n"


def test_a_file_that_git_does_not_know_is_not_changed(repository: Path) -> None:
    (repository / "pyproject.toml").write_bytes(b"mine\n")
    plan = migration(repository, {"Dockerfile": b"FROM a\n"}, {"pyproject.toml": b"[project]\n"})
    with pytest.raises(WriteError, match=r"^pyproject\.toml would be changed and is not tracked"):
        commit(plan, {})
    assert (repository / "Dockerfile").read_bytes() == b"FROM python:3.11\n"
    assert (repository / "pyproject.toml").read_bytes() == b"mine\n"


def test_without_git_there_is_nothing_to_commit_to(plain_folder: Path) -> None:
    with pytest.raises(WriteError, match=r"^there is no git repository to commit to: use --write$"):
        commit(migration(plain_folder, {"Dockerfile": b"\n"}), {})


def test_without_a_first_commit_it_says_so(plain_folder: Path) -> None:
    git(plain_folder, "init", "--quiet")
    # git trusts a folder to its owner only, who is not the one that runs this test.
    os.chown(plain_folder, os.geteuid(), os.getegid())
    with pytest.raises(WriteError, match=r"has no commit yet"):
        commit(migration(plain_folder, {"Dockerfile": b"\n"}), {})


def test_git_s_own_reason_is_shown_and_everything_is_as_before(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(repository, "config", "user.useConfigOnly", "true")
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
        monkeypatch.delenv(name)
    monkeypatch.delenv("EMAIL", raising=False)
    before = files_of(repository)
    with pytest.raises(WriteError, match=r"^git commit failed: fatal: no email was given") as raised:
        commit(migration(repository, {"Dockerfile": None, "pyproject.toml": b"\n"}), {})
    assert "\n" not in str(raised.value)
    assert files_of(repository) == before
    assert clean(repository)


def test_commits_that_were_made_before_a_failure_are_named(repository: Path) -> None:
    (repository / ".gitattributes").write_bytes(b"*.toml filter=broken\n")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "A filter")
    git(repository, "config", "filter.broken.clean", "false")
    git(repository, "config", "filter.broken.required", "true")
    start = git(repository, "rev-parse", "HEAD").strip()
    plan = migration(repository, {"Dockerfile": b"FROM a\n"}, {"Dockerfile": b"FROM b\n", "x.toml": b"\n"})
    with pytest.raises(WriteError, match=r"^git add failed: ") as raised:
        commit(plan, {})
    first = git(repository, "rev-parse", "HEAD").strip()
    told = f"; made before it: {first[:10]}, and `git reset --hard {start[:10]}` takes them back"
    assert str(raised.value).endswith(told)
    assert (repository / "Dockerfile").read_bytes() == b"FROM a\n"
    assert clean(repository)

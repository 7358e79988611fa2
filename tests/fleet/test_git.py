"""git is asked as if everything in a repository were hostile, and says in one line what is wrong."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from fleet import hostile
from source.git import committed, files_in, git, tree, write
from uvmigrate.fleet.git import GitProblem, clone, head_of, origin_of, push, tip_of
from uvmigrate.fleet.git import git as ours
from uvmigrate.source.disk import MAX_BYTES

if TYPE_CHECKING:
    from pathlib import Path

FILES = {"Dockerfile": b"FROM python:3.11\n", "app/main.py": b"print()\r\n"}


def head(folder: Path) -> str:
    return git(folder, "rev-parse", "HEAD").strip()


def test_a_clone_has_the_last_commit_and_its_files_as_they_were_committed(tmp_path: Path) -> None:
    attributes = {".gitattributes": b"* text eol=crlf ident\n", "id": b"$Id$\n"}
    committed(tmp_path / "from", FILES)
    write(tmp_path / "from", attributes)
    git(tmp_path / "from", "add", "-A")
    # The attributes are new: a file that git takes for unchanged is read again only when it is told to.
    git(tmp_path / "from", "add", "--renormalize", ".")
    git(tmp_path / "from", "commit", "-qm", "more")
    made = clone(str(tmp_path / "from"), tmp_path / "to")
    assert made.base == head(tmp_path / "from") == head_of(str(tmp_path / "from"))
    assert made.branch == git(tmp_path / "from", "symbolic-ref", "--short", "HEAD").strip()
    # git add took the CR away, as the attributes ask; a usual checkout would bring it back.
    stored = FILES | attributes | {"app/main.py": b"print()\n"}
    assert files_in(tmp_path / "to") == stored
    assert git(tmp_path / "to", "status", "--porcelain") == ""
    assert git(tmp_path / "to", "rev-list", "--count", "HEAD").strip() == "1"


@pytest.mark.parametrize("where", ["{}", "file://{}"])
def test_a_hostile_folder_is_cloned_and_pushed_to_without_running_anything(
    tmp_path: Path, where: str
) -> None:
    source, sign = tmp_path / "from", tmp_path / "sign"
    committed(source, {**FILES, ".gitattributes": b"* filter=evil diff=evil\n"})
    before, files = head(source), tree(source)
    hostile.arm(source, sign)
    made = clone(where.format(source), tmp_path / "to")
    assert head_of(where.format(source)) == made.base == before
    (made.root / "new").write_bytes(b"new\n")
    ours(made.root, "add", "new")
    ours(made.root, "commit", "-qm", "new")
    push(made.root, "uvmigrate/migrate", "")
    assert tip_of(where.format(source), "uvmigrate/migrate") == head(made.root)
    assert not sign.exists(), sign.read_text()
    assert (head(source), tree(source)) == (before, files)


def test_a_folder_that_wants_a_hook_to_receive_gets_no_push(tmp_path: Path) -> None:
    source, sign = tmp_path / "from", tmp_path / "sign"
    committed(source, FILES)
    hostile.arm(source, sign)
    git(source, "config", "receive.procReceiveRefs", "refs")
    made = clone(str(source), tmp_path / "to")
    ours(made.root, "commit", "-q", "--allow-empty", "-m", "new")
    with pytest.raises(GitProblem, match="remote rejected"):
        push(made.root, "uvmigrate/migrate", "")
    assert not sign.exists()


def test_the_alarm_of_the_test_above_works(tmp_path: Path) -> None:
    source, sign = tmp_path / "from", tmp_path / "sign"
    committed(source, FILES)
    hostile.arm(source, sign)
    git(source, "status")
    assert sign.exists()


def test_what_is_checked_out_in_a_folder_is_not_pushed_to(tmp_path: Path) -> None:
    source = tmp_path / "from"
    committed(source, FILES)
    git(source, "checkout", "-q", "-b", "uvmigrate/migrate")
    git(source, "config", "receive.denyCurrentBranch", "updateInstead")
    made = clone(str(source), tmp_path / "to")
    ours(made.root, "commit", "-q", "--allow-empty", "-m", "new")
    with pytest.raises(GitProblem, match="branch is currently checked out"):
        push(made.root, "uvmigrate/migrate", made.base)
    assert head(source) == made.base


def test_what_lies_in_the_current_folder_is_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed(tmp_path / "from", FILES)
    committed(tmp_path / "here", FILES)
    other = tmp_path / "other"
    committed(other, {"other": b"\n"})
    git(tmp_path / "here", "config", f"url.{other}.insteadOf", str(tmp_path / "from"))
    monkeypatch.chdir(tmp_path / "here")
    assert head_of(str(tmp_path / "from")) == head(tmp_path / "from")
    assert clone(str(tmp_path / "from"), tmp_path / "to").base == head(tmp_path / "from")


@pytest.mark.parametrize("source", ["ext::sh -c 'touch {sign}'", "--upload-pack=touch {sign}", "fd::17"])
def test_no_address_starts_a_program(tmp_path: Path, source: str) -> None:
    with pytest.raises(GitProblem):
        clone(source.format(sign=tmp_path / "sign"), tmp_path / "to")
    with pytest.raises(GitProblem):
        head_of(source.format(sign=tmp_path / "sign"))
    assert not (tmp_path / "sign").exists()


def test_a_submodule_is_not_fetched(tmp_path: Path) -> None:
    source, sign = tmp_path / "from", tmp_path / "sign"
    module = f'[submodule "x"]\n\tpath = x\n\turl = ext::sh -c "touch% {sign}"\n'
    committed(source, {**FILES, ".gitmodules": module.encode()})
    git(source, "update-index", "--add", "--cacheinfo", f"160000,{head(source)},x")
    git(source, "commit", "-qm", "module")
    made = clone(str(source), tmp_path / "to")
    assert (made.root / "Dockerfile").is_file()
    assert not sign.exists()


def tree_of(source: Path, entries: bytes) -> str:
    """A tree that git itself would not make."""
    return git(source, "hash-object", "-t", "tree", "-w", "--literally", "--stdin", stdin=entries).strip()


@pytest.mark.parametrize("name", [b".git", b"..", b".GIT", b"git~1"])
def test_no_file_of_it_lands_where_git_or_others_would_read_it(tmp_path: Path, name: bytes) -> None:
    source = tmp_path / "from"
    committed(source, FILES)
    blob = bytes.fromhex(git(source, "hash-object", "-w", "--stdin", stdin=b"#!/bin/sh\n").strip())
    inner = bytes.fromhex(tree_of(source, b"100755 post-checkout\0" + blob))
    outer = tree_of(source, b"40000 " + name + b"\0" + inner)
    commit = git(source, "commit-tree", "-m", "evil", outer).strip()
    git(source, "update-ref", "HEAD", commit)
    with pytest.raises(GitProblem, match="invalid path"):
        clone(str(source), tmp_path / "to")
    assert not list(tmp_path.rglob("post-checkout"))


def test_a_link_is_not_followed_when_what_was_not_fetched_is_stood_in_for(tmp_path: Path) -> None:
    source, outside = tmp_path / "from", tmp_path / "outside"
    outside.mkdir()
    committed(source, FILES)
    git(source, "config", "uploadpack.allowFilter", "true")
    git(source, "config", "core.bigFileThreshold", "1m")
    (source / "huge").write_bytes(b"x" * (MAX_BYTES + 2))
    huge = bytes.fromhex(git(source, "hash-object", "-w", "huge").strip())
    link = bytes.fromhex(git(source, "hash-object", "-w", "--stdin", stdin=str(outside).encode()).strip())
    inner = bytes.fromhex(tree_of(source, b"100644 planted\0" + huge))
    outer = tree_of(source, b"120000 a\0" + link + b"40000 a\0" + inner)
    git(source, "update-ref", "HEAD", git(source, "commit-tree", "-m", "evil", outer).strip())
    with contextlib.suppress(GitProblem):
        clone(str(source), tmp_path / "to")
    assert list(outside.iterdir()) == []


def test_a_work_tree_that_was_added_is_cloned(tmp_path: Path) -> None:
    committed(tmp_path / "from", FILES)
    git(tmp_path / "from", "worktree", "add", "-q", "-b", "other", str(tmp_path / "beside"))
    git(tmp_path / "beside", "commit", "-q", "--allow-empty", "-m", "other")
    made = clone(str(tmp_path / "beside"), tmp_path / "to")
    assert (made.base, made.branch) == (head(tmp_path / "beside"), "other")


def test_what_nobody_reads_is_not_fetched(tmp_path: Path) -> None:
    source = tmp_path / "from"
    committed(source, FILES)
    (source / "data").mkdir()
    with (source / "data" / "huge.bin").open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    (source / "limit.bin").write_bytes(b"x" * MAX_BYTES)
    git(source, "config", "core.bigFileThreshold", "1m")
    git(source, "config", "uploadpack.allowFilter", "true")
    git(source, "add", "-A")
    git(source, "commit", "-qm", "huge")
    made = clone(str(source), tmp_path / "to")
    huge = made.root / "data" / "huge.bin"
    assert huge.stat().st_size == MAX_BYTES + 1
    assert huge.stat().st_blocks * 512 < 64 * 1024
    assert (made.root / "limit.bin").stat().st_size == MAX_BYTES
    missing = git(made.root, "rev-list", "--objects", "--missing=print", "HEAD").count("?")
    assert missing == 1
    # It stays as it is, whatever is committed beside it.
    (made.root / "new").write_bytes(b"new\n")
    ours(made.root, "add", "new")
    ours(made.root, "commit", "-qm", "new")
    push(made.root, "uvmigrate/migrate", "")
    assert git(source, "diff", "--name-only", "HEAD", "uvmigrate/migrate") == "new\n"


def test_an_empty_repository_has_no_base(tmp_path: Path) -> None:
    (tmp_path / "from").mkdir()
    git(tmp_path / "from", "init", "-q")
    assert head_of(str(tmp_path / "from")) == ""
    assert clone(str(tmp_path / "from"), tmp_path / "to").base == ""


def test_a_branch_that_is_missing_is_said(tmp_path: Path) -> None:
    committed(tmp_path / "from", FILES)
    git(tmp_path / "from", "symbolic-ref", "HEAD", "refs/heads/gone")
    with pytest.raises(GitProblem, match="its HEAD names gone, which it does not have"):
        clone(str(tmp_path / "from"), tmp_path / "to")


def test_problems_are_one_line_without_credentials(tmp_path: Path) -> None:
    with pytest.raises(GitProblem) as found:
        clone("http://bob:s3cret@127.0.0.1:1/x.git", tmp_path / "to")
    assert "s3cret" not in str(found.value)
    assert "\n" not in str(found.value)
    assert "127.0.0.1" in str(found.value)


def test_a_lost_race_is_no_push(tmp_path: Path) -> None:
    source = tmp_path / "from"
    committed(source, FILES)
    made = clone(str(source), tmp_path / "to")
    ours(made.root, "commit", "-q", "--allow-empty", "-m", "ours")
    git(source, "branch", "uvmigrate/migrate")
    with pytest.raises(GitProblem, match="stale info"):
        push(made.root, "uvmigrate/migrate", "")
    assert tip_of(str(source), "uvmigrate/migrate") == made.base


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("https://github.com/acme/shop.git", "https://github.com/acme/shop.git"),
        ("git@github.com:acme/shop.git", "git@github.com:acme/shop.git"),
        ("/srv/git/shop.git", "/srv/git/shop.git"),
        ("../shop.git", "{}/shop.git"),
    ],
)
def test_the_origin_of_a_folder_is_read_and_the_folder_not_entered(
    tmp_path: Path, written: str, read: str
) -> None:
    folder = tmp_path / "from"
    committed(folder, FILES)
    with pytest.raises(GitProblem, match="no remote called origin"):
        origin_of(folder)
    git(folder, "remote", "add", "origin", written)
    git(folder, "worktree", "add", "-q", str(tmp_path / "beside"))
    assert origin_of(folder) == origin_of(tmp_path / "beside") == read.format(tmp_path.resolve())


def test_hooks_of_a_template_are_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hooks = tmp_path / "template" / "hooks"
    hooks.mkdir(parents=True)
    (hooks / "post-checkout").write_text(f"#!/bin/sh\ntouch {tmp_path / 'sign'}\n")
    (hooks / "post-checkout").chmod(0o755)
    monkeypatch.setenv("GIT_TEMPLATE_DIR", str(tmp_path / "template"))
    committed(tmp_path / "from", FILES)
    (tmp_path / "sign").unlink(missing_ok=True)
    clone(str(tmp_path / "from"), tmp_path / "to")
    assert not (tmp_path / "sign").exists()
    assert [one.name for one in (tmp_path / "to" / ".git" / "info").iterdir()] == ["attributes"]

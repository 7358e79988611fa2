"""Whatever happens while files are written, all of them are as they were, or all as they are to be."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import resource
import stat
import subprocess
import time
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest

from apply.failing import counted, failing, killed_at
from apply.making import NOBODY, bound_by_permissions, files_of, git, migration
from uvmigrate.apply import WriteError, commit, settle, write
from uvmigrate.source.repo import journal_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from apply.making import Files

#: Every kind of change: a file that is another, one that goes, a link that goes, new ones in new folders.
CHANGES: Files = {
    "Dockerfile": b"FROM python:3.13\n",
    "README.md": None,
    "link": None,
    "deploy/api/pyproject.toml": b"[project]\n",
    "uv.toml": b"[pip]\n",
}
#: The calls that a full disk lets fail.
FULL = frozenset({"open", "write", "write on", "fsync", "mkdir", "symlink", "rename", "replace"})


@pytest.fixture(params=["in git", "a work tree", "without git"])
def folder(repository: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A Dockerfile that may be run, a README.md, and a link to it."""
    if request.param == "a work tree":
        git(repository, "worktree", "add", "-q", str(tmp_path / "tree"))
        repository = tmp_path / "tree"
    elif request.param == "without git":
        (repository / ".git").rename(tmp_path / "no-git")
    (repository / "Dockerfile").chmod(0o750)
    (repository / "link").symlink_to("README.md")
    return repository


def everything(root: Path) -> dict[str, tuple[int, bytes]]:
    """All files, links and folders, git's own aside: their modes, and what they hold."""
    found = {}
    for path in root.rglob("*"):
        name = path.relative_to(root).as_posix()
        if name.partition("/")[0] != ".git":
            mode = path.lstat().st_mode
            link = stat.S_ISLNK(mode)
            data = os.fsencode(path.readlink()) if link else path.read_bytes() if path.is_file() else b""
            found[name] = (mode, data)
    return found


def reset(root: Path, old: dict[str, tuple[int, bytes]]) -> None:
    """Undo CHANGES by hand."""
    for name in ("deploy/api/pyproject.toml", "uv.toml"):
        (root / name).unlink()
    for name in ("deploy/api", "deploy"):
        (root / name).rmdir()
    for name in ("Dockerfile", "README.md"):
        (root / name).write_bytes(old[name][1])
    (root / "link").symlink_to("README.md")
    assert everything(root) == old


def new_of(root: Path) -> dict[str, tuple[int, bytes]]:
    """What a folder is like when everything was written; it is as it was afterwards."""
    before = everything(root)
    write(migration(root, CHANGES), {})
    found = everything(root)
    reset(root, before)
    return found


def test_a_kill_at_any_call_leaves_all_old_or_all_new(folder: Path) -> None:
    old, new = everything(folder), new_of(folder)
    plan = migration(folder, CHANGES)
    number, outcomes = 1, []
    while killed_at(number, lambda: write(plan, {})):
        told = settle(folder)
        assert everything(folder) in (old, new), number
        assert not journal_of(folder).exists()
        outcomes.append(everything(folder) == new)
        if outcomes[-1]:
            break
        assert settle(folder) == "", told
        number += 1
    assert number > 30
    assert outcomes == sorted(outcomes)
    if not outcomes[-1]:
        assert everything(folder) == new


def test_a_kill_while_a_kill_is_mended_changes_nothing_of_that(folder: Path) -> None:
    old = everything(folder)
    plan = migration(folder, CHANGES)
    with counted(lambda *_: None) as usual:
        write(plan, {})
    reset(folder, old)
    last = max(number for number, name in enumerate(usual.names, start=1) if name == "replace")
    number = 1
    while True:
        assert killed_at(last, lambda: write(plan, {}))
        if not killed_at(number, lambda: settle(folder)):
            break
        settle(folder)
        assert everything(folder) == old, number
        number += 1
    assert number > 15
    assert everything(folder) == old


def mended(root: Path) -> str:
    """What `settle` says when what outlived a killed run has come to its end."""
    end = time.monotonic() + 20
    while True:
        try:
            return settle(root)
        except WriteError as error:
            if "another uvmigrate is writing here" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.01)


def test_a_kill_at_any_call_of_a_commit_leaves_whole_commits(repository: Path) -> None:
    git(repository, "branch", "start")
    found = set()
    number, goes_on = 1, True
    while goes_on:
        git(repository, "checkout", "-q", "-B", "work", "start")
        plan = migration(repository, {"Dockerfile": b"FROM a\n", "new.toml": b"x"}, {"README.md": None})
        goes_on = killed_at(number, partial(commit, plan, {}))
        mended(repository)
        assert git(repository, "status", "--porcelain") == "", number
        found.add(tuple(git(repository, "log", "--format=%s", "start..work").splitlines()))
        number += 1
    assert found == {(), ("Do the 1. thing",), ("Do the 2. thing", "Do the 1. thing")}
    assert len(commit(migration(repository, {"more.toml": b""}), {})) == 1


def no_space() -> OSError:
    return OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_at_any_call_changes_nothing(folder: Path) -> None:
    old, new = everything(folder), new_of(folder)
    plan = migration(folder, CHANGES)
    with counted(lambda *_: None) as usual:
        write(plan, {})
    reset(folder, old)
    said = set()
    for number in range(1, len(usual.names) + 1):
        said.add(failing(number, lambda: write(plan, {}), no_space, FULL))
        assert not journal_of(folder).exists()
        if everything(folder) != old:
            # A folder's entries need not be forced to the disk where the system does not do that.
            assert everything(folder) == new, number
            reset(folder, old)
    assert said == {
        "",
        *(
            f"WriteError: {path} cannot be written: No space left on device: nothing was changed"
            for path in (
                journal_of(folder).relative_to(folder),
                *(p for p, new in CHANGES.items() if new is not None),
            )
        ),
    }


def test_a_disk_that_stays_full_is_mended_when_there_is_room(folder: Path) -> None:
    old = everything(folder)
    plan = migration(folder, {"Dockerfile": b"FROM a\n", "README.md": b"# New\n", "uv.toml": None})

    def full(_: int, name: str) -> None:
        is_full.append(name == "replace" or (bool(is_full) and is_full[-1]))
        if is_full[-1] and len([one for one in is_full if one]) > 1 and name in FULL:
            raise no_space()

    is_full: list[bool] = []
    with counted(full), pytest.raises(WriteError) as raised:
        write(plan, {})
    assert str(raised.value) == (
        "README.md cannot be written: No space left on device: not all could be put back (No space left on "
        "device): the next run of uvmigrate here does it"
    )
    assert settle(folder) == "put back what a run left that was killed: Dockerfile"
    assert everything(folder) == old


def test_a_file_that_is_larger_than_there_is_room_for(repository: Path) -> None:
    old = everything(repository)
    plan = migration(repository, {"README.md": b"# New\n", "uv.lock": b"x" * 100_000})
    child = os.fork()
    if not child:
        code = 1
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
            write(plan, {})
        except WriteError as error:
            code = 0 if str(error) == "uv.lock cannot be written: File too large: nothing was changed" else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert everything(repository) == old


def test_an_end_by_hand_changes_nothing(folder: Path) -> None:
    old, new = everything(folder), new_of(folder)
    plan = migration(folder, CHANGES)
    with counted(lambda *_: None) as usual:
        write(plan, {})
    reset(folder, old)
    for number, name in enumerate(usual.names, start=1):
        assert failing(number, lambda: write(plan, {}), KeyboardInterrupt, frozenset({name})).startswith(
            "Key"
        )
        assert settle(folder) == ""
        if everything(folder) != old:
            assert everything(folder) == new, number
            reset(folder, old)


def test_a_read_only_file_is_not_replaced(plain_folder: Path) -> None:
    with bound_by_permissions():
        (plain_folder / "Dockerfile").write_bytes(b"FROM python:3.11\n")
        (plain_folder / "Dockerfile").chmod(0o444)
        plan = migration(plain_folder, {"Dockerfile": b"FROM python:3.12\n", "new.toml": b""})
        with pytest.raises(WriteError) as raised:
            write(plan, {})
    said = "Dockerfile is read-only: nothing was written: its owner's `chmod u+w` mends that"
    assert str(raised.value) == said
    assert files_of(plain_folder) == {"Dockerfile": b"FROM python:3.11\n"}


def test_a_folder_that_takes_no_journal_is_named(plain_folder: Path) -> None:
    (plain_folder / "Dockerfile").write_bytes(b"FROM python:3.11\n")
    os.chown(plain_folder / "Dockerfile", plain_folder.stat().st_uid, -1)
    plain_folder.chmod(0o555)
    with bound_by_permissions():
        plan = migration(plain_folder, {"Dockerfile": b"FROM python:3.12\n"})
        with pytest.raises(WriteError) as raised:
            write(plan, {})
    assert str(raised.value) == (
        ".uvmigrate-journal cannot be written: Permission denied: nothing was changed"
    )


@pytest.mark.parametrize("path", ["Dockerfile", "README.md", "uv.toml"])
def test_what_a_person_changes_while_files_are_laid_stays_and_nothing_else_is_changed(
    repository: Path, path: str
) -> None:
    old = files_of(repository)
    plan = migration(repository, {"Dockerfile": b"FROM a\n", "README.md": None, "uv.toml": b"\n"})
    changed = False

    def meddle(_: int, name: str) -> None:
        nonlocal changed
        if name == "replace" and not changed:
            changed = True
            Path(repository, path).write_bytes(b"mine\n")

    # The first to be replaced is the Dockerfile; what comes after it is seen to be another in time.
    with counted(meddle):
        if path == "Dockerfile":
            write(plan, {})
            assert (repository / path).read_bytes() == b"FROM a\n"
            return
        with pytest.raises(WriteError, match=rf"{path} was changed meanwhile, nothing was written"):
            write(plan, {})
    assert files_of(repository) == old | {path: b"mine\n"}


@pytest.mark.parametrize(
    ("there", "planned", "said"),
    [
        ("dockerfile", "Dockerfile.new", ""),
        ("PyProject.toml", "pyproject.toml", "pyproject.toml would be new beside PyProject.toml"),
        ("Deploy/x", "deploy/uv.lock", "deploy would be new beside Deploy"),
        ("straße.toml", "STRASSE.toml", "STRASSE.toml would be new beside straße.toml"),
    ],
)
def test_a_new_file_that_only_the_case_tells_from_another_is_refused(
    plain_folder: Path, there: str, planned: str, said: str
) -> None:
    (plain_folder / there).parent.mkdir(exist_ok=True)
    (plain_folder / there).touch()
    plan = migration(plain_folder, {planned: b"\n"})
    if not said:
        write(plan, {})
        return
    with pytest.raises(WriteError, match=f"^{said}: only the case of letters differs"):
        write(plan, {})
    assert set(files_of(plain_folder)) == {there}


def test_two_new_files_that_only_the_case_tells_apart_are_refused(repository: Path) -> None:
    plan = migration(repository, {"a/Uv.lock": b"1\n", "A/x": b"2\n"})
    with pytest.raises(WriteError, match=r"^a would be new beside A: only the case of letters differs"):
        write(plan, {})
    plan = migration(repository, {"uv.lock": b"1\n"})
    with pytest.raises(WriteError, match=r"^uv\.lock would be new beside UV\.lock"):
        write(plan, {PurePosixPath("UV.lock"): b"2\n"})
    assert set(files_of(repository)) == {"Dockerfile", "README.md"}


def test_files_that_only_the_case_tells_apart_and_are_there_already_are_changed(plain_folder: Path) -> None:
    names: tuple[str, ...] = ("Dockerfile", "dockerfile", "api/x", "API/x")
    for name in names:
        (plain_folder / name).parent.mkdir(exist_ok=True)
        (plain_folder / name).write_bytes(b"old\n")
    if len(files_of(plain_folder)) < len(names):
        names = ("Dockerfile", "api/x")
    write(migration(plain_folder, {name: name.encode() for name in names}), {})
    assert {name: (plain_folder / name).read_bytes() for name in names} == {n: n.encode() for n in names}


def test_another_name_of_a_file_keeps_what_it_held(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").hardlink_to(repository / "Dockerfile")
    write(migration(repository, {"Dockerfile": b"FROM python:3.12\n"}), {})
    assert (repository / "Dockerfile").read_bytes() == b"FROM python:3.12\n"
    assert (tmp_path / "elsewhere").read_bytes() == b"FROM python:3.11\n"


def test_a_file_is_written_where_its_linked_folder_lies(repository: Path) -> None:
    (repository / "services/api").mkdir(parents=True)
    (repository / "services/api/Dockerfile").write_bytes(b"FROM python:3.11\n")
    (repository / "api").symlink_to("services/api")
    write(migration(repository, {"api/Dockerfile": b"FROM a\n", "api/uv.toml": b"\n"}), {})
    assert (repository / "api").is_symlink()
    assert (repository / "services/api/Dockerfile").read_bytes() == b"FROM a\n"
    assert (repository / "services/api/uv.toml").read_bytes() == b"\n"


def test_a_linked_folder_that_leads_out_is_not_written_to(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (repository / "api").symlink_to(tmp_path / "outside")
    with pytest.raises(WriteError, match=r"api/uv\.toml leads out of the repository"):
        write(migration(repository, {"api/uv.toml": b"\n"}), {})
    assert list((tmp_path / "outside").iterdir()) == []


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_the_umask_is_for_new_files_alone(repository: Path, mask: int) -> None:
    (repository / "README.md").chmod(0o664)
    before = os.umask(mask)
    try:
        write(migration(repository, {"README.md": b"# New\n", "new/uv.toml": b"\n"}), {})
    finally:
        os.umask(before)
    assert stat.S_IMODE((repository / "README.md").stat().st_mode) == 0o664
    assert stat.S_IMODE((repository / "new/uv.toml").stat().st_mode) == 0o666 & ~mask
    assert stat.S_IMODE((repository / "new").stat().st_mode) == 0o777 & ~mask


def test_nobody_else_reads_a_private_file_on_the_way(repository: Path) -> None:
    (repository / "Dockerfile").chmod(0o600)
    modes: set[int] = set()

    def look(*_: object) -> None:
        places = [*repository.glob(".uvmigrate-*"), journal_of(repository)]
        modes.update(stat.S_IMODE(place.stat().st_mode) for place in places if place.exists())

    with counted(look):
        write(migration(repository, {"Dockerfile": b"ENV TOKEN=x\n"}), {})
    assert modes == {0o600}


def test_what_is_renamed_is_on_disk_before_and_after(repository: Path) -> None:
    with counted(lambda *_: None) as calls:
        write(migration(repository, {"Dockerfile": b"FROM a\n"}), {})
    order = [name for name in calls.names if name in ("write", "fsync", "replace", "unlink")]
    # The journal and its folder; the file, which takes its place, and its folder; the journal's end.
    assert order == ["write", "fsync", "fsync", "write", "fsync", "replace", "fsync", "unlink", "fsync"]


def test_what_is_put_back_is_on_disk_before_its_journal_goes(repository: Path) -> None:
    kill_half_way(repository)
    with counted(lambda *_: None) as calls:
        settle(repository)
    order = [name for name in calls.names if name in ("write", "fsync", "replace", "unlink")]
    # What was laid aside goes first; then the file, its folder, the journal, and that one's folder.
    assert order[-5:] == ["fsync", "replace", "fsync", "unlink", "fsync"]


def test_two_runs_do_not_write_at_once(folder: Path) -> None:
    old = everything(folder)
    plan = migration(folder, CHANGES)
    with journal_of(folder).open("x") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        for work in (lambda: write(plan, {}), lambda: settle(folder)):
            with pytest.raises(WriteError, match=r"another uvmigrate is writing here .*: run it again then"):
                work()
    journal_of(folder).unlink()
    assert everything(folder) == old


def kill_half_way(root: Path) -> None:
    """A run that is killed when it has replaced one file and not the other."""
    plan = migration(root, {"Dockerfile": b"FROM a\n", "README.md": b"# New\n"})
    seen: list[str] = []
    with counted(lambda _, name: seen.append(name)):
        write(plan, {})
    for name, data in (("Dockerfile", b"FROM python:3.11\n"), ("README.md", b"# Shop\n")):
        (root / name).write_bytes(data)
    second = [number for number, name in enumerate(seen, start=1) if name == "replace"][1]
    assert killed_at(second, lambda: write(plan, {}))
    assert files_of(root)["Dockerfile"] == b"FROM a\n"
    assert files_of(root)["README.md"] == b"# Shop\n"


def test_what_was_put_back_is_said(folder: Path) -> None:
    old = everything(folder)
    kill_half_way(folder)
    assert settle(folder) == "put back what a run left that was killed: Dockerfile"
    assert everything(folder) == old


def test_a_file_that_was_changed_after_a_kill_stays_until_somebody_has_looked(folder: Path) -> None:
    kill_half_way(folder)
    (folder / "Dockerfile").write_bytes(b"FROM mine\n")
    for _ in range(2):
        with pytest.raises(WriteError) as raised:
            settle(folder)
        assert str(raised.value) == (
            "a run was killed while it wrote, and Dockerfile was changed since: see that all files are as "
            f"you want them, then remove {journal_of(folder)}"
        )
        assert (folder / "Dockerfile").read_bytes() == b"FROM mine\n"
    journal_of(folder).unlink()
    assert settle(folder) == ""


def test_files_that_were_laid_aside_may_be_gone(folder: Path) -> None:
    old = everything(folder)
    kill_half_way(folder)
    for left in folder.glob(".uvmigrate-?????????*[0-9a-f]"):
        if left != journal_of(folder):
            left.unlink()
    settle(folder)
    assert everything(folder) == old


def test_who_has_put_everything_back_by_hand_is_told_nothing(repository: Path) -> None:
    old = everything(repository)
    kill_half_way(repository)
    git(repository, "checkout", "--", ".")
    assert settle(repository) == ""
    assert everything(repository) == old


@pytest.mark.parametrize(
    "meddle",
    [
        lambda found: found["entries"][0].__setitem__(0, "../outside"),
        lambda found: found["entries"][0].__setitem__(0, "/etc/passwd"),
        lambda found: found["entries"][0].__setitem__(0, "out/file"),
        lambda found: found["entries"][0].__setitem__(0, ".git/config"),
        lambda found: found["entries"][0].__setitem__(1, "../outside"),
        lambda found: found["entries"][0].__setitem__(1, "README.md"),
        lambda found: found["entries"][0].__setitem__(5, 0o4755),
        lambda found: found["entries"].append(7),
        lambda found: found.__setitem__("folders", ["../outside"]),
        lambda found: found.__setitem__("version", 2),
        lambda found: found.pop("head"),
        lambda found: found.clear(),
        lambda found: found.__setitem__("more", "x" * (1 << 28)),
    ],
)
def test_a_journal_of_somebody_elses_changes_nothing(
    repository: Path, tmp_path: Path, meddle: Callable[[dict[str, object]], object]
) -> None:
    kill_half_way(repository)
    (tmp_path / "outside").mkdir()
    (repository / "out").symlink_to(tmp_path / "outside")
    file = journal_of(repository)
    found = json.loads(file.read_bytes())
    meddle(found)
    file.write_text(json.dumps(found))
    before, outside = everything(repository), everything(tmp_path / "outside")
    with pytest.raises(WriteError, match="remove"):
        settle(repository)
    assert (everything(repository), everything(tmp_path / "outside")) == (before, outside)


def test_a_journal_of_another_user_is_not_believed(plain_folder: Path) -> None:
    other = os.geteuid() == 0
    (plain_folder / "Dockerfile").write_bytes(b"FROM python:3.11\n")
    (plain_folder / "README.md").write_bytes(b"# Shop\n")
    kill_half_way(plain_folder)
    if other:
        os.chown(journal_of(plain_folder), NOBODY, -1)
        with pytest.raises(
            WriteError, match=r"is another user's: let them run uvmigrate, or see what it says"
        ):
            settle(plain_folder)
        assert files_of(plain_folder)["Dockerfile"] == b"FROM a\n"
        os.chown(journal_of(plain_folder), 0, -1)
    assert settle(plain_folder) == "put back what a run left that was killed: Dockerfile"


@pytest.mark.parametrize("kind", ["empty", "cut off", "a link", "a pipe"])
def test_a_journal_that_is_none_is_no_danger(repository: Path, kind: str) -> None:
    kill_half_way(repository)
    settle(repository)
    old = everything(repository)
    file = journal_of(repository)
    if kind == "a link":
        file.symlink_to(repository / "README.md")
    elif kind == "a pipe":
        os.mkfifo(file)
    else:
        file.write_bytes(b"" if kind == "empty" else b'{"version": 1, "entr')
    if kind in ("a link", "a pipe"):
        with pytest.raises(WriteError, match="what a killed run left cannot be put back"):
            settle(repository)
    else:
        assert settle(repository) == ""
        assert not file.exists()
    assert everything(repository) == old


def test_a_commit_that_was_made_is_kept_though_the_kill_came_before_its_end(repository: Path) -> None:
    plan = migration(repository, {"Dockerfile": b"FROM a\n"})
    seen: list[str] = []
    with counted(lambda _, name: seen.append(name)):
        commit(plan, {})
    git(repository, "reset", "-q", "--hard", "HEAD~1")
    end = max(number for number, name in enumerate(seen, start=1) if name == "unlink")
    assert killed_at(end, lambda: commit(plan, {}))
    assert journal_of(repository).exists()
    assert settle(repository) == ""
    assert git(repository, "status", "--porcelain") == ""
    assert (repository / "Dockerfile").read_bytes() == b"FROM a\n"
    assert git(repository, "log", "-1", "--format=%s").strip() == "Do the 1. thing"


def test_a_journal_has_nothing_started(repository: Path, tmp_path: Path) -> None:
    """A repository of somebody else's may bring one, and filters for its files."""
    plan = migration(repository, {"Dockerfile": b"FROM a\n", "new.toml": b"x"})
    seen: list[str] = []
    with counted(lambda _, name: seen.append(name)):
        commit(plan, {})
    git(repository, "reset", "-q", "--hard", "HEAD~1")
    # When both are staged, before the commit.
    last = [number for number, name in enumerate(seen, start=1) if name == "run"][-2]
    assert killed_at(last, lambda: commit(plan, {}))
    assert git(repository, "diff", "--cached", "--name-only").split() == ["Dockerfile", "new.toml"]
    program = tmp_path / "evil"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path / 'sign'}\ncat\n")
    program.chmod(0o755)
    for name in ("filter.evil.clean", "filter.evil.smudge", "core.fsmonitor", "diff.external"):
        git(repository, "config", name, str(program))
    (repository / ".git/info/attributes").write_text("* filter=evil\n")
    (repository / ".git/hooks/post-index-change").write_bytes(program.read_bytes())
    (repository / ".git/hooks/post-index-change").chmod(0o755)
    os.utime(repository / "README.md")
    assert settle(repository) == "put back what a run left that was killed: Dockerfile, new.toml"
    assert not (tmp_path / "sign").exists()
    git(repository, "config", "--unset", "filter.evil.clean")
    assert git(repository, "diff", "--cached", "--name-only") == ""
    assert files_of(repository) == {"Dockerfile": b"FROM python:3.11\n", "README.md": b"# Shop\n"}


def test_a_hook_that_fails_after_the_files_are_there_puts_them_back(repository: Path) -> None:
    old = everything(repository)
    (repository / ".git/index.lock").touch()
    with pytest.raises(WriteError, match=r"index\.lock"):
        commit(migration(repository, {"Dockerfile": b"FROM a\n", "uv.toml": b""}), {})
    assert everything(repository) == old
    (repository / ".git/index.lock").unlink()
    assert settle(repository) == ""
    assert subprocess.run(["git", "-C", repository, "diff", "--quiet", "HEAD"], check=False).returncode == 0

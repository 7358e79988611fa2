"""A repository is an immutable map of bytes, whether git keeps it or not, and whatever lies in its folder."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest

from source.git import committed, git, write
from uvmigrate.source import Repo, Search, Unreadable
from uvmigrate.source.disk import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

P = PurePosixPath


def names(repo: Repo) -> list[str]:
    return [str(path) for path in repo]


def test_it_lists_what_git_knows_or_would_add(tmp_path: Path) -> None:
    repo = committed(tmp_path, {"a": b"1", ".gitignore": b"*.log\n", "gone": b""})
    write(tmp_path, {"sub/new": b"2", "big.log": b"3"})
    (tmp_path / "gone").unlink()
    assert names(repo) == [".gitignore", "a", "sub/new"]
    assert len(repo) == 3


def test_a_look_up_also_finds_what_git_ignores(tmp_path: Path) -> None:
    repo = committed(tmp_path, {".gitignore": b".env\n"})
    write(tmp_path, {".env": b"A=1\n"})
    assert P(".env") in repo
    assert repo[P(".env")] == b"A=1\n"
    assert ".env" not in names(repo)


def test_a_folder_of_a_git_repository_opens_the_whole(tmp_path: Path) -> None:
    committed(tmp_path, {"web/Dockerfile": b"FROM a\n", "b": b""})
    repo = Repo.open(tmp_path / "web")
    assert repo.root == tmp_path
    assert names(repo) == ["b", "web/Dockerfile"]


def test_a_plain_folder_is_its_own_root_without_environments_and_caches(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"a": b"", "b/c": b"", ".venv/bin/x": b"", "b/__pycache__/c.pyc": b"", "node_modules/d": b""},
    )
    assert names(Repo.open(tmp_path)) == ["a", "b/c"]
    assert Repo.open(tmp_path / "b").root == tmp_path / "b"


def test_a_broken_git_folder_is_read_like_a_plain_one(tmp_path: Path) -> None:
    write(tmp_path, {".git/HEAD": b"nonsense\n", "a": b""})
    assert names(Repo.open(tmp_path)) == ["a"]


def test_a_repository_s_own_settings_run_nothing(tmp_path: Path) -> None:
    repo = committed(tmp_path, {"a": b""})
    write(tmp_path, {"hook.sh": b"#!/bin/sh\ntouch ran\n"})
    (tmp_path / "hook.sh").chmod(0o755)
    git(tmp_path, "config", "core.fsmonitor", str(tmp_path / "hook.sh"))
    assert "a" in names(repo)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("at", ["", "elsewhere/"])
def test_the_place_of_files_in_a_repository_s_own_settings_is_not_listed(at: str, tmp_path: Path) -> None:
    repo = committed(tmp_path / "own", {"a": b""})
    write(tmp_path, {"other/b": b""})
    git(tmp_path / "own", "config", "core.worktree", str(tmp_path / "other"))
    if at:
        (tmp_path / "own/.git").rename(tmp_path / "elsewhere")
        write(tmp_path, {"own/.git": b"gitdir: ../elsewhere\n"})
    assert names(repo) == ["a"]


def test_a_folder_and_a_pipe_are_there_and_no_files(tmp_path: Path) -> None:
    write(tmp_path, {"folder/a": b""})
    os.mkfifo(tmp_path / "pipe")
    repo = Repo.open(tmp_path)
    for path, why in (("folder", "is a folder"), ("pipe", "is no regular file")):
        assert P(path) not in repo
        assert repo.get(P(path)) is None
        with pytest.raises(Unreadable, match=why):
            repo[P(path)]


def test_what_is_not_there_is_a_key_error_and_get_s_default(tmp_path: Path) -> None:
    write(tmp_path, {"folder/a": b""})
    repo = Repo.open(tmp_path)
    for missing in ("b", "folder", "folder/a/b", "x" * 300, "nul\0byte"):
        assert P(missing) not in repo
        assert repo.get(P(missing)) is None
    with pytest.raises(KeyError):
        repo[P("b")]


@pytest.mark.parametrize("path", ["../secret", "/etc/hostname", "inner/../../secret"])
def test_a_path_that_leaves_the_repository_names_nothing_in_it(path: str, tmp_path: Path) -> None:
    write(tmp_path, {"secret": b"1", "inner/a": b""})
    repo = Repo.open(tmp_path / "inner")
    assert P(path) not in repo
    with pytest.raises(KeyError):
        repo[P(path)]


@pytest.mark.parametrize("asked_first", [True, False])
def test_whether_it_is_there_is_the_same_whatever_is_asked_first(asked_first: bool, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "out").symlink_to("/etc")
    repo = Repo.open(tmp_path)
    for path, kind in (("loop", Unreadable), ("out/of-here", KeyError)):
        assert not asked_first or P(path) not in repo
        with pytest.raises(kind):
            repo[P(path)]
        assert P(path) not in repo


def test_a_file_that_was_replaced_by_a_folder_hides_nothing_of_it(tmp_path: Path) -> None:
    committed(tmp_path, {"needed": b""})
    (tmp_path / "needed").unlink()
    write(tmp_path, {"needed/base.txt": b""})
    repo = Repo.open(tmp_path)
    assert repo.is_dir(P("needed"))
    assert list(repo.below(P("needed"))) == [P("needed/base.txt")]


def too_large(path: Path) -> None:
    path.write_bytes(b"#" * (MAX_BYTES + 1))


def a_loop(path: Path) -> None:
    path.symlink_to(path.name)


def a_way_out(path: Path) -> None:
    path.symlink_to("/etc/hostname")


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (too_large, "is larger than 8 MiB"),
        (a_loop, "[Ss]ymlink loop|symbolic links"),
        (a_way_out, "leads out of the repository"),
    ],
)
def test_what_is_there_and_cannot_be_read_says_why(
    make: Callable[[Path], None], why: str, tmp_path: Path
) -> None:
    make(tmp_path / "a")
    repo = Repo.open(tmp_path)
    assert names(repo) == ["a"]
    with pytest.raises(Unreadable, match=why) as error:
        repo[P("a")]
    assert error.value.path == P("a")
    assert repo.get(P("a"), b"default") == b"default"


def test_a_link_within_the_repository_is_read_through_and_known_as_one(tmp_path: Path) -> None:
    write(tmp_path, {"real/a": b"1"})
    (tmp_path / "link").symlink_to("real/a")
    (tmp_path / "folder").symlink_to("real")
    (tmp_path / "nowhere").symlink_to("real/b")
    (tmp_path / "out").symlink_to("/etc/hostname")
    repo = Repo.open(tmp_path)
    assert names(repo) == ["folder", "link", "nowhere", "out", "real/a"]
    assert repo[P("link")] == repo[P("folder/a")] == b"1"
    assert repo.mode(P("link")) == "120000"
    assert P("nowhere") not in repo
    followed = {
        name: repo.real(P(name)) for name in ("link", "folder/a", "nowhere", "out", "real/a", "new/b")
    }
    assert followed == {
        "link": P("real/a"),
        "folder/a": P("real/a"),
        "nowhere": P("real/b"),
        "out": None,
        "real/a": P("real/a"),
        "new/b": P("new/b"),
    }


def test_a_file_without_permission_says_so(tmp_path: Path) -> None:
    write(tmp_path, {"a": b""})
    (tmp_path / "a").chmod(0)
    repo = Repo.open(tmp_path)
    if os.geteuid() == 0:
        # Root may read everything.
        assert repo[P("a")] == b""
    else:
        with pytest.raises(Unreadable, match="Permission denied"):
            repo[P("a")]


def test_modes_are_those_of_git(tmp_path: Path) -> None:
    write(tmp_path, {"a": b"", "run.sh": b""})
    (tmp_path / "run.sh").chmod(0o755)
    repo = Repo.open(tmp_path).replace({P("run.sh"): b"1", P("new"): b""})
    assert [repo.mode(P(name)) for name in ("a", "run.sh", "new")] == ["100644", "100755", "100644"]
    assert Repo.of({"a": b""}, {"a": "100755"}).mode(P("a")) == "100755"


def test_replacing_makes_another_snapshot_and_leaves_this_one(tmp_path: Path) -> None:
    write(tmp_path, {"a": b"1", "b/c": b"2"})
    before = Repo.open(tmp_path)
    assert names(before) == ["a", "b/c"]
    after = before.replace({P("a"): b"3", P("b/c"): None, P("d/e"): b"4"})
    assert {str(path): after[path] for path in after} == {"a": b"3", "d/e": b"4"}
    assert {str(path): before[path] for path in before} == {"a": b"1", "b/c": b"2"}
    assert P("b/c") not in after
    assert after.touched == {P("a"), P("b/c"), P("d/e")}
    with pytest.raises(KeyError):
        after[P("b/c")]


def test_a_file_that_is_read_once_stays_what_it_was(tmp_path: Path) -> None:
    write(tmp_path, {"a": b"1"})
    repo = Repo.open(tmp_path)
    assert repo[P("a")] == b"1"
    write(tmp_path, {"a": b"2"})
    assert repo.replace({P("b"): b""})[P("a")] == b"1"


def test_folders_are_those_that_hold_a_listed_file() -> None:
    repo = Repo.of({"a": b"", "b/c/d": b""})
    assert [repo.is_dir(P(path)) for path in (".", "b", "b/c", "a", "b/c/d", "e")] == [True] * 3 + [False] * 3
    assert repo.children(P()) == {"a", "b"}
    assert repo.children(P("b")) == {"c"}
    assert repo.children(P("a")) == frozenset()
    emptied = repo.replace({P("b/c/d"): None})
    assert not emptied.is_dir(P("b"))
    assert emptied.children(P()) == {"a"}


def test_what_a_sparse_checkout_leaves_out_and_a_repository_within_are_listed_as_they_lie_there(
    tmp_path: Path,
) -> None:
    committed(tmp_path, {"a": b"", "left-out": b"", "kept": b""})
    git(tmp_path, "update-index", "--skip-worktree", "left-out", "kept")
    (tmp_path / "left-out").unlink()
    committed(tmp_path / "inner", {"b": b""})
    assert names(Repo.open(tmp_path)) == ["a", "inner", "kept"]


def test_a_snapshot_finds_by_name_what_has_come_and_not_what_is_gone() -> None:
    before = Repo.of({"a.py": b"", "b/a.py": b"", "b/z.txt": b""})
    python = re.compile(r".+\.py")
    assert list(before.matching(python)) == [P("a.py"), P("b/a.py")]
    after = before.replace({P("a.py"): None, P("b/0.py"): b"", P("b/z.txt"): b"1"})
    assert list(after.matching(python)) == [P("b/0.py"), P("b/a.py")]
    assert list(before.matching(python)) == [P("a.py"), P("b/a.py")]
    assert after.named("a.py") == (P("b/a.py"),)
    assert list(after.below(P("b"))) == [P("b/0.py"), P("b/a.py"), P("b/z.txt")]
    assert list(after.below(P("b/z.txt"))) == [P("b/z.txt")]
    assert list(after.folders(P())) == [P(), P("b")]


def test_a_folder_ends_where_a_name_only_begins_like_it() -> None:
    repo = Repo.of({"b/c": b"", "b-d": b"", "b.e/f": b"", "b0": b""})
    assert list(repo.below(P("b"))) == [P("b/c")]
    assert list(repo.folders(P("b"))) == [P("b")]


def test_what_holds_a_word_is_found_on_the_disk_and_over_it(tmp_path: Path) -> None:
    (tmp_path / "outside.py").write_bytes(b"import os")
    folder = tmp_path / "repository"
    write(folder, {"a.py": b"import os", "b/b.py": b"import re", "b/c.py": b"", "d.txt": b"import os"})
    (folder / "link.py").symlink_to("b/b.py")
    (folder / "leads-out.py").symlink_to("../outside.py")
    os.mkfifo(folder / "pipe.py")
    repo = Repo.open(folder)

    def holding(repo: Repo, *words: bytes) -> list[str]:
        return [str(path) for path in repo.holding(Search(".py", *words))]

    assert holding(repo, b"import os") == ["a.py"]
    assert holding(repo, b"import os", b"import re") == ["a.py", "b/b.py", "link.py"]
    after = repo.replace({P("a.py"): b"", P("b/c.py"): b"import os", P("e.py"): b"import os"})
    assert holding(after, b"import os") == ["b/c.py", "e.py"]
    assert holding(repo, b"import os") == ["a.py"]


def test_a_folder_that_became_a_link_is_not_looked_into(tmp_path: Path) -> None:
    repo = committed(tmp_path / "repository", {"b/a.py": b"import os"})
    write(tmp_path / "elsewhere", {"a.py": b"import os"})
    shutil.rmtree(tmp_path / "repository" / "b")
    (tmp_path / "repository" / "b").symlink_to("../elsewhere")
    assert list(repo.holding(Search(".py", b"import os"))) == []

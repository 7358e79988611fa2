"""Whatever differs between two snapshots, real git makes the one out of the other with our patch."""

from __future__ import annotations

from itertools import pairwise
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from source.git import committed, files_in, git, tree
from uvmigrate.source import Repo, patch

if TYPE_CHECKING:
    from pathlib import Path

LINES = b"".join(b"line %d\n" % number for number in range(40))

CHANGES: dict[str, tuple[dict[str, bytes], dict[str, bytes | None]]] = {
    "modified": ({"a": LINES}, {"a": LINES.replace(b"line 7\n", b"seven\n").replace(b"line 33\n", b"")}),
    "created": ({"a": b"1\n"}, {"new/folder/b": b"1\n2\n"}),
    "deleted": ({"a": b"1\n2\n", "b": b"3\n"}, {"a": None}),
    "created empty": ({"a": b"1\n"}, {"b": b""}),
    "deleted empty": ({"a": b"", "b": b"1\n"}, {"a": None}),
    "emptied": ({"a": b"1\n2\n"}, {"a": b""}),
    "filled": ({"a": b""}, {"a": b"1\n"}),
    "final newline lost": ({"a": b"1\n2\n"}, {"a": b"1\n2"}),
    "final newline added": ({"a": b"1\n2"}, {"a": b"1\n2\n"}),
    "no final newline on both sides": ({"a": b"1\n2"}, {"a": b"1\n3"}),
    "created without a final newline": ({"a": b"1\n"}, {"b": b"1"}),
    "deleted without a final newline": ({"a": b"1", "b": b"1\n"}, {"a": None}),
    "no final newline, changed far above": ({"a": LINES + b"end"}, {"a": b"0\n" + LINES + b"end"}),
    "crlf": ({"a": b"1\r\n2\r\n3\r\n"}, {"a": b"1\r\n4\r\n3\r\n"}),
    "crlf to lf": ({"a": b"1\r\n2\r\n"}, {"a": b"1\n2\n"}),
    "lone carriage returns and form feeds": ({"a": b"1\r2\r\n\x0c3\x0b4\n"}, {"a": b"1\r5\r\n\x0c3\x0b4\n"}),
    "line separators of Unicode": ({"a": "1\u20282\x85\n3\n".encode()}, {"a": "1\u20282\x85\n4\n".encode()}),
    "bytes that are no text": ({"a": b"\xff\xfe\n\x00\x80\n"}, {"a": b"\xff\xfe\n\x00\x81\n"}),
    "byte order mark": ({"a": b"\xef\xbb\xbf1\n"}, {"a": b"\xef\xbb\xbf2\n"}),
    "lines like a patch's own": (
        {"a": b"--- a\n+++ b\n@@ -1 +1 @@\n"},
        {"a": b"-- a\n+++ c\n@@ -1 +1 @@\n\\ No\n"},
    ),
    "blanks in the path": ({"a b/c d": b"1\n"}, {"a b/c d": b"2\n", "e f": b"1\n"}),
    "a blank at the path's end": ({"a ": b"1\n"}, {"a ": b"2\n", "b ": b"1\n"}),
    "a path beyond ASCII": ({"é/ü": b"1\n"}, {"é/ü": b"2\n", "日本": b"1\n"}),
    "quotes and backslashes in the path": ({'a"b\\c': b"1\n"}, {'a"b\\c': None, "d'e": b"1\n"}),
    "tabs and newlines in the path": ({"a\tb\nc": b"1\n"}, {"a\tb\nc": b"2\n"}),
    "a path that is no text": ({"\udcff": b"1\n"}, {"\udcff": b"2\n"}),
    "a path like a prefix": ({"b/a/b": b"1\n"}, {"b/a/b": b"2\n", "a/b b/a": b"1\n"}),
}


def replaced(repo: Repo, changes: dict[str, bytes | None]) -> Repo:
    return repo.replace({PurePosixPath(path): data for path, data in changes.items()})


def contents(repo: Repo) -> dict[str, bytes]:
    return {str(path): repo[path] for path in repo}


@pytest.mark.parametrize("name", CHANGES)
def test_git_applies_it_and_gets_the_same_bytes(name: str, tmp_path: Path) -> None:
    files, changes = CHANGES[name]
    before = committed(tmp_path, files)
    after = replaced(before, changes)
    git(tmp_path, "apply", "--index", "-", stdin=patch(before, after))
    assert files_in(tmp_path) == contents(after)


def test_it_names_files_and_modes_as_git_does() -> None:
    before = Repo.of({"a": b"1\n2", "gone": b"x\n"})
    after = replaced(before, {"a": b"1\n2\n", "gone": None, "é new": b"y\n"})
    assert patch(before, after) == (
        b"diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,2 +1,2 @@\n 1\n-2\n\\ No newline at end of file\n+2\n"
        b"diff --git a/gone b/gone\ndeleted file mode 100644\n--- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"
        b'diff --git "a/\\303\\251 new" "b/\\303\\251 new"\nnew file mode 100644\n--- /dev/null\n'
        b'+++ "b/\\303\\251 new"\n@@ -0,0 +1 @@\n+y\n'
    )


def test_what_does_not_differ_is_not_in_it() -> None:
    before = Repo.of({"a": b"1\n", "b": b"2\n"})
    assert patch(before, replaced(before, {"a": b"1\n"})) == b""
    assert patch(before, replaced(before, {"new": b"", "other": None}), [PurePosixPath("a")]) == b""


def test_the_run_bit_survives_an_edit_and_a_deletion_names_it(tmp_path: Path) -> None:
    repo = committed(tmp_path, {"run.sh": b"#!/bin/sh\n", "old.sh": b"#!/bin/sh\n"})
    for name in ("run.sh", "old.sh"):
        (tmp_path / name).chmod(0o755)
    git(tmp_path, "commit", "-qam", "scripts run")
    after = replaced(repo, {"run.sh": b"#!/bin/sh\nexec app\n", "old.sh": None})
    made = patch(repo, after)
    assert b"deleted file mode 100755\n" in made
    git(tmp_path, "apply", "--index", "-", stdin=made)
    assert tree(tmp_path) == {"run.sh": (b"#!/bin/sh\nexec app\n", True)}


def test_patches_that_modify_a_file_again_and_again_apply_as_one_stream(tmp_path: Path) -> None:
    first = committed(tmp_path, {"a": LINES, "b": b"1\n"})
    second = replaced(first, {"a": LINES.replace(b"line 7\n", b"seven\n"), "new": b"1\n"})
    third = replaced(second, {"a": LINES.replace(b"line 7\n", b"7\n"), "new": b"1\n2", "b": None})
    fourth = replaced(third, {"new": b"3"})
    series = patch(first, second) + patch(second, third) + patch(third, fourth)
    git(tmp_path, "apply", "-", stdin=series)
    assert files_in(tmp_path) == contents(fourth)


NAMES = st.sampled_from(["a", "b/c", "é f"])
TEXTS = st.lists(st.sampled_from([b"1\n", b"2\n", b"\r\n", b"\n", b"\xff\n", b"x"]), max_size=6).map(b"".join)
FILES = st.dictionaries(NAMES, TEXTS, min_size=1)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(FILES, st.lists(FILES, min_size=1, max_size=3))
def test_patches_applied_in_order_equal_the_combined_patch(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes], steps: list[dict[str, bytes]]
) -> None:
    start = tmp_path_factory.mktemp("stream")
    first = committed(start / "series", files)
    committed(start / "combined", files)
    snapshots = [first]
    for step in steps:
        snapshots.append(snapshots[-1].replace({PurePosixPath(path): data for path, data in step.items()}))
    series = b"".join(patch(a, b) for a, b in pairwise(snapshots))
    combined = patch(first, snapshots[-1])
    git(start / "series", "apply", "--allow-empty", "-", stdin=series)
    git(start / "combined", "apply", "--allow-empty", "-", stdin=combined)
    assert tree(start / "series") == tree(start / "combined")
    assert files_in(start / "series") == contents(snapshots[-1])

"""What a migration changes in the repository is known by what is in the files, wherever an image has them."""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePosixPath

from uvmigrate.codemod import Change, Codemod, LockRequest
from uvmigrate.plan import Step
from uvmigrate.source import Repo
from uvmigrate.verify.ours import ours

DOCKERFILE, OLD, LOCK = (PurePosixPath(name) for name in ("Dockerfile", "old.txt", "uv.lock"))


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def step(name: str, before: Repo, changes: dict[PurePosixPath, bytes | None], *locks: LockRequest) -> Step:
    codemod = Codemod(name, "Title", "why", "docs", "safe", lambda _: ())
    return Step(codemod, "safe", (Change(locks=locks),), before, before.replace(changes), tuple(changes), ())


def test_files_are_known_before_the_first_and_after_the_last_step() -> None:
    before = Repo.of({"Dockerfile": b"1", "old.txt": b"flask", "web.py": b"web", "empty.py": b""})
    one = step("one", before, {DOCKERFILE: b"2"}, LockRequest(PurePosixPath()))
    two = step("two", one.after, {DOCKERFILE: b"3", OLD: None, PurePosixPath("new.py"): b""})
    found = ours(before, (one, two), {LOCK: b"lock"})
    assert dict(found.edited) == {(digest(b"1"), digest(b"3")): ("one", "two")}
    assert dict(found.created) == {digest(b"3"): ("one", "two"), digest(b"lock"): ("one",)}
    assert dict(found.deleted) == {digest(b"flask"): ("two",)}
    assert found.sources == {digest(b"1"), digest(b"flask"), digest(b"web")}


def test_a_lock_that_was_there_is_edited() -> None:
    before = Repo.of({"uv.lock": b"old"})
    one = step("one", before, {}, LockRequest(PurePosixPath()))
    assert dict(ours(before, (one,), {LOCK: b"new"}).edited) == {(digest(b"old"), digest(b"new")): ("one",)}


def test_nothing_that_is_as_it_was_is_changed() -> None:
    before = Repo.of({"Dockerfile": b"1"})
    one = step("one", before, {DOCKERFILE: b"2"})
    back = step("two", one.after, {DOCKERFILE: b"1"})
    assert ours(before, (one, back), {})[:3] == ({}, {}, {})


def test_large_files_on_disk_are_sources_too(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"x" * 9_000_000)
    (tmp_path / "gone").symlink_to("nowhere")
    assert ours(Repo.open(tmp_path), (), {}).sources == {digest(b"x" * 9_000_000)}


def test_what_a_link_leads_to_is_no_source(tmp_path: Path) -> None:
    root = tmp_path / "repository"
    root.mkdir()
    (tmp_path / "private").write_text("elsewhere")
    (root / "endless").symlink_to("/dev/zero")
    (root / "outside").symlink_to(tmp_path / "private")
    assert ours(Repo.open(root), (), {}).sources == frozenset()

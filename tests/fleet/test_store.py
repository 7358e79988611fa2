from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from uvmigrate.fleet.outcome import Built, Outcome, SavedRefusal, Unchanged, from_json, to_json
from uvmigrate.fleet.store import StateError, Store
from uvmigrate.fleet.targets import Target

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from uvmigrate.fleet.store import Waiting

WISH = {"version": "0.1.0", "mode": "report"}
TARGETS = tuple(Target(f"a.example/{name}", f"https://a.example/{name}.git") for name in "abc")
DONE = Outcome(
    "partial",
    "some of it",
    base="1234",
    default_branch="main",
    plan="abcd",
    codemods=("uv-switch",),
    builds=(Built("Dockerfile", "migrated", "was pip"),),
    refusals=(SavedRefusal("Dockerfile:3", "arg-chosen", "because", "instead"),),
    seconds=1.5,
    log="a\nb",
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


def names(waiting: Sequence[Waiting]) -> list[str]:
    return [one.target.name[-1] for one in waiting]


def test_an_outcome_goes_through_a_pipe() -> None:
    outcome = DONE._replace(series=b"From\r\n\xff\0")
    assert from_json(to_json(outcome)) == outcome
    assert from_json(to_json(Unchanged("1234"))) == Unchanged("1234")
    assert "\n" not in to_json(outcome)


def test_what_is_recorded_is_read_back(file: Path) -> None:
    with Store.open(file) as store:
        store.begin(WISH, TARGETS)
        store.record("a.example/a", DONE, "patches/a.patch")
    with Store.read(file) as store:
        first, *others = store.rows()
        assert store.row("a.example/a") == first
        assert store.row("a.example/x") is None
    assert (first.target, first.outcome, first.patch, first.version) == (
        TARGETS[0],
        DONE,
        "patches/a.patch",
        "0.1.0",
    )
    assert first.finished.endswith("Z")
    assert [row.outcome for row in others] == [None, None]


def test_a_run_that_was_not_finished_goes_on(file: Path) -> None:
    with Store.open(file) as store:
        assert names(store.begin(WISH, TARGETS)) == ["a", "b", "c"]
        store.record("a.example/a", DONE)
    with Store.open(file) as store:
        assert names(store.begin(WISH, TARGETS)) == ["b", "c"]
        store.record("a.example/c", Unchanged("1"))
    with Store.open(file) as store:
        assert names(store.begin(WISH, TARGETS)) == ["b"]


def test_a_finished_run_is_asked_what_changed(file: Path) -> None:
    with Store.open(file) as store:
        store.begin(WISH, TARGETS)
        for one in TARGETS:
            store.record(one.name, DONE._replace(base="" if one.name.endswith("c") else one.name[-1]))
        store.finish()
    with Store.open(file) as store:
        waiting = store.begin(WISH, TARGETS)
        assert [one.known for one in waiting] == ["a", "b", ""]
        store.record("a.example/a", Unchanged("a"))
        found = store.row("a.example/a")
        assert found is not None
        assert found.outcome == DONE._replace(base="a")


@pytest.mark.parametrize("key", ["version", "mode"])
def test_another_wish_or_version_does_everything_anew(file: Path, key: str) -> None:
    with Store.open(file) as store:
        store.begin(WISH, TARGETS)
        store.record("a.example/a", DONE)
    with Store.open(file) as store:
        waiting = store.begin(WISH | {key: "other"}, TARGETS)
        assert names(waiting) == ["a", "b", "c"]
        assert {one.known for one in waiting} == {""}


def test_what_is_forgotten_is_done_again(file: Path) -> None:
    with Store.open(file) as store:
        store.begin(WISH, TARGETS)
        for one in TARGETS:
            store.record(one.name, DONE)
        store.finish()
        store.forget(["a.example/b"])
        assert store.wish() == WISH
        [waiting] = store.begin(store.wish(), TARGETS[1:2])
        assert (waiting.target, waiting.known) == (TARGETS[1], "")
        # What it came to before is told until it is done again.
        assert store.row("a.example/b").outcome == DONE  # type: ignore[union-attr]  # not None
        assert len(list(store.rows())) == 3


def test_one_process_writes_and_others_read(file: Path) -> None:
    with Store.open(file) as store:
        store.begin(WISH, TARGETS)
        with pytest.raises(StateError, match="another run is at work on it"):
            Store.open(file)
        with Store.read(file) as reading:
            store.record("a.example/a", DONE)
            assert reading.row("a.example/a").outcome == DONE  # type: ignore[union-attr]  # not None
            with pytest.raises(StateError, match="cannot be written: attempt to write a readonly"):
                reading.finish()
    Store.open(file).__exit__()


def test_a_process_that_is_killed_loses_nothing_that_was_recorded(file: Path) -> None:
    program = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom fleet.test_store import *\n"
        "store = Store.open(Path(sys.argv[1]))\nstore.begin(WISH, TARGETS)\n"
        "store.record('a.example/a', DONE)\nstore._connection.execute('BEGIN IMMEDIATE')\n"
        "store._connection.execute('DELETE FROM repositories')\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    variables = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", program, file], env=variables, check=False)
    assert done.returncode == -signal.SIGKILL
    with Store.open(file) as store:
        assert names(store.begin(WISH, TARGETS)) == ["b", "c"]
        assert store.row("a.example/a").outcome == DONE  # type: ignore[union-attr]  # not None


def test_a_full_disk_is_said_and_what_was_recorded_stays(file: Path) -> None:
    with Store.open(file) as store:
        store.begin(WISH, TARGETS)
        store.record("a.example/a", DONE)
        pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
        store._connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StateError, match="cannot be written: database or disk is full"):
            store.record("a.example/b", DONE._replace(log="x" * 100_000))
    with Store.open(file) as store:
        assert names(store.begin(WISH, TARGETS)) == ["b", "c"]


def test_only_the_owner_reads_it(file: Path) -> None:
    with Store.open(file) as store:
        store.begin(WISH, TARGETS)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}
    assert set(modes.values()) == {0o600}, modes


def test_a_file_of_somebody_else_is_not_touched(file: Path) -> None:
    file.write_bytes(b"hello " * 1000)
    with pytest.raises(StateError, match="not a database"):
        Store.open(file)
    assert file.read_bytes() == b"hello " * 1000
    file.unlink()
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE t (x)")
    connection.close()
    with pytest.raises(StateError, match="is no state of `uvmigrate bulk`"):
        Store.open(file)
    with pytest.raises(StateError, match="is no state of `uvmigrate bulk`"):
        Store.read(file)


def test_the_state_of_another_version_is_said_to_be_one(file: Path) -> None:
    with Store.open(file) as store:
        store._connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StateError, match="another version of uvmigrate"):
        Store.open(file)


def test_a_state_that_is_not_there_is_not_made_by_reading(file: Path) -> None:
    with pytest.raises(StateError, match="there is no such state"):
        Store.read(file)
    assert not file.exists()
    with Store.open(file) as store, pytest.raises(StateError, match="nothing was run"):
        store.wish()

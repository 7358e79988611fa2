"""What nobody owns any more is told from what somebody still needs."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

import pytest

from uvmigrate.verify.engine.leftovers import FOLDER, is_gone, owner, remove_folders, temporary_folder

if TYPE_CHECKING:
    from pathlib import Path

MACHINE, NUMBER, STARTED = owner().split("-")
ASK = "from uvmigrate.verify.engine.leftovers import owner; print(owner(), flush=True)"


@pytest.fixture
def gone() -> str:
    """Who a process was that has ended."""
    done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_process_is_gone_when_it_has_ended() -> None:
    command = [sys.executable, "-c", f"{ASK}; input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        other = process.stdout.readline().strip()
        assert not is_gone(other)
        process.communicate("\n")
    assert is_gone(other)
    assert not is_gone(owner())


def test_a_process_that_has_the_number_of_another_is_not_that_one() -> None:
    assert STARTED.isdecimal()
    assert is_gone(f"{MACHINE}-{NUMBER}-{int(STARTED) - 1}")


@pytest.mark.parametrize(
    "found",
    [
        "",
        MACHINE,
        f"{MACHINE}-",
        f"{MACHINE}-0-1",
        f"{MACHINE}--1-1",
        f"{MACHINE}-one-1",
        f"{MACHINE}-{NUMBER}-",
        f"another-{NUMBER}-1",
        "another-99999999-1",
    ],
    # Each worker of xdist has a number of its own, and all must name the tests alike.
    ids=range(9),
)
def test_what_is_not_known_to_be_gone_is_there(found: str) -> None:
    assert not is_gone(found)


def test_folders_of_processes_that_are_gone_are_removed(
    gone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    own = temporary_folder()
    names = [f"{FOLDER}another-1-1-x", f"{FOLDER}x", f"other-{gone}-x"]
    for name in [*names, f"{FOLDER}{gone}-x", f"{FOLDER}{gone}-y/below"]:
        (tmp_path / name).mkdir(parents=True)
    remove_folders()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([own.name, *names])

"""Other fixers on the same files: what counts, how each is run, and what is said of one that cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from corpus import rivals
from corpus.__main__ import main
from corpus.measure import Checkout, Dockerfile
from corpus.rivals import RIVALS, Fixed, Rival, Row, judge, offline, originals, own, run, try_all
from corpus.tables import as_rivals
from corpus.tiny import OLD, checkout, needs_judge

if TYPE_CHECKING:
    from pathlib import Path

FINE = b"# Ours\nFROM a\nRUN b \\\n    c\n"


def fixer(folder: Path, body: str, result: str = "Dockerfile") -> Rival:
    """A fixer that is installed already: a shell script."""
    programs = folder / "rivals" / "fixer-1" / "bin"
    programs.mkdir(parents=True)
    (programs / "fixer").write_text(f"#!/bin/sh\n{body}\n")
    (programs / "fixer").chmod(0o755)
    return Rival("fixer", "1", ("fixer", "Dockerfile"), result)


def once(folder: Path, body: str, result: str = "Dockerfile") -> Fixed:
    found = fixer(folder, body, result)
    return run(found, folder / "rivals" / "fixer-1" / "bin", FINE)


def test_a_result_is_in_place_in_another_file_or_printed(tmp_path: Path) -> None:
    wanted = FINE.replace(b"RUN b", b"RUN d")
    edit = "s/RUN b/RUN d/"
    for name, body, result in (
        ("place", f"sed -i '{edit}' \"$1\"", "Dockerfile"),
        ("other", f"sed '{edit}' \"$1\" > fixed", "fixed"),
        ("printed", f"sed '{edit}' \"$1\"", ""),
    ):
        assert once(tmp_path / name, body, result) == Fixed(wanted, wanted)
    assert once(tmp_path / "nothing", "exit 1", "fixed") == Fixed(FINE, FINE), "there was nothing to fix"


def test_a_second_run_begins_where_the_first_ended(tmp_path: Path) -> None:
    found = once(tmp_path, 'echo "USER x" >> "$1"')
    assert (found.once, found.twice) == (FINE + b"USER x\n", FINE + b"USER x\nUSER x\n")


@pytest.mark.parametrize(
    ("body", "result", "said"),
    [
        (
            "echo 'Traceback (most recent call last)' >&2; echo 'KeyError: 1' >&2; exit 1",
            "Dockerfile",
            "KeyError: 1",
        ),
        ("kill -9 $$", "Dockerfile", "ended by signal 9"),
        ("exit 3", "", "it printed nothing"),
        ("sleep 30", "Dockerfile", "no end after 1 seconds"),
    ],
)
def test_a_crash_is_a_result(
    body: str, result: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rivals, "SECONDS", 1)
    assert once(tmp_path, body, result) == Fixed(FINE, FINE, said)


def test_it_sees_one_file_and_no_network(tmp_path: Path) -> None:
    found = once(tmp_path, "ls -A; pwd; cat /proc/net/dev", "").once.decode()
    assert found.splitlines()[0] == "Dockerfile"
    assert "/project" in found.splitlines()[1]
    if offline():
        assert [line.split(":")[0].strip() for line in found.splitlines()[4:]] == ["lo"]


@needs_judge
def test_what_it_did_wrong_is_counted_by_file() -> None:
    names = ["fine", "same", "broken", "comment", "unsettled", "crashed"]
    fixed = [
        Fixed(FINE + b"USER x\n", FINE + b"USER x\n"),
        Fixed(FINE, FINE),
        Fixed(FINE.replace(b" \\", b""), FINE.replace(b" \\", b"")),
        Fixed(FINE[7:], FINE[7:]),
        Fixed(FINE + b"USER x\n", FINE + b"USER x\nUSER x\n"),
        Fixed(FINE, FINE, "KeyError: 1"),
    ]
    row = judge("fixer 1", [(name, FINE) for name in names], fixed)
    assert row._replace(faults=()) == Row("fixer 1", 6, 4, 1, 1, 1, 1)
    assert row.faults == (
        "fixer 1: BROKEN broken: no instruction: C",
        "fixer 1: COMMENT LOST comment: # Ours",
        "fixer 1: NOT IDEMPOTENT unsettled",
        "fixer 1: CRASHED crashed: KeyError: 1",
    )


@needs_judge
def test_a_file_that_was_broken_before_is_nobodys_fault() -> None:
    data = b"FROM a\nINSTALL b\n"
    assert judge("x", [("a", data)], [Fixed(data + b"USER x\n", data + b"USER x\n")]).broken == 0


def test_one_that_cannot_be_installed_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "empty"))
    [row] = try_all([Rival("uvmigrate-is-no-rival", "1", ("x",))], [("a", FINE)], tmp_path, 1)
    assert (row.files, bool(row.missing)) == (0, True)
    assert (
        as_rivals([row]).splitlines()[2] == f"| uvmigrate-is-no-rival 1 | {row.missing} | – | – | – | – | – |"
    )


def test_our_own_row_is_of_the_same_files(tmp_path: Path) -> None:
    folder = checkout(tmp_path / "shop")
    empty = dict[str, bool]()
    one = Dockerfile(
        "Dockerfile", (), "migrated", "sync", "", (), True, False, "x", ("# a", "# b"), empty, empty
    )
    again = ("first: Dockerfile", "second: Dockerfile", "first: pyproject.toml")
    found = [Checkout("shop", (one,), again=again), Checkout("gone", crashed="x")]
    assert own(found)[1:7] == (1, 1, 1, 1, 1, 1)
    assert originals(found, [folder, tmp_path]) == [("shop Dockerfile", OLD.encode())]


@needs_judge
def test_the_command_shows_them_beside_us(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = fixer(tmp_path / "cache", 'grep -v "^#" "$1" > x; mv x "$1"')
    monkeypatch.setattr("corpus.__main__.RIVALS", (found,))
    folder = checkout(tmp_path / "shop")
    assert main(["--jobs", "1", "--rivals", "--cache", str(tmp_path / "cache"), str(folder)]) == 0
    out = capsys.readouterr().out
    assert "| uvmigrate 0.1.0 | 1 | 1 | 0 | 0 | 0 | 0 |\n| fixer 1 | 1 | 1 | 0 | 1 | 0 | 0 |\n" in out
    assert out.endswith("fixer 1: COMMENT LOST shop Dockerfile: # The shop's own image\n")


def test_each_is_pinned() -> None:
    assert len({rival.name for rival in RIVALS}) == len(RIVALS) == 5
    assert all(rival.version[0].isdigit() for rival in RIVALS)

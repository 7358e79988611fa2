"""Files side by side: what stands beside what, and what no line shows."""

from __future__ import annotations

from pathlib import PurePosixPath

from report.planning import writing
from uvmigrate.plan import Step
from uvmigrate.report.html.sides import FileDiff, diffs
from uvmigrate.source import Repo

PATH = PurePosixPath("Dockerfile")


def side_by_side(before: bytes | None, after: bytes | None) -> FileDiff:
    """One file that a step changes."""
    old, new = (Repo.of({"Dockerfile": data} if data is not None else {}) for data in (before, after))
    [found] = diffs(Step(writing({}), "safe", (), old, new, (PATH,), ()))
    return found


def lines(found: FileDiff) -> list[list[str]]:
    """Each hunk's lines, with the numbers and kinds of both sides."""
    return [
        [" ".join(f"{cell.number}{cell.kind[0]}" for cell in pair) for pair in hunk] for hunk in found.hunks
    ]


def test_lines_that_changed_together_stand_beside_each_other() -> None:
    found = side_by_side(b"FROM a\nRUN b\nRUN c\nRUN d\n", b"FROM a\nRUN x\nRUN d\n")
    assert lines(found) == [["1s 1s", "2o 2n", "3o 0n", "4s 3s"]]
    assert (found.what, found.remark) == ("changed", "")


def test_what_is_far_away_is_another_hunk() -> None:
    before = b"".join(b"RUN %d\n" % number for number in range(1, 21))
    found = side_by_side(before, before.replace(b"RUN 1\n", b"RUN x\n").replace(b"RUN 20\n", b""))
    assert [hunk[0] for hunk in lines(found)] == ["1o 1n", "17s 17s"]
    assert lines(found)[1][-1] == "20o 0n"


def test_a_file_is_created_or_deleted() -> None:
    assert side_by_side(None, b"FROM a\n").what == "created"
    assert side_by_side(b"FROM a\n", None).what == "deleted"
    assert side_by_side(b"", b"FROM a\n").what == "changed"


def test_what_no_line_shows_is_said() -> None:
    assert side_by_side(b"FROM a", b"FROM a\n").remark == "The newline at the file's end is new."
    assert side_by_side(b"FROM a\n", b"FROM b").remark == "The newline at the file's end is gone."
    assert side_by_side(b"FROM a\r\n", b"FROM a\n").remark.startswith("What differs are ends of lines")
    assert side_by_side(b"FROM a\n", b"FROM b\n").remark == ""

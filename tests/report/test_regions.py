"""Where in the files as they are each step changes something."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from report.planning import planned, writing
from uvmigrate.codemod import Change, Codemod, Context
from uvmigrate.report.regions import regions
from uvmigrate.source import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

PATH = PurePosixPath("x.cfg")


def replacing(number: int, old: bytes, new: bytes) -> Codemod:
    """A codemod that replaces some bytes where the new ones are not there yet."""

    def run(context: Context) -> Iterator[Change]:
        data = context.repo[PATH]
        at = data.find(old)
        if at >= 0 and new not in data:
            yield Change(edits={PATH: (Edit(Span(at, at + len(old)), new),)})

    return Codemod(f"acme-{number}", "Do it", "It must be.", "https://acme.example", "safe", run)


def found(data: bytes, *pairs: tuple[bytes, bytes]) -> list[list[tuple[int, int]]]:
    codemods = [replacing(number, old, new) for number, (old, new) in enumerate(pairs)]
    migration = planned({"Dockerfile": b"FROM scratch\n", "x.cfg": data}, codemods)
    return [[(one.first, one.last) for one in where[PATH]] for where in regions(migration)]


def test_a_replaced_line_is_where_it_stands() -> None:
    assert found(b"a\nb\nc\n", (b"b", b"B")) == [[(2, 2)]]


def test_what_is_inserted_counts_where_the_line_below_stands_or_the_last_one() -> None:
    assert found(b"a\nb\nc\n", (b"b\n", b"x\nb\n\n")) == [[(2, 3)]]
    assert found(b"a\nb\n", (b"b\n", b"b\nx\n")) == [[(2, 2)]]
    assert found(b"", (b"", b"x\n"))[0] == [(1, 1)]


def test_a_later_step_counts_where_its_lines_come_from() -> None:
    pairs = [(b"b\n", b"x\ny\nz\n"), (b"y", b"Y"), (b"d", b"D"), (b"x\nY\nz\nc", b"all")]
    assert found(b"a\nb\nc\nd\n", *pairs) == [[(2, 2)], [(2, 2)], [(4, 4)], [(2, 3)]]


def test_regions_that_lie_apart_stay_apart() -> None:
    assert found(b"a\nb\nc\nd\ne\n", (b"a\nb\nc\nd\ne", b"A\nb\nc\nD\nE")) == [[(1, 1), (4, 5)]]


def test_a_new_file_has_no_region() -> None:
    made = writing({"new.cfg": b"x\n"})
    assert regions(planned({"Dockerfile": b"FROM scratch\n"}, (made,))) == ({},)

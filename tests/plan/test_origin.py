"""Lines of refusals are those of the files as their readers have them."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from report.planning import planned
from uvmigrate.codemod import Change, Codemod, Context, Refusal
from uvmigrate.plan.origin import original_line
from uvmigrate.source import Edit, Span

WAS = b"FROM a\nWORKDIR /b\nRUN c\nRUN d\n"


@pytest.mark.parametrize(
    ("now", "line", "expected"),
    [
        (WAS, 3, 3),
        (b"# new\n# new\n" + WAS, 5, 3),
        (b"# new\n" + WAS, 1, 1),
        (WAS.replace(b"RUN c\n", b"ENV x=1\nRUN uv c\nENV y=1\n"), 4, 3),
        (WAS.replace(b"RUN c\n", b"ENV x=1\nRUN uv c\nENV y=1\n"), 6, 4),
        (WAS + b"CMD e\n", 5, 4),
        (WAS.replace(b"RUN c\n", b""), 3, 4),
        (WAS, 99, 4),
    ],
)
def test_a_line_is_found_where_it_comes_from(now: bytes, line: int, expected: int) -> None:
    assert original_line(WAS, now, line) == expected


def test_an_empty_file_has_a_first_line() -> None:
    assert original_line(b"", b"a\n", 1) == 1


def test_a_refusal_below_what_an_earlier_step_inserted_names_the_line_of_the_file_as_it_is() -> None:
    path = PurePosixPath("Dockerfile")

    def insert(context: Context) -> list[Change]:
        new = b"# one\n# two\n"
        return [] if context.repo[path].startswith(new) else [Change(edits={path: (Edit(Span(0, 0), new),)})]

    def refuse(context: Context) -> list[Refusal]:
        line = context.repo[path].split(b"\n").index(b"EXPOSE 80") + 1
        return [Refusal(path, line, "acme-no", "not this one")]

    docs = "https://acme.example"
    series = (
        Codemod("acme-a", "Insert", "It must be.", docs, "safe", insert),
        Codemod("acme-b", "Refuse", "It cannot be.", docs, "safe", refuse, after=("acme-a",)),
    )
    migration = planned({"Dockerfile": b"FROM scratch\nEXPOSE 80\n"}, series)
    assert [(one.line, one.code) for one in migration.refusals] == [(2, "acme-no")]

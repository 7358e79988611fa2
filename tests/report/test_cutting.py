"""Markdown that is cut says the same as before the cut, and leaves nothing open."""

from __future__ import annotations

import pytest

from report.examples import EXAMPLES, example
from report.pages import EVIL, Page
from report.planning import hostile
from uvmigrate.report.cutting import cut_markdown
from uvmigrate.report.markdown import as_markdown

NOTE = "The rest is too long for this place: `uvmigrate --format markdown` has all."


def test_what_fits_stays() -> None:
    assert cut_markdown("añ\n", 4) == "añ\n"


@pytest.mark.parametrize(
    ("text", "room", "kept"),
    [
        ("one\ntwo\nthree\n" + "x" * 200, 8, "one\ntwo"),
        ("one\nñ\n" + "x" * 200, 6, "one"),
        ("a\n\n````diff\n+1\n```\n+2\n" + "x" * 200, 25, "a\n\n````diff\n+1\n```\n````"),
        (
            "<details><summary>s</summary>\n\n```text\n1\n" + "x" * 200,
            60,
            "<details><summary>s</summary>\n\n```text\n1\n```\n\n</details>",
        ),
        ("<table>\n<tr></tr>\n<tr></tr>\n" + "x" * 200, 30, "<table>\n<tr></tr>\n\n</table>"),
        ("```\nx\n```\nout\n" + "x" * 200, 15, "```\nx\n```\nout"),
    ],
)
def test_what_is_open_at_the_cut_is_closed(text: str, room: int, kept: str) -> None:
    frame = f"\n\n{NOTE}\n"
    assert cut_markdown(text, room + len(frame)) == kept + frame


def test_where_the_note_does_not_fit_there_is_nothing() -> None:
    assert cut_markdown("x" * 100, 50) == ""


@pytest.mark.parametrize("name", [name for name in EXAMPLES if example(name).steps][:3])
def test_the_page_of_an_example_may_be_cut_anywhere(name: str) -> None:
    text = as_markdown(example(name))
    for limit in range(100, len(text.encode()), 97):
        cut = cut_markdown(text, limit)
        assert len(cut.encode()) <= limit
        assert Page(cut).open == []
        assert cut.endswith(f"{NOTE}\n")


@pytest.mark.parametrize("evil", EVIL)
def test_nothing_foreign_becomes_markup_at_a_cut(evil: str) -> None:
    text = as_markdown(hostile(evil))
    tags = {tag for tag, _ in Page(text).tags}
    for limit in range(100, len(text.encode()), 53):
        page = Page(cut_markdown(text, limit))
        assert {tag for tag, _ in page.tags} <= tags | {"p", "code"}
        for word in ("octocat", "acme.example", "alert", "onerror", "bold", "heading"):
            assert word not in page.prose

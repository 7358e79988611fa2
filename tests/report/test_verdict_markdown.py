"""The verdict as Markdown: what GitHub would show, and that nothing foreign becomes markup in it."""

from __future__ import annotations

import re

import pytest

from report.pages import EVIL, OWN, Page
from report.verdicts import VERDICT, image
from uvmigrate.codemod import Refusal
from uvmigrate.report.verdict_markdown import verdict_markdown
from uvmigrate.report.words import shown
from uvmigrate.verify.verdict import Row, Verdict, Written


def test_a_page_has_a_summary_and_a_table_with_the_regressions_first() -> None:
    text = verdict_markdown(VERDICT)
    assert text.startswith(
        "**uvmigrate verify:** 2 regressions in 1 of 2 images, 1 thing unknown, tried on `Docker 28.1`\n\n"
        "### `web`\n\n"
        "`shop/Dockerfile`, stage `run`: 2 same, 15 meant, 2 REGRESSION, 1 unknown\n\n<table>\n"
    )
    rows = re.findall(r"^<tr><td>(.*)</td></tr>$", text, flags=re.MULTILINE)
    assert rows[:4] == [
        "import <code>psycopg</code></td><td><code>works</code></td><td><code>fails</code></td>"
        "<td><b>regression</b>: <code>it works before</code>",
        "system-package <code>libpq5</code></td><td><code>15.3</code></td><td></td>"
        "<td><b>regression</b> by <code>multi-stage</code>: <code>nobody means it</code>",
        "smoke</td><td></td><td></td><td>unknown: <code>curl is not in the image</code>",
        "environment <code>PATH</code></td><td><code>/usr/bin</code></td>"
        "<td><code>/opt/venv/bin:/usr/bin</code></td><td>meant by <code>uv-switch</code>",
    ]
    assert (
        "<details><summary>regression: import <code>psycopg</code></summary>\n\n"
        "```text\nTraceback:\nImportError: libpq.so.5\n```\n\n</details>\n" in text
    )
    assert "- size: 0.42×: 412.0 MB → 173.1 MB, and 12.3 MB of new bytecode\n- cold build: 0.50×" in text
    assert "\n\nTo leave out what fails: `uvmigrate --write --ignore multi-stage .`\n" in text


def test_the_page_reads_back_as_what_it_says() -> None:
    page = Page(verdict_markdown(VERDICT))
    assert page.open == []
    assert {tag for tag, _ in page.tags} <= OWN
    assert "Traceback:\nImportError: libpq.so.5\n" in page.code


@pytest.mark.parametrize("evil", EVIL)
def test_nothing_foreign_becomes_markup(evil: str) -> None:
    rows = [
        Row("file", evil, "regression", evil, f"{evil}2", (evil,), evil, f"first\n\n{evil}\n\nlast"),
        Row("smoke", evil, "unknown", because=evil, detail=evil),
        Row("environment", evil, "meant", evil, "", (evil,)),
        Row("run", "", "same", evil, evil),
    ]
    written = Written(VERDICT.images[0].dockerfile, evil, (evil,), (evil,), (evil,), works=True)
    found = image(*rows, name=evil, target=evil)._replace(written=(written,), failed=("a-b",), prefixes=2)
    dropped = Refusal(found.dockerfile, 1, "ignored", evil, evil)
    page = Page(verdict_markdown(Verdict(evil, (found,), (dropped,)), evil))
    harmless = Page(verdict_markdown(_harmless(evil)))
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in harmless.tags]
    assert all(not attrs or attrs == [("class", "language-text")] for _, attrs in page.tags)
    for word in ("octocat", "acme", "alert", "onerror", "bold", "heading", "cell"):
        assert word not in page.prose
    assert shown(evil) in page.code, "what it says is shown as it is, but codes for terminals"


def _harmless(evil: str) -> Verdict:
    """The same verdict with nothing evil in it, and as many lines of logs."""
    rows = [
        Row("file", "x", "regression", "x", "x2", ("x",), "x", "first\nx\nlast"),
        Row("smoke", "x", "unknown", because="x", detail="x"),
        Row("environment", "x", "meant", "x", "", ("x",)),
        Row("run", "", "same", "x", "x"),
    ]
    written = Written(VERDICT.images[0].dockerfile, "x", ("x",), ("x",), ("x",), works=True)
    found = image(*rows, name="x", target="x")._replace(written=(written,), failed=("a-b",), prefixes=2)
    return Verdict("x", (found,), (Refusal(found.dockerfile, 1, "ignored", "x", "x"),))


def test_a_long_log_is_cut() -> None:
    log = "\n".join(f"line {number} {'x' * 1000}" for number in range(100))
    text = verdict_markdown(Verdict("", (image(Row("run", "", "regression", "a", "b", detail=log)),)))
    assert "line 79" not in text
    assert "line 80" in text
    assert len(text) < 12_000


def test_of_many_regressions_the_first_are_in_the_table() -> None:
    rows = (Row("file", f"/{number}", "regression", "file", "") for number in range(8))
    text = verdict_markdown(Verdict("", (image(*rows),)))
    assert text.count("<b>regression</b>") == 5
    assert "\n3 more regressions are in the JSON document.\n" in text

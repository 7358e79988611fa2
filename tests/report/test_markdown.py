"""The plan as Markdown: what a reviewer reads, and that nothing foreign becomes markup in it."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import pytest
from markdown_it import MarkdownIt

from report.examples import EXAMPLES, example
from report.pages import EVIL, OWN, Page
from report.planning import hostile, mentioned, planned, writing
from report.verdicts import VERDICT
from uvmigrate.codemod import Refusal
from uvmigrate.report.markdown import as_markdown

TAGS = OWN | {"h2"}


def test_a_page_has_builds_steps_what_to_check_and_what_was_refused() -> None:
    migration = planned({"Dockerfile": b"FROM scratch\nLABEL none\n", "old.cfg": b"x\n"})
    text = as_markdown(
        migration._replace(mentions=mentioned("poetry install")), target="'my shop'", steering="--venv .venv "
    )
    assert text.startswith(
        "**uvmigrate:** 2 codemods change 4 files, 1 refusal.\n\n## Builds\n\n<table>\n"
        "<tr><th>Dockerfile</th><th>status</th><th>installs by</th><th>why</th></tr>\n"
        "<tr><td><code>Dockerfile</code></td><td>noop</td><td></td>"
        "<td><code>installs no Python packages</code></td></tr>\n</table>\n\n"
        "## What changes, step by step\n\n"
        "<details><summary>1. <code>acme-owner</code> (review): Name the owner</summary>\n\n"
        "Somebody must answer the phone.\n\n```diff\ndiff --git a/Dockerfile b/Dockerfile\n"
    )
    assert " LABEL none\n```\n\n</details>\n\n<details><summary>2. <code>acme-files</code> (opt-in)" in text
    assert text.endswith(
        "## What to check\n\n- [ ] `acme-owner`: its patch\n- [ ] `acme-files`: its patch\n\n"
        "## What was refused\n\n"
        "- `Dockerfile:2` `acme-unlabelled`: `see https://***@acme.example for why`"
        "\n  → `take LABEL none away`\n\n"
        "## What else mentions poetry\n\n- `Makefile:1` `poetry install`\n\n"
        "To apply it: `uvmigrate --write --venv .venv 'my shop'`\n"
    )


def test_notes_and_locks_are_to_be_checked() -> None:
    migration = planned({"Dockerfile": b"FROM scratch\n"})
    assert "\n- [ ] `acme-label`: `ask https://***@acme.example about it`\n" in as_markdown(migration)
    locked = as_markdown(planned({"Dockerfile": b"FROM scratch\n"}, (writing({}, locks=["api"]),)))
    assert "\n- [ ] `api/uv.lock` is made when this is written\n" in locked
    assert "\nNo file changes but the lock.\n" in locked


def test_a_verdict_stands_below_the_plan() -> None:
    text = as_markdown(planned({"Dockerfile": b"FROM scratch\n"}), VERDICT)
    assert "\n\n## What the engine says\n\n**uvmigrate verify:** 2 regressions" in text
    assert "uvmigrate --write --ignore multi-stage .`\n" in text
    assert Page(text).open == []


def test_where_nothing_is_to_be_done_it_says_so() -> None:
    assert as_markdown(planned({"README.md": b""}), target="docs") == (
        "**uvmigrate:** there is no Dockerfile in `docs`: nothing to do.\n"
    )
    text = as_markdown(planned({"Dockerfile": b"FROM scratch\n"}, ()))
    assert text.startswith("**uvmigrate:** nothing to change.\n")
    assert "--write" not in text


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_page_of_every_example_is_read_whole(name: str) -> None:
    migration = example(name)
    text = as_markdown(migration)
    page = Page(text)
    assert page.open == []
    assert {tag for tag, _ in page.tags} <= TAGS
    tokens = MarkdownIt("commonmark").parse(text)
    fences = [token for token in tokens if token.type == "fence"]
    changing = [step for step in migration.steps if step.paths]
    assert [fence.info for fence in fences] == ["diff"] * len(changing)
    for fence in fences:
        assert fence.content.startswith("diff --git a/")
    summaries = re.findall(r"<summary>\d+\. <code>(.*?)</code>", text)
    assert summaries == [step.codemod.id for step in migration.steps]


@pytest.mark.parametrize("evil", EVIL)
def test_nothing_foreign_becomes_markup(evil: str) -> None:
    text = as_markdown(hostile(evil), target=evil)
    assert "\x1b" not in text
    assert "\r" not in text
    page, harmless = Page(text), Page(as_markdown(hostile("x"), target="x"))
    assert page.open == []
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in harmless.tags]
    assert all(not attrs or attrs == [("class", "language-diff")] for _, attrs in page.tags)
    for word in ("octocat", "acme.example", "alert", "onerror", "bold", "heading", "cell"):
        assert word not in page.prose


def test_credentials_are_masked_in_patches_as_everywhere() -> None:
    data = b"FROM scratch\nRUN pip install -i https://me:secret@acme.example/simple x\n"
    text = as_markdown(planned({"Dockerfile": data}))
    assert "+LABEL acme=1\n RUN pip install -i https://***@acme.example/simple x\n" in text
    assert "secret" not in text


def test_lines_end_as_a_reader_expects_and_tabs_stay() -> None:
    text = as_markdown(planned({"Dockerfile": b"FROM scratch\r\nRUN \ta\x0bb\xe9\r\n"}))
    assert "\n+LABEL acme=1\n RUN \ta\\x0bb\\xe9\n```\n" in text


def test_long_patches_are_cut_and_many_refusals_counted() -> None:
    migration = planned({"Dockerfile": b"FROM scratch\n"}, (writing({"big.cfg": b"some words\n" * 20_000}),))
    refusal = Refusal(PurePosixPath("Dockerfile"), 1, "acme-no", "no")
    text = as_markdown(migration._replace(refusals=(refusal,) * 40))
    assert len(text) < 60_000
    assert re.search(r"\n```\n\n\d+ more lines: `uvmigrate --diff` has the whole patch\.\n", text)
    assert "\n10 more: `--format json` has all.\n" in text
    assert Page(text).open == []

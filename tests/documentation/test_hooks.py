"""What the hook makes of a page of the repository for the site."""

from __future__ import annotations

import pytest

from docs import hooks


def kept(text: str, target: str) -> str:
    return f"[{text}]({target})"


@pytest.mark.parametrize(
    ("written", "rendered"),
    [
        (
            "```dockerfile api/Dockerfile\nFROM a\n```\n",
            '```dockerfile title="api/Dockerfile"\nFROM a\n```\n',
        ),
        ("```refused\na:1 b: c\n```\n", '```refused title="it refuses"\na:1 b: c\n```\n'),
        ("```diff\n+a\n```\n", "```diff\n+a\n```\n"),
        # A block of more ticks holds others as they are.
        ("````markdown a.md\n```sh b\n```\n````\n", '````markdown title="a.md"\n```sh b\n```\n````\n'),
        ("- so:\n\n   ```sh\n   a\n   ```\n", "- so:\n\n   ```sh\n   a\n   ```\n"),
        ("# x\n", "# x\n"),
    ],
)
def test_blocks_bear_the_names_of_their_files(written: str, rendered: str) -> None:
    assert hooks.rendered(written, kept) == rendered


def test_a_heading_keeps_no_mark_for_tests() -> None:
    assert hooks.rendered("## It goes {no twins: it cannot}\n\nSo.\n", kept) == "## It goes\n\nSo.\n"


def test_the_cases_are_introduced_once() -> None:
    first, second, third = hooks.explained("# a\n\nSo.\n\n## It goes\n\n## It stays\n").split("## ")
    assert first.startswith("# a\n\nSo.\n\nEach section below")
    assert (second, third) == ("It goes\n\n", "It stays\n")


@pytest.mark.parametrize(
    ("written", "led"),
    [
        ("[JSON](json.md)", "[JSON](json.md)"),
        ("[a](verify.md#speed) and [b](#here)", "[a](verify.md#speed) and [b](#here)"),
        ("[its page](../codemods/uvmigrate_codemods/uv_pin.md)", "[its page](codemods/uv_pin.md)"),
        ("[hook](hooks.py)", "hook (`docs/hooks.py`)"),
        ("[how](../CONTRIBUTING.md)", "[how](contributing.md)"),
        ("[first](../README.md#try-it)", "first (`README.md`)"),
        ("[uv](https://docs.astral.sh/uv/)", "[uv](https://docs.astral.sh/uv/)"),
        ("[pattern.py](../tests/corpus/pattern.py)", "`tests/corpus/pattern.py`"),
        ("[the test](../tests/corpus/pattern.py)", "the test (`tests/corpus/pattern.py`)"),
        ("[two\nlines](../CHANGELOG.md)", "[two\nlines](changelog.md)"),
        ("`[a](../LICENSE)` and ``[`](../LICENSE)``", "`[a](../LICENSE)` and ``[`](../LICENSE)``"),
        # MkDocs complains of it.
        ("[gone](../tests/gone.py)", "[gone](../tests/gone.py)"),
    ],
)
def test_links_lead_to_pages_of_the_site_and_source_files_are_named(written: str, led: str) -> None:
    sources = hooks.brought()
    rendered = hooks.rendered(written, lambda text, to: hooks.led(text, to, "docs/x.md", "x.md", sources))
    assert rendered == f"{led}\n"


def test_a_link_between_pages_beside_their_code_and_into_docs_is_followed() -> None:
    source, uri, sources = "codemods/uvmigrate_codemods/uv_pin.md", "codemods/uv_pin.md", hooks.brought()
    assert hooks.led("a", "no_sync.md#why", source, uri, sources) == "[a](no_sync.md#why)"
    assert hooks.led("a", "../../docs/json.md", source, uri, sources) == "[a](../json.md)"
    assert hooks.led("a", "_pin/locks.py", source, uri, sources) == f"a (`{hooks.CODEMODS}/_pin/locks.py`)"


def test_codes_are_explained_where_a_page_says_what_it_refuses() -> None:
    page = "`shell`\n\n## When it refuses\n\n- `shell`, `else`: so.\n\n## More\n\n`shell`\n"
    assert hooks.explained(page) == page.replace("- `shell`", "- [`shell`](../refusals.md#shell)")

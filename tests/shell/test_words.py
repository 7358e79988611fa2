"""Quoting, and the cheap question whether a text needs to be parsed."""

from __future__ import annotations

import shlex
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uvmigrate.shell import might_mention, parse, quote, unquote


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"plain", "plain"),
        (b"'a b'", "a b"),
        (b"'a\\b'", "a\\b"),
        (b'"a\\b\\"\\$\\`\\\\"', 'a\\b"$`\\'),
        (b"a\\ b\\c", "a bc"),
        (b"a\\\nb", "ab"),
        (b'"a\\\r\nb"', "ab"),
        (b"''", ""),
    ],
)
def test_quotes_are_removed_as_posix_says(raw: bytes, text: str) -> None:
    assert unquote(raw) == text


@settings(deadline=None)
@given(st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), min_size=1))
def test_a_quoted_text_is_read_back_as_one_word(text: str) -> None:
    (command,) = parse(b"echo " + quote(text).encode()).commands
    assert command.argv == ("echo", text)


@settings(deadline=None)
@given(st.text("ab '\"\\", max_size=12))
def test_quote_removal_agrees_with_the_standard_library(text: str) -> None:
    try:
        expected = shlex.split(text)
    except ValueError:
        return
    if len(expected) == 1 and not text.startswith(" ") and not text.endswith(" "):
        assert unquote(text.encode()) == expected[0]


def test_only_what_needs_quotes_gets_them() -> None:
    assert quote("requests==2.32") == "requests==2.32"
    assert quote("requests>=2") == "'requests>=2'"


def test_a_text_that_mentions_no_name_need_not_be_parsed() -> None:
    assert might_mention(b"apt-get update && pip install x", [b"poetry", b"pip"])
    assert might_mention(b"pi\\\np install x", [b"pip"])
    assert not might_mention(b"apt-get update", [b"pip"])


def test_the_grammar_is_loaded_only_when_something_is_parsed() -> None:
    code = (
        "import sys, uvmigrate.shell as s; s.might_mention(b'a', [b'b']); print('tree_sitter' in sys.modules)"
    )
    loaded = (
        f"import sys; sys.path[:] = {sys.path!r}\n{code}; s.parse(b'a'); print('tree_sitter' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]

"""A Dockerfile without its frontend is the same Dockerfile, line by line."""

from __future__ import annotations

import pytest

from uvmigrate.dockerfile import Directive, parse
from uvmigrate.verify.frontend import blanked

REST = b"FROM python:3.11-slim\nRUN echo a `\n  b\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"# syntax=docker/dockerfile:1\n", b"############################\n"),
        (b"#SYNTAX = x/y\r\n", b"#############\r\n"),
        (b"# syntax=a/b\n# escape=`\n", b"# escape=`\n############\n"),
        (b"# escape=`\n# syntax=a/b\n", b"# escape=`\n############\n"),
        (b"# escape=`\n", b"# escape=`\n"),
        (b"# a comment\n# syntax=a/b\n", b"# a comment\n# syntax=a/b\n"),
        (b"\xef\xbb\xbf# syntax=a/b\n", b"\xef\xbb\xbf############\n"),
    ],
)
def test_the_line_says_nothing_and_every_other_what_it_said(before: bytes, after: bytes) -> None:
    assert blanked(before + REST) == after + REST
    left = [item.name for item in parse(after + REST).items if isinstance(item, Directive)]
    had = [item.name for item in parse(before + REST).items if isinstance(item, Directive)]
    assert left == [name for name in had if name != "syntax"]
    assert parse(after + REST).escape == parse(before + REST).escape

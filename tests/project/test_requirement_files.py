from __future__ import annotations

import codecs
from pathlib import PurePosixPath

import pytest

from uvmigrate.project import Requirement, Unreadable, closure, constraints, read_requirements
from uvmigrate.source import Repo

FILE = PurePosixPath("requirements.txt")


def texts(data: bytes) -> list[tuple[int, str]]:
    lines = read_requirements(Repo.of({"requirements.txt": data}), FILE).lines
    return [(line.line, line.text) for line in lines if isinstance(line, Requirement)]


def test_a_backslash_joins_lines_and_the_first_line_counts() -> None:
    assert texts(b"\nsix==1.16.0 \\\n  --hash=sha256:aa\nidna\n") == [(2, "six==1.16.0"), (4, "idna")]


def test_a_comment_ends_a_continuation_and_is_never_continued_itself() -> None:
    assert texts(b"six \\\n# note \\\nidna\n") == [(1, "six"), (3, "idna")]


def test_a_hash_sign_without_a_blank_before_it_is_text() -> None:
    lines = read_requirements(Repo.of({"requirements.txt": b"https://example.org/a.zip#egg=a"}), FILE).lines
    assert lines[0].raw.endswith("#egg=a")


@pytest.mark.parametrize(
    "data",
    [
        b"six\r\nidna",
        codecs.BOM_UTF8 + b"six\nidna\n",
        codecs.BOM_UTF16_LE + "six\nidna\n".encode("utf-16-le"),
        codecs.BOM_UTF32_LE + "six\nidna\n".encode("utf-32-le"),
        b"# -*- coding: latin-1 -*- \nsix # f\xfcr\nidna\n",
    ],
)
def test_line_ends_marks_and_coding_comments_are_pips(data: bytes) -> None:
    assert [text for _, text in texts(data)] == ["six", "idna"]


@pytest.mark.parametrize("data", [b"six # f\xfcr\n", b"# coding: klingon\nsix\n"])
def test_a_file_in_an_unknown_encoding_is_one_unreadable_line(data: bytes) -> None:
    (line,) = read_requirements(Repo.of({"requirements.txt": data}), FILE).lines
    assert isinstance(line, Unreadable)
    assert (line.line, line.code) == (0, "unreadable-file")


def test_a_file_that_is_not_there_says_so() -> None:
    (line,) = read_requirements(Repo.of({}), FILE).lines
    assert isinstance(line, Unreadable)
    assert line.code == "missing-file"


def test_the_closure_goes_depth_first_and_takes_each_file_once_even_in_a_cycle() -> None:
    repo = Repo.of(
        {
            "requirements.txt": b"-r requirements/web.txt\n-r requirements/base.txt\n-c limits.txt\n",
            "requirements/web.txt": b"-r base.txt\n-r ../requirements.txt\nflask\n",
            "requirements/base.txt": b"six\n",
            "limits.txt": b"idna<4\n-c more.txt\n",
            "more.txt": b"six<2\n",
        }
    )
    assert [str(file.path) for file in closure(repo, FILE)] == [
        "requirements.txt",
        "requirements/web.txt",
        "requirements/base.txt",
    ]
    assert [str(file.path) for file in constraints(repo, FILE)] == ["limits.txt", "more.txt"]

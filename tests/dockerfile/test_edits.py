"""Instructions and pairs go without taking anything along, and new pairs fit in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uvmigrate.dockerfile import as_env, delete_instruction, edit_pairs, parse
from uvmigrate.source import apply_edits


def edited(text: str, remove: tuple[str, ...] = (), **add: str) -> str:
    """The text with the pairs of its only instruction edited."""
    dockerfile = parse(text.encode())
    (instruction,) = dockerfile.instructions
    return apply_edits(
        dockerfile.data, edit_pairs(dockerfile, instruction, remove=remove, add=add, because="not used")
    ).decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("ENV B=2 X=1\n", "ENV B=2\n"),
        ("ENV X=1 B=2\n", "ENV B=2\n"),
        ("ENV A=1 X=1 B=2\n", "ENV A=1 B=2\n"),
        ("ENV A=1 \\\n    X=1 \\\n    B=2\n", "ENV A=1 \\\n    B=2\n"),
        ("ENV A=1 \\\n    B=2 \\\n    X=1\n", "ENV A=1 \\\n    B=2\n"),
        ("ENV X=1 \\\n    A=1 \\\n    B=2\n", "ENV A=1 \\\n    B=2\n"),
        ("ENV A=1 \\\n    B=2 X=1\n", "ENV A=1 \\\n    B=2\n"),
        ("ENV A=1 X=1 \\\n    B=2\n", "ENV A=1 \\\n    B=2\n"),
        ("ENV A=1 \\\n    X='a b' \\\n    B=2", "ENV A=1 \\\n    B=2"),
        ("ENV A=1 \\\r\n    X=1 \\\r\n    B=2\r\n", "ENV A=1 \\\r\n    B=2\r\n"),
        ("ENV A=1 \\\r\n    X=1\r\n", "ENV A=1\r\n"),
        ("ARG A X=1\n", "ARG A\n"),
    ],
)
def test_a_pair_goes_with_its_blanks_or_its_line(before: str, after: str) -> None:
    assert edited(before, remove=("X",)) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("ENV A=1 \\\n    # why\n    X=1 \\\n    B=2\n", "ENV A=1 \\\n    # why\n    B=2\n"),
        ("ENV A=1 \\\n    X=1 \\\n    # why\n    B=2\n", "ENV A=1 \\\n    # why\n    B=2\n"),
        ("ENV A=1 \\\n    # why\n    X=1\nRUN x\n", "ENV A=1\n    # why\nRUN x\n"),
        ("ENV X=1 \\\n    # why\n    B=2\n", "ENV \\\n    # why\n    B=2\n"),
    ],
)
def test_comment_lines_between_pairs_stay(before: str, after: str) -> None:
    dockerfile = parse(before.encode())
    edits = edit_pairs(dockerfile, dockerfile.instructions[0], remove=("X",), because="not used")
    assert apply_edits(dockerfile.data, edits).decode() == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("ENV A=1\n", "ENV A=1 \\\n    M=1\n"),
        ("ENV Z=1\n", "ENV M=1 \\\n    Z=1\n"),
        ("ENV A=1 Z=1\n", "ENV A=1 M=1 Z=1\n"),
        ("ENV Z=1 A=1\n", "ENV Z=1 A=1 M=1\n"),
        ("ENV A=1 \\\n  Z=1\n", "ENV A=1 \\\n  M=1 \\\n  Z=1\n"),
        ("ENV A=1 \\\n  B=1\n", "ENV A=1 \\\n  B=1 \\\n  M=1\n"),
        ("ENV \\\n  A=1 \\\n  B=1", "ENV \\\n  A=1 \\\n  B=1 \\\n  M=1"),
        ("ENV A=1 \\\r\n  Z=1\r\n", "ENV A=1 \\\r\n  M=1 \\\r\n  Z=1\r\n"),
    ],
)
def test_a_new_pair_stands_in_order_where_there_is_one(before: str, after: str) -> None:
    assert edited(before, M="1") == after


def test_a_new_pair_takes_the_place_of_one_that_goes() -> None:
    assert edited("ENV NO_CACHE=1\n", remove=("NO_CACHE",), LINK_MODE="copy") == "ENV LINK_MODE=copy\n"
    before = "ENV A=1 \\\n    NO_CACHE=1 \\\n    # theirs\n    Z=1\n"
    after = "ENV A=1 \\\n    LINK_MODE=copy \\\n    # theirs\n    Z=1\n"
    assert edited(before, remove=("NO_CACHE",), LINK_MODE="copy") == after


def test_several_pairs_come_at_once() -> None:
    assert edited("ENV A=1", B="2", C="3") == "ENV A=1 \\\n    B=2 \\\n    C=3"
    assert edited("ENV M=1\n", A="1", B="2") == "ENV A=1 \\\n    B=2 \\\n    M=1\n"
    assert edited("ENV A=1 X=1\n", remove=("X",), B="2", C="3") == "ENV A=1 B=2 C=3\n"


def test_the_files_escape_character_continues_a_new_line() -> None:
    before = "# escape=`\nENV A=1 `\n    B=2\n"
    assert edited(before, C="3") == "# escape=`\nENV A=1 `\n    B=2 `\n    C=3\n"


def test_the_last_pair_cannot_go_and_the_legacy_form_takes_no_other() -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        edited("ENV X=1\n", remove=("X",))
    with pytest.raises(ValueError, match="cannot hold"):
        edited("ENV X 1\n", B="2")


LINES = st.sampled_from(["A=1", "B='b c'", 'C="c"', "X=1", "Y=2", "D=d"])
GAPS = st.sampled_from([" ", "  ", " \\\n", " \\\n    ", " \\\n# note\n  ", " \\\n    # X=1\n    # b\n    "])


PARTS = st.lists(st.tuples(GAPS, LINES), min_size=1, max_size=6, unique_by=lambda pair: pair[1])


@given(parts=PARTS, ended=st.booleans())
def test_what_is_left_reads_as_the_pairs_that_stay(parts: list[tuple[str, str]], *, ended: bool) -> None:
    text = "ENV" + "".join(gap + line for gap, line in parts) + ("\nRUN last\n" if ended else "")
    dockerfile = parse(text.encode())
    env = dockerfile.instructions[0]
    stays = [pair.key for pair in as_env(env) or () if pair.key not in ("X", "Y")]
    if stays:
        edits = edit_pairs(dockerfile, env, remove=("X", "Y"), add={"M": "1", "N": "2"}, because="not used")
        after = parse(apply_edits(dockerfile.data, edits))
        assert {pair.key for pair in as_env(after.instructions[0]) or ()} == {*stays, "M", "N"}
        assert [pair.key for pair in as_env(after.instructions[0]) or () if pair.key not in "MN"] == stays
        assert len(after.instructions) == len(dockerfile.instructions)
        assert after.data.count(b"#") == dockerfile.data.count(b"#")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("FROM a\nRUN x \\\n  # why\n  && y\nRUN z\n", "FROM a\n  # why\nRUN z\n"),
        ("FROM a\nRUN <<EOF\n#!/bin/sh\n# why\nx\nEOF\nRUN z\n", "FROM a\n# why\nRUN z\n"),
        ("FROM a\n# above\nRUN x", "FROM a\n# above\n"),
    ],
)
def test_an_instruction_goes_and_its_comments_stay(before: str, after: str) -> None:
    dockerfile = parse(before.encode())
    edits = delete_instruction(dockerfile, dockerfile.instructions[1], "not needed")
    assert apply_edits(dockerfile.data, edits).decode() == after
    assert all(edit.because for edit in edits)

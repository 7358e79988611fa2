"""Lines: directives, comments, continuations, and what a shell is given of them."""

from __future__ import annotations

import pytest

from uvmigrate.dockerfile import Blank, Comment, Directive, Instruction, Unknown, parse


def only(data: bytes) -> Instruction:
    """The one instruction of a file."""
    (found,) = parse(data).instructions
    return found


def test_items_say_what_each_line_is() -> None:
    parsed = parse(b"# syntax=docker/dockerfile:1\n\n#  why \nFROM a\n{% if b %}\n")
    assert [type(item) for item in parsed.items] == [Directive, Blank, Comment, Instruction, Unknown]
    comment = parsed.items[2]
    assert isinstance(comment, Comment)
    assert comment.text == "why"
    assert parsed.line(comment.span.start) == 3


def test_directives_are_read_in_any_case_and_with_blanks() -> None:
    parsed = parse(b"#SYNTAX = docker/dockerfile:1 \n  # escape=`\n# Check=skip=all\nFROM a\n")
    assert parsed.directives == {"syntax": "docker/dockerfile:1", "escape": "`", "check": "skip=all"}
    assert parsed.escape == b"`"


@pytest.mark.parametrize("before", [b"\n", b"# hello\n", b"# foo=bar\n", b"FROM a\n", b"   \n"])
def test_any_other_line_ends_the_directives(before: bytes) -> None:
    parsed = parse(before + b"# escape=`\n")
    assert parsed.directives == {}
    assert parsed.escape == b"\\"


def test_the_first_of_repeated_directives_counts() -> None:
    parsed = parse(b"# escape=`\n# escape=\\\nFROM a\n")
    assert parsed.escape == b"`"
    assert parsed.directives == {"escape": "`"}


def test_a_byte_order_mark_is_an_item_of_its_own() -> None:
    first, instruction = parse(b"\xef\xbb\xbfFROM a\n").items
    assert isinstance(first, Blank)
    assert instruction.span.start == 3


@pytest.mark.parametrize(
    ("data", "newline"),
    [(b"FROM a\r\nRUN b\r\n", b"\r\n"), (b"FROM a\r\nRUN b\nRUN c\n", b"\n"), (b"FROM a", b"\n")],
)
def test_the_newline_is_what_most_lines_have(data: bytes, newline: bytes) -> None:
    assert parse(data).newline == newline


def test_comments_and_blank_lines_vanish_from_a_continued_line() -> None:
    found = only(b"RUN a && \\\n# one\n\n   # two\n  b # three\n")
    assert found.arguments == "a &&   b # three"


def test_an_escaped_escape_does_not_continue_the_line() -> None:
    first, second = parse(b"RUN echo a \\\\\nRUN b \\\t \n c\n").instructions
    assert first.arguments == "echo a \\\\"
    assert second.arguments == "b  c"


def test_the_escape_directive_makes_backslash_text() -> None:
    first, second = parse(b"# escape=`\nRUN dir C:\\\nRUN a `\n b\n").instructions
    assert first.arguments == "dir C:\\"
    assert second.arguments == "a  b"


def test_a_keyword_may_be_split() -> None:
    data = b"  RU\\\n# why\nN a\n"
    found = only(data)
    assert found.keyword == "RUN"
    assert found.keyword_span.of(data) == b"RU\\\n# why\nN"
    assert found.span.start == 0


def test_spans_of_the_last_line_without_a_newline() -> None:
    data = b"FROM a\nRUN b \\"
    found = parse(data).instructions[1]
    assert found.text_span.of(data) == b"RUN b"
    assert found.span.of(data) == b"RUN b \\"


def test_a_continuation_takes_in_the_comments_at_the_end_of_the_file() -> None:
    data = b"RUN b \\\n# c\n\n"
    assert only(data).span.of(data) == data


def test_bytes_that_are_not_utf_8_come_through() -> None:
    data = b"RUN echo \xe9 \\\n# \xe9\n b\n"
    found = only(data)
    assert found.arguments.encode(errors="surrogateescape") == b"echo \xe9  b"
    assert found.args_span.of(data) == b"echo \xe9 \\\n# \xe9\n b"


@pytest.mark.parametrize(
    ("data", "masked"),
    [
        (b"RUN a \\\n b\n", b"a \\\n b"),
        (b"RUN a \\\n# c\n b\n", b"a \\\n     b"),
        (b"RUN a \\\n\n  # c\n\n b\n", b"a \\\n         b"),
        (b"RUN a \\ \t\n b\n", b"a   \\\n b"),
        (b"RUN a \\\r\n b\r\n", b"a  \\\n b"),
        (b"RUN a \\\r\n# c\r\n b\r\n", b"a  \\\n      b"),
        (b"# escape=`\nRUN a `\n b\n", b"a \\\n b"),
        (b"RUN a \\\n\\\n b\n", b"a \\\n   b"),
        (b"RUN \\\n  a\n", b"a"),
    ],
)
def test_masked_text_keeps_the_place_of_every_byte(data: bytes, masked: bytes) -> None:
    found = only(data)
    assert found.masked() == (masked, found.args_span.start)
    assert len(masked) == len(found.args_span)


def test_flags_have_values_without_quotes_and_spans_with_them() -> None:
    data = b'RUN --mount=type=bind,"source=a b" --network=none \\\n  --security=insecure c --d\n'
    found = only(data)
    assert [(flag.name, flag.value) for flag in found.flags] == [
        ("mount", "type=bind,source=a b"),
        ("network", "none"),
        ("security", "insecure"),
    ]
    value_span = found.flags[0].value_span
    assert value_span is not None
    assert value_span.of(data) == b'type=bind,"source=a b"'
    assert found.flags[0].span.of(data) == b'--mount=type=bind,"source=a b"'
    assert found.arguments == "c --d"


def test_two_dashes_end_the_flags() -> None:
    found = only(b"RUN --network=none -- --flag\n")
    assert [flag.name for flag in found.flags] == ["network"]
    assert found.arguments == "--flag"


def test_a_flag_without_a_value_has_none() -> None:
    (flag,) = only(b"COPY --link a b\n").flags
    assert (flag.name, flag.value, flag.value_span) == ("link", None, None)
    (flag,) = only(b"COPY --chown= a b\n").flags
    assert flag.value == ""


def test_onbuild_has_the_instruction_it_triggers() -> None:
    data = b"FROM a\nONBUILD run --network=none b \\\n# c\n d\n"
    inner = parse(data).instructions[1].inner
    assert inner is not None
    assert inner.keyword == "RUN"
    assert inner.flags[0].span.of(data) == b"--network=none"
    assert inner.masked()[1] == data.index(b"b \\")
    assert inner.span.end == len(data)


def test_onbuild_of_onbuild_goes_no_deeper() -> None:
    found = only(b"ONBUILD ONBUILD RUN a\n")
    assert found.inner is not None
    assert found.inner.inner is None


def test_stages_and_what_stands_before_them() -> None:
    parsed = parse(b"ARG A=1\nFROM a:$A AS Base\nRUN b\nFROM base\nFROM c as x y\n")
    assert [found.keyword for found in parsed.preamble] == ["ARG"]
    assert [(stage.index, stage.name, len(stage.instructions)) for stage in parsed.stages] == [
        (0, "base", 1),
        (1, None, 0),
        (2, None, 0),
    ]


def test_a_file_without_a_stage_is_all_preamble() -> None:
    parsed = parse(b"ARG A\nRUN b\n")
    assert len(parsed.preamble) == 2
    assert parsed.stages == ()

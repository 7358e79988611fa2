"""Edits of shell texts, on the files that the texts stand in."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from uvmigrate.shell import (
    Command,
    append_words,
    drop,
    droppable,
    droppable_together,
    insert_after,
    insert_before,
    parse,
    remove_words,
    replace_words,
)
from uvmigrate.source import apply_edits

if TYPE_CHECKING:
    from uvmigrate.shell import Script


def text(value: str) -> bytes:
    return dedent(value).lstrip("\n").encode()


def run(source: bytes) -> Script:
    """The script of a Dockerfile that is one RUN: comment lines masked, as the Dockerfile reader does it."""
    start = source.index(b"RUN ") + len(b"RUN ")
    masked = b"".join(
        b" " * len(line) if line.lstrip().startswith(b"#") else line
        for line in source[start:].rstrip(b"\r\n").splitlines(keepends=True)
    )
    return parse(masked, start)


def named(script: Script, *names: str) -> list[Command]:
    return [command for command in script.commands if command.name in names]


def dropped(source: bytes, *names: str, lines: bool = False, commented: str = "") -> bytes:
    script = parse(source) if lines else run(source)
    along = named(script, *commented)
    return apply_edits(source, drop(script, named(script, *names), "because", source, commented=along))


TRAILING = text(r"""
    RUN a && \
        b x && \
        c
    """)
LEADING = text(r"""
    RUN a \
     && b x \
     && c
    """)


@pytest.mark.parametrize(
    ("source", "names", "expected"),
    [
        (TRAILING, "a", b"RUN b x && \\\n    c\n"),
        (TRAILING, "b", b"RUN a && \\\n    c\n"),
        (TRAILING, "c", b"RUN a && \\\n    b x\n"),
        (TRAILING, "ab", b"RUN c\n"),
        (TRAILING, "ac", b"RUN b x\n"),
        (TRAILING, "bc", b"RUN a\n"),
        (TRAILING, "abc", b"RUN \n"),
        (LEADING, "a", b"RUN b x \\\n && c\n"),
        (LEADING, "b", b"RUN a \\\n && c\n"),
        (LEADING, "c", b"RUN a \\\n && b x\n"),
        (b"RUN a && b && c\n", "b", b"RUN a && c\n"),
        (b"RUN a; b; c;\n", "b", b"RUN a; c;\n"),
        (b"RUN a; b; c;\n", "c", b"RUN a; b;\n"),
        (b"RUN set -ex; \\\n    a; \\\n    b\n", "a", b"RUN set -ex; \\\n    b\n"),
        (b"RUN set -ex; \\\n    a; \\\n    b\n", "b", b"RUN set -ex; \\\n    a\n"),
        (b"RUN \\\n    a && \\\n    b\n", "a", b"RUN \\\n    b\n"),
        (b"RUN a && \\\n    b && c\n", "b", b"RUN a && \\\n    c\n"),
    ],
)
def test_a_dropped_command_takes_one_joiner_and_its_line_with_it(
    source: bytes, names: str, expected: bytes
) -> None:
    assert dropped(source, *names) == expected
    crlf = source.replace(b"\n", b"\r\n")
    assert dropped(crlf, *names) == expected.replace(b"\n", b"\r\n")


@pytest.mark.parametrize(
    ("source", "names", "expected"),
    [
        (b"RUN a; b && c; d\n", "b", b"RUN a; c; d\n"),
        (b"RUN a; b && c; d\n", "c", b"RUN a; b; d\n"),
        (b"RUN a; b && c; d\n", "bc", b"RUN a; d\n"),
        (b"RUN a && b; c && d\n", "bc", b"RUN a; d\n"),
        (b"RUN a && b; c; d && e\n", "bcd", b"RUN a; e\n"),
        (b"RUN a & b; c\n", "b", b"RUN a & c\n"),
        (b"RUN a; b & c\n", "b", b"RUN a; c\n"),
        (b"RUN a; b &\n", "b", b"RUN a\n"),
        (b"RUN a & b\n", "b", b"RUN a &\n"),
        (b"RUN a & b; c & d\n", "c", b"RUN a & b; d\n"),
    ],
)
def test_what_stays_keeps_its_own_joiners(source: bytes, names: str, expected: bytes) -> None:
    assert dropped(source, *names) == expected


COMMENTED = text(r"""
    RUN a && \
        # about b
        b && \
        # about c
        c
    """)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("a", b"RUN \\\n    # about b\n    b && \\\n    # about c\n    c\n"),
        ("b", b"RUN a && \\\n    # about b\n    # about c\n    c\n"),
        ("c", b"RUN a && \\\n    # about b\n    b\n    # about c\n"),
        ("ab", b"RUN \\\n    # about b\n    # about c\n    c\n"),
        ("bc", b"RUN a\n    # about b\n    # about c\n"),
    ],
)
def test_comment_lines_stay_where_the_joiner_ends_the_line(names: str, expected: bytes) -> None:
    assert dropped(COMMENTED, *names) == expected
    crlf = COMMENTED.replace(b"\n", b"\r\n")
    assert dropped(crlf, *names) == expected.replace(b"\n", b"\r\n")


LEADING_COMMENTED = text(r"""
    RUN a \
        # about b
        && b \
        # about c
        && c
    """)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("a", b"RUN \\\n    # about b\n    b \\\n    # about c\n    && c\n"),
        ("b", b"RUN a \\\n    # about b\n    # about c\n    && c\n"),
        ("c", b"RUN a \\\n    # about b\n    && b\n    # about c\n"),
    ],
)
def test_comment_lines_stay_where_the_joiner_begins_the_line(names: str, expected: bytes) -> None:
    assert dropped(LEADING_COMMENTED, *names) == expected


@pytest.mark.parametrize(
    ("source", "names", "expected"),
    [
        (COMMENTED, "b", b"RUN a && \\\n    # about c\n    c\n"),
        (COMMENTED, "c", b"RUN a && \\\n    # about b\n    b\n"),
        (COMMENTED, "bc", b"RUN a\n"),
        (LEADING_COMMENTED, "b", b"RUN a \\\n    # about c\n    && c\n"),
        (LEADING_COMMENTED, "c", b"RUN a \\\n    # about b\n    && b\n"),
    ],
)
def test_comment_lines_on_top_of_a_command_go_along_where_that_is_asked_for(
    source: bytes, names: str, expected: bytes
) -> None:
    assert dropped(source, *names, commented=names) == expected
    crlf = source.replace(b"\n", b"\r\n")
    assert dropped(crlf, *names, commented=names) == expected.replace(b"\n", b"\r\n")


def test_in_a_script_too_a_comment_goes_along() -> None:
    assert dropped(b"# first\na\n\n# one\n# two\nb\nc\n", "b", lines=True, commented="b") == (
        b"# first\na\n\nc\n"
    )


LINES = text("""
    #!/bin/sh
    set -e

    # about a
    a x  # why a
    b; c
    if d; then
        e
    fi
    # last
    f
    """)


@pytest.mark.parametrize(
    ("name", "gone", "left"),
    [
        ("set", b"set -e\n", b""),
        ("a", b"a x  # why a\n", b""),
        ("b", b"b; c\n", b"c\n"),
        ("c", b"b; c\n", b"b\n"),
        ("f", b"# last\nf\n", b"# last\n"),
    ],
)
def test_in_a_script_a_dropped_command_takes_its_whole_line(name: str, gone: bytes, left: bytes) -> None:
    assert dropped(LINES, name, lines=True) == LINES.replace(gone, left)
    crlf = LINES.replace(b"\n", b"\r\n")
    expected = crlf.replace(gone.replace(b"\n", b"\r\n"), left.replace(b"\n", b"\r\n"))
    assert dropped(crlf, name, lines=True) == expected


def test_the_lines_of_a_heredoc_stay_with_the_command_that_opened_it() -> None:
    assert dropped(b"cat <<E && a\nx\nE\nb\n", "a", lines=True) == b"cat <<E\nx\nE\nb\n"
    assert dropped(b"cat <<E && a\nx\nE\nb\n", "b", lines=True) == b"cat <<E && a\nx\nE\n"
    assert dropped(b"cat <<E\nx\nE\na\n", "a", lines=True) == b"cat <<E\nx\nE\n"
    assert dropped(b"a\ncat <<E\nx\nE\n", "a", lines=True) == b"cat <<E\nx\nE\n"


def test_a_line_of_a_quoted_text_is_no_comment() -> None:
    source = b"a\nb 'x\n# y\n'\nc\n"
    assert dropped(source, "b", lines=True) == b"a\nc\n"


def test_every_deletion_says_why() -> None:
    script = run(COMMENTED)
    edits = drop(script, named(script, "a", "b"), "pip is not there any more", COMMENTED)
    assert {edit.because for edit in edits} == {"pip is not there any more"}


def test_dropping_everything_is_one_edit_of_the_whole_text() -> None:
    script = run(TRAILING)
    (edit,) = drop(script, script.commands, "why", TRAILING)
    assert edit.span == script.span


@pytest.mark.parametrize(
    "source", [b"RUN a || b\n", b"RUN a | b\n", b"RUN ! a && b\n", b"RUN (a) && b\n", b"RUN b $(a)\n"]
)
def test_a_command_that_others_depend_on_is_not_dropped(source: bytes) -> None:
    script = run(source)
    command = next(found for found in script.everything if found.name == "a")
    assert not droppable(command)
    with pytest.raises(ValueError, match="cannot be dropped"):
        drop(script, [command], "because", source)


@pytest.mark.parametrize(
    ("source", "names", "expected"),
    [
        (b"RUN a | b && c\n", "ab", b"RUN c\n"),
        (b"RUN c && a | b\n", "ab", b"RUN c\n"),
        (b"RUN c; a | b; d\n", "ab", b"RUN c; d\n"),
        (b"RUN c \\\n && a \\\n | b \\\n && d\n", "ab", b"RUN c \\\n && d\n"),
        (b"RUN a | b && c | d\n", "cd", b"RUN a | b\n"),
        (b"RUN a | b && c && d | e\n", "cde", b"RUN a | b\n"),
        (b"RUN a |& b | c && d &\n", "abc", b"RUN d &\n"),
    ],
)
def test_a_pipeline_goes_as_a_whole(source: bytes, names: str, expected: bytes) -> None:
    script = run(source)
    assert droppable_together(script, named(script, *names))
    assert dropped(source, *names) == expected


@pytest.mark.parametrize(
    ("source", "names"),
    [
        (b"RUN a | b | c\n", "ab"),
        (b"RUN a | b | c\n", "bc"),
        (b"RUN a | b || c\n", "ab"),
        (b"RUN ! a | b && c\n", "ab"),
        (b"RUN a | (b) && c\n", "a"),
        (b"RUN a | b <<E\nE\n", "ab"),
    ],
)
def test_a_pipeline_that_others_depend_on_is_not_dropped(source: bytes, names: str) -> None:
    script = run(source)
    commands = named(script, *names)
    assert not droppable_together(script, commands)
    with pytest.raises(ValueError, match="cannot be dropped"):
        drop(script, commands, "because", source)


def before(source: bytes, name: str, *, lines: bool = False, joiner: str = "&&") -> bytes:
    script = parse(source) if lines else run(source)
    (command,) = named(script, name)
    return apply_edits(source, [insert_before(script, command, "new x", source, joiner)])


def after(source: bytes, name: str, *, lines: bool = False, joiner: str = "&&") -> bytes:
    script = parse(source) if lines else run(source)
    (command,) = named(script, name)
    return apply_edits(source, [insert_after(script, command, "new x", source, joiner)])


def test_an_inserted_command_is_joined_as_its_neighbours_are() -> None:
    assert before(TRAILING, "a") == b"RUN new x && \\\n    a && \\\n    b x && \\\n    c\n"
    assert before(TRAILING, "c") == b"RUN a && \\\n    b x && \\\n    new x && \\\n    c\n"
    assert after(TRAILING, "c") == b"RUN a && \\\n    b x && \\\n    c && \\\n    new x\n"
    assert before(LEADING, "b") == b"RUN a \\\n && new x \\\n && b x \\\n && c\n"
    assert after(LEADING, "a") == b"RUN a \\\n && new x \\\n && b x \\\n && c\n"
    assert after(b"RUN a && b\n", "a") == b"RUN a && new x && b\n"
    assert before(b"RUN a\n", "a") == b"RUN new x && a\n"
    assert after(b"RUN a; \\\n  b\n", "b", joiner=";") == b"RUN a; \\\n  b; \\\n  new x\n"


def test_a_command_on_several_lines_gets_its_neighbour_on_a_line_of_its_own() -> None:
    assert after(b"RUN a \\\n        x\n", "a") == b"RUN a \\\n        x && \\\n        new x\n"


def test_a_run_with_a_heredoc_is_still_one_line() -> None:
    source = b"RUN cat <<E > f\nx\nE\n"
    assert before(source, "cat") == b"RUN new x && cat <<E > f\nx\nE\n"
    assert after(source, "cat") == b"RUN cat <<E > f && new x\nx\nE\n"


def test_the_indentation_is_not_that_of_a_comment() -> None:
    source = b"RUN a && \\\n  # about b\n  b\n"
    assert before(source, "b") == b"RUN a && \\\n  # about b\n  new x && \\\n  b\n"


def test_line_ends_and_the_escape_character_are_those_of_the_file() -> None:
    source = b"RUN a && \\\r\n    b\r\n"
    assert after(source, "b") == b"RUN a && \\\r\n    b && \\\r\n    new x\r\n"
    backtick = b"RUN a && `\n    b\n"
    script = parse(backtick[4:-1].replace(b"`", b"\\"), 4)
    edit = insert_after(script, script.commands[1], "new", backtick)
    assert apply_edits(backtick, [edit]) == b"RUN a && `\n    b && `\n    new\n"


def test_in_a_script_an_inserted_command_gets_its_own_line() -> None:
    assert before(b"a\n  b  # why\nc\n", "b", lines=True) == b"a\n  new x\n  b  # why\nc\n"
    assert after(b"a\n  b  # why\nc\n", "b", lines=True) == b"a\n  b  # why\n  new x\nc\n"
    assert after(b"a\r\nb\r\n", "b", lines=True) == b"a\r\nb\r\nnew x\r\n"
    assert after(b"a\nb", "b", lines=True) == b"a\nb\nnew x"
    assert after(b"a\ncat <<E\nx\nE\nb\n", "cat", lines=True) == b"a\ncat <<E\nx\nE\nnew x\nb\n"
    assert before(b"a && b\nc\n", "b", lines=True) == b"a && new x && b\nc\n"


@pytest.mark.parametrize("source", [b"RUN a | b\n", b"RUN a || b\n", b"RUN ! a\n"])
def test_nothing_is_joined_to_a_command_that_is_tied_to_others(source: bytes) -> None:
    with pytest.raises(ValueError, match="tied to others"):
        before(source, "a")


WORDS = text(r"""
    RUN pip install \
        --no-cache-dir \
        # the framework
        flask \
        gunicorn
    """)


def removed(source: bytes, *indexes: int) -> bytes:
    (command,) = run(source).commands
    return apply_edits(source, remove_words(command, indexes, source))


def test_words_go_with_the_blanks_or_the_continuation_before_them() -> None:
    assert removed(b"RUN pip install  --user x\n", 2) == b"RUN pip install x\n"
    assert removed(b"RUN pip install --user x\n", 2, 3) == b"RUN pip install\n"
    assert removed(WORDS, 2) == WORDS.replace(b"    --no-cache-dir \\\n", b"")
    assert removed(WORDS, 4) == WORDS.replace(b" \\\n    gunicorn", b"")
    crlf = WORDS.replace(b"\n", b"\r\n")
    assert removed(crlf, 4) == crlf.replace(b" \\\r\n    gunicorn", b"")


def test_a_comment_between_words_stays() -> None:
    assert removed(WORDS, 3) == WORDS.replace(b"    flask \\\n", b"")
    last = WORDS.replace(b" \\\n    gunicorn", b"")
    assert removed(last, 3) == b"RUN pip install \\\n    --no-cache-dir\n    # the framework\n"


def test_the_name_of_a_command_is_not_removed() -> None:
    with pytest.raises(ValueError, match="own name"):
        removed(WORDS, 0)


def test_words_are_appended_and_replaced_in_place() -> None:
    source = b"RUN pip install x > log\n"
    (command,) = run(source).commands
    assert apply_edits(source, [append_words(command, "y", "'z>1'")]) == b"RUN pip install x y 'z>1' > log\n"
    assert apply_edits(source, [replace_words(command, 0, 2, "uv sync")]) == b"RUN uv sync x > log\n"

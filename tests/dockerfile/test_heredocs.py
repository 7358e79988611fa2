"""Heredocs: what opens one, where it ends, and whose script it is."""

from __future__ import annotations

import pytest

from uvmigrate.dockerfile import Instruction, as_copy, as_run, parse


def first(data: bytes) -> Instruction:
    """The first instruction of a file."""
    return parse(data).instructions[0]


def test_a_heredoc_belongs_to_its_instruction() -> None:
    data = b"RUN <<EOF\nFROM fake\n# text\nEOF\nRUN b\n"
    found, after = parse(data).instructions
    (heredoc,) = found.heredocs
    assert found.span.of(data) == b"RUN <<EOF\nFROM fake\n# text\nEOF\n"
    assert found.text_span.of(data) == b"RUN <<EOF"
    assert heredoc.word_span.of(data) == b"<<EOF"
    assert heredoc.body.of(data) == b"FROM fake\n# text\n"
    assert heredoc.end.of(data) == b"EOF\n"
    assert after.arguments == "b"


@pytest.mark.parametrize(
    ("word", "delimiter", "expand", "fd"),
    [
        (b"<<EOF", "EOF", True, ""),
        (b"3<<EOF", "EOF", True, "3"),
        (b"<<'EOF'", "EOF", False, ""),
        (b'<<"a b"', "a b", False, ""),
        (b'<<"it\'s"', "it's", False, ""),
        (b"<<E'O'F", "EOF", False, ""),
        (b"<<\\EOF", "EOF", True, ""),
        (b"<< EOF", "EOF", True, ""),
    ],
)
def test_the_word_says_delimiter_quotes_and_descriptor(
    word: bytes, delimiter: str, expand: bool, fd: str
) -> None:
    data = b"RUN cat " + word + b" | b\nc\n" + delimiter.encode() + b"\n"
    (heredoc,) = first(data).heredocs
    assert (heredoc.delimiter, heredoc.expand, heredoc.fd) == (delimiter, expand, fd)
    assert heredoc.word_span.of(data) == word
    assert heredoc.body.of(data) == b"c\n"


def test_only_tabs_are_stripped_from_the_terminator_and_only_with_a_dash() -> None:
    data = b"RUN <<-EOF\n\ta\n  EOF\n\t\tEOF\nRUN <<EOF\n\tEOF\nEOF\n"
    stripped, plain = parse(data).instructions
    assert stripped.heredocs[0].strip_tabs
    assert stripped.heredocs[0].body.of(data) == b"\ta\n  EOF\n"
    assert plain.heredocs[0].body.of(data) == b"\tEOF\n"


def test_several_heredocs_follow_in_their_order() -> None:
    data = b"COPY <<one <<'two' c /d/\n1\none\n2\ntwo\n"
    copy = as_copy(first(data))
    assert copy is not None
    assert [(found.delimiter, found.body.of(data)) for found in copy.heredocs] == [
        ("one", b"1\n"),
        ("two", b"2\n"),
    ]
    assert [word.text for word in copy.sources] == ["c"]
    assert copy.dest.text == "/d/"


def test_the_word_may_stand_on_any_line_of_the_instruction() -> None:
    data = b"RUN cat \\\n# why\n  <<EOF \\\n  > b\nc\nEOF\nRUN d\n"
    found, _ = parse(data).instructions
    assert found.heredocs[0].word_span.of(data) == b"<<EOF"
    assert found.heredocs[0].body.of(data) == b"c\n"


@pytest.mark.parametrize(
    "line",
    [
        b"RUN cat<<EOF",
        b"RUN cat <<<EOF",
        b"RUN echo '<<EOF'",
        b"RUN echo it's <<EOF",
        b"RUN echo $((1<<2)) $(( 1 << 2 ))",
        b'RUN ["cat", "<<EOF"]',
        b"CMD cat <<EOF",
        b"ENV A=<<EOF",
        b"RUN cat \\<<EOF",
    ],
)
def test_other_arrows_open_nothing(line: bytes) -> None:
    assert first(line + b"\nRUN b\nEOF\n").heredocs == ()


def test_the_heredoc_word_knows_the_backslash_whatever_the_escape_directive_says() -> None:
    data = b"# escape=`\nRUN cat <<E\\OF `\n > a\nb\nEOF\n"
    assert first(data).heredocs[0].delimiter == "EOF"


def test_onbuild_takes_heredocs_for_its_trigger() -> None:
    data = b"ONBUILD RUN <<EOF\na\nEOF\nRUN b\n"
    found = first(data)
    assert found.inner is not None
    assert found.inner.heredocs == found.heredocs
    run = as_run(found.inner)
    assert run is not None
    assert [script.data for script in run.scripts] == [b"a\n"]


def test_an_unterminated_heredoc_reaches_to_the_end() -> None:
    data = b"RUN <<EOF\na\nRUN b"
    (found,) = parse(data).instructions
    assert found.heredocs[0].body.of(data) == b"a\nRUN b"
    assert len(found.heredocs[0].end) == 0


@pytest.mark.parametrize(
    ("data", "script", "is_shell"),
    [
        (b"RUN pip \\\n install a\n", b"pip \\\n install a", True),
        (b"RUN <<EOF\npip install a\nEOF\n", b"pip install a\n", True),
        (b"RUN <<-EOF\n\tpip install a\n\tEOF\n", b"\tpip install a\n", True),
        (b"RUN <<EOF\n#!/bin/bash -e\na\nEOF\n", b"#!/bin/bash -e\na\n", True),
        (b"RUN <<EOF\n#!/usr/bin/env sh\na\nEOF\n", b"#!/usr/bin/env sh\na\n", True),
        (b"RUN <<EOF\n#!/usr/bin/env python3\na\nEOF\n", b"#!/usr/bin/env python3\na\n", False),
        (b"RUN <<-EOF\n\t#!/usr/bin/python\n\tEOF\n", b"\t#!/usr/bin/python\n", False),
        (b"RUN python <<EOF\na\nEOF\n", b"python <<EOF\na\nEOF", True),
        (b"RUN <<EOF python > \\\n b \na\nEOF\n", b"<<EOF python > \\\n b \na\nEOF", True),
        (b"RUN cat <<a <<b\n1\na\n2\nb\n", b"cat <<a <<b\n1\na\n2\nb", True),
        (b"RUN python <<EOF\r\na\r\nEOF\r\n", b"python <<EOF \na\r\nEOF", True),
    ],
)
def test_the_script_is_what_docker_gives_to_the_shell(data: bytes, script: bytes, is_shell: bool) -> None:
    run = as_run(first(data))
    assert run is not None
    (found,) = run.scripts
    assert (found.data, found.is_shell) == (script, is_shell)
    assert data[found.offset :].startswith(script[:3])


def test_exec_form_has_no_script() -> None:
    run = as_run(first(b'RUN ["pip", "install", "a"]\n'))
    assert run is not None
    assert run.exec_form == ("pip", "install", "a")
    assert run.scripts == ()

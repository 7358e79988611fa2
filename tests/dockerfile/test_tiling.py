"""Whatever it is given: the items tile the file, nothing raises, every span lies where it says."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uvmigrate.dockerfile import (
    Instruction,
    as_arg,
    as_cmd,
    as_copy,
    as_entrypoint,
    as_env,
    as_from,
    as_healthcheck,
    as_run,
    as_user,
    as_workdir,
    expand,
    parse,
    template_line,
)

VIEWS = (
    as_arg,
    as_cmd,
    as_copy,
    as_entrypoint,
    as_env,
    as_from,
    as_healthcheck,
    as_run,
    as_user,
    as_workdir,
)
FRAGMENTS = st.sampled_from(
    [
        *"\n \t\\`\"'$#<>-=[]{},:/&|;!@",
        *(
            "\r\n",
            "\\\n",
            "\\\r\n",
            "\\ \n",
            "`\n",
            "\n\n",
            "\n# c\n",
            "# escape=`\n",
            "# syntax=a\n",
            "\ufeff",
        ),
        *("FROM x", "RUN ", "run ", "COPY ", "ADD ", "ENV ", "ARG ", "CMD ", "ENTRYPOINT ", "HEALTHCHECK "),
        *("ONBUILD ", "USER ", "WORKDIR ", "LABEL ", "EXPOSE ", "SHELL ", "VOLUME ", "AS ", "NONE"),
        *("<<EOF", "<<-EOF", "<<'EOF'", '3<<"A B"', "EOF\n", "\tEOF\n", "<<", "<<<", "#!/bin/sh\n"),
        *("--mount=type=cache,target=/x ", "--from=b ", "--link ", '--a="b c" ', "-- "),
        *(
            "a",
            "b=c",
            'k="v w"',
            "$X",
            "${X:-d}",
            "${X#*}",
            "${",
            '["a", "b"]',
            '["\\ud800"]',
            "é",
            "\xa0",
            "\x85",
        ),
        *("{{ x }}", "{% if a %}", "{{.State}}", "\0"),
    ]
)
TEXTS = st.lists(FRAGMENTS, max_size=40).map(lambda parts: "".join(parts).encode())
FILES = st.one_of(TEXTS, TEXTS, st.binary(max_size=200))


def every(data: bytes) -> list[Instruction]:
    """All instructions, triggers of ONBUILD included."""
    parsed = parse(data)
    found = parsed.instructions
    assert found == sum(((s.from_, *s.instructions) for s in parsed.stages), parsed.preamble)
    return [*found, *(item.inner for item in found if item.inner)]


@given(FILES)
def test_items_tile_any_bytes(data: bytes) -> None:
    spans = [item.span for item in parse(data).items]
    assert b"".join(span.of(data) for span in spans) == data
    assert all(before.end == after.start for before, after in pairwise(spans))
    assert all(span for span in spans)


@given(FILES)
def test_the_spans_of_an_instruction_lie_within_each_other(data: bytes) -> None:
    for found in every(data):
        assert found.span.contains(found.text_span)
        assert found.text_span.contains(found.keyword_span)
        assert found.text_span.contains(found.args_span)
        inside = [flag.span for flag in found.flags] + [word.span for word in found.words]
        assert all(found.text_span.contains(span) for span in inside)
        for heredoc in found.heredocs:
            assert found.span.contains(heredoc.body)
            assert heredoc.body.end == heredoc.end.start


@given(FILES)
def test_masked_text_has_the_length_of_the_arguments_and_says_the_same(data: bytes) -> None:
    for found in every(data):
        text, start = found.masked()
        assert (start, len(text)) == (found.args_span.start, len(found.args_span))
        joined = text.replace(b"\\\n", b"")
        assert joined.replace(b" ", b"") == found.line.text.replace(b" ", b"")


@given(FILES)
def test_no_view_raises(data: bytes) -> None:
    template_line(data)
    for found in every(data):
        for view in VIEWS:
            view(found)
        for word in found.words:
            expand(word.text, {"X": "a/b"})


@pytest.mark.parametrize(
    "data",
    [
        b"RUN [" * 20000,
        b"ONBUILD " * 20000,
        b"COPY " + b"${a:-" * 20000,
        b"RUN <<" + b"${a:-" * 20000,
        b'CMD ["' + b"\\u0041" * 20000,
        b"RUN x \\\n" + b"# c\n" * 20000,
        b"#" + b" " * 100000 + b"x",
        b"ENV A=" + b"\\" * 99999,
    ],
    ids=lambda data: data[:12].decode(),
)
def test_long_and_deep_input_is_read_too(data: bytes) -> None:
    for found in every(data):
        as_run(found)
        assert found.words is not None
        for word in found.words:
            expand(word.text, {})

"""dockerfile-parse as a second opinion."""

from __future__ import annotations

import pytest

from uvmigrate.dockerfile import second_reader_disagrees


@pytest.mark.parametrize(
    "data",
    [
        b'# why\nFROM a AS b\nRUN c && \\\n    # comment\n    d\nCMD ["e"]\n',
        b"from a\r\nrun b \\\r\n  c\r\n",
        b"# escape=`\nFROM a\nRUN b `\n c\n",
        b'FROM a\nENV A b c\nARG D="e f"\nONBUILD RUN g\n',
    ],
)
def test_both_agree_on_ordinary_files(data: bytes) -> None:
    assert second_reader_disagrees(data) is None


def test_a_blank_line_in_a_continuation_is_where_it_disagrees() -> None:
    why = second_reader_disagrees(b"FROM a\nRUN b && \\\n\n    c\nRUN d\n")
    assert why == "dockerfile-parse reads C at line 4, this reader RUN at line 5"


@pytest.mark.parametrize(
    "data",
    [
        b"FROM a\nRUN <<EOF\nFROM fake\nEOF\n",
        b"\xef\xbb\xbfFROM a\n",
        b"FROM a\nRUN echo \xe9 \\\n\n b\n",
    ],
)
def test_it_is_not_asked_about_what_it_is_known_to_misread(data: bytes) -> None:
    assert second_reader_disagrees(data) is None

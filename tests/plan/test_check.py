"""After an edit, whatever it leaves alone must be read as it was before."""

from __future__ import annotations

import pytest

from uvmigrate.plan.check import damage
from uvmigrate.source import Edit, OverlapError, Span

TEXT = b"# syntax=docker/dockerfile:1\nFROM a\n\n# a comment\nRUN one\nRUN two\n"


def edit(old: bytes, new: bytes, text: bytes = TEXT) -> Edit:
    start = text.index(old)
    return Edit(Span(start, start + len(old)), new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"one", b"uno"),
        (b"one\n", b"uno && \\\n  due\n"),
        (b"RUN one\n", b""),
        (b"RUN one\n", b"COPY <<EOF x\nFROM b\nEOF\n"),
        (b"# a comment\n", b""),
        (b"RUN two\n", b"RUN two"),
        (b"FROM a\n", b"FROM a\nRUN zero\n# and\n"),
    ],
)
def test_an_edit_that_keeps_to_its_instruction_breaks_nothing(old: bytes, new: bytes) -> None:
    assert damage(TEXT, [edit(old, new)]) is None


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        (b"one\n", b"one \\\n", "line 6 is read differently afterwards"),
        (b"one", b"one <<EOF", "line 6 is read differently afterwards"),
        (b"one\n", b"one", "line 6 is read differently afterwards"),
        (b"# syntax", b"\n# syntax", None),
        (b"# syntax=docker/dockerfile:1\n", b"# escape=`\n", None),
        (b"FROM a\n\n", b"FROM a \\\n\n", "line 4 is read differently afterwards"),
        (b"one", b"one\nbogus", "a line cannot be read afterwards"),
    ],
)
def test_an_edit_that_reaches_beyond_it_is_named(old: bytes, new: bytes, what: str | None) -> None:
    assert damage(TEXT, [edit(old, new)]) == what


def test_an_instruction_that_comes_to_stand_on_another_line_is_named() -> None:
    glued = Edit.insert(TEXT.index(b"RUN two"), b"COPY x y")
    shorter = edit(b"two", b"2")
    assert damage(TEXT, [glued, shorter]) == "line 6 is no instruction of its own afterwards"
    assert damage(TEXT, [glued._replace(new=b"COPY x y\n"), shorter]) is None


def test_edits_are_judged_together() -> None:
    opening, closing = edit(b"RUN one\n", b"RUN <<EOF\n"), edit(b"RUN two\n", b"one\nEOF\n")
    assert damage(TEXT, [opening]) is not None
    assert damage(TEXT, [opening, closing]) is None


def test_what_could_not_be_read_before_is_no_damage() -> None:
    text = b"FROM a\nbogus\nRUN one\n"
    assert damage(text, [edit(b"one", b"uno", text)]) is None


def test_overlapping_edits_are_an_error() -> None:
    with pytest.raises(OverlapError):
        damage(TEXT, [edit(b"RUN one", b""), edit(b"one", b"")])

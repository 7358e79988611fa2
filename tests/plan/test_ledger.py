"""The ledger says of every instruction and command what became of it: nothing just vanishes."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plan.tiny import DOCKERFILE, planned, replacing
from uvmigrate.dockerfile import parse
from uvmigrate.plan import Ledger
from uvmigrate.source import Edit, Span, apply_edits

TEXT = b"FROM a\nRUN one && two\nCOPY b c\n"


def at(text: bytes, part: bytes) -> Span:
    start = text.index(part)
    return Span(start, start + len(part))


def fates(text: bytes, *edits: Edit) -> dict[str, str]:
    """What becomes of each instruction and command of *text*; the books must balance."""
    ledger = Ledger(PurePosixPath("Dockerfile"), text)
    ledger.advance("codemod", edits, text)
    assert ledger.problems(apply_edits(text, edits)) == ()
    return {entry.text: entry.fate for entry in ledger.entries()}


def test_it_lists_instructions_and_the_commands_in_them() -> None:
    ledger = Ledger(DOCKERFILE, TEXT)
    assert [(entry.line, entry.kind, entry.text, entry.fate) for entry in ledger.entries()] == [
        (1, "instruction", "FROM a", "kept"),
        (2, "instruction", "RUN one && two", "kept"),
        (2, "command", "one", "kept"),
        (2, "command", "two", "kept"),
        (3, "instruction", "COPY b c", "kept"),
    ]


def test_long_instructions_are_named_by_their_first_line() -> None:
    text = b"FROM a\nRUN one && \\\n  two\nRUN <<EOF\nthree\nEOF\n"
    shown = [(entry.line, entry.text) for entry in Ledger(DOCKERFILE, text).entries()]
    assert shown == [(1, "FROM a"), (2, "RUN one &&"), (2, "one"), (3, "two"), (4, "RUN <<EOF"), (5, "three")]


def test_what_no_edit_touches_is_kept_wherever_it_lies_now() -> None:
    assert set(fates(TEXT, Edit.insert(0, b"# new\n"), Edit.insert(len(TEXT), b"CMD x\n")).values()) == {
        "kept"
    }


def test_what_an_edit_changes_is_rewritten() -> None:
    assert fates(TEXT, Edit(at(TEXT, b"two"), b"2")) == {
        "FROM a": "kept",
        "RUN one && two": "rewritten",
        "one": "kept",
        "two": "rewritten",
        "COPY b c": "kept",
    }


def test_what_is_deleted_with_a_reason_is_dropped() -> None:
    found = fates(TEXT, Edit.delete(at(TEXT, b" && two"), "it means nothing"))
    assert found == {
        "FROM a": "kept",
        "RUN one && two": "rewritten",
        "one": "kept",
        "two": "dropped",
        "COPY b c": "kept",
    }
    assert fates(TEXT, Edit.delete(at(TEXT, b"COPY b c\n"), "why"))["COPY b c"] == "dropped"


@pytest.mark.parametrize("part", [b"COPY b c\n", b"COPY b c", b" && two", b"RUN one && two\n"])
def test_what_is_deleted_without_one_is_an_error(part: bytes) -> None:
    with pytest.raises(ValueError, match=r"Dockerfile:\d: codemod drops this without a reason"):
        fates(TEXT, Edit(at(TEXT, part), b""))


def test_deleting_all_of_it_but_comments_and_blanks_drops_it() -> None:
    text = b"FROM a\nRUN one && \\\n  # a comment\n  two\n"
    assert fates(
        text, Edit.delete(at(text, b"RUN one && \\\n"), "why"), Edit.delete(at(text, b"  two"), "why")
    ) == {
        "FROM a": "kept",
        "RUN one && \\".rstrip("\\ "): "dropped",
        "one": "dropped",
        "two": "dropped",
    }


def test_what_is_taken_away_and_put_elsewhere_is_moved() -> None:
    gone = at(TEXT, b"COPY b c\n")
    moving = [Edit(gone, b"", because="moved up"), Edit.insert(7, b"COPY b c\n", moved_from=gone)]
    assert fates(TEXT, *moving)["COPY b c"] == "moved"
    changing = [Edit(gone, b"", because="moved up"), Edit.insert(7, b"COPY b d\n", moved_from=gone)]
    assert fates(TEXT, *changing)["COPY b c"] == "rewritten"


def test_commands_move_with_their_instruction() -> None:
    gone = at(TEXT, b"RUN one && two\n")
    found = fates(
        TEXT, Edit(gone, b"", because="moved"), Edit.insert(len(TEXT), b"RUN one && two\n", moved_from=gone)
    )
    assert {found[text] for text in ("RUN one && two", "one", "two")} == {"moved"}


def test_a_command_that_its_moving_instruction_leaves_behind_is_dropped() -> None:
    instruction = at(TEXT, b"RUN one && two\n")
    moved = Edit.insert(len(TEXT), b"RUN two\n", moved_from=instruction)
    found = fates(TEXT, moved, Edit.delete(instruction, "one was for here alone"))
    assert found == {"FROM a": "kept", "RUN one && two": "rewritten", "one": "dropped", "two": "moved"} | {
        "COPY b c": "kept"
    }


def test_the_books_are_carried_through_every_step() -> None:
    text = b"FROM a\nRUN one && two\n"
    migration = planned(
        text,
        replacing("first", b"one", b"uno"),
        replacing("second", b"uno", b"eins"),
        replacing("third", b" && two", b"", because="it means nothing now"),
    )
    assert [(entry.text, entry.fate, entry.by, entry.because) for entry in migration.ledger] == [
        ("FROM a", "kept", (), ""),
        ("RUN one && two", "rewritten", ("first", "second", "third"), ""),
        ("one", "rewritten", ("first", "second"), ""),
        ("two", "dropped", ("third",), "it means nothing now"),
    ]


def test_a_file_that_nobody_edits_has_no_books() -> None:
    assert planned(TEXT, replacing("nothing", b"nothing", b"x")).ledger == ()


LINES = [
    b"FROM a\n",
    b"RUN one && two\n",
    b"RUN one && \\\n  # c\n  two; three\n",
    b"RUN (one; two) || three\n",
    b"RUN <<E\none\n# c\ntwo\nE\n",
    b"COPY <<E x\nb\nE\n",
    b"ENV A=1\r\n",
    b"# c\n",
    b"\n",
]


@st.composite
def edited(draw: st.DrawFn) -> tuple[bytes, list[Edit]]:
    """A Dockerfile and edits of it that do not overlap and have a reason."""
    data = b"FROM a\n" + b"".join(draw(st.lists(st.sampled_from(LINES), max_size=4)))
    bounds = sorted(draw(st.lists(st.integers(0, len(data)), max_size=6, unique=True)))
    new = st.sampled_from([b"", b"x", b"# c\n", b"RUN y\n", b" \n"])
    edits = [
        Edit(Span(a, b), draw(new), because="why") for a, b in zip(bounds[::2], bounds[1::2], strict=False)
    ]
    edits += (
        [Edit.insert(at, draw(new)) for at in draw(st.lists(st.sampled_from(bounds), max_size=2))]
        if bounds
        else []
    )
    return data, edits


@settings(deadline=None)
@given(edited(), st.randoms())
def test_the_books_balance_whatever_is_edited(example: tuple[bytes, list[Edit]], random: object) -> None:
    data, edits = example
    after = apply_edits(data, edits)
    ledger = Ledger(DOCKERFILE, data)
    ledger.advance("codemod", edits, data)
    assert ledger.problems(after) == ()
    kept = [entry for entry in ledger.entries() if entry.kind == "instruction" and entry.fate == "kept"]
    assert len(kept) <= len(parse(data).instructions)

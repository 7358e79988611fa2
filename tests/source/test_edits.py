"""Edits are the only way anything changes a file: what they leave alone stays byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uvmigrate.source import Edit, OverlapError, Relocation, Span, apply_edits

TEXT = b"FROM a\nRUN b\n"


def test_edits_are_made_at_once_with_the_offsets_of_the_original() -> None:
    edits = [Edit(Span(11, 12), b"pip"), Edit(Span(5, 6), b"python:3.12"), Edit.insert(0, b"# x\n")]
    assert apply_edits(TEXT, edits) == b"# x\nFROM python:3.12\nRUN pip\n"


def test_no_edits_change_nothing() -> None:
    assert apply_edits(TEXT, []) == TEXT


def test_insertions_at_one_place_keep_the_order_they_were_given_in() -> None:
    assert apply_edits(b"<>", [Edit.insert(1, b"1"), Edit.insert(1, b"2"), Edit.insert(1, b"3")]) == b"<123>"


def test_an_insertion_stands_before_what_is_replaced_at_its_place_and_behind_what_ends_there() -> None:
    replaced = [Edit(Span(1, 2), b"B"), Edit(Span(2, 3), b"C")]
    assert apply_edits(b"abcd", [*replaced, Edit.insert(2, b"-")]) == b"aB-Cd"
    assert apply_edits(b"abcd", [Edit(Span(1, 2), b"B"), Edit.insert(1, b"-")]) == b"a-Bcd"


@pytest.mark.parametrize(
    "edits",
    [
        [Edit(Span(0, 4), b""), Edit(Span(3, 5), b"")],
        [Edit(Span(2, 4), b"x"), Edit(Span(2, 4), b"x")],
        [Edit(Span(0, 4), b"x"), Edit.insert(2, b"y")],
        [Edit(Span(0, 9), b""), Edit(Span(2, 3), b"")],
    ],
    ids=["sharing bytes", "the same twice", "an insertion inside", "one inside another"],
)
def test_overlapping_edits_are_an_error(edits: list[Edit]) -> None:
    with pytest.raises(OverlapError, match="two edits at byte"):
        apply_edits(TEXT, edits)


@pytest.mark.parametrize("span", [Span(12, 14), Span(14, 14), Span(4, 3), Span(-2, 1)])
def test_a_span_that_is_not_in_the_data_is_an_error(span: Span) -> None:
    with pytest.raises(OverlapError):
        apply_edits(TEXT, [Edit(span, b"x")])


def test_edits_that_touch_do_not_overlap() -> None:
    assert apply_edits(b"abcd", [Edit(Span(0, 2), b"A"), Edit(Span(2, 4), b"B")]) == b"AB"


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        (Span(0, 2), Span(2, 4), False),
        (Span(0, 3), Span(2, 4), True),
        (Span(2, 2), Span(2, 4), False),
        (Span(3, 3), Span(2, 4), True),
        (Span(4, 4), Span(2, 4), False),
    ],
)
def test_an_empty_span_overlaps_only_what_it_lies_inside_of(one: Span, other: Span, shared: bool) -> None:
    assert one.overlaps(other) is other.overlaps(one) is shared


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ([Edit.insert(4, b"++")], Span(6, 10)),
        ([Edit.insert(8, b"++")], Span(4, 8)),
        ([Edit.insert(6, b"++")], Span(4, 10)),
        ([Edit(Span(0, 3), b"")], Span(1, 5)),
        ([Edit(Span(5, 7), b"x")], Span(4, 7)),
        ([Edit(Span(4, 8), b"x")], None),
        ([Edit(Span(3, 9), b"x")], None),
        ([Edit(Span(3, 5), b"x")], None),
        ([Edit(Span(7, 9), b"x")], None),
    ],
    ids=[
        "before",
        "behind",
        "inside",
        "deleted before",
        "replaced inside",
        "replaced",
        "swallowed",
        "cut",
        "cut off",
    ],
)
def test_a_span_is_followed_through_edits(edits: list[Edit], expected: Span | None) -> None:
    assert Relocation(edits).of(Span(4, 8)) == expected


@st.composite
def edited(draw: st.DrawFn) -> tuple[bytes, list[Edit]]:
    """Data and edits of it that do not overlap, in any order."""
    data = draw(st.binary(max_size=30))
    bounds = sorted(draw(st.lists(st.integers(0, len(data)), max_size=8, unique=True)))
    spans = [Span(a, b) for a, b in zip(bounds[::2], bounds[1::2], strict=False)]
    spans += [Span(at, at) for at in draw(st.lists(st.sampled_from(bounds), max_size=3))] if bounds else []
    edits = [Edit(span, draw(st.binary(max_size=5))) for span in spans]
    return data, draw(st.permutations(edits))


@given(edited())
def test_bytes_outside_of_edits_are_untouched(example: tuple[bytes, list[Edit]]) -> None:
    data, edits = example
    after = apply_edits(data, edits)
    place, rest = 0, after
    for edit in sorted(edits, key=lambda edit: (edit.span.start, edit.span.end)):
        kept = data[place : edit.span.start]
        assert rest.startswith(kept + edit.new)
        rest, place = rest[len(kept + edit.new) :], edit.span.end
    assert rest == data[place:]


@given(edited(), st.data())
def test_a_span_that_no_edit_touches_holds_the_same_bytes_where_it_is_found_again(
    example: tuple[bytes, list[Edit]], choice: st.DataObject
) -> None:
    data, edits = example
    start = choice.draw(st.integers(0, len(data)))
    span = Span(start, choice.draw(st.integers(start, len(data))))
    found = Relocation(edits).of(span)
    if any(edit.span.overlaps(span) for edit in edits):
        return
    assert found is not None
    assert found.of(apply_edits(data, edits)) == span.of(data)


@given(edited())
def test_a_span_around_all_edits_holds_what_they_made(example: tuple[bytes, list[Edit]]) -> None:
    data, edits = example
    framed = [Edit(edit.span.shift(1), edit.new) for edit in edits]
    found = Relocation(framed).of(Span(0, len(data) + 2))
    assert found is not None
    assert found.of(apply_edits(b"<" + data + b">", framed)) == b"<" + apply_edits(data, edits) + b">"

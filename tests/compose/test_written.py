"""What is written into a compose file is read as what was meant, and quoted only where it must be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compose.editing import usable
from uvmigrate.compose.tree import Items, Scalar, Table
from uvmigrate.compose.written import Layout, Plain, entry_lines, escaped, flow

LAYOUT = Layout("\n", "  ", "  ")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    [
        "yes",
        "1:30",
        "~",
        "0o17",
        "1e3",
        "=",
        "<<",
        "- a",
        "a: b",
        "a #b",
        "*a",
        "&a",
        "!a",
        "2001-01-01",
        ".inf",
    ]
)
VALUES: st.SearchStrategy[Plain] = st.recursive(
    st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "text",
    [
        "/tmp",
        "ALL",
        "no-new-privileges:true",
        "/tmp:uid=1001,gid=1001",
        "./a/b.c",
        "python -m app",
        "a@b",
        "$$A",
    ],
)
def test_a_text_that_is_read_as_itself_stays_plain(text: str) -> None:
    assert entry_lines("a", text, "", LAYOUT) == [f"a: {text}"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1001",
        "1001:1001",
        "1.5",
        "-1",
        ".5",
        "yes",
        "Off",
        "NULL",
        "~",
        "a: b",
        "a:",
        "a #b",
        "- a",
        " a",
        "#",
    ],
)
def test_a_text_that_would_be_something_else_is_quoted(text: str) -> None:
    assert entry_lines("a", text, "", LAYOUT) == [f'a: "{text}"']


def test_a_text_in_flow_style_is_quoted_where_it_has_a_colon_or_comma() -> None:
    assert flow(["a", "a,b", "a:b", True, {"b": 1}]) == '[a, "a,b", "a:b", true, {b: 1}]'


def test_a_dollar_stands_for_itself() -> None:
    assert escaped({"a": ["$A", "b", 1, True]}) == {"a": ["$$A", "b", 1, True]}


def read_back(text: str, key: str) -> object:
    file = usable(text.encode())
    return plain_of(file.documents[0].entries[key])


def plain_of(value: object) -> object:
    """A value of the file as Python has it; numbers and truths are told by their tags."""
    if isinstance(value, Table):
        return {key: plain_of(entry) for key, entry in value.entries.items()}
    if isinstance(value, Items):
        return [plain_of(item) for item in value.values]
    assert isinstance(value, Scalar)
    assert value.text is not None
    match value.tag.rpartition(":")[2]:
        case "bool":
            return value.text == "true"
        case "int":
            return int(value.text)
        case tag:
            assert tag == "str"
            return value.text


@given(VALUES)
def test_what_is_written_is_read_back(value: Plain) -> None:
    assert read_back("\n".join(entry_lines("x-a", value, "", LAYOUT)), "x-a") == value
    assert read_back(f"x-a: {flow(value)}", "x-a") == value

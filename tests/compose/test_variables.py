"""What a variable of a compose file becomes, as far as the file says it."""

from __future__ import annotations

import pytest

from uvmigrate.compose.variables import substitute

TEXTS = [
    ("no variable", "no variable"),
    ("${TAG:-latest}", "latest"),
    ("${TAG-latest}", "latest"),
    ("app:${TAG:-1.2}-${KIND:-slim}", "app:1.2-slim"),
    ("${EMPTY:-}", ""),
    ("${OUTER:-${INNER:-x}}", "x"),
    ("${OUTER:-a${INNER:-b}c}", "abc"),
    ("$$HOME costs $$5", "$HOME costs $5"),
    ("${A:-$$}", "$"),
    ("${a_lower:-x}", "x"),
]

UNKNOWN = [
    "$TAG",
    "${TAG}",
    "${TAG:?is needed}",
    "${TAG?is needed}",
    "${TAG:+set}",
    "${TAG:?say ${WHICH:-one}}",
    "$(date)",
    "$1 and $",
    "${}",
    "${TAG:-never closed",
    "${TAG",
]


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_a_variable_becomes_its_default(text: str, expected: str) -> None:
    assert substitute(text) == expected


@pytest.mark.parametrize("text", UNKNOWN)
def test_what_is_not_known_stays_as_it_is_written(text: str) -> None:
    assert substitute(text) == text


def test_a_default_may_itself_be_unknown() -> None:
    assert substitute("${PORT:-$OTHER}") == "$OTHER"
    assert substitute("${PORT:-${OTHER}}/tcp") == "${OTHER}/tcp"

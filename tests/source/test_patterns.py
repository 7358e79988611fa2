"""A pattern is compiled when it is first asked something."""

from __future__ import annotations

import importlib
import pkgutil
import re
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import uvmigrate
import uvmigrate_codemods
from uvmigrate.source import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_it_does_what_a_compiled_one_does() -> None:
    text, data = lazy_pattern(r"(\w)(\d)", re.ASCII), lazy_pattern(rb"\s+")
    found = text.fullmatch("a1")
    assert found is not None
    assert found.groups() == ("a", "1")
    assert text.sub(r"\2\1", "a1 b2") == "1a 2b"
    assert (text.pattern, text.groups, text.flags) == (r"(\w)(\d)", 2, re.ASCII)
    assert data.split(b"a \n b") == [b"a", b"b"]


def test_a_wrong_one_raises_when_it_is_used() -> None:
    wrong = lazy_pattern("(")
    with pytest.raises(re.error):
        wrong.match("")


def test_a_text_without_any_of_the_words_is_no_use() -> None:
    """Not even of a pattern that is wrong."""
    wrong = lazy_pattern("pip (", words=("pip", "uv"))
    assert (wrong.search("a"), wrong.match("a"), wrong.fullmatch("a")) == (None, None, None)
    assert (list(wrong.finditer("a")), wrong.sub("b", "a")) == ([], "a")
    with pytest.raises(re.error):
        wrong.search("uv")


def test_with_words_it_does_what_a_compiled_one_does() -> None:
    pip = lazy_pattern(r"(p)ip\d?", words=("pip",))
    for text in ("", "pip", "a pip3 pip"):
        made = re.compile(pip.pattern)
        for found, expected in (
            (pip.search(text, 1, 6), made.search(text, 1, 6)),
            (pip.match(text, 2), made.match(text, 2)),
            (pip.fullmatch(text), made.fullmatch(text)),
        ):
            assert (found and found.span()) == (expected and expected.span())
        assert [one.span() for one in pip.finditer(text)] == [one.span() for one in made.finditer(text)]
        assert pip.sub(lambda one: one[1], text) == made.sub(r"\1", text)
        assert pip.split(text) == made.split(text)


def patterns_of(value: object) -> Iterator[re.Pattern[str]]:
    """The lazy patterns in a module's global, alone or in a dict, a list or a tuple."""
    match value:
        case dict():
            yield from patterns_of(list(value.values()))
        case list() | tuple():
            for item in value:
                yield from patterns_of(item)
        case _ if type(value) in (type(lazy_pattern("")), type(WORDED)):
            yield cast("re.Pattern[str]", value)


WORDED = lazy_pattern("a", words=("a",))
MODULES = [
    module.name
    for package in (uvmigrate, uvmigrate_codemods)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    if "__main__" not in module.name and ".inside." not in module.name
]


def every_pattern() -> Iterator[re.Pattern[str]]:
    for name in MODULES:
        for value in vars(importlib.import_module(name)).values():
            yield from patterns_of(value)


def test_every_pattern_of_every_module_is_right() -> None:
    seen = [pattern.groups for pattern in every_pattern()]
    assert len(seen) > 400
    assert min(seen) == 0


@pytest.mark.parametrize(
    "worded",
    {one.pattern: one for one in every_pattern() if type(one) is type(WORDED)}.values(),
    ids=lambda one: repr(one.pattern)[:30],
)
def test_what_a_pattern_matches_holds_one_of_its_words(worded: re.Pattern[str]) -> None:
    words: tuple[str, ...] = worded.words  # type: ignore[attr-defined] # to mypy it is a pattern

    @settings(max_examples=200)
    @given(st.from_regex(re.compile(worded.pattern, worded.flags)))
    def check(text: str) -> None:
        assert any(word in text for word in words)

    check()

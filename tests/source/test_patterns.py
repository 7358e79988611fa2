"""A pattern is compiled when it is first asked something."""

from __future__ import annotations

import importlib
import pkgutil
import re
from typing import TYPE_CHECKING

import pytest

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


def patterns_of(value: object) -> Iterator[re.Pattern[str]]:
    """The lazy patterns in a module's global, alone or in a dict, a list or a tuple."""
    match value:
        case dict():
            yield from patterns_of(list(value.values()))
        case list() | tuple():
            for item in value:
                yield from patterns_of(item)
        case _ if type(value) is type(lazy_pattern("")):
            yield value


def test_every_pattern_of_every_module_is_right() -> None:
    names = [
        module.name
        for package in (uvmigrate, uvmigrate_codemods)
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        if "__main__" not in module.name and ".inside." not in module.name
    ]
    seen = 0
    for name in names:
        for value in vars(importlib.import_module(name)).values():
            for pattern in patterns_of(value):
                assert pattern.groups >= 0
                seen += 1
    assert seen > 400

"""A verdict is the same after it was written and read, and nothing else is taken for one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from report.verdicts import VERDICT
from uvmigrate.codemod import SettingsError
from uvmigrate.report.verdict_document import verdict_json
from uvmigrate.report.verdict_markdown import verdict_markdown
from uvmigrate.report.verdict_reading import read_verdict
from uvmigrate.verify.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_what_was_written_is_read_and_says_the_same() -> None:
    found = read_verdict(verdict_json(VERDICT).encode(), "v.json")
    assert verdict_json(found) == verdict_json(VERDICT)
    assert verdict_markdown(found) == verdict_markdown(VERDICT)
    assert read_verdict(verdict_json(Verdict("", ())).encode(), "v.json") == Verdict("", ())


def places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value of a document that is no list and no object."""
    items = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in items:
        if isinstance(value, dict | list):
            yield from places(value, (*path, key))
        else:
            yield (*path, key)


def test_a_value_of_another_kind_is_told() -> None:
    text = verdict_json(VERDICT)
    ignored = {"holds", "counts", "tool", "median"}
    for path in places(json.loads(text)):
        if ignored & set(path):
            continue
        document = json.loads(text)
        place = document
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = {"another": "kind"}
        with pytest.raises(SettingsError, match=r"^v\.json: no verdict of uvmigrate verify: "):
            read_verdict(json.dumps(document).encode(), "v.json")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "it is no JSON"),
        (b"\xff", "it is no JSON"),
        (b"[]", "it is not as its schema says"),
        (b"{}", "it is not as its schema says"),
        (b'{"version": 2}', "its version is 2, and 1 is known"),
        (b"[" * 100_000, "it is no"),
    ],
)
def test_what_is_no_verdict_is_told(data: bytes, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        read_verdict(data, "v.json")

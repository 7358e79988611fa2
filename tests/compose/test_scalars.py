"""Where the characters of a YAML scalar stand in the file. ruamel is the judge of what it reads as."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from compose.reading import read
from uvmigrate.compose import places_of

if TYPE_CHECKING:
    from uvmigrate.compose import Placed

#: How a command is written, and how its words stand in the file.
FORMS = {
    "serve --port 80": ["serve", "--port", "80"],
    "'serve  it''s'": ["serve", "it''s"],
    '"serve \\"a b\\" \\\n      c"': ["serve", '\\"a', 'b\\"', "c"],
    "serve one\n      two\n\n      three": ["serve", "one", "two", "three"],
    ">\n      serve one\n      two\n\n      three": ["serve", "one", "two", "three"],
    "|-\n      serve one\n\n      two": ["serve", "one", "two"],
    "&it !!str serve": ["serve"],
    "serve é ü": ["serve", "é", "ü"],
    "serve $$HOME ${OTHER}": ["serve", "$$HOME", "${OTHER}"],
}


def command(text: str) -> tuple[bytes, str, Placed]:
    """The file, the text as it reads, and its places."""
    data = f"services:\n  web:\n    image: a\n    command: {text}\n".encode()
    given = read(data).services[0].command
    assert given is not None
    assert given.text is not None
    places = places_of(given, data)
    assert places is not None
    return data, given.text, places[0]


@pytest.mark.parametrize(("form", "words"), FORMS.items())
def test_every_word_stands_where_its_places_say(form: str, words: list[str]) -> None:
    data, text, placed = command(form)
    assert placed.text == text
    encoded = text.encode()
    spans = [(found.start(), found.end()) for found in re.finditer(rb"\S+", encoded)]
    assert [data[placed.places[a] : placed.places[b]].decode() for a, b in spans] == words
    assert len(placed.places) == len(encoded) + 1


def test_the_default_of_a_variable_has_no_place() -> None:
    data, text, placed = command("serve ${PORT:-80} end")
    assert text == "serve 80 end"
    assert placed.places[6:8] == (None, None)
    assert placed.places[9] == data.index(b"end")


@pytest.mark.parametrize(
    "text", [r'"serve \x41"', ">\n      serve\n        deeper\n      end", "|2\n      serve"]
)
def test_forms_that_are_not_followed_have_no_places(text: str) -> None:
    data = f"services:\n  web:\n    image: a\n    command: {text}\n".encode()
    given = read(data).services[0].command
    assert given is not None
    assert places_of(given, data) is None


def test_items_of_a_list_are_placed_one_by_one() -> None:
    data = b"services:\n  web:\n    image: a\n    command: [serve, '-a', \"b c\"]\n"
    given = read(data).services[0].command
    assert given is not None
    found = places_of(given, data)
    assert found is not None
    assert [one.text for one in found] == ["serve", "-a", "b c"]
    assert [span.of(data) for span in given.spans] == [b"serve", b"'-a'", b'"b c"']

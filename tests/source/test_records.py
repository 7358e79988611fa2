"""A record is a ``typing.NamedTuple`` in all that the house uses of one."""

from __future__ import annotations

import copy
import pickle
import typing

import pytest

from uvmigrate.source import NamedTuple


class Place(NamedTuple):
    """Where something is."""

    path: str
    line: int = 1
    kept: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        return f"{self.path}:{self.line}"

    @classmethod
    def first(cls, path: str) -> Place:
        return cls(path)

    def __contains__(self, item: object) -> bool:
        return super().__contains__(item) or item == "always"


class Typing(typing.NamedTuple):
    """Where something is."""

    path: str
    line: int = 1
    kept: tuple[str, ...] = ()


def test_it_is_made_by_place_and_by_name() -> None:
    assert Place("a", 2) == Place(path="a", line=2) == ("a", 2, ())
    assert Place.first("a").said == "a:1"
    assert Place._make(["a", 2, ()]) == Place("a", 2)


@pytest.mark.parametrize(
    ("given", "names"),
    [((), {}), (("a", 1, (), 4), {}), ((), {"line": 1}), (("a",), {"path": "b"}), (("a",), {"word": 1})],
)
def test_what_is_missing_or_too_much_is_an_error(given: tuple[object, ...], names: dict[str, object]) -> None:
    for record in (Place, Typing):
        with pytest.raises(TypeError):
            record(*given, **names)  # type: ignore[arg-type] # mypy forbids what is tried


def test_it_says_what_it_holds_as_typing_s_does() -> None:
    ours, theirs = Place("a", 2), Typing("a", 2)
    assert repr(ours) == repr(theirs).replace("Typing", "Place")
    assert ours._asdict() == theirs._asdict()
    assert Place._fields == Typing._fields == Place.__match_args__
    assert Place._field_defaults == Typing._field_defaults
    assert (Place.__name__, Place.__doc__, Place.__module__) == ("Place", "Where something is.", __name__)


def test_it_is_replaced_copied_pickled_hashed_and_ordered() -> None:
    place = Place("a", 2)
    assert place._replace(line=3) == Place("a", 3)
    assert type(place._replace(line=3)) is Place
    with pytest.raises(TypeError):
        place._replace(word=1)  # type: ignore[call-arg] # mypy forbids what is tried
    for other in (copy.copy(place), copy.deepcopy(place), pickle.loads(pickle.dumps(place))):  # noqa: S301 - made here
        assert (other, type(other)) == (place, Place)
    assert {place: 1}[Place("a", 2)] == 1
    assert sorted([Place("b"), Place("a", 9)])[0].line == 9
    assert "always" in place
    assert "never" not in place


def test_it_holds_no_more_than_its_fields() -> None:
    with pytest.raises(AttributeError):
        Place("a").word = 1  # type: ignore[attr-defined] # mypy forbids what is tried
    with pytest.raises(AttributeError):
        Place("a").path = "b"  # type: ignore[misc] # mypy forbids what is tried


def test_it_is_matched_by_place_and_by_name() -> None:
    match Place("a", 2):
        case Place("a", line=line):
            assert line == 2
        case _:
            pytest.fail("not matched")

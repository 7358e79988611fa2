"""``NamedTuple``, as ``typing`` has it, made in a tenth of the time: a run makes two hundred at its start."""

from __future__ import annotations

from collections import namedtuple
from functools import cache
from types import FunctionType
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import NamedTuple as NamedTuple
    from typing import Self

_made = tuple.__new__
#: What makes a record of so many fields, by their number. `namedtuple` would have to compile it first.
_NEW: tuple[Callable[..., tuple[object, ...]], ...] = (
    lambda _cls: _made(_cls, ()),
    lambda _cls, a: _made(_cls, (a,)),
    lambda _cls, a, b: _made(_cls, (a, b)),
    lambda _cls, a, b, c: _made(_cls, (a, b, c)),
    lambda _cls, a, b, c, d: _made(_cls, (a, b, c, d)),
    lambda _cls, a, b, c, d, e: _made(_cls, (a, b, c, d, e)),
    lambda _cls, a, b, c, d, e, f: _made(_cls, (a, b, c, d, e, f)),
    lambda _cls, a, b, c, d, e, f, g: _made(_cls, (a, b, c, d, e, f, g)),
    lambda _cls, a, b, c, d, e, f, g, h: _made(_cls, (a, b, c, d, e, f, g, h)),
    lambda _cls, a, b, c, d, e, f, g, h, i: _made(_cls, (a, b, c, d, e, f, g, h, i)),
    lambda _cls, a, b, c, d, e, f, g, h, i, j: _made(_cls, (a, b, c, d, e, f, g, h, i, j)),
)


class _Shared(tuple[object, ...]):
    """What all records have; ``collections.namedtuple`` documents these methods."""

    __slots__ = ()
    _fields: tuple[str, ...]

    @classmethod
    def _make(cls, values: Iterable[object]) -> Self:
        return tuple.__new__(cls, values)

    def _asdict(self) -> dict[str, object]:
        return dict(zip(self._fields, self, strict=True))

    def _replace(self, **changes: object) -> Self:
        values = tuple(map(changes.pop, self._fields, self))
        if changes:
            raise TypeError(f"{type(self).__name__} has no field {', '.join(changes)}")
        return self._make(values)

    def __getnewargs__(self) -> tuple[object, ...]:
        return tuple(self)

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in self._asdict().items())
        return f"{type(self).__name__}({values})"


#: They are each record's own: a class with one base less is made in a fifth less time.
_METHODS = {
    name: vars(_Shared)[name] for name in ("_make", "_asdict", "_replace", "__getnewargs__", "__repr__")
}


@cache
def _named(count: int) -> type:
    names = [f"field{number}" for number in range(count)]
    made: type = namedtuple("made", names)  # type: ignore[misc] # mypy wants to see the names
    return made


def _class(name: str, body: dict[str, object]) -> type:
    """The class that ``class name(NamedTuple)`` with this body makes.

    Nothing is compiled for it: ``typing`` would compile each annotation, and ``collections`` a ``__new__``. A
    ``__new__`` of so many fields gets their names instead.
    """
    fields = tuple(cast("dict[str, str]", body["__annotations__"]))
    count = len(fields)
    defaults = {field: body[field] for field in fields if field in body}
    known = count < len(_NEW)
    new = cast("FunctionType", _NEW[count] if known else _named(count).__new__)
    getters = vars(_named(len(_NEW) - 1 if known else count))
    code = new.__code__.replace(co_varnames=("_cls", *fields))
    body = {**_METHODS, **body, **{field: getters[f"field{at}"] for at, field in enumerate(fields)}}
    body["__new__"] = FunctionType(code, new.__globals__, "__new__", tuple(defaults.values()))
    body |= {"__slots__": (), "__match_args__": fields, "_fields": fields, "_field_defaults": defaults}
    return type(name, (tuple,), body)


if not TYPE_CHECKING:

    class _Making(type):
        """Makes records of the classes below ``NamedTuple``."""

        def __new__(cls, name: str, bases: tuple[type, ...], body: Mapping[str, object]) -> type:
            return _class(name, dict(body)) if bases else super().__new__(cls, name, bases, body)

    class NamedTuple(metaclass=_Making):
        """The base of a record: ``class Point(NamedTuple): x: int``."""

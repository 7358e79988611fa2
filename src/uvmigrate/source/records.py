"""``NamedTuple``, as ``typing`` has it, made in a tenth of the time: a run makes two hundred at its start."""

from __future__ import annotations

from collections import namedtuple
from functools import cache
from types import FunctionType
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import NamedTuple as NamedTuple
    from typing import Self


class _Tuple(tuple[object, ...]):
    """What all records share; ``collections.namedtuple`` documents these methods."""

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


@cache
def _shape(count: int) -> tuple[FunctionType, list[object]]:
    """How a record of so many fields is made, and what reads each of them, whatever they are called."""
    names = [f"field{number}" for number in range(count)]
    made: type = namedtuple("made", names)  # type: ignore[misc] # mypy wants to see the names
    return cast("FunctionType", made.__new__), [vars(made)[name] for name in names]


def _class(name: str, body: dict[str, object]) -> type:
    """The class that ``class name(NamedTuple)`` with this body makes.

    Nothing is compiled for it: ``typing`` would compile each annotation, and ``collections`` a ``__new__``. A
    ``__new__`` of so many fields gets their names instead.
    """
    fields = tuple(cast("dict[str, str]", body["__annotations__"]))
    defaults = {field: body[field] for field in fields if field in body}
    new, getters = _shape(len(fields))
    code = new.__code__.replace(co_varnames=("_cls", *fields))
    body |= dict(zip(fields, getters, strict=True))
    body["__new__"] = FunctionType(code, new.__globals__, "__new__", tuple(defaults.values()))
    body |= {"__slots__": (), "__match_args__": fields, "_fields": fields, "_field_defaults": defaults}
    return type(name, (_Tuple,), body)


if not TYPE_CHECKING:

    class _Making(type):
        """Makes records of the classes below ``NamedTuple``."""

        def __new__(cls, name: str, bases: tuple[type, ...], body: Mapping[str, object]) -> type:
            return _class(name, dict(body)) if bases else super().__new__(cls, name, bases, body)

    class NamedTuple(metaclass=_Making):
        """The base of a record: ``class Point(NamedTuple): x: int``."""

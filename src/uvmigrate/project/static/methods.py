"""What the methods and operators of plain values give: texts, lists, dicts, paths, patterns."""

from __future__ import annotations

import ast
import operator
import re
import string
from typing import TYPE_CHECKING, Any

from uvmigrate.project.static.values import (
    MAX_ELEMENTS,
    MAX_TEXT,
    VERSION_INFO,
    FileText,
    PathValue,
    TextFile,
    is_text,
    unknown_in,
)
from uvmigrate.source import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Callable

#: Raised for what is not known; the caller knows the place.
ERRORS = (
    *(TypeError, ValueError, LookupError, AttributeError, ArithmeticError),
    *(SyntaxError, RecursionError, MemoryError, re.error),
)

_TEXT = frozenset(
    "strip lstrip rstrip split rsplit splitlines replace startswith endswith lower upper title capitalize"
    " join format partition rpartition removeprefix removesuffix find index count isdigit".split()
)
#: Those of them that give a text, whatever the text is.
_TEXT_TO_TEXT = frozenset(
    "strip lstrip rstrip replace lower upper title capitalize join format decode encode removeprefix"
    " removesuffix read read_text".split()
)
_LIST = frozenset("append extend insert remove pop copy index count sort reverse".split())
_DICT = frozenset("get items keys values update setdefault pop copy".split())
#: Methods of what may still hold unknown parts: they only move them.
_MOVES = frozenset("append extend insert update setdefault copy".split())
_PATTERN = frozenset("search match fullmatch findall split".split())
_MATCH = frozenset("group groups groupdict".split())
_OPERATORS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda one, other: one in other,
    ast.NotIn: lambda one, other: one not in other,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.Sub: operator.sub,
}
#: What VERSION_INFO may be at least and at most, as a whole and cut to two numbers.
_VERSIONS = ((3, 7, 0, "final", 0), (3, 999, 0, "final", 0), (3, 7), (3, 999))
_CONVERSION = lazy_pattern(r"%(?:\(\w+\))?(.)", re.DOTALL)
#: What may take a regular expression long: a repeated group, two repetitions without anything between them.
_SLOW = lazy_pattern(r"\)[*+{]|[*+}]\??[()]*(?:\\.|\[\^?\]?[^\]]*\]|[^\\\[()])[*+{]")


def returns_text(name: str) -> bool:
    """Whether this method gives a text of every text, file and path."""
    return name in _TEXT_TO_TEXT


def call_method(value: object, name: str, arguments: list[Any], keywords: dict[str, Any]) -> object:
    """``value.name(…)`` for the methods that are known. Raises one of ERRORS for others."""
    moves = isinstance(value, list | dict) and name in _MOVES
    if isinstance(value, list) and name == "extend":
        check_size(len(value) + len(arguments[0]))
    if not moves and unknown_in(value, arguments, keywords):
        raise ValueError("an argument is not known")
    match value:
        case str() if name in _TEXT:
            return _text(value, name, arguments, keywords)
        case FileText() if name in ("decode", "encode"):
            return value
        case list() if name in _LIST:
            if name == "sort" and "key" in keywords:
                raise ValueError("the order is not known")
            return getattr(value, name)(*arguments, **keywords)
        case dict() if name in _DICT:
            found = getattr(value, name)(*arguments, **keywords)
            return list(found) if name in ("items", "keys", "values") else found
        case re.Pattern() if name in _PATTERN:
            return getattr(value, name)(*arguments)
        case re.Match() if name in _MATCH:
            return getattr(value, name)(*arguments)
        case TextFile():
            return _file(value, name)
        case PathValue():
            return _path(value, name, arguments)
    raise AttributeError(name)


def check_size(elements: int, characters: int = 0) -> None:
    """Raises ValueError for a list or a text that grows too large."""
    if elements > MAX_ELEMENTS or characters > MAX_TEXT:
        raise ValueError("it grows too large")


def _text(value: str, name: str, arguments: list[Any], keywords: dict[str, Any]) -> object:
    if name == "replace":
        check_size(0, value.count(str(arguments[0])) * len(str(arguments[1])))
    if name == "join":
        arguments = [list(arguments[0])]
        check_size(0, sum(map(len, arguments[0])) + len(value) * len(arguments[0]))
    if name == "format":
        for _, field, specification, conversion in string.Formatter().parse(value):
            if field is not None and (not re.fullmatch(r"\w*", field) or specification or conversion):
                raise ValueError("only plain fields are filled in")
        if not all(isinstance(one, str | int) for one in (*arguments, *keywords.values())):
            raise ValueError("only texts and numbers are filled in")
        check_size(0, value.count("{") * sum(len(str(one)) for one in (*arguments, *keywords.values())))
    return getattr(value, name)(*arguments, **keywords)


def _file(value: TextFile, name: str) -> object:
    if value.read or not isinstance(value.text, FileText):
        raise ValueError("the file is not known, or was read before")
    if name not in ("read", "readlines", "close"):
        raise AttributeError(name)
    value.read = name != "close"
    return value.text if name == "read" else value.text.splitlines(keepends=True)


def _path(value: PathValue, name: str, arguments: list[Any]) -> object:
    if name in ("resolve", "absolute", "as_posix"):
        return value.text if name == "as_posix" else value
    if name == "joinpath":
        return joined(value, *arguments)
    raise AttributeError(name)


def joined(*pieces: object) -> PathValue:
    """The pieces of a path as one. Raises ValueError for what is none."""
    texts = [piece.text if isinstance(piece, PathValue) else piece for piece in pieces]
    text = ""
    for piece in texts:
        if not isinstance(piece, str):
            raise ValueError("no path")
        text = piece if piece.startswith("/") or not text else f"{text.rstrip('/')}/{piece}"
    return PathValue(text)


def binary(kind: ast.operator, one: Any, other: Any) -> object:
    """``one + other`` and the like. Raises one of ERRORS for what is not known."""
    match kind, one, other:
        case (ast.Add(), list(), list()) | (ast.Add(), tuple(), tuple()):
            check_size(len(one) + len(other))
            return _added(one, other)
        case ast.Add(), str() | int() | float(), str() | int() | float() if not unknown_in(one, other):
            return _added(one, other)
        case ast.Mod(), str(), _ if not unknown_in(other):
            return _filled(one, other)
        case ast.Div(), PathValue(), PathValue() | str():
            return joined(one, other)
        case ast.Div(), str(), PathValue():
            return joined(one, other)
        case ast.Mult(), str(), int() if len(one) * other <= 1000:
            return one * other
        case ast.BitOr(), dict(), dict():
            return one | other
        case ast.BitOr(), list(), list() if not unknown_in(one, other):
            # A set is read as a list without repetitions.
            return list(dict.fromkeys(one + other))
        case ast.Sub(), int(), int():
            return one - other
    raise TypeError("unknown operands")


def _added(one: Any, other: Any) -> object:
    if isinstance(one, str) and isinstance(other, str):
        check_size(0, len(one) + len(other))
    return one + other


def _filled(template: str, values: object) -> str:
    if any(kind not in "sd%" for kind in _CONVERSION.findall(template)):
        raise ValueError("only %s and %d are filled in")
    for value in (
        values.values() if isinstance(values, dict) else values if isinstance(values, tuple) else [values]
    ):
        if not isinstance(value, str | int):
            raise ValueError("only texts and numbers are filled in")
    check_size(0, template.count("%") * len(str(values)))
    return template % values


def compare(kind: ast.cmpop, one: object, other: object) -> bool:
    """The comparison of two plain values. Raises one of ERRORS for what is not known."""
    if VERSION_INFO in (one, other):
        return _compare_version(kind, one, other)
    plain = (str, int, float, bool, list, tuple, dict, type(None))
    both_plain = isinstance(one, plain) and isinstance(other, plain)
    with_none = isinstance(kind, ast.Is | ast.IsNot | ast.Eq | ast.NotEq) and (one is None or other is None)
    if unknown_in(one, other) or not (both_plain or with_none) or type(kind) not in _OPERATORS:
        raise TypeError("unknown operands")
    if isinstance(kind, ast.Is | ast.IsNot) and not with_none:
        raise TypeError("identity is not known")
    return bool(_OPERATORS[type(kind)](one, other))


def _compare_version(kind: ast.cmpop, one: object, other: object) -> bool:
    """The comparison of the Python that runs it with a tuple, where it is the same for all that may."""
    results = {
        compare(kind, version if one == VERSION_INFO else one, version if other == VERSION_INFO else other)
        for version in _VERSIONS
    }
    if len(results) > 1:
        raise ValueError("it depends on the Python that runs it")
    return results.pop()


def compiled(pattern: object, flags: int = 0) -> re.Pattern[str]:
    """The regular expression, if it is sure to take no time. Raises one of ERRORS otherwise."""
    if not isinstance(pattern, str) or len(pattern) > 200:
        raise ValueError("no short pattern")
    if _SLOW.search(pattern) or len(re.findall(r"[*+{]", pattern)) > 5:
        raise ValueError("the pattern may take long")
    return re.compile(pattern, flags)


def text_of_any(kind: ast.operator, one: object, other: object) -> bool:
    """Whether ``one + other`` or ``one % other`` is a text, though it is not known which."""
    adds = isinstance(kind, ast.Add) and is_text(one) and is_text(other)
    return adds or (isinstance(kind, ast.Mod) and is_text(one))

"""What an expression of a Python file is known to be, without running it."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

#: Stands for the absolute path of the project's folder; a private-use character that no path has.
HERE = "/\ue000"
#: What a text may grow to, in characters, and a list, in elements.
MAX_TEXT, MAX_ELEMENTS = 1024 * 1024, 10_000


# The values below are no NamedTuples: the file's own tuples are Python's tuples, and must not be mixed up
# with these.
@dataclass(frozen=True, eq=False)
class Unknown:
    """What only a run could tell, with the expression or statement that it depends on.

    ``text`` says that it is a text in any case.
    """

    node: ast.AST
    path: PurePosixPath
    text: bool = False

    @property
    def line(self) -> int:
        """The line of the node, from 1."""
        return int(getattr(self.node, "lineno", 0))

    @property
    def why(self) -> str:
        """One clause for people."""
        try:
            shown = ast.unparse(self.node).strip().partition("\n")
        except RecursionError:
            return "what stands here is only known when it runs"
        short = shown[0] if len(shown[0]) <= 60 else shown[0][:57] + "..."
        return f"`{short}` is only known when it runs"


@dataclass(frozen=True)
class Ref:
    """Something of another module or a builtin, by its full name."""

    name: str


#: The Python that runs it: 3.7 or newer, since setuptools 64 runs on no older one.
VERSION_INFO = Ref("sys.version_info")


@dataclass(frozen=True)
class PathValue:
    """A ``pathlib.Path``; the text is relative to the project's folder or begins with HERE."""

    text: str


class FileText(str):
    """The whole text of a file of the repository, as it is."""

    path: PurePosixPath

    def __new__(cls, text: str, path: PurePosixPath) -> FileText:
        """The text *text* of the file at *path*."""
        made = super().__new__(cls, text)
        made.path = path
        return made


@dataclass(eq=False)
class TextFile:
    """An open file; what was read is gone. ``text`` is not known where the file is not."""

    text: FileText | Unknown
    read: bool = False


@dataclass(frozen=True, eq=False)
class Function:
    """A function or a lambda, with its parameters' defaults and the module that it stands in."""

    node: ast.FunctionDef | ast.Lambda
    module: dict[str, object]
    path: PurePosixPath
    package: str
    defaults: dict[str, object]


@dataclass(frozen=True, eq=False)
class Module:
    """A module of the repository and what it binds."""

    name: str
    names: dict[str, object]


@dataclass(frozen=True, eq=False)
class Method:
    """A method of a value, which is about to be called."""

    of: object
    name: str


@dataclass
class Scope:
    """The names of a module, or of a function's call, and those of the module that it stands in.

    ``maybe`` are values that the function returns on some path that may be taken or not.
    """

    names: dict[str, object]
    module: dict[str, object]
    path: PurePosixPath
    package: str = ""
    global_names: set[str] = field(default_factory=set)
    maybe: list[object] = field(default_factory=list)


def parts(value: object) -> Iterator[object]:
    """*value*, and all that lists, tuples and dicts in it hold."""
    waiting, seen = [value], set[int]()
    while waiting:
        found = waiting.pop()
        yield found
        if isinstance(found, list | tuple | dict) and id(found) not in seen:
            seen.add(id(found))
            waiting += found
            waiting += found.values() if isinstance(found, dict) else ()


def unknown_in(*values: object) -> Unknown | None:
    """The first part of *values* that is not known."""
    return next((part for value in values for part in parts(value) if isinstance(part, Unknown)), None)


def is_text(value: object) -> bool:
    """Whether it is a text, known or not."""
    return isinstance(value, str) or (isinstance(value, Unknown) and value.text)


def spoil(value: object, unknown: Unknown) -> None:
    """Makes the content of every list and dict in *value* unknown, for all who hold them."""
    for part in list(parts(value)):
        if isinstance(part, list):
            part[:] = [unknown]
        elif isinstance(part, dict):
            part.clear()
            part[unknown] = unknown
        elif isinstance(part, TextFile):
            part.text = unknown


def frozen(value: object, depth: int = 0) -> object:
    """A value that equals another one's exactly where the two are alike, contents included.

    Raises RecursionError where lists hold each other too deeply.
    """
    if depth > 8:
        raise RecursionError("lists hold each other too deeply")
    match value:
        case list() | tuple():
            return (type(value), tuple(frozen(part, depth + 1) for part in value))
        case dict():
            pairs = ((frozen(key), frozen(part, depth + 1)) for key, part in value.items())
            return (dict, tuple(pairs))
        case TextFile():
            return (TextFile, id(value), value.read, frozen(value.text))
        case str() | int() | float() | bool() | None | Ref() | PathValue():
            return (type(value), value)
    return id(value)

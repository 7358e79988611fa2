"""Python files and files of tasks that start other programs, read as commands with places in their files."""

from __future__ import annotations

import ast
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING

from uvmigrate.build.placed_words import NOWHERE, Listed, read_list, read_script
from uvmigrate.shell import Word
from uvmigrate.source import NamedTuple, Span, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import PurePosixPath

    from uvmigrate.build.placed_words import Read
    from uvmigrate.pycode import Element, Launch, Launches, Unread

_SHEBANG = lazy_pattern(rb"#![^\n]*\bpython")
#: Without one of these there is nothing to be read.
_TOOLS = lazy_pattern(r"(?<![\w.-])(?:poetry|pipenv|pip[0-9.]*|uvx?)(?![\w-])|/activate\b|\.sh\b")
_PYTHON = lazy_pattern(r"(?:.*/)?python[0-9.]*")
#: The files in which runners look for tasks, and those of their options that take a value but a task.
_RUNNERS = {
    "invoke": ("tasks", "-c --collection -r --search-root -f --config"),
    "fab": ("fabfile", "-c --collection -r --search-root -f --fabfile -H --hosts -u --user"),
    "nox": ("noxfile", "-f --noxfile -p --python -k --keywords -t --tags -db --default-venv-backend"),
}
_RUNNERS["inv"] = _RUNNERS["invoke"]
_JOINERS = lazy_pattern(r"[;&|]+")


class Named(NamedTuple):
    """A file that a command starts, as a path in the image; ``tasks`` are those of it that it asks for."""

    path: str
    tasks: frozenset[str] = frozenset()


class Launched(NamedTuple):
    """One command that a Python file starts; ``line`` is 1-based, ``searched`` that of a `Launch`."""

    line: int
    read: Read
    searched: bool


def named_files(words: Sequence[str]) -> Iterator[Named]:
    """The Python files that a command runs as a module (``python -m x``) or for tasks (``invoke x``)."""
    for index, word in enumerate(words):
        if word == "-m" and any(_PYTHON.fullmatch(one) for one in words[max(0, index - 4) : index]):
            path = "/".join(words[index + 1].split(".")) if len(words) > index + 1 else ""
            yield from (Named(f"{path}.py"), Named(f"{path}/__main__.py")) if path else ()
        name = word.rpartition("/")[2]
        if name in _RUNNERS:
            default, valued = _RUNNERS[name]
            tasks = frozenset(_tasks(words[index + 1 :], valued.split()))
            yield from (Named(f"{default}.py", tasks), Named(f"{default}/__init__.py", tasks))


def _tasks(words: Sequence[str], valued: Sequence[str]) -> Iterator[str]:
    """The operands of a runner, and what ``nox -s`` names, up to where the command ends."""
    skip = False
    for word in words:
        if _JOINERS.fullmatch(word):
            return
        if not skip and not word.startswith("-"):
            yield word.rstrip(";")
        if word.endswith(";"):
            return
        skip = not skip and word in valued


def is_python(path: PurePosixPath, data: bytes) -> bool:
    """Whether a file is one of Python, by its name or its first line."""
    return path.suffix == ".py" or _SHEBANG.match(data) is not None


def launches_of(path: PurePosixPath, data: bytes, tasks: frozenset[str]) -> Launches | None:
    """What a Python file starts, of *tasks* if some are named; None for all else, or if it names no tool."""
    if not is_python(path, data) or not _names_a_tool(data):
        return None
    from uvmigrate.pycode import read_launches

    return read_launches(data, tasks)


@lru_cache(maxsize=256)
def _names_a_tool(data: bytes) -> bool:
    """Whether a text in a Python file names a tool, or the file imports pip; docstrings do not count.

    Most files do not, and libcst takes its time. What this Python cannot parse, libcst shall.
    """
    if not _TOOLS.search(data.decode(errors="replace")):
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            nodes = list(ast.walk(ast.parse(data)))
    except (SyntaxError, ValueError, RecursionError):
        return True
    said = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
            if any(name.partition(".")[0] == "pip" for name in names):
                return True
        elif isinstance(node, ast.Constant) and id(node) not in said:
            text = node.value.decode(errors="replace") if isinstance(node.value, bytes) else node.value
            if isinstance(text, str) and _TOOLS.search(text):
                return True
    return False


def launched(path: PurePosixPath, data: bytes, tasks: frozenset[str]) -> Iterator[Launched]:
    """The commands that a Python file starts, as far as they name a tool, in the order of the text."""
    found = launches_of(path, data, tasks)
    for launch in found.launches if found is not None else ():
        for read in _commands(launch):
            words = tuple(_sure(word, data, whole=read.array) for word in read.command.words)
            file = _file(launch) if read.array else None
            command = read.command._replace(words=words)
            yield Launched(launch.line, read._replace(command=command, file=file), launch.searched)


def unread(path: PurePosixPath, data: bytes, tasks: frozenset[str]) -> tuple[Unread, ...]:
    """What in a Python file looks like a call of a tool, and cannot be read."""
    found = launches_of(path, data, tasks)
    return found.unread if found is not None else ()


def _commands(launch: Launch) -> Iterator[Read]:
    if launch.is_text:
        text = launch.elements[0].text
        if text is not None:
            yield from read_script(text.text, text.places)
        return
    yield from read_list([_listed(element) for element in launch.elements], launch.span)


def _listed(element: Element) -> Listed:
    if element.text is None:
        return Listed(Word(None, element.span, '"${_}"', ("_",)), None)
    text, places, dynamic = element.text
    if dynamic:
        return Listed(Word(None, element.span, f'"{text}"', ("_",)), places)
    return Listed(Word(text, element.span, f"'{text}'"), places)


def _file(launch: Launch) -> Word | None:
    if launch.file is None or launch.file.text is None:
        return None
    return Word(launch.file.text.text, launch.file.span, "")


def _sure(word: Word, data: bytes, *, whole: bool) -> Word:
    """The word, without a place where it does not stand in the file as it reads: escapes, joined literals."""
    raw = word.raw.encode(errors="surrogateescape")
    if whole or word.variables or not len(word.span):
        return word
    # Behind its last character the literal may end, and the text go on in another one.
    span = Span(word.span.start, word.span.start + len(raw))
    return word._replace(span=span if span.of(data) == raw else NOWHERE)

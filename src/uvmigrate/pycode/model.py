"""What is found in a Python file that starts other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from uvmigrate.pycode.literals import Text
    from uvmigrate.source import Span


class Element(NamedTuple):
    """One word of a list: the span of the whole expression, and its text, None where it has none to read.

    ``sys.executable`` reads as ``python``.
    """

    span: Span
    text: Text | None


class Launch(NamedTuple):
    """A command that a Python file gives to a function that starts it; ``line`` is 1-based.

    ``elements`` are its words, or, where it ``is_text``, that alone. ``span`` is that of the
    list with its brackets. ``file`` is the program as ``os.execvp`` wants it once more, before the list; it
    is ``searched`` for on PATH, but by functions like ``os.execv``.
    """

    line: int
    span: Span
    elements: tuple[Element, ...]
    is_text: bool = False
    file: Element | None = None
    searched: bool = True


class Unread(NamedTuple):
    """A place where a Python file seems to call a tool, and that cannot be read; ``why`` in a clause."""

    line: int
    text: str
    why: str


class Launches(NamedTuple):
    """What a Python file starts, as far as that names a tool, and what of it cannot be read."""

    launches: tuple[Launch, ...] = ()
    unread: tuple[Unread, ...] = ()

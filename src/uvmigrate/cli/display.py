"""What a terminal gets to see: escaped, coloured, and wrapped to its width.

The colours are the sixteen that every terminal has, written by hand: importing rich for them would take
longer than importing click.
"""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING

from uvmigrate.cli.terminal import encoding_of, in_ascii, is_dumb, on_one_line, printable
from uvmigrate.report.lines import text_of
from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import TextIO

    from uvmigrate.cli.terminal import Result
    from uvmigrate.report.lines import Line, Role, Word

#: Parameters of SGR (ECMA-48, 8.3.117).
_ROLES: Mapping[Role, str] = {
    "path": "1",
    "id": "1",
    "code": "33",
    "quiet": "2",
    "command": "36",
    "migrated": "32",
    "partial": "33",
    "refused": "31",
    "noop": "2",
    "safe": "32",
    "review": "33",
    "opt-in": "36",
    "regression": "1;31",
    "unknown": "33",
    "meant": "36",
    "same": "32",
}
_PATCH = {"+": "32", "-": "31", "@": "36"}
_HEADERS = ("diff --git ", "--- ", "+++ ", "new file mode ", "deleted file mode ")
#: A head's title has the colour that git gives to a commit's name.
_TITLE = "33"
_CODES = lazy_pattern(r"\x1b\[[\d;]*m")
#: Columns below which wrapping would leave no text in a line.
_NARROWEST = 20


class Look(NamedTuple):
    """What a terminal can show, and how much of it."""

    width: int
    height: int
    coloured: bool
    encoding: str

    @classmethod
    def of(cls, stream: TextIO) -> Look:
        """As the terminal and its variables say: COLUMNS, LINES, NO_COLOR (no-color.org), TERM, locale."""
        width, height = shutil.get_terminal_size()
        coloured = not os.environ.get("NO_COLOR") and not is_dumb()
        return cls(width, height, coloured, encoding_of(stream))


def rendered(result: Result, look: Look, *, patch: bool = False) -> str:
    """A result as the terminal is to show it; lines of a *patch* in their usual colours, and not wrapped."""
    if isinstance(result, bytes):
        text = printable(result.decode(errors="backslashreplace"))
        if patch:
            return "".join(_patch(text, look))
        return in_ascii(text) if look.encoding == "ascii" else text
    return "".join(f"{row}\n" for line in result for row in _rows(_readable(line, look), look))


def rows(text: str, width: int) -> int:
    """How many rows of the screen a rendered text takes."""
    lines = (_CODES.sub("", line) for line in text.splitlines())
    return sum(max(1, -(-len(line) // width)) for line in lines)


def painted(text: str, colour: str | None, look: Look) -> str:
    """Text in a colour, where the terminal has some."""
    return f"\x1b[{colour}m{text}\x1b[0m" if colour and text and look.coloured else text


def _patch(text: str, look: Look) -> Iterator[str]:
    """The lines of a stream of patches. Only the heads are ours: what files say is not said otherwise."""
    last = ""
    for line in text.splitlines(keepends=True):
        body = line.rstrip("\n")
        if line.startswith("#"):
            title = not last.startswith("#")
            shown = in_ascii(body) if look.encoding == "ascii" else body
            yield painted(shown, _TITLE if title else None, look)
        else:
            yield painted(body, "1" if line.startswith(_HEADERS) else _PATCH.get(line[0]), look)
        yield line[len(body) :]
        last = line


def _readable(line: Line, look: Look) -> Line:
    def shown(text: str) -> str:
        escaped = on_one_line(text)
        return in_ascii(escaped) if look.encoding == "ascii" else escaped

    return tuple(shown(word) if isinstance(word, str) else (word[0], shown(word[1])) for word in line)


def _rows(line: Line, look: Look) -> Iterator[str]:
    """A line, wrapped between words to the width; one with a command stays whole, to be copied."""
    text = "".join(map(text_of, line))
    indent = len(text) - len(text.lstrip(" "))
    whole = any(not isinstance(word, str) and word[0] == "command" for word in line)
    cuts = [(0, len(text))] if whole else list(_cuts(text, look.width, indent + 4))
    for number, (start, end) in enumerate(cuts):
        blanks = " " * (indent + 4) if number else ""
        yield blanks + "".join(_painted(word, look) for word in _between(line, start, end))


def _cuts(text: str, width: int, hanging: int) -> Iterator[tuple[int, int]]:
    """Where the rows of a line begin and end; *hanging* is how far all but the first are indented."""
    start = end = 0
    room = max(width, _NARROWEST)
    for found in re.finditer(r" *[^ ]+", text):
        if found.end() - start > room and end:
            yield start, end
            start = found.end() - len(found.group().lstrip(" "))
            room = max(width - hanging, _NARROWEST)
        end = found.end()
    yield start, end


def _between(line: Line, start: int, end: int) -> Iterator[Word]:
    """The words of a line from one place of its text to another."""
    place = 0
    for word in line:
        text = text_of(word)
        part = text[max(start - place, 0) : max(end - place, 0)]
        place += len(text)
        if part:
            yield part if isinstance(word, str) else (word[0], part)


def _painted(word: Word, look: Look) -> str:
    return word if isinstance(word, str) else painted(word[1], _ROLES[word[0]], look)

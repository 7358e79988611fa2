"""Standard output and standard error: bytes for pipes, escaped and coloured text for terminals."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_COLOURS = {"+": "32", "-": "31", "@": "36", "#": "2"}
_HEADERS = ("diff --git ", "--- ", "+++ ", "new file mode ", "deleted file mode ")


def emit(data: bytes, *, patch: bool = False) -> None:
    """Write to standard output: as it is into a pipe; readable, and a *patch* coloured, on a terminal."""
    if sys.stdout.isatty():
        data = for_terminal(data, coloured=patch and _wants_colour()).encode(errors="replace")
    with _unread(sys.stdout):
        sys.stdout.buffer.write(data)
        sys.stdout.flush()


def say(message: str) -> None:
    """Write a message of the tool to standard error, after its name; credentials in it are masked."""
    with _unread(sys.stderr):
        print(f"uvmigrate: {printable(_masked(message))}", file=sys.stderr, flush=True)


def _masked(message: str) -> str:
    """Without credentials. `--help` says nothing here, and need not wait for what masks them."""
    from uvmigrate.source.mask import mask

    return mask(message)


def printable(text: str) -> str:
    """*text* with everything but printable characters, newlines and tabs escaped.

    What a repository says must not move a terminal's cursor, retitle its window or turn the direction of
    its letters.
    """
    return "".join(
        letter
        if letter.isprintable() or letter in "\n\t"
        else letter.encode("unicode_escape", "backslashreplace").decode()
        for letter in text
    )


def for_terminal(data: bytes, *, coloured: bool) -> str:
    """*data* as a terminal may show it; lines of a patch in its usual colours."""
    text = printable(data.decode(errors="backslashreplace"))
    if not coloured:
        return text
    return "".join(map(_coloured, text.splitlines(keepends=True)))


def _coloured(line: str) -> str:
    colour = "1" if line.startswith(_HEADERS) else _COLOURS.get(line[0])
    body = line.rstrip("\n")
    return f"\x1b[{colour}m{body}\x1b[0m{line[len(body) :]}" if colour else line


def _wants_colour() -> bool:
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


@contextlib.contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """A function that says what is going on now: behind a spinner on a terminal, else line by line."""
    if not sys.stderr.isatty():
        yield say
        return
    from rich.console import Console
    from rich.text import Text

    from uvmigrate.report.words import cut

    console = Console(stderr=True)
    with console.status("") as status:

        def spin(message: str) -> None:
            # On one line, with the spinner and a blank before it.
            status.update(Text(cut(printable(_masked(message)), console.width - 2)))

        yield spin


@contextlib.contextmanager
def _unread(stream: TextIO) -> Iterator[None]:
    """Whoever reads the stream may stop reading: that is no error, and Python need not say so at its end."""
    try:
        yield
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)

"""Standard output and standard error: bytes for pipes, what can be read for terminals."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, TextIO

from uvmigrate.cli.exits import CommandError, Exit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from uvmigrate.report.lines import Line

#: What is printed: bytes, which a pipe gets as they are, or lines whose words know what they are.
Result = bytes | tuple["Line", ...]
#: What our own messages say with letters that not every terminal has.
_ASCII = str.maketrans({"→": "->", "…": "...", "│": "|", "×": "x", "–": "-"})


def emit(result: Result, *, patch: bool = False, paged: bool = False) -> None:
    """Write to standard output: plain into a pipe; readable, and a *patch* coloured, on a terminal.

    What is *paged* goes through a pager where it is longer than the screen.
    """
    if sys.stdout.isatty():
        _show(result, patch=patch, paged=paged)
        return
    with _unread(sys.stdout):
        sys.stdout.buffer.write(in_bytes(result))
        sys.stdout.flush()


def in_bytes(result: Result) -> bytes:
    """What a pipe or a file gets."""
    if isinstance(result, bytes):
        return result
    from uvmigrate.report.lines import plain

    return plain(result).encode(errors="surrogateescape")


def _show(result: Result, *, patch: bool, paged: bool) -> None:
    from uvmigrate.cli import display

    look = display.Look.of(sys.stdout)
    text = display.rendered(result, look, patch=patch)
    data = text.encode(look.encoding, errors="backslashreplace")
    if paged and is_answering() and display.rows(text, look.width) >= look.height:
        from uvmigrate.cli.pager import page

        if page(data):
            return
    with _unread(sys.stdout):
        sys.stdout.buffer.write(data)
        sys.stdout.flush()


def say(message: str) -> None:
    """Write a message of the tool to standard error, after its name; credentials in it are masked."""
    text = printable(_masked(message))
    if sys.stderr.isatty() and encoding_of(sys.stderr) == "ascii":
        text = in_ascii(text)
    with _unread(sys.stderr):
        print(f"uvmigrate: {text}", file=sys.stderr, flush=True)


def fail(message: str) -> None:
    """Write an error as `say` writes a message, and on one line, whatever it quotes."""
    say(f"error: {on_one_line(message)}")


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


def on_one_line(text: str) -> str:
    """*text* with its newlines and tabs escaped as well."""
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


def in_ascii(text: str) -> str:
    """Our own message for a terminal that has no arrows and no dots in one."""
    return text.translate(_ASCII)


def encoding_of(stream: TextIO) -> str:
    """What a terminal is to be written in: ``utf-8``, or ``ascii``, which all others have in common.

    Python takes any terminal of the C locale for one of UTF-8 (PEP 538 and 540); who sets ``LC_ALL`` to it
    means it.
    """
    asked = os.environ.get("LC_ALL") in ("C", "POSIX")
    return "ascii" if asked or "utf" not in stream.encoding.lower() else "utf-8"


def is_answering() -> bool:
    """Whether somebody sits at a terminal, who sees what is printed, and types."""
    # A process may be started without any standard input.
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()


def is_dumb() -> bool:
    """Whether the terminal can do no more than print."""
    return os.environ.get("TERM") == "dumb"


@contextlib.contextmanager
def progress(first: str = "") -> Iterator[Callable[[str], None]]:
    """A function that says what is going on now: behind a spinner on a terminal, else line by line.

    *first* is what the spinner says until then; it turns up when something takes over half a second.
    """
    if not sys.stderr.isatty() or is_dumb():
        yield say
        return
    from uvmigrate.cli.spinner import Spinner

    spinner = Spinner(printable(_masked(first)), is_ascii=encoding_of(sys.stderr) == "ascii")
    try:
        yield lambda message: spinner.tell(printable(_masked(message)))
    finally:
        spinner.stop()


@contextlib.contextmanager
def _unread(stream: TextIO) -> Iterator[None]:
    """Whoever reads the stream may stop reading: that is no error, and Python need not say so at its end.

    Raises CommandError where standard output cannot be written otherwise, as on a full disk.
    """
    try:
        yield
    except OSError as error:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        if stream is sys.stdout and not isinstance(error, BrokenPipeError):
            why = f"standard output cannot be written: {error.strerror}"
            raise CommandError(why, Exit.ENVIRONMENT) from error

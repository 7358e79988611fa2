"""The commands that compose gives a service, each word at its place in the file."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, NamedTuple

from uvmigrate.compose import places_of
from uvmigrate.shell import Command, Word, every_command, handed_commands
from uvmigrate.shell import parse as parse_shell
from uvmigrate.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from uvmigrate.compose import Placed, Words

#: The span of a word that does not stand in the file: that of an entrypoint, or in a variable's default.
NOWHERE = Span(0, 0)


class Read(NamedTuple):
    """One command of a service; ``lead``, ``array`` and ``located`` are those of a `Start`."""

    command: Command
    located: bool
    array: bool = False
    lead: int = 0


def text_words(given: Words) -> tuple[str, ...]:
    """The words of a command: Compose splits a string into them as a shell would."""
    if given.argv is not None:
        return given.argv
    try:
        return tuple(shlex.split(given.text or ""))
    except ValueError:
        return tuple((given.text or "").split())


def read_words(given: Words, data: bytes, lead: Sequence[str] = ()) -> Iterator[Read]:
    """The command that *given* is, and those of a ``sh -c`` text in it; *data* is the file that it stands in.

    *lead* are the words of the entrypoint that is handed it.
    """
    found = places_of(given, data)
    shell = given.argv is None or given.argv[:1] == ("CMD-SHELL",)
    ahead = tuple(Word(text, NOWHERE, text) for text in lead)
    if not shell:
        yield from _of_list(given, found, ahead)
        return
    index = 0 if given.argv is None else 1
    if index and len(given.argv or ()) < 2:
        return
    text = (given.text if given.argv is None else given.argv[1]) or ""
    places = found[index].places if found is not None else None
    script = parse_shell(text.encode(errors="surrogateescape"))
    whole = script.commands[0].span if script.commands and len(script.statements) == 1 else None
    for command, located in every_command(script):
        moved = _moved(command, places) if located and places is not None else None
        # Nothing but the one command of a text is handed to an entrypoint.
        handed = ahead if command.span == whole and not index else ()
        command = moved or command
        yield Read(command._replace(words=handed + command.words), moved is not None, lead=len(handed))


def _of_list(given: Words, found: Sequence[Placed] | None, ahead: tuple[Word, ...]) -> Iterator[Read]:
    """A list of words. They are put into one text, of which every byte has a place, to be read."""
    first = 1 if given.argv is not None and given.argv[:1] == ("CMD",) else 0
    argv = given.argv or ()
    text, places = bytearray(), list[int | None]()
    words: list[Word] = []
    for index, one in enumerate(argv):
        encoded = one.encode(errors="surrogateescape")
        words.append(Word(one, Span(len(text), len(text) + len(encoded) + 2), f"'{one}'"))
        text += b"'" + encoded + b"' "
        inner = found[index].places if found is not None else (None,) * (len(encoded) + 1)
        places += [given.spans[index].start, *inner, given.spans[index].end]
    made = Command(Span(0, max(0, len(text) - 1)), tuple(words))
    own = tuple(
        Word(word.text, given.spans[index], word.raw if found is not None else "")
        for index, word in enumerate(words)
    )
    # An alias among them stands elsewhere.
    edges = [edge for span in given.spans for edge in (span.start, span.end)]
    located = edges == sorted(edges) and all(given.span.contains(span) for span in given.spans)
    yield Read(Command(given.span, ahead + own[first:]), located, array=True, lead=len(ahead))
    for command, is_placed in handed_commands(made):
        moved = _moved(command, places) if located and is_placed else None
        yield Read(moved or command, moved is not None)


def _moved(command: Command, places: Sequence[int | None]) -> Command | None:
    """The command, its words at their places in the file as far as they have some; None if it has none."""
    span = _placed(command.span, places)
    words = tuple(word._replace(span=_placed(word.span, places) or NOWHERE) for word in command.words)
    given = tuple(one._replace(span=_placed(one.span, places) or NOWHERE) for one in command.assignments)
    if span is None:
        return None
    return command._replace(span=span, words=words, assignments=given, redirects=())


def _placed(span: Span, places: Sequence[int | None]) -> Span | None:
    start, end = places[span.start], places[span.end]
    return None if start is None or end is None else Span(start, end)

"""Commands in files that are no shell's: lists of words and texts, each word at its place in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.shell import Command, Word, every_command, handed_commands
from uvmigrate.shell import parse as parse_shell
from uvmigrate.source import NamedTuple, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: The span of a word that does not stand in the file: that of an entrypoint, or in a variable's default.
NOWHERE = Span(0, 0)

Places = tuple[int | None, ...]


class Read(NamedTuple):
    """One command of a file; ``lead``, ``array``, ``located`` and ``file`` are those of a `Start`."""

    command: Command
    located: bool
    array: bool = False
    lead: int = 0
    file: Word | None = None


class Listed(NamedTuple):
    """One word of a list: as it is when the command runs, and where each byte of its text stands.

    There is one place more, for the end; ``places`` is None where the text does not stand in the file as it
    reads. The word's span is that of the whole element; what is raw in it, is in quotes.
    """

    word: Word
    places: Places | None


def read_list(words: Sequence[Listed], span: Span, ahead: tuple[Word, ...] = ()) -> Iterator[Read]:
    """The command that a list of words is, and those of a ``sh -c`` text in it. *ahead* are words before it.

    The words are put into one text, of which every byte has a place, to be read.
    """
    text, places = 0, list[int | None]()
    made: list[Word] = []
    for word, inner in words:
        length = len(word.raw.encode(errors="surrogateescape")) - 2
        made.append(word._replace(span=Span(text, text + length + 2)))
        text += length + 3
        places += [word.span.start, *(inner or (None,) * (length + 1)), word.span.end]
    edges = [edge for one, _ in words for edge in (one.span.start, one.span.end)]
    # An alias among them stands elsewhere.
    located = edges == sorted(edges) and all(span.contains(one.span) for one, _ in words)
    own = tuple(word._replace(raw=word.raw if inner is not None else "") for word, inner in words)
    yield Read(Command(span, ahead + own), located, array=True, lead=len(ahead))
    for command, is_placed in handed_commands(Command(Span(0, max(0, text - 1)), tuple(made))):
        moved = move(command, places) if located and is_placed else None
        yield Read(moved or command, moved is not None)


def read_script(text: str, places: Places | None, ahead: tuple[Word, ...] = ()) -> Iterator[Read]:
    """The commands of a shell's text. *ahead* are words of another place that a single one is handed to."""
    script = parse_shell(text.encode(errors="surrogateescape"))
    whole = script.commands[0].span if script.commands and len(script.statements) == 1 else None
    for command, located in every_command(script):
        moved = move(command, places) if located and places is not None else None
        handed = ahead if command.span == whole else ()
        found = moved or command
        yield Read(found._replace(words=handed + found.words), moved is not None, lead=len(handed))


def move(command: Command, places: Sequence[int | None]) -> Command | None:
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

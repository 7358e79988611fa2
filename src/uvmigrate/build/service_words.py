"""The commands that compose gives a service, each word at its place in the file."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from uvmigrate.build.placed_words import NOWHERE, Listed, read_list, read_script
from uvmigrate.shell import Word

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from uvmigrate.build.placed_words import Read
    from uvmigrate.compose import Placed, Words


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
    from uvmigrate.compose import places_of

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
    # Nothing but a service's own text is handed to an entrypoint.
    yield from read_script(text, found[index].places if found is not None else None, () if index else ahead)


def _of_list(given: Words, found: Sequence[Placed] | None, ahead: tuple[Word, ...]) -> Iterator[Read]:
    first = 1 if given.argv is not None and given.argv[:1] == ("CMD",) else 0
    words = [
        Listed(Word(one, given.spans[index], f"'{one}'"), found[index].places if found is not None else None)
        for index, one in enumerate(given.argv or ())
    ]
    yield from read_list(words[first:], given.span, ahead)

"""Lines for people whose words know what they are: pipes get them plain, terminals wrapped and coloured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from uvmigrate.report.words import escaped

if TYPE_CHECKING:
    from collections.abc import Iterable

#: What a word is. A "command" is to be copied, so its line is never wrapped.
Role = Literal[
    "path",
    "id",
    "code",
    "quiet",
    "command",
    "migrated",
    "partial",
    "refused",
    "noop",
    "safe",
    "review",
    "opt-in",
    "regression",
    "unknown",
    "meant",
    "same",
]
Word = str | tuple[Role, str]
#: One line, without its newline: the words follow one another as they are, blanks included.
Line = tuple[Word, ...]


def text_of(word: Word) -> str:
    """The text of one word."""
    return word if isinstance(word, str) else word[1]


def plain(lines: Iterable[Line]) -> str:
    """The lines as text, without what their words are; nothing in a name or a note breaks one."""
    return "".join(escaped("".join(map(text_of, line))) + "\n" for line in lines)

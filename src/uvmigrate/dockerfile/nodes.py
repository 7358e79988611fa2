"""The syntax tree of a Dockerfile: a flat tuple of items whose spans tile the file."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from uvmigrate.dockerfile.words import JSON_KEYWORDS, Word, health_parts, json_words, split_words
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from uvmigrate.dockerfile.lines import Logical
    from uvmigrate.source import Span


class Directive(NamedTuple):
    """A parser directive, ``# name=value``. ``name`` is in lower case."""

    span: Span
    name: str
    value: str


class Comment(NamedTuple):
    """A comment on a line of its own. ``text`` is without ``#`` and blanks around it."""

    span: Span
    text: str


class Blank(NamedTuple):
    """A blank line, or the byte order mark, which is an item so that no instruction starts with it."""

    span: Span


class Unknown(NamedTuple):
    """A logical line that starts with no keyword of Docker's. Spans as in Instruction."""

    span: Span
    text_span: Span
    keyword: str
    arguments: str


class Flag(NamedTuple):
    """A flag before the arguments, ``--name=value``: value without quotes, None where there is no ``=``."""

    name: str
    value: str | None
    span: Span
    value_span: Span | None


class Heredoc(NamedTuple):
    """A heredoc. ``end`` is its terminator's line, empty at the file's end where it is missing.

    ``word_span`` is the word that opens it, ``fd`` the digits before its arrows. ``expand`` says that nothing
    of the delimiter is quoted: COPY and ADD then fill in variables, a shell does what it does.
    """

    delimiter: str
    word_span: Span
    body: Span
    end: Span
    expand: bool
    strip_tabs: bool
    fd: str


class Instruction:
    """One instruction, as it was parsed: it does not change, and what is worked out of it is kept with it.

    All spans are offsets into the file's bytes, also of an ONBUILD's ``inner`` one.

    ``span`` goes from the start of the keyword's line through the last line end, heredocs included;
    ``text_span`` from the keyword to the last character of the logical line that is not blank;
    ``args_span`` is its part behind keyword and flags, and ``arguments`` that part as one line.
    """

    def __init__(
        self,
        span: Span,
        text_span: Span,
        keyword: str,
        keyword_span: Span,
        flags: tuple[Flag, ...],
        args_span: Span,
        arguments: str,
        heredocs: tuple[Heredoc, ...],
        inner: Instruction | None,
        line: Logical,
    ) -> None:
        """What the parser found; *line* is the logical line of the arguments."""
        self.span = span
        self.text_span = text_span
        self.keyword = keyword
        self.keyword_span = keyword_span
        self.flags = flags
        self.args_span = args_span
        self.arguments = arguments
        self.heredocs = heredocs
        self.inner = inner
        self.line = line

    def masked(self) -> tuple[bytes, int]:
        """The arguments as shell text of the length of ``args_span``, and where that starts.

        An offset in the text plus that start is an offset in the file (see `Logical.masked`).
        """
        return self.line.masked(), self.args_span.start

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """The arguments as BuildKit splits them for this keyword; JSON elements where they are an array."""
        return split_words(self.keyword, self.line)

    @property
    def exec_words(self) -> tuple[Word, ...]:
        """The elements of the JSON form; empty for shell form (see ``exec_form``)."""
        return self._json or ()

    @cached_property
    def exec_form(self) -> tuple[str, ...] | None:
        """The strings of the JSON form, None for shell form; HEALTHCHECK's is behind its CMD."""
        return None if self._json is None else tuple(word.text for word in self._json)

    @cached_property
    def _json(self) -> tuple[Word, ...] | None:
        if self.keyword == "HEALTHCHECK":
            return json_words(health_parts(self.line)[1])
        return json_words(self.line) if self.keyword in JSON_KEYWORDS else None


Item = Directive | Comment | Blank | Instruction | Unknown


class Stage:
    """A build stage: its FROM and the instructions below it. ``name`` is in lower case."""

    def __init__(
        self, index: int, name: str | None, from_: Instruction, instructions: tuple[Instruction, ...]
    ) -> None:
        """The stage of this number, from 0."""
        self.index = index
        self.name = name
        self.from_ = from_
        self.instructions = instructions


class Dockerfile:
    """A parsed Dockerfile. ``newline`` is what most of its lines end with, for lines that are added."""

    def __init__(self, data: bytes, items: tuple[Item, ...], escape: bytes, newline: bytes) -> None:
        """The items tile the data."""
        self.data = data
        self.items = items
        self.escape = escape
        self.newline = newline

    @cached_property
    def instructions(self) -> tuple[Instruction, ...]:
        """All instructions, in order."""
        return tuple(item for item in self.items if isinstance(item, Instruction))

    @cached_property
    def directives(self) -> dict[str, str]:
        """The parser directives by name; BuildKit refuses a repeated one, here the first counts."""
        found: dict[str, str] = {}
        for item in self.items:
            if isinstance(item, Directive):
                found.setdefault(item.name, item.value)
        return found

    @property
    def preamble(self) -> tuple[Instruction, ...]:
        """The instructions before the first FROM: the global ARGs."""
        instructions = self.instructions
        first = next(
            (i for i, found in enumerate(instructions) if found.keyword == "FROM"), len(instructions)
        )
        return instructions[:first]

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """The build stages, in order."""
        instructions = self.instructions
        starts = [i for i, found in enumerate(instructions) if found.keyword == "FROM"]
        return tuple(
            Stage(index, _stage_name(instructions[start]), instructions[start], instructions[start + 1 : end])
            for index, (start, end) in enumerate(pairwise([*starts, len(instructions)]))
        )

    def line(self, offset: int) -> int:
        """The 1-based line that the byte at *offset* is on."""
        return bisect_left(_line_ends(self.data), offset) + 1


@lru_cache(maxsize=1024)
def _line_ends(data: bytes) -> list[int]:
    """Where the line feeds stand: to count them for each instruction would take too long."""
    return [found.start() for found in re.finditer(b"\n", data)]


def _stage_name(instruction: Instruction) -> str | None:
    words = instruction.words
    return words[2].raw.lower() if len(words) == 3 and words[1].raw.lower() == "as" else None

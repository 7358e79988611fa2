"""What a shell text is made of: simple commands with their words and joiners, and what is opaque."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from uvmigrate.source import Span

JoinerText = Literal["&&", "||", ";", "|", "|&", "&", "\n"]

#: The joiners that end an and-or list; the others join the commands of one list (POSIX, shell grammar).
TERMINATORS = frozenset({";", "&", "\n"})
PIPES = frozenset({"|", "|&"})


class Joiner(NamedTuple):
    """An operator between two statements or after the last one. A newline's span is its line feed."""

    text: JoinerText
    span: Span


class Word(NamedTuple):
    """One word of a command.

    ``text`` is what the command gets, after quote removal; None where the shell expands something in it
    (a glob, a tilde or a brace list is taken literally). ``variables`` names what it expands, in order.
    """

    text: str | None
    span: Span
    raw: str
    variables: tuple[str, ...] = ()


class Assignment(NamedTuple):
    """``NAME=value`` before a command name, or alone. ``value`` is None where the shell computes it."""

    name: str
    value: str | None
    span: Span


class Redirect(NamedTuple):
    """``2>file``, ``<<EOF``, ``<<<word``; the operator is without the descriptor's number.

    ``span`` ends with the target. ``body`` covers a heredoc's lines, its terminator without newline included.
    """

    span: Span
    operator: str
    target: Word | None
    body: Span | None = None


class Command(NamedTuple):
    """A simple command: assignments, words and redirections, and how it is joined to its neighbours.

    ``guarded``: part of a list with ``||``, so that whether it runs, or whether its failure counts, depends
    on another command. ``piped``: part of a pipeline of two or more. ``background``: its list ends with
    ``&``. ``nested``: inside control flow, a group, a function or a substitution, and only there to be
    found. ``inner``: the commands in the substitutions of its own words and heredocs, in text order.
    """

    span: Span
    words: tuple[Word, ...]
    assignments: tuple[Assignment, ...] = ()
    redirects: tuple[Redirect, ...] = ()
    before: Joiner | None = None
    after: Joiner | None = None
    guarded: bool = False
    piped: bool = False
    background: bool = False
    negated: bool = False
    nested: bool = False
    inner: tuple[Command, ...] = ()

    @property
    def name(self) -> str | None:
        """The command's name as written, with its folder; None where it has none or the shell computes it."""
        return self.words[0].text if self.words else None

    @property
    def argv(self) -> tuple[str | None, ...]:
        """The texts of all words, the name first."""
        return tuple(word.text for word in self.words)


#: Why a statement is opaque whose text no shell may read as it is meant: what is in it is not known.
UNREAD = frozenset({"syntax error", "too complex", "unreadable heredoc"})


class Opaque(NamedTuple):
    """A statement that is not a simple command, or cannot be read with certainty; ``why`` says which.

    One of "control flow: if" (for, while, until, case, select), "subshell", "brace group", "arithmetic",
    "function definition", "syntax error", "unreadable heredoc", "unknown construct", "too complex".
    ``commands`` are the simple commands found inside, for searching only; none of what is too complex.
    """

    span: Span
    why: str
    commands: tuple[Command, ...] = ()
    before: Joiner | None = None
    after: Joiner | None = None


class Script(NamedTuple):
    """A shell text: its top-level statements in order.

    ``data`` is the text that was parsed, ``span`` its place in the file. ``comments`` are the shell's own
    comments, from ``#`` to before the newline. ``located`` is False where the text does not stand in the
    file as it is (a quoted string with escapes): then spans mean nothing and it cannot be edited.
    """

    span: Span
    data: bytes
    statements: tuple[Command | Opaque, ...]
    comments: tuple[Span, ...] = ()
    located: bool = True

    @property
    def commands(self) -> tuple[Command, ...]:
        """The top-level simple commands."""
        return tuple(found for found in self.statements if isinstance(found, Command))

    @property
    def opaque(self) -> tuple[Opaque, ...]:
        """The top-level statements that are not simple commands."""
        return tuple(found for found in self.statements if isinstance(found, Opaque))

    @property
    def everything(self) -> tuple[Command, ...]:
        """All simple commands in text order, those inside opaque statements and substitutions included."""
        found: list[Command] = []
        for statement in self.statements:
            if isinstance(statement, Command):
                found += [statement, *statement.inner]
            else:
                found += statement.commands
        return tuple(found)

    def of(self, span: Span) -> bytes:
        """The bytes of the parsed text that *span*, in file offsets, covers."""
        return span.shift(-self.span.start).of(self.data)

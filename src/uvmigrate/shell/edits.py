"""Edits of shell texts: drop commands, insert commands, change the words of one.

All take the bytes of the whole file as *source*: there, and not in the masked text, stand the comments, the
line ends and the escape character of a Dockerfile. All offsets are file offsets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.shell import layout
from uvmigrate.shell.model import PIPES, TERMINATORS, Command, Joiner, Opaque, Script
from uvmigrate.source import Edit, NamedTuple, Span

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

Statement = Command | Opaque


def droppable(command: Command) -> bool:
    """Whether nothing else depends on the command being there.

    False for a command inside another construct, in a pipeline, in a list with ``||``, after ``!``, and for
    one that opens a heredoc.
    """
    return not command.piped and _droppable_with_its_pipeline(command)


def droppable_together(script: Script, commands: Collection[Command]) -> bool:
    """Whether nothing else depends on the commands being there, which all go: of a pipeline all or none."""
    spans = {command.span for command in commands}
    gone = _indexes(script, spans)
    return script.located and len(gone) == len(spans) and not _cuts_a_pipeline(script.statements, gone)


def _droppable_with_its_pipeline(command: Command) -> bool:
    heredoc = any(redirect.body for redirect in command.redirects)
    return not (command.nested or command.guarded or command.negated or heredoc)


def _indexes(script: Script, spans: Collection[Span]) -> set[int]:
    """The statements at the spans that may go, apart from what pipes tie them to."""
    return {
        index
        for index, statement in enumerate(script.statements)
        if statement.span in spans
        and isinstance(statement, Command)
        and _droppable_with_its_pipeline(statement)
    }


def _cuts_a_pipeline(statements: Sequence[Statement], gone: set[int]) -> bool:
    piped = (i for i, one in enumerate(statements) if one.after is not None and one.after.text in PIPES)
    return any((index in gone) != (index + 1 in gone) for index in piped)


def drop(
    script: Script,
    commands: Collection[Command],
    because: str,
    source: bytes,
    *,
    commented: Collection[Command] = (),
) -> tuple[Edit, ...]:
    """Remove top-level commands, each with one joiner, so that the rest means what it meant and looks tidy.

    Comment lines stay, but for those directly on top of *commented*. Where nothing would be left, one edit
    deletes the whole text, comments and all: the caller then wants to delete what holds it. Raises ValueError
    for commands that are not droppable together, or not of this script.
    """
    if not droppable_together(script, commands):
        raise ValueError("a command that cannot be dropped from this text")
    gone = _indexes(script, {command.span for command in commands})
    if not gone:
        return ()
    if len(gone) == len(script.statements):
        return (Edit.delete(script.span, because),)
    along = [
        line for command in commented for line in layout.comments_above(script, source, command.span.start)
    ]
    chosen = (
        _chosen(script, source, options, along) for options in _regions(script.statements, gone, source)
    )
    regions = layout.union(chosen)
    carved = [span for region in regions for span in layout.carve(script, source, region, along)]
    carved += [line for line in along if not any(region.overlaps(line) for region in regions)]
    return tuple(Edit.delete(span, because) for span in sorted(carved))


class _Options(NamedTuple):
    """Two spans that may go, either of them: the command with the joiner before it, or with the one after."""

    first: Span
    second: Span | None = None
    #: Where the joiner before the command stands.
    joiner: int = 0


def _chosen(script: Script, source: bytes, options: _Options, along: Collection[Span]) -> Span:
    first, second = options.first, options.second
    if second is None:
        return first
    comments = [layout.kept_lines(script, source, span, along) for span in (first, second)]
    if comments[0] and comments[1]:
        leading = layout.begins_line(source, options.joiner)
        return first if leading else second
    if comments[0] or comments[1]:
        return second if comments[0] else first
    whole_lines = b"\n" in first.of(source) and b"\n" not in second.of(source)
    return second if whole_lines else first


def _regions(statements: Sequence[Statement], gone: set[int], source: bytes) -> Iterator[_Options]:
    run: list[int] = []
    for low, high in _lists(statements):
        if all(index in gone for index in range(low, high + 1)):
            run += range(low, high + 1)
            continue
        if run:
            yield _whole_lists(statements, run[0], run[-1], source)
            run = []
        yield from _within(statements, low, high, gone)
    if run:
        yield _whole_lists(statements, run[0], run[-1], source)


def _lists(statements: Sequence[Statement]) -> Iterator[tuple[int, int]]:
    """First and last index of each and-or list."""
    low = 0
    for index, statement in enumerate(statements):
        last = index == len(statements) - 1
        if last or statement.after is None or statement.after.text in TERMINATORS:
            yield low, index
            low = index + 1


def _within(statements: Sequence[Statement], low: int, high: int, gone: set[int]) -> Iterator[_Options]:
    """The dropped runs of a list of which something stays: with ``&&``, either neighbour's joiner may go."""
    index = low
    while index <= high:
        if index not in gone:
            index += 1
            continue
        first = index
        while index <= high and index in gone:
            index += 1
        last = index - 1
        after = Span(statements[first].span.start, statements[index].span.start) if index <= high else None
        before = Span(statements[first - 1].span.end, statements[last].span.end)
        if first > low:
            yield _Options(before, after, _between(statements, first).span.start)
        elif after is not None:
            yield _Options(after)


def _between(statements: Sequence[Statement], index: int) -> Joiner:
    """The joiner before a statement that is not the first."""
    joiner = statements[index].before
    if joiner is None:
        raise ValueError("two statements without a joiner")
    return joiner


def _whole_lists(statements: Sequence[Statement], first: int, last: int, source: bytes) -> _Options:
    """A run of whole lists goes with its own terminator, or with the one before where that means the same."""
    start, end, after = statements[first].span.start, statements[last].span.end, statements[last].after
    ended_by = after.text if after else None
    follower = Span(start, statements[last + 1].span.start) if last + 1 < len(statements) else None
    before = _between(statements, first) if first else None
    if after and ended_by == "\n" and follower and layout.begins_line(source, start):
        return _Options(Span(layout.line_start(source, start), after.span.end))
    if before is None:
        return _Options(follower or Span(start, end))
    previous = statements[first - 1].span.end
    through = after.span.end if after and ended_by != "\n" else end
    if before.text == "\n":
        if follower is None:
            ends = layout.line_end(source, before.span.start)
            return _Options(Span(ends, layout.line_end(source, through)))
        return _Options(follower)
    if before.text == "&":
        kept = Span(before.span.end, through if follower is None else end)
        return _Options(kept if follower is None or ended_by == "\n" else follower)
    if ended_by == "&":
        return _Options(follower or Span(previous, through))
    return _Options(Span(previous, end), follower if ended_by == ";" else None, before.span.start)


def insert_before(script: Script, command: Command, text: str, source: bytes, joiner: str = "&&") -> Edit:
    """A new command *text* that runs before *command*, joined as its neighbours are.

    In a text of lines (a script, a heredoc) it gets a line of its own, unless *command* continues a list.
    Raises ValueError where *command* is piped, guarded, negated or nested.
    """
    _check(script, command)
    if layout.of_lines(script) and (command.before is None or command.before.text == "\n"):
        indent = layout.indent(source, command.span.start)
        return Edit.insert(
            command.span.start, text.encode(errors="surrogateescape") + layout.newline(source) + indent
        )
    return Edit.insert(
        command.span.start,
        text.encode(errors="surrogateescape") + _separator(script, command, source, joiner),
    )


def insert_after(script: Script, command: Command, text: str, source: bytes, joiner: str = "&&") -> Edit:
    """A new command *text* that runs after *command*; as `insert_before`. A heredoc's lines stay in place."""
    _check(script, command)
    if layout.of_lines(script) and (command.after is None or command.after.text == "\n"):
        at = layout.line_end(source, command.after.span.start if command.after else command.span.end)
        for body in sorted(r.body for found in script.everything for r in found.redirects if r.body):
            at = max(at, body.end) if body.start <= at + 2 and body.end > at else at
        indent = layout.indent(source, command.span.start)
        return Edit.insert(at, layout.newline(source) + indent + text.encode(errors="surrogateescape"))
    return Edit.insert(
        command.span.end, _separator(script, command, source, joiner) + text.encode(errors="surrogateescape")
    )


def _check(script: Script, command: Command) -> None:
    tied = command.nested or command.guarded or command.piped or command.negated
    if tied or not script.located or command.span not in {found.span for found in script.commands}:
        raise ValueError("nothing can be joined to a command that is tied to others")


def _separator(script: Script, command: Command, source: bytes, joiner: str) -> bytes:
    """What stands between two commands here, with another joiner; the nearest gap is the model."""
    statements = script.statements
    here = next(index for index, found in enumerate(statements) if found.span == command.span)
    nearest = sorted(range(len(statements) - 1), key=lambda index: (abs(2 * index + 1 - 2 * here), -index))
    gaps: list[tuple[bool, bytes]] = []
    for index in nearest:
        sign, gap = (
            statements[index].after,
            Span(statements[index].span.end, statements[index + 1].span.start),
        )
        if sign is not None and sign.text != "\n" and sign.text not in PIPES:
            commented = bool(layout.kept_lines(script, source, gap))
            gaps.append((commented, layout.like(source, gap, sign.span, joiner)))
    if gaps:
        return min(gaps, key=lambda gap: gap[0])[1]
    return layout.below(source, command.span, joiner)


def append_words(command: Command, *words: str) -> Edit:
    """*words*, as they are to be written, after the command's last word, which is written anew with them.

    So the edit lies within the command, and not beside it. Raises IndexError for a command without words.
    """
    last = command.words[-1]
    text = "".join(f" {word}" for word in words)
    if "\n" in last.raw:
        # A comment line between its lines is blank in what was parsed.
        return Edit.insert(last.span.end, text.encode(errors="surrogateescape"))
    return Edit(last.span, (last.raw + text).encode(errors="surrogateescape"))


def replace_words(command: Command, first: int, last: int, text: str) -> Edit:
    """*text* in place of ``command.words[first:last]`` and of what stands between them."""
    span = Span(command.words[first].span.start, command.words[last - 1].span.end)
    return Edit(span, text.encode(errors="surrogateescape"))


def remove_words(command: Command, indexes: Iterable[int], source: bytes) -> tuple[Edit, ...]:
    """Delete words, each with the blanks or the continuation before it; comment lines between stay.

    Raises ValueError for the first word: a command without a name is not one.
    """
    chosen = sorted(set(indexes))
    if 0 in chosen:
        raise ValueError("the command's own name")
    words = [command.words[index] for index in chosen]
    return tuple(Edit.delete(span, "") for span in layout.carve_words(command, words, source))

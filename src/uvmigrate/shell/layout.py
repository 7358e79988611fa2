"""Lines, indentation, continuations and comments around commands: what makes an edit look tidy."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from uvmigrate.source import Span, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from uvmigrate.shell.model import Command, Script, Word

# The escape character of a Dockerfile may be a backtick (parser directive `escape`).
_LINE_BREAK = rb"[ \t]*[\\`]?[ \t]*\r?\n"
_BREAK_AT_END = lazy_pattern(rb"(?P<blanks>[ \t]*)(?P<mark>[\\`]?[ \t]*)(?P<newline>\r?\n)\Z")
_ONLY_BREAK = lazy_pattern(_LINE_BREAK)
_CONTINUATION = lazy_pattern(rb"[ \t]*[\\`][ \t]*\r?\n")
_COMMENT_LINE = lazy_pattern(rb"[ \t]*#")


def line_start(source: bytes, at: int) -> int:
    """Where the line of byte *at* begins."""
    return source.rfind(b"\n", 0, at) + 1


def line_end(source: bytes, at: int) -> int:
    """Where the line of byte *at* ends, before its newline (of either kind)."""
    end = source.find(b"\n", at)
    end = len(source) if end < 0 else end
    return end - 1 if source[max(end - 1, 0) : end] == b"\r" else end


def newline(source: bytes) -> bytes:
    """The file's line end: that of its first line."""
    first = source.find(b"\n")
    return b"\r\n" if first > 0 and source[first - 1 : first] == b"\r" else b"\n"


def indent(source: bytes, at: int) -> bytes:
    """The blanks that the line of byte *at* begins with."""
    line = source[line_start(source, at) : at]
    return line[: len(line) - len(line.lstrip(b" \t"))]


def begins_line(source: bytes, at: int) -> bool:
    """Whether only blanks stand before byte *at* on its line."""
    return not source[line_start(source, at) : at].strip()


def of_lines(script: Script) -> bool:
    """Whether newlines stand between commands (a script, a heredoc), and not only continuations (a RUN)."""
    return script.data.rstrip(b" \t").endswith(b"\n") or any(
        statement.before is not None and statement.before.text == "\n" for statement in script.statements
    )


def union(spans: Iterable[Span]) -> list[Span]:
    """The spans in order, those that touch or overlap made one."""
    result: list[Span] = []
    for span in sorted(spans):
        if result and span.start <= result[-1].end:
            result[-1] = Span(result[-1].start, max(result[-1].end, span.end))
        else:
            result.append(span)
    return result


def kept_lines(script: Script, source: bytes, region: Span, along: Collection[Span] = ()) -> list[Span]:
    """The whole lines in *region* that no edit may delete: comment lines and the bodies of heredocs.

    The comment lines in *along* may go.

    A line that begins with ``#`` is a comment where the masked text is blank, or where the shell reads it as
    one; elsewhere it is part of a quoted text.
    """
    comments = {span.start for span in script.comments}
    found = []
    for line in _lines(source, region):
        match = _COMMENT_LINE.match(source, line.start, line.end)
        is_comment = match and (match.end() - 1 in comments or not script.of(line).strip())
        if is_comment and line not in along:
            found.append(line)
    for command in script.everything:
        for redirect in command.redirects:
            if redirect.body and region.contains(redirect.body):
                end = source.find(b"\n", redirect.body.end) + 1 or len(source)
                found.append(Span(redirect.body.start, min(end, region.end)))
    return union(found)


def _lines(source: bytes, region: Span) -> Iterator[Span]:
    """The lines that lie in *region* from first byte to newline."""
    start = line_start(source, region.start)
    if start < region.start:
        start = source.find(b"\n", region.start) + 1 or region.end
    while start < region.end:
        end = source.find(b"\n", start) + 1
        if not 0 < end <= region.end:
            return
        yield Span(start, end)
        start = end


def carve(script: Script, source: bytes, region: Span, along: Collection[Span] = ()) -> list[Span]:
    """What to delete of *region* so that its kept lines stay, and the lines around them stay well formed."""
    rest = script.of(Span(region.end, script.span.end))
    return _carve(source, region, kept_lines(script, source, region, along), ends=not rest.strip())


def comments_above(script: Script, source: bytes, at: int) -> list[Span]:
    """The comment lines of the script directly above the line of byte *at*, each with its newline."""
    found: list[Span] = []
    end = line_start(source, at)
    while script.span.start < end:
        start = line_start(source, end - 1)
        line = Span(start, end)
        if start < script.span.start or line not in kept_lines(script, source, line):
            break
        found.append(line)
        end = start
    return found


def _carve(source: bytes, region: Span, kept: list[Span], *, ends: bool) -> list[Span]:
    """*ends*: the text has nothing after the region."""
    if not kept:
        return [region]
    head = Span(region.start, kept[0].start)
    holes = [Span(one.end, next_.start) for one, next_ in pairwise(kept)]
    tail = Span(kept[-1].end, region.end)
    before = source[line_start(source, head.start) : head.start]
    found = _BREAK_AT_END.search(head.of(source))
    if not before.strip():
        head = Span(head.start - len(before), head.end)
    elif found:
        # The line goes on above the kept line, so its break stays: a continuation only if something follows.
        stays = found.start("newline" if ends else "mark" if before[-1:] in b" \t" else "blanks")
        head = Span(head.start, head.start + stays)
    if ends and len(tail):
        break_ = 2 if source[tail.start - 2 : tail.start] == b"\r\n" else 1
        tail = Span(tail.start - break_, tail.end)
    elif not ends:
        rest = _ONLY_BREAK.match(source, region.end)
        blanks = len(tail.of(source)) - len(tail.of(source).lstrip(b" \t"))
        # What would be an empty line goes; else the indentation is that of what follows.
        tail = Span(tail.start, rest.end()) if rest and len(tail) else Span(tail.start + blanks, tail.end)
    return [span for span in (head, *holes, tail) if len(span)]


def carve_words(command: Command, words: Iterable[Word], source: bytes) -> list[Span]:
    """What to delete for *words* to go, each with the blanks before it, and comment lines between to stay."""
    spans = [part.span for parts in (command.words, command.assignments, command.redirects) for part in parts]
    regions: list[Span] = []
    kept: list[Span] = []
    for word in words:
        previous = max(span.end for span in spans if span.end <= word.span.start)
        gap = Span(previous, word.span.start)
        kept += [line for line in _lines(source, gap) if _COMMENT_LINE.match(source, line.start, line.end)]
        regions.append(Span(gap.start, word.span.end))
    found: list[Span] = []
    for region in union(regions):
        ends = not source[region.end : line_end(source, region.end)].strip()
        found += _carve(source, region, [line for line in kept if region.contains(line)], ends=ends)
    return found


def like(source: bytes, gap: Span, joiner: Span, text: str) -> bytes:
    """The gap between two commands with another joiner, *text*, without comments: on one line or broken."""
    left, right = Span(gap.start, joiner.start).of(source), Span(joiner.end, gap.end).of(source)
    blank = b"" if text == ";" else b" "
    leading, trailing = _CONTINUATION.match(left), _CONTINUATION.match(right)
    if leading:
        return leading.group() + indent(source, joiner.start) + text.encode(errors="surrogateescape") + b" "
    if trailing:
        return blank + text.encode(errors="surrogateescape") + trailing.group() + indent(source, gap.end)
    return blank + text.encode(errors="surrogateescape") + b" "


def below(source: bytes, command: Span, text: str) -> bytes:
    """The separator where there is no other to go by: broken if the command itself is broken."""
    blank = b"" if text == ";" else b" "
    broken = _CONTINUATION.search(command.of(source))
    if broken is None:
        return blank + text.encode(errors="surrogateescape") + b" "
    return (
        blank
        + text.encode(errors="surrogateescape")
        + broken.group()
        + (indent(source, command.end) or b"    ")
    )

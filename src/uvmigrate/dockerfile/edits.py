"""Edits of instructions: a whole one goes, or pairs of an ENV or ARG come and go. All comment lines stay."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from uvmigrate.dockerfile.views import pairs
from uvmigrate.source import Edit, Span, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from uvmigrate.dockerfile.nodes import Dockerfile, Instruction
    from uvmigrate.dockerfile.views import Pair

#: A comment line of a Dockerfile or of a script in it; the shebang of a heredoc is none.
_COMMENT_LINE = lazy_pattern(rb"(?m)^[ \t]*#(?!!)[^\n]*\n?")


def delete_instruction(dockerfile: Dockerfile, instruction: Instruction, because: str) -> tuple[Edit, ...]:
    """Deletions of an instruction with its heredocs, and of all but the comment lines inside it."""
    edits, start = [], instruction.span.start
    for found in _COMMENT_LINE.finditer(dockerfile.data, instruction.span.start, instruction.span.end):
        if found.start() > start:
            edits.append(Edit.delete(Span(start, found.start()), because))
        start = found.end()
    if start < instruction.span.end:
        edits.append(Edit.delete(Span(start, instruction.span.end), because))
    return tuple(edits)


def edit_pairs(
    dockerfile: Dockerfile,
    instruction: Instruction,
    *,
    remove: Collection[str] = (),
    add: Mapping[str, str] | None = None,
    because: str = "",
) -> tuple[Edit, ...]:
    """Take pairs out of an ENV or ARG, and put others (names to values as they are to be written) into it.

    Where the names that stay are in alphabetical order, the new ones are put in theirs, else behind the last.
    A new pair takes the place of one that goes if it can. Comment lines stay. Raises ValueError where no
    pair would be left, or where one is to be added to the legacy form ``ENV KEY VALUE``.
    """
    found = pairs(instruction) or ()
    kept = [pair for pair in found if pair.key not in remove]
    if (add and found[0].legacy) or not (kept or add):
        raise ValueError("an instruction that cannot hold, or would lose, all of its pairs")
    in_order = [pair.key for pair in kept] == sorted(pair.key for pair in kept)
    inserted: list[Edit] = []
    texts: dict[Pair, bytes] = {}
    for key, value in sorted((add or {}).items()):
        text = f"{key}={value}".encode(errors="surrogateescape")
        before = next((pair for pair in kept if in_order and pair.key > key), None)
        free = [pair for pair in _between(found, kept, before) if pair not in texts]
        if free:
            texts[free[0]] = text
        elif before:
            inserted.append(Edit.insert(before.span.start, text + _gap(dockerfile, found, before)))
        else:
            # The last pair is replaced, and not added to, so that the instruction counts as edited.
            own = texts.get(found[-1], found[-1].span.of(dockerfile.data))
            texts[found[-1]] = own + _gap(dockerfile, found, found[-1]) + text
    gone = [pair for pair in found if pair not in kept and pair not in texts]
    replaced = [Edit(pair.span, text, because) for pair, text in texts.items()]
    return (*replaced, *inserted, *_deletions(dockerfile, found, gone, because))


def _between(found: Sequence[Pair], kept: list[Pair], before: Pair | None) -> list[Pair]:
    """The pairs that go from directly above *before*, or from the end."""
    end = found.index(before) if before else len(found)
    start = max((found.index(pair) + 1 for pair in kept if found.index(pair) < end), default=0)
    return list(found[start:end])


def _gap(dockerfile: Dockerfile, found: Sequence[Pair], anchor: Pair) -> bytes:
    """What stands between two pairs at *anchor*: a blank, or a continuation and the line's indentation."""
    data = dockerfile.data
    if len(found) > 1 and len({data.count(b"\n", 0, pair.span.start) for pair in found}) == 1:
        return b" "
    own = data[_line_start(data, anchor.span.start) : anchor.span.start]
    return b" " + dockerfile.escape + dockerfile.newline + (b"    " if own.strip() else own)


def _deletions(
    dockerfile: Dockerfile, found: Sequence[Pair], gone: Sequence[Pair], because: str
) -> Iterator[Edit]:
    """Deletions of pairs with the blanks, or the whole lines, that were theirs."""
    data = dockerfile.data
    stays = [pair for pair in found if pair not in gone]
    last = stays[-1] if stays else None
    done = 0
    for _, group in groupby(found, lambda pair: _row(data, found, pair)):
        row = list(group)
        left = [pair for pair in row if pair not in gone]
        if len(left) == len(row) or row[-1].span.end <= done:
            continue
        begin, end = _line_start(data, row[0].span.start), _line_end(data, row[-1].span.end)
        first = data[begin : row[0].span.start].strip()
        if not left and not first:
            # A line of its own, with its newline.
            yield Edit.delete(Span(begin, min(end + 1, len(data))), because)
        elif not left:
            # The next line that keeps something comes up to the keyword.
            stay = next(pair for pair in stays if pair.span.start > row[0].span.start)
            following = next(pair for pair in found if _row(data, found, pair) == _row(data, found, stay))
            gap = data[row[-1].span.end : following.span.start]
            span = Span(row[0].span.start, following.span.start)
            if any(line.strip().startswith(b"#") for line in gap.split(b"\n")):
                # The keyword stays alone above the comment.
                span = Span(len(data[: span.start].rstrip(b" \t")), row[-1].span.end)
            else:
                done = span.end
            yield Edit.delete(span, because)
        else:
            yield from _within(row, left, because)
            if left[-1] is not row[-1] and left[-1] is not last:
                yield Edit.delete(Span(left[-1].span.end, row[-1].span.end), because)
    if last is not None and last is not found[-1]:
        # The line that is the last one now does not go on.
        yield Edit.delete(Span(last.span.end, _before_newline(data, last.span.end)), because)


def _within(row: list[Pair], left: list[Pair], because: str) -> Iterator[Edit]:
    """Deletions from a line of which something stays, up to the last pair that does."""
    for index, pair in enumerate(row):
        if pair in left or pair.span > left[-1].span:
            continue
        if pair.span < left[0].span:
            yield Edit.delete(Span(pair.span.start, row[index + 1].span.start), because)
        else:
            yield Edit.delete(Span(row[index - 1].span.end, pair.span.end), because)


def _row(data: bytes, found: Sequence[Pair], pair: Pair) -> int:
    """The line that a pair begins on; with a value over several lines, pairs on its last belong to it."""
    start = data.count(b"\n", 0, pair.span.start)
    for other in found:
        begins, ends = (data.count(b"\n", 0, at) for at in (other.span.start, other.span.end))
        if begins < start == ends:
            return _row(data, found, other)
    return start


def _line_start(data: bytes, at: int) -> int:
    return data.rfind(b"\n", 0, at) + 1


def _line_end(data: bytes, at: int) -> int:
    """The offset of the newline that ends the line, or of the file's end."""
    end = data.find(b"\n", at)
    return len(data) if end < 0 else end


def _before_newline(data: bytes, at: int) -> int:
    end = _line_end(data, at)
    return end - 1 if data[end - 1 : end] == b"\r" and end - 1 >= at else end

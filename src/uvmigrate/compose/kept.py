"""What a comment in a compose file asks to be kept: the service, key or item below it, and all in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.source import Span, ignored_ids, keeps_away, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.compose.model import ComposeFile

_COMMENT = lazy_pattern(rb"[ \t]*#(?P<text>.*)")
_LINE = lazy_pattern(rb"(?P<indent>[ \t]*)(?P<item>- )?\S.*")


def kept_spans(data: bytes, codemod: str) -> Iterator[Span]:
    """The bytes that comments keep from *codemod*: each block below one, to the end of its last line."""
    lines = _lines(data)
    for index, comment in _comments(data, lines):
        if not keeps_away(comment, codemod):
            continue
        block = _block(data, lines[index + 1 :])
        if block is not None:
            yield block


def is_kept(file: ComposeFile, line: int, codemod: str) -> bool:
    """Whether comments of *file* keep its 1-based *line* from *codemod*."""
    at = _lines(file.data)[line - 1].start
    return any(span.start <= at <= span.end for span in kept_spans(file.data, codemod))


def asked_ids(data: bytes) -> Iterator[tuple[int, str]]:
    """The ids that ignore comments of a file name, each with its 1-based line."""
    for index, comment in _comments(data, _lines(data)):
        for name in ignored_ids(comment) or ():
            yield index + 1, name


def _lines(data: bytes) -> list[Span]:
    """The lines, without what ends them."""
    spans, start = [], 0
    for line in data.split(b"\n"):
        spans.append(Span(start, start + len(line.removesuffix(b"\r"))))
        start += len(line) + 1
    return spans


def _comments(data: bytes, lines: list[Span]) -> Iterator[tuple[int, str]]:
    for index, span in enumerate(lines):
        found = _COMMENT.fullmatch(span.of(data))
        if found is not None:
            yield index, found["text"].decode(errors="replace")


def _block(data: bytes, lines: list[Span]) -> Span | None:
    """The first thing in *lines* with what is indented below it."""
    start: Span | None = None
    depth, is_item, end = 0, False, 0
    for span in lines:
        text = span.of(data)
        found = None if _COMMENT.fullmatch(text) else _LINE.fullmatch(text)
        if found is None:
            continue
        indent = len(found["indent"])
        if start is None:
            start, depth, is_item = span, indent, found["item"] is not None
        elif indent < depth or (indent == depth and (is_item or found["item"] is None)):
            # The items of a list may stand below the key that they are of.
            break
        end = span.end
    return None if start is None else Span(start.start, end)

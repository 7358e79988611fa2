"""New text in a file's own habit: its line ends, its keywords' case, and where a new instruction goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.dockerfile.nodes import Comment

if TYPE_CHECKING:
    from uvmigrate.dockerfile.nodes import Dockerfile, Instruction


def new_lines(dockerfile: Dockerfile, *lines: str) -> bytes:
    """Instructions to be inserted, each line ended with the file's newline.

    A line is a whole instruction (its keyword in upper case) and may hold ``\\n``, as in a continuation.
    Keywords are in lower case where the file's own all are; a continuation uses its escape character.
    """
    lower = all(item.keyword_span.of(dockerfile.data).islower() for item in dockerfile.instructions)
    texts = []
    for line in lines:
        keyword, blank, rest = line.partition(" ")
        text = (keyword.lower() if lower else keyword) + blank + rest
        texts.append(text.replace("\\\n", dockerfile.escape.decode() + "\n") + "\n")
    return "".join(texts).encode(errors="surrogateescape").replace(b"\n", dockerfile.newline)


def insertion_point(dockerfile: Dockerfile, instruction: Instruction) -> int:
    """The byte offset above an instruction and the comment lines that stand directly on top of it."""
    at = instruction.span.start
    for item in reversed(dockerfile.items):
        if item.span.end == at and isinstance(item, Comment):
            at = item.span.start
    return at


def below(dockerfile: Dockerfile, instruction: Instruction, *lines: str) -> tuple[int, bytes]:
    """Where, and as which bytes, new instructions go directly below *instruction*.

    A file that ends without a newline goes on doing so.
    """
    text = new_lines(dockerfile, *lines)
    at = instruction.span.end
    if not dockerfile.data[:at].endswith((b"\n", b"\r\n")):
        return at, dockerfile.newline + text.removesuffix(dockerfile.newline)
    return at, text

"""Moving instructions, each with the comment lines on top of it and the blank lines around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import Edit, NamedTuple, Span, apply_edits, below, insertion_point, new_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uvmigrate.codemod import Build, Instruction, StageFacts

_BECAUSE = "the install above needs no sources"


def end_of_settings(stage: StageFacts, run: Instruction) -> Instruction:
    """The last of the ENV instructions directly below a RUN, or the RUN itself."""
    last = run
    for instruction in stage.instructions[stage.instructions.index(run) + 1 :]:
        if instruction.keyword != "ENV":
            break
        last = instruction
    return last


class Movement(NamedTuple):
    """Instructions to be brought below *last*; or with *again*, a RUN, above *run* and below that.

    *adapted* are edits of theirs for the new place. *rest* are commands to be cut out of *run* into a RUN of
    their own: their span, and that with the joiner. At *filled* something new is put where one of them stood.
    """

    moved: Sequence[Instruction]
    adapted: Sequence[Edit]
    run: Instruction
    last: Instruction
    again: str
    rest: tuple[Span, Span] | None
    filled: int | None


def moves(build: Build, movement: Movement) -> list[Edit]:
    """The edits of a movement."""
    dockerfile, edits = build.dockerfile, list[Edit]()
    data, newline = dockerfile.data, dockerfile.newline
    at = insertion_point(dockerfile, movement.run) if movement.again else movement.last.span.end
    if movement.again:
        edits.append(Edit.insert(at, new_lines(dockerfile, movement.again)))
    for instruction in movement.moved:
        chunk = Span(insertion_point(dockerfile, instruction), instruction.span.end)
        above, beneath = _blank_above(data, chunk.start), _blank_below(data, chunk.end)
        text = (newline if above else b"") + _text(data, chunk, movement.adapted)
        if beneath and instruction is movement.moved[-1] and data[at:].strip() and not _blank_below(data, at):
            text += newline
        edits.append(Edit.insert(at, _ended(data, at, text, newline), moved_from=instruction.text_span))
        end = chunk.end + (len(newline) if above and beneath and chunk.start != movement.filled else 0)
        edits.append(Edit.delete(Span(chunk.start, end), _BECAUSE))
    if movement.rest is not None:
        edits += _own_run(build, movement.run, movement.last, *movement.rest)
    return edits


def _own_run(build: Build, run: Instruction, last: Instruction, kept: Span, gone: Span) -> list[Edit]:
    """Commands in a RUN of their own, with the flags that they had."""
    data = build.dockerfile.data
    text = b"RUN" + data[run.keyword_span.end : run.args_span.start] + kept.of(data)
    lines = text.decode(errors="surrogateescape").replace("\r\n", "\n")
    at, new = below(build.dockerfile, last, lines)
    return [Edit.insert(at, new, moved_from=gone), Edit.delete(gone, _BECAUSE)]


def _text(data: bytes, chunk: Span, adapted: Sequence[Edit]) -> bytes:
    own = [edit for edit in adapted if chunk.contains(edit.span)]
    edited = apply_edits(data, own)
    return edited[chunk.start : len(edited) - (len(data) - chunk.end)]


def _ended(data: bytes, at: int, text: bytes, newline: bytes) -> bytes:
    """The text for its place; a file that ends without a newline goes on doing so."""
    return text if data[:at].endswith(b"\n") else newline + text.removesuffix(newline)


def _blank_above(data: bytes, at: int) -> bool:
    return data[:at].endswith((b"\n\n", b"\n\r\n"))


def _blank_below(data: bytes, at: int) -> bool:
    return data[at:].startswith((b"\n", b"\r\n"))

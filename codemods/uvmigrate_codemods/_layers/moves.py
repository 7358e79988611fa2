"""Moving instructions, each with the comment lines on top of it and the blank lines around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import Edit, Span, below, insertion_point, new_lines

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


def moves(
    build: Build,
    moved: Sequence[Instruction],
    run: Instruction,
    last: Instruction,
    again: str,
    rest: tuple[Span, Span] | None,
    filled: int | None,
) -> list[Edit]:
    """The edits that bring instructions below *last*; or with *again*, a RUN, above *run* and below that.

    *rest* are commands to be cut out of *run* into one of their own: their span, and that with the joiner.
    At *filled* something new is put where one of the instructions stood.
    """
    dockerfile = build.dockerfile
    data, edits = dockerfile.data, []
    at = insertion_point(dockerfile, run) if again else last.span.end
    if again:
        edits.append(Edit.insert(at, new_lines(dockerfile, again)))
    for instruction in moved:
        chunk = Span(insertion_point(dockerfile, instruction), instruction.span.end)
        above, beneath = _blank_above(data, chunk.start), _blank_below(data, chunk.end)
        text = (dockerfile.newline if above else b"") + chunk.of(data)
        if beneath and instruction is moved[-1] and data[at:].strip() and not _blank_below(data, at):
            text += dockerfile.newline
        edits.append(
            Edit.insert(at, _ended(data, at, text, dockerfile.newline), moved_from=instruction.text_span)
        )
        end = chunk.end + (len(dockerfile.newline) if above and beneath and chunk.start != filled else 0)
        edits.append(Edit.delete(Span(chunk.start, end), _BECAUSE))
    if rest is not None:
        kept, gone = rest
        flags = (
            data[run.keyword_span.end : run.args_span.start]
            .decode(errors="surrogateescape")
            .replace("\r\n", "\n")
        )
        body = kept.of(data).decode(errors="surrogateescape").replace("\r\n", "\n")
        at, text = below(dockerfile, last, f"RUN{flags}{body}")
        edits += [Edit.insert(at, text, moved_from=gone), Edit.delete(gone, _BECAUSE)]
    return edits


def _ended(data: bytes, at: int, text: bytes, newline: bytes) -> bytes:
    """The text for its place; a file that ends without a newline goes on doing so."""
    return text if data[:at].endswith(b"\n") else newline + text.removesuffix(newline)


def _blank_above(data: bytes, at: int) -> bool:
    return data[:at].endswith((b"\n\n", b"\n\r\n"))


def _blank_below(data: bytes, at: int) -> bool:
    return data[at:].startswith((b"\n", b"\r\n"))

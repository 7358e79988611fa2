"""Instructions that go without leaving a gap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import Blank, Edit, Span, delete_instruction

if TYPE_CHECKING:
    from uvmigrate.codemod import Dockerfile, Instruction


def delete(dockerfile: Dockerfile, instruction: Instruction, because: str) -> tuple[Edit, ...]:
    """The instruction goes, and of the blank lines on both sides of it one."""
    edits = delete_instruction(dockerfile, instruction, because)
    at = dockerfile.items.index(instruction)
    around = (*dockerfile.items[at - 1 : at], *dockerfile.items[at + 1 : at + 2])
    if len(edits) == 1 and len(around) == 2 and all(isinstance(item, Blank) for item in around):
        return (Edit.delete(Span(edits[0].span.start, around[1].span.end), because),)
    return edits

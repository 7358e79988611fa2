"""Instructions and stages that go without leaving a gap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import Blank, Edit, Instruction, Span, delete_instruction

if TYPE_CHECKING:
    from uvmigrate.codemod import Dockerfile, StageFacts


def delete(dockerfile: Dockerfile, instruction: Instruction, because: str) -> tuple[Edit, ...]:
    """The instruction goes, and of the blank lines on both sides of it one."""
    edits = delete_instruction(dockerfile, instruction, because)
    at = dockerfile.items.index(instruction)
    around = (*dockerfile.items[at - 1 : at], *dockerfile.items[at + 1 : at + 2])
    if len(edits) == 1 and len(around) == 2 and all(isinstance(item, Blank) for item in around):
        return (Edit.delete(Span(edits[0].span.start, around[1].span.end), because),)
    return edits


def delete_stage(dockerfile: Dockerfile, facts: StageFacts, because: str) -> tuple[Edit, ...]:
    """A stage goes, from its FROM on, and of the blank lines those that would be left beside another."""
    own = {facts.stage.from_.span, *(item.span for item in facts.instructions)}
    first = next(n for n, item in enumerate(dockerfile.items) if item.span == facts.stage.from_.span)
    gap = first == 0 or isinstance(dockerfile.items[first - 1], Blank)
    edits: list[Edit] = []
    for item in dockerfile.items[first:]:
        if isinstance(item, Instruction):
            if item.span not in own:
                break
            edits += delete_instruction(dockerfile, item, because)
            gap = gap and len(edits) > 0 and edits[-1].span == item.span
        elif isinstance(item, Blank) and gap:
            edits.append(Edit.delete(item.span, because))
        else:
            gap = isinstance(item, Blank)
    return tuple(edits)

"""The edits of one Dockerfile as they are collected: single ones, and commands to be dropped together."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from uvmigrate.codemod import Edit, Span, as_run, drop, lazy_pattern, parse_shell

if TYPE_CHECKING:
    from uvmigrate.codemod import Build, Call, Command, Instruction, Project, Script, Settings, Target

_COMMENT_LINE = lazy_pattern(rb"(?m)^[ \t]*#[^\n]*\n?")


class Draft:
    """What the switch of one build has decided so far.

    ``above`` holds instructions to be put directly above a RUN, by the RUN's offset; ``gone`` why a command
    is dropped, by the command's; ``exported`` the scripts in which PATH names the environment already;
    ``on_path`` the instructions from which on it does in a stage, as (number of the stage, offset).
    """

    def __init__(self, build: Build, target: Target, settings: Settings) -> None:
        """Nothing is decided yet."""
        self.build = build
        self.target = target
        self.settings = settings
        self.edits: list[Edit] = []
        self.notes: list[str] = []
        self.above: dict[int, str] = {}
        self.gone: dict[int, str] = {}
        self.exported: set[int] = set()
        self.on_path: set[tuple[int, int]] = set()
        self._drops: dict[int, list[tuple[Call, str]]] = defaultdict(list)

    @property
    def data(self) -> bytes:
        """The Dockerfile's bytes."""
        return self.build.dockerfile.data

    @property
    def project(self) -> Project:
        """The project of a *sync* target."""
        if self.target.project is None:
            raise ValueError("only a sync target has a project")
        return self.target.project

    def add(self, *edits: Edit) -> None:
        """Take edits that stand for themselves."""
        self.edits += edits

    def drop(self, call: Call, because: str) -> None:
        """Drop a command, with others of its RUN, when all is known."""
        if call.command.span.start not in self.gone:
            self.gone[call.command.span.start] = because
            self._drops[call.instruction.span.start].append((call, because))

    def delete(self, instruction: Instruction, because: str) -> None:
        """Drop a whole instruction; comment lines inside it stay."""
        self.add(*_without_comments(self.data, instruction.span, because))

    def touched(self, span: Span) -> bool:
        """Whether an edit, or the drop of a command, changes something within the span already."""
        dropped = any(span.start <= at < span.end for at in self.gone)
        return dropped or any(edit.span.overlaps(span) for edit in self.edits)

    def emptied(self, instruction: Instruction) -> bool:
        """Whether nothing would be left of a RUN but what is dropped."""
        run = as_run(instruction)
        scripts = [parse_shell(t.data, t.offset) for t in run.scripts if t.is_shell] if run else []
        statements = [statement for script in scripts for statement in script.statements]
        return bool(statements) and all(statement.span.start in self.gone for statement in statements)

    def finish(self) -> tuple[Edit, ...]:
        """All edits of the file, the drops among them."""
        result = list(self.edits)
        for drops in self._drops.values():
            instruction = drops[0][0].instruction
            if self.emptied(instruction):
                reasons = "; ".join(dict.fromkeys(because for _, because in drops))
                # The trailing blanks of a comment above or below are not ours.
                result += _without_comments(self.data, instruction.span, reasons)
                continue
            scripts: dict[int, list[tuple[Call, str]]] = defaultdict(list)
            for call, because in drops:
                scripts[call.script.span.start].append((call, because))
            for some in scripts.values():
                result += _dropped(some[0][0].script, some, self.data)
        return tuple(result)


def _dropped(script: Script, drops: list[tuple[Call, str]], data: bytes) -> tuple[Edit, ...]:
    commands: list[Command] = [call.command for call, _ in drops]
    return drop(script, commands, "; ".join(dict.fromkeys(because for _, because in drops)), data)


def _without_comments(data: bytes, span: Span, because: str) -> list[Edit]:
    """Deletions of everything in *span* but its comment lines."""
    edits, start = [], span.start
    for found in _COMMENT_LINE.finditer(data, span.start, span.end):
        if found.start() > start:
            edits.append(Edit.delete(Span(start, found.start()), because))
        start = found.end()
    if start < span.end:
        edits.append(Edit.delete(Span(start, span.end), because))
    return edits

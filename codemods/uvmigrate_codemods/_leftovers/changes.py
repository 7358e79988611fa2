"""What goes from one Dockerfile, put together: commands, copies, mounts, stages and settings."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    SHELL_STATE,
    Change,
    Edit,
    as_run,
    drop,
    parse_shell,
    remove_words,
)
from uvmigrate_codemods._leftovers.commands import OWN_WAYS, tool_user, whole
from uvmigrate_codemods._leftovers.places import own_copies, own_mounts, own_places
from uvmigrate_codemods._leftovers.stages import idle_stages
from uvmigrate_codemods._leftovers.tidy import delete, delete_stage
from uvmigrate_codemods._leftovers.uses import concerns_managers
from uvmigrate_codemods._leftovers.variables import drop_settings, pip_settings_go
from uvmigrate_codemods._switch.mounts import mount_span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Build, Instruction, Mount, Span
    from uvmigrate_codemods._leftovers.commands import Found, Leftover


class Clearing:
    """The changes of one Dockerfile."""

    def __init__(self, build: Build, found: Found) -> None:
        """Decide what goes beside the commands that were *found*."""
        self.build = build
        self.commands: dict[Span, list[Leftover]] = defaultdict(list)
        for leftover in found.leftovers:
            # The commands of one install stand in one RUN.
            self.commands[leftover.call.instruction.span].append(leftover)
        self.gone = found.spans
        self.unused = frozenset(
            tool
            for tool in self._tools(found)
            if tool not in found.staying and tool_user(build, tool, self.gone) is None
        )
        places = own_places(build)
        self.copies = [one for one in own_copies(places) if one.tool in self.unused]
        self.mounts: dict[Span, list[Mount]] = defaultdict(list)
        for instruction, mount, tool in own_mounts(places):
            if tool in self.unused:
                self.mounts[instruction.span].append(mount)

    def changes(self) -> Iterator[Change]:
        """One change for each stage that goes as a whole, and for each instruction elsewhere."""
        by_span = {item.span: item for item in self.build.dockerfile.instructions}
        emptied = [span for span in self.commands if self._is_emptied(by_span[span])]
        gone = {*emptied, *(one.instruction.span for one in self.copies)}
        stages = idle_stages(self.build, gone, self._touched())
        away = [item.span for facts in stages for item in (facts.stage.from_, *facts.instructions)]
        for facts in stages:
            because = "it served an install that is not made any more, and nothing uses it"
            yield self._change(delete_stage(self.build.dockerfile, facts, because))
        for one in self.copies:
            if one.instruction.span not in away:
                because = f"nothing uses {one.tool} now that uv installs"
                yield self._change(delete(self.build.dockerfile, one.instruction, because))
        for span in sorted({*self.commands, *self.mounts} - set(away)):
            yield self._change(self._run_edits(by_span[span]))
        rest = {*gone, *away, *self.gone}
        rest |= {mount.flag.span for mounts in self.mounts.values() for mount in mounts}
        yield from drop_settings(self.build, self.unused, rest)

    def _tools(self, found: Found) -> Iterator[str]:
        """The tools whose settings and folders may go."""
        if pip_settings_go(self.build):
            yield "pip"
        if concerns_managers(self.build):
            yield from ("poetry", "pipenv")
            if any("pipx" in call.command.argv for leftover in found.leftovers for call in leftover.calls):
                yield "pipx"

    def _change(self, edits: tuple[Edit, ...]) -> Change:
        return Change({self.build.path: edits}, builds=(self.build.path,))

    def _touched(self) -> set[int]:
        """The stages that something of a manager's is taken out of."""
        spans = {span for span, some in self.commands.items() if any(s.tools & OWN_WAYS for s in some)}
        spans |= {one.instruction.span for one in self.copies}
        return {
            facts.index for facts in self.build.stages if any(i.span in spans for i in facts.instructions)
        }

    def _is_emptied(self, instruction: Instruction) -> bool:
        """Whether nothing but settings of the shell would be left of a RUN."""
        gone = {span for one in self.commands[instruction.span] if whole(one) for span in one.spans}
        run = as_run(instruction)
        scripts = [parse_shell(text.data, text.offset) for text in run.scripts] if run else []
        left = [s for script in scripts for s in script.statements if s.span not in gone]
        return all(getattr(statement, "name", None) in SHELL_STATE for statement in left)

    def _run_edits(self, instruction: Instruction) -> tuple[Edit, ...]:
        """The edits of one RUN: commands and operands out of it, or all of it where nothing else is left."""
        data, leftovers = self.build.dockerfile.data, self.commands.get(instruction.span, [])
        because = "; ".join(dict.fromkeys(leftover.because for leftover in leftovers))
        if leftovers and self._is_emptied(instruction):
            return delete(self.build.dockerfile, instruction, because)
        gone = {span for leftover in leftovers if whole(leftover) for span in leftover.spans}
        edits: list[Edit] = []
        run = as_run(instruction)
        for text in run.scripts if run and leftovers else ():
            script = parse_shell(text.data, text.offset)
            commands = [command for command in script.commands if command.span in gone]
            edits += drop(script, commands, because, data) if commands else ()
        for leftover in leftovers:
            if not whole(leftover):
                edits += remove_words(leftover.call.command, leftover.operands, data)
        for mount in self.mounts.get(instruction.span, ()):
            span = mount_span(data, instruction, mount)
            edits.append(Edit.delete(span, "it kept what a manager keeps for itself"))
        return tuple(edits)

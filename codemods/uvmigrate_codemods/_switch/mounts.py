"""Mounts of wheels, and of the files that only their installs read, in a RUN that goes on without them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import Edit, Span, as_run, expand, join, taken_wheels

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from uvmigrate.codemod import Install, Instruction, Mount
    from uvmigrate_codemods._switch.draft import Draft

_BECAUSE = "what it mounted was for an install that the environment takes the place of"


def drop_mounts(draft: Draft, found: tuple[Install, ...]) -> None:
    """Take out the mounts that only served installs from wheels; where nothing is left, the RUN is gone."""
    places: dict[int, set[PurePosixPath]] = {}
    runs: dict[int, Install] = {}
    for taken in taken_wheels(draft.build, found):
        install = taken.install
        start = install.call.instruction.span.start
        runs[start] = install
        read = {
            join(install.call.cwd, text)
            for text in (*install.tool.values("--requirement"), *install.tool.values("--constraint"))
            if install.call.cwd is not None
        }
        places.setdefault(start, set()).update({taken.folder}, read)
    for start, install in runs.items():
        instruction = install.call.instruction
        run = as_run(instruction)
        if run is None or draft.emptied(instruction):
            continue
        for mount in run.mounts:
            target = install.call.state.absolute(expand(mount.target or "", install.call.state.env) or "")
            if target in places[start] and target is not None and not _named(draft, install, target):
                draft.add(Edit.delete(mount_span(draft.data, instruction, mount), _BECAUSE))


def _named(draft: Draft, install: Install, target: PurePosixPath) -> bool:
    """Whether a command that stays in the RUN names what is mounted."""
    return any(
        target.name in word.raw
        for call in install.stage.calls()
        if call.instruction is install.call.instruction and call.command.span.start not in draft.gone
        for word in call.command.words
    )


def mount_span(data: bytes, instruction: Instruction, mount: Mount) -> Span:
    """A flag with the blanks, and the continuation, up to what follows; alone where a comment does."""
    ends = [flag.span.start for flag in instruction.flags] + [instruction.args_span.start]
    end = min(at for at in ends if at > mount.flag.span.start)
    gap = data[mount.flag.span.end : end]
    blank = not gap.strip(b"\\` \t\r\n")
    return Span(mount.flag.span.start, end) if blank else mount.flag.span

"""The Dockerfile of an environment that moves: its variables, who owns it, how it comes to other stages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    ROOT,
    Edit,
    Refusal,
    as_copy,
    below,
    expand,
    find_uv,
    handover,
    insertion_point,
    is_root,
    is_set,
    join,
    new_lines,
    read_uv,
    stage_mounts,
    starts,
)
from uvmigrate_codemods._compose_venv.hidden import PROJECT_VERBS, environments
from uvmigrate_codemods._compose_venv.mentions import mentions
from uvmigrate_codemods._pin.images import is_uv_image
from uvmigrate_codemods._pin.installers import installs_uv
from uvmigrate_codemods._run.environment import VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import PurePosixPath

    from uvmigrate.codemod import Build, Call, Copied, Instruction, StageFacts, UvCommand
    from uvmigrate_codemods._compose_venv.paths import Move

#: Where else ``uv pip`` may be told to go.
_TARGETS = ("--system", "--python", "--target", "--prefix")
_MOVERS = frozenset({"cp", "mv", "rm", "ln", "rsync"})
_WITHOUT_SYNC = "UV_NO_SYNC"


def image_edits(build: Build, move: Move) -> Iterator[Edit | Refusal]:
    """All edits of the Dockerfile, or refusals."""
    there = _filled(build, move, {stage.index for stage in environments(build)[move.old]})
    yield from mentions(build, move)
    yield from _copies(build, move, there)
    yield from _variables(build, move, there)
    yield from _folders(build, move, there)
    owned = list(_owners(build, move, there))
    yield from owned
    yield from _writers(build, move, there, owned=any(isinstance(one, Edit) for one in owned))
    yield from _lookers(build, move, there)


def _filled(build: Build, move: Move, makers: set[int]) -> dict[int, int]:
    """The stages that hold the environment, each with the offset of the instruction that it comes by."""
    found: dict[int, int] = {}
    for facts in build.stages:
        if facts.parent is not None and facts.parent.index in found:
            found[facts.index] = facts.stage.from_.span.start
            continue
        calls = facts.calls(b"uv") if facts.index in makers else ()
        offsets = [call.instruction.span.start for call in calls if _makes(call)]
        for copied in facts.final.copies:
            origin = facts.find(copied.origin) if copied.origin else None
            brings = any(_in_copy(move.old, source) for source in copied.sources)
            known = origin is not None and origin.index in found
            if known and brings and copied.instruction in facts.instructions:
                offsets.append(copied.instruction.span.start)
        if offsets:
            found[facts.index] = min(offsets)
    return found


def _makes(call: Call) -> bool:
    uv = read_uv(call.command)
    return uv is not None and uv.verb in ("sync", "venv")


def _in_copy(path: PurePosixPath, source: str) -> bool:
    return path.is_relative_to(join(ROOT, source.lstrip("/") or "."))


def _variables(build: Build, move: Move, there: Mapping[int, int]) -> Iterator[Edit]:
    """The variables above the first call of uv in a stage; below the environment's COPY where uv is kept."""
    given: set[int] = set()
    for facts in build.stages:
        calls = [(call, uv) for call in facts.calls(b"uv") if (uv := read_uv(call.command)) is not None]
        for call, uv in calls:
            beside = call.cwd is not None and call.cwd / ".venv" == move.old
            if uv.verb == "venv" and not uv.values(None) and beside:
                yield _explicit(uv, move)
        if given & {stage.index for stage in facts.lineage}:
            continue
        names = {name: call for call, uv in reversed(calls) if (name := _variable(call, uv))}
        if facts.index not in there:
            names.pop("VIRTUAL_ENV", None)
        if names:
            given.add(facts.index)
            missing = sorted(
                name for name, call in names.items() if name not in {*call.state.env, *call.state.exported}
            )
            first = min((call.instruction for call in names.values()), key=lambda one: one.span.start)
            if missing:
                at = insertion_point(build.dockerfile, first)
                yield Edit.insert(at, new_lines(build.dockerfile, _line(missing, move)))
        elif facts.index in there and _keeps_uv(build, facts) and VARIABLE not in facts.final.exported:
            given.add(facts.index)
            own = [one for one in facts.instructions if one.span.start == there[facts.index]]
            if own:
                yield Edit.insert(*below(build.dockerfile, own[0], _line([VARIABLE], move)))


def _line(names: list[str], move: Move) -> str:
    return "ENV " + " \\\n    ".join(f"{name}={move.new}" for name in names)


def _variable(call: Call, uv: UvCommand) -> str:
    """The variable by which a call of uv finds the environment; empty where it looks for none."""
    if uv.verb in PROJECT_VERBS:
        return VARIABLE
    beside = uv.has(*_TARGETS) or is_set(call, "UV_SYSTEM_PYTHON") or "UV_PYTHON" in call.state.exported
    return "VIRTUAL_ENV" if uv.verb.startswith("pip ") and not beside else ""


def _explicit(uv: UvCommand, move: Move) -> Edit:
    """``uv venv`` with the folder that it is to make."""
    word = uv.command.words[uv.after - 1]
    return Edit(word.span, f"{word.raw} {move.new}".encode(errors="surrogateescape"))


def _keeps_uv(build: Build, facts: StageFacts) -> bool:
    """Whether uv may be called in the containers of a stage."""
    end = len(build.dockerfile.data)
    from_uv = facts.base is not None and is_uv_image(facts.base.reference)
    called = any(find_uv(start.command) is not None for start in starts(build, facts))
    copied = any(
        copy.origin and source.rpartition("/")[2] == "uv"
        for copy in facts.final.copies
        for source in copy.sources
    )
    return from_uv or called or copied or installs_uv(build, facts, end)


def _folders(build: Build, move: Move, there: Mapping[int, int]) -> Iterator[Edit | Refusal]:
    """The environment's folder for a user who is not root, made where root hands over to them."""
    done: set[int] = set()
    for call in build.calls(b"uv"):
        if not _makes(call) or is_root(call.state.user) or call.stage.index not in there:
            continue
        found = handover(call.stage, call.instruction)
        if found is None:
            because = f"uv runs as {call.state.user}, who may not make {move.new}"
            line = build.line(call.command.span.start)
            instead = f"make {move.new} for that user where root still rules"
            yield Refusal(build.path, line, "install-as-non-root", because, instead)
        elif found.above.span.start not in done:
            done.add(found.above.span.start)
            line_ = new_lines(build.dockerfile, f"RUN {found.folder_for} {move.new}")
            yield Edit.insert(insertion_point(build.dockerfile, found.above), line_)


def _copies(build: Build, move: Move, there: Mapping[int, int]) -> Iterator[Edit | Refusal]:
    """A COPY of its own for the environment, where one of a folder above it brought it along."""
    for facts in build.stages:
        for instruction, state in zip(facts.instructions, facts.states, strict=False):
            for mounted in stage_mounts(state, instruction):
                if _brings(facts, mounted, move, there):
                    because = f"the mount brings the environment {move.old} along"
                    yield _refusal(build, instruction, because, "copy the environment instead")
            copied = facts.copied(instruction)
            full = _brings(facts, copied, move, there) if copied is not None else None
            if copied is None or full is None or _copied_apart(facts, copied, move):
                continue
            copy = as_copy(instruction)
            if copied.dest != full or copy is None or copy.parents or copy.exclude:
                because = f"the COPY takes the environment {move.old} to another path"
                yield _refusal(build, instruction, because, "copy it to the path that it was made at")
                continue
            flags = [flag.span.of(build.dockerfile.data) for flag in instruction.flags]
            line = f"COPY {b' '.join(flags).decode(errors='surrogateescape')} {move.new} {move.new}"
            yield Edit.insert(*below(build.dockerfile, instruction, line))


def _brings(facts: StageFacts, copied: Copied, move: Move, there: Mapping[int, int]) -> PurePosixPath | None:
    """The folder above the environment that is taken from a stage that holds it."""
    origin = facts.find(copied.origin) if copied.origin else None
    if origin is None or origin.index not in there:
        return None
    folders = [join(ROOT, source.lstrip("/") or ".") for source in copied.sources]
    return next((folder for folder in folders if folder in move.old.parents), None)


def _copied_apart(facts: StageFacts, copied: Copied, move: Move) -> bool:
    """Whether another COPY of the stage brings the environment itself from the same stage."""
    return any(
        other.origin == copied.origin and join(ROOT, source.lstrip("/")) == move.old
        for other in facts.final.copies
        for source in other.sources
    )


def _owners(build: Build, move: Move, there: Mapping[int, int]) -> Iterator[Edit | Refusal]:
    """``chown -R`` and ``chmod -R`` of a folder above the environment, for the environment as well."""
    for facts in build.stages:
        for call in facts.calls(b"chown", b"chmod", b"cp", b"mv", b"rm", b"ln", b"rsync"):
            name = call.command.name or ""
            if facts.index not in there or call.instruction.span.start < there[facts.index]:
                continue
            words = [word for word in call.command.words[1:] if not word.raw.startswith("-")]
            flags = [word.raw for word in call.command.words[1:] if word.raw.startswith("-")]
            operands = words if name in ("chown", "chmod", "rm") else words[:-1]
            above = [word for word in operands if _folder(call, word.raw) in move.old.parents]
            if not above:
                continue
            if name in _MOVERS:
                because = f"{name} takes the environment {move.old} along with {above[0].raw}"
                yield _refusal(build, call.instruction, because, "copy the environment by itself")
            elif any(re.match(r"-\w*R|--recursive", flag) for flag in flags):
                yield Edit(above[0].span, f"{above[0].raw} {move.new}".encode(errors="surrogateescape"))


def _folder(call: Call, raw: str) -> PurePosixPath | None:
    text = expand(raw.strip("\"'"), call.state.env)
    return join(call.cwd, text) if text and call.cwd is not None else None


def _writers(build: Build, move: Move, there: Mapping[int, int], *, owned: bool) -> Iterator[Refusal]:
    """What changes the environment when a container starts, as a user to whom its new place is closed."""
    made_by = {call.state.user for call in build.calls(b"uv") if _makes(call)}
    for facts in build.final_stages:
        if facts.index not in there or _WITHOUT_SYNC in facts.final.exported:
            continue
        users = {facts.final.user} | {service.user for _, service in build.services if service.user}
        others = sorted(user for user in users if user is not None and not is_root(user))
        closed = [user for user in others if user not in made_by and not owned]
        for start in starts(build, facts) if closed else ():
            uv = find_uv(start.command)
            if uv is not None and uv.verb in PROJECT_VERBS and not uv.has("--no-sync"):
                because = f"uv {uv.verb} writes as {closed[0]}, to whom {move.new} would be closed"
                instead = "let it run without a sync, or as root"
                yield Refusal(start.path, start.line, "environment-hidden", because, instead)


def _lookers(build: Build, move: Move, there: Mapping[int, int]) -> Iterator[Refusal]:
    """What looks for an environment beside the sources, or makes one there, when a container starts."""
    for facts in build.final_stages:
        told = "VIRTUAL_ENV" in facts.final.exported
        for start in starts(build, facts) if facts.index in there else ():
            uv = find_uv(start.command)
            if uv is not None and (uv.verb == "venv" or (uv.verb.startswith("pip ") and not told)):
                because = f"uv {uv.verb} goes to {move.old} when the container starts, not by a variable"
                instead = "do it when the image is built, or set VIRTUAL_ENV in the image"
                yield Refusal(start.path, start.line, "environment-named", because, instead)


def _refusal(build: Build, instruction: Instruction, because: str, instead: str) -> Refusal:
    return Refusal(build.path, build.line(instruction.text_span.start), "venv-moved", because, instead)

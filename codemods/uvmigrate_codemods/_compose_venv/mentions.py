"""The paths of a Dockerfile that name the environment's place, in any instruction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import ROOT, Edit, Refusal, as_arg, as_copy, as_env
from uvmigrate_codemods._compose_venv.paths import moved, named, resolved, without_comments

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

    from uvmigrate.codemod import Build, Instruction, Span, StageFacts, State
    from uvmigrate_codemods._compose_venv.paths import Move, Named

#: Variables of which a relative value is one of the working directory.
_FOLDERS = frozenset({"PATH", "VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT"})
_STARTS = frozenset({"CMD", "ENTRYPOINT", "HEALTHCHECK"})
_INSTEAD = "write its path in full, then run uvmigrate again"


def mentions(build: Build, move: Move) -> Iterator[Edit | Refusal]:
    """The edits of all paths into the environment; a refusal for what may be one and cannot be followed."""
    text = without_comments(build.dockerfile.data)
    for instruction in build.dockerfile.preamble:
        for found in named(text, move, instruction.span.start, instruction.span.end):
            yield _answer(build, move, found, resolved(found, None, {}))
    for facts in build.stages:
        for instruction, state in zip(facts.instructions, facts.states, strict=False):
            if instruction.keyword == "LABEL":
                continue
            for found in named(text, move, instruction.span.start, instruction.span.end):
                path = _path(build, facts, instruction, state, found, move)
                if path is None or path == move.old:
                    yield _answer(build, move, found, path)


def _answer(build: Build, move: Move, found: Named, path: PurePosixPath | None) -> Edit | Refusal:
    if path is not None:
        return moved(found, move)
    line = build.line(found.span.start)
    because = f"{found.text} may be the environment {move.old}, which compose mounts something over"
    return Refusal(build.path, line, "environment-named", because, _INSTEAD)


def _path(
    build: Build, facts: StageFacts, instruction: Instruction, state: State, found: Named, move: Move
) -> PurePosixPath | None:
    """The image path that is named; None where that is not known, or no edit could follow it."""
    keyword, path = instruction.keyword, None
    if any(flag.span.contains(found.span) for flag in instruction.flags):
        path = resolved(found, None, state.env)
        return None if path == move.old else path
    if keyword == "RUN":
        return resolved(found, _cwd(facts, instruction, found.span), state.env)
    if keyword in ("COPY", "ADD"):
        return _copied(facts, instruction, state, found)
    if keyword in ("ENV", "ARG"):
        pairs = as_env(instruction) or as_arg(instruction) or ()
        key = next((pair.key for pair in pairs if pair.span.contains(found.span)), "")
        folder = move.old.parent if key == "UV_PROJECT_ENVIRONMENT" else state.workdir
        return resolved(found, folder if key in _FOLDERS else None, state.env)
    if keyword in _STARTS:
        final = facts.final
        known = {name: final.env[name] for name in final.exported if name in final.env}
        return resolved(found, start_folder(build, facts), known)
    path = resolved(found, state.workdir, state.env)
    return None if path == move.old else path


def _cwd(facts: StageFacts, instruction: Instruction, at: Span) -> PurePosixPath | None:
    """The folder of the innermost command of a RUN that a place lies in."""
    calls = facts.calls_of(instruction)
    own = [call for call in calls if call.command.span.contains(at)]
    return min(own, key=lambda call: len(call.command.span)).cwd if own else None


def _copied(facts: StageFacts, instruction: Instruction, state: State, found: Named) -> PurePosixPath | None:
    copy = as_copy(instruction)
    if copy is None or copy.dest.span.contains(found.span):
        return resolved(found, state.workdir, state.env)
    ours = copy.from_ is not None and facts.find(copy.from_) is not None
    return resolved(found, ROOT, state.env) if ours else None


def start_folder(build: Build, facts: StageFacts) -> PurePosixPath | None:
    """The folder in which what a stage names starts containers; None where that differs, or is not known."""
    folders = {final.final.workdir for final in build.final_stages if facts in final.lineage}
    own = any(service.working_dir is not None for _, service in build.services)
    return folders.pop() if len(folders) == 1 and not own else None

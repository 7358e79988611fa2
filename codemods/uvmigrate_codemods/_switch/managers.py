"""What poetry and pipenv do besides installing: start programs, hand files on, and keep settings."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    Edit,
    Install,
    Refusal,
    Span,
    as_entrypoint,
    droppable,
    environment_place,
    exports_requirements,
    find_manager,
    handed,
    installs,
    is_about_pip,
    managed_calls,
    program_index,
    quote,
    remove_words,
    replace_words,
    run_pip,
    starts,
)
from uvmigrate_codemods._switch.wheels import build_wheel

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from uvmigrate.codemod import Handed, Instruction, ManagedCall, ManagerCommand, StageFacts
    from uvmigrate_codemods._switch.draft import Draft
    from uvmigrate_codemods._switch.manifests import Manifests


def switch_managers(draft: Draft, manifests: Manifests) -> Refusal | None:
    """Every call of poetry or pipenv that does not install: rewritten, or dropped with its reason."""
    passed = [one for i in installs(draft.build) if (one := handed(draft.build, i)) is not None]
    made = {one.by.call.command.span.start: one for one in passed}
    project = draft.target.project
    calls = managed_calls(draft.build)
    # Without a project poetry only makes a wheel. What it runs it finds where pip puts that, or nowhere.
    working = [managed for managed in calls if managed.tool.verb in ("build", "run")]
    plain = bool(working) and all(environment_place(*managed) == "image" for managed in working)
    for managed in calls:
        start = managed.call.command.span.start
        if managed.installs or start in draft.gone or (start in made and made[start].piped):
            continue
        refusal = None
        if managed.tool.verb == "run" and (project is not None or plain):
            refusal = _run(draft, managed)
        elif project is None:
            refusal = build_wheel(draft, managed) if managed.tool.verb == "build" else None
        elif start in project.exports:
            _export(draft, managed, manifests, project.exports[start])
        else:
            refusal = _drop(draft, managed, made.keys())
        if refusal is not None:
            return refusal
    if project is None:
        return next(_starts(draft), None) if plain else None
    for one in passed:
        if one.copied is not None:
            draft.delete(one.copied.instruction, "uv sync installs what this file named")
        for line in one.added:
            if line.call.command.span.start not in draft.gone:
                draft.drop(line.call, "a dependency group holds what this added")
        _drop_removals(draft, one)
    return next(_starts(draft), None)


def _export(draft: Draft, managed: ManagedCall, manifests: Manifests, options: tuple[str, ...]) -> None:
    """``poetry export`` of the same, from uv's lock."""
    command = managed.tool.command
    folder = manifests.folder(Install(managed.call, managed.tool, (), (), (), (), ()))
    words = ["uv", "export", "--locked", *options]
    words += ["--project", quote(str(folder))] if str(folder) != str(managed.call.cwd) else []
    draft.add(replace_words(command, 0, len(command.words), " ".join(words)))


def _drop_removals(draft: Draft, one: Handed) -> None:
    """``rm requirements.txt`` where the file is not made any more."""
    names = {PurePosixPath(text).name for text in one.install.tool.values("--requirement")}
    for call in one.install.stage.calls(b"rm"):
        operands = [n for n, word in enumerate(call.command.words) if n and not word.raw.startswith("-")]
        gone = [n for n in operands if PurePosixPath(call.command.argv[n] or "?").name in names]
        if call.command.name != "rm" or not gone or not droppable(call.command) or call.nested is not None:
            continue
        if gone == operands:
            draft.drop(call, "the requirements are not exported any more")
        else:
            draft.add(*remove_words(call.command, gone, draft.data))


def _run(draft: Draft, managed: ManagedCall) -> Refusal | None:
    """``poetry run x`` in a RUN: the environment is on PATH."""
    index = program_index(managed.tool)
    pip = run_pip(managed)
    if pip is not None and pip.verb == "install" and is_about_pip(pip):
        return _drop(draft, managed, ())
    if pip is not None and pip.verb != "install":
        line = draft.build.line(managed.call.command.span.start)
        because = f"`{managed.tool.tool} run pip {pip.verb}` asks the environment's pip, and it has none"
        return Refusal(draft.build.path, line, "pip-verb", because, f"write `pip {pip.verb}`")
    if index is None or _is_split(draft, managed.tool, index):
        line = draft.build.line(managed.call.command.span.start)
        because = f"what `{managed.tool.tool} run` starts here is not certain"
        return Refusal(draft.build.path, line, "manager-verb", because, "name the program itself")
    draft.add(_without_manager(managed.tool, index))
    return None


def _without_manager(tool: ManagerCommand, index: int) -> Edit:
    """The program behind ``poetry run`` alone; it begins at word *index*."""
    words = tool.command.words
    return Edit(Span(words[0].span.start, words[index].span.start), b"")


def _drop(draft: Draft, managed: ManagedCall, made: Collection[int]) -> Refusal | None:
    call, tool = managed
    because = f"{tool.tool} does not install here any more"
    if exports_requirements(managed) or tool.verb == "build":
        if call.command.span.start not in made:
            line = draft.build.line(call.command.span.start)
            why = f"what `{tool.tool} {tool.verb}` makes here is used in a way that is not followed"
            return Refusal(
                draft.build.path, line, "manager-verb", why, "install it with pip in the same stage"
            )
        because = "uv sync installs from the lock"
    if call.nested is not None or not droppable(call.command):
        line = draft.build.line(call.command.span.start)
        why = f"`{tool.tool} {tool.verb}` cannot be taken out: other commands depend on it"
        return Refusal(draft.build.path, line, "tied-command", why, "take it out by hand")
    draft.drop(call, because)
    return None


def _starts(draft: Draft) -> Iterator[Refusal]:
    """``poetry run x`` where a container starts, or its health is checked, in the Dockerfile."""
    done: set[int] = set()
    for stage in draft.build.stages:
        for start in starts(draft.build, stage):
            tool = find_manager(start.command) if start.carrier == "instruction" else None
            if tool is None:
                continue
            index = program_index(tool)
            if not start.located or (index is None and not _hands_on(tool)) or _is_split(draft, tool, index):
                because = f"what `{tool.tool} {tool.verb}` starts here is not certain"
                yield Refusal(
                    draft.build.path, start.line, "manager-verb", because, "name the program itself"
                )
            elif start.array:
                _json(draft, stage, tool, index, done)
            elif index is not None and tool.command.words[0].span.start not in done:
                done.add(tool.command.words[0].span.start)
                draft.add(_without_manager(tool, index))


def _is_split(draft: Draft, tool: ManagerCommand, index: int | None) -> bool:
    """Whether a comment line stands between the manager and the program."""
    words = tool.command.words
    between = Span(words[0].span.start, words[index].span.start) if index else Span(0, 0)
    return b"#" in between.of(draft.data)


def _hands_on(tool: ManagerCommand) -> bool:
    """``ENTRYPOINT ["poetry", "run"]``: what it starts is given when the container is."""
    return tool.verb == "run" and len(tool.command.words) == tool.after


def _json(draft: Draft, stage: StageFacts, tool: ManagerCommand, index: int | None, done: set[int]) -> None:
    """Take the elements out of the arrays that they stand in, and an ENTRYPOINT that is left empty.

    *done* are the first elements that are out already: stages may share an instruction.
    """
    words = tool.command.words
    gone = words[: len(words) if index is None else index]
    for instruction in (item for facts in stage.lineage for item in facts.instructions):
        here = [word for word in gone if _within(word.span, instruction)]
        left = [word for word in words if word not in gone and _within(word.span, instruction)]
        if not here or here[0].span.start in done:
            continue
        done.add(here[0].span.start)
        if left:
            draft.add(Edit(Span(here[0].span.start, left[0].span.start), b""))
        elif _has_others(instruction, len(here)):
            # What stands before it (`tini --`) stays.
            text = draft.data[: here[0].span.start].rstrip(b" \t\r\n\\")
            draft.add(Edit(Span(len(text.removesuffix(b",")), here[-1].span.end), b""))
        elif instruction.keyword == "ENTRYPOINT" and _inherits(stage, instruction):
            draft.add(Edit(Span(here[0].span.start, here[-1].span.end), b""))
        else:
            draft.delete(instruction, "CMD starts the program itself, which PATH finds")


def _within(span: Span, instruction: Instruction) -> bool:
    return instruction.span.start <= span.start < instruction.span.end


def _has_others(instruction: Instruction, number: int) -> bool:
    return len(instruction.exec_form or ()) > number


def _inherits(stage: StageFacts, own: Instruction) -> bool:
    """Whether an ENTRYPOINT of a stage below would come through."""
    earlier = (item for facts in stage.lineage for item in facts.instructions if item is not own)
    known = stage.base is not None and stage.base.kind == "python"
    return not known or any(as_entrypoint(item) is not None for item in earlier)

"""The installs themselves: ``pip install`` becomes ``uv sync`` or ``uv pip install``."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    MANAGERS,
    Edit,
    Refusal,
    Selection,
    Span,
    carried,
    consumes_wheels,
    droppable,
    dropped_options,
    handed,
    installs,
    is_idle_tool,
    lazy_pattern,
    made_venvs,
    managed_calls,
    managers_python,
    quote,
    read_pip,
    remove_words,
    replace_words,
    requirement_name,
    unpinned,
    upgrades_all,
    uv_pip_edits,
    uv_pip_flags,
)
from uvmigrate_codemods._switch.indexes import setting_flags, switch_settings
from uvmigrate_codemods._switch.paths import UNRELATED, export_path, own_python
from uvmigrate_codemods._switch.verbs import switch_verbs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Command, Install, StageFacts
    from uvmigrate_codemods._switch.draft import Draft
    from uvmigrate_codemods._switch.manifests import Manifests


def switch_installs(draft: Draft, manifests: Manifests) -> Refusal | None:
    """Rewrite or drop every install of the build; a refusal where the order of its commands forbids it."""
    found = installs(draft.build)
    with_pip = [i for i in found if i.stage.lineage[0].index in draft.target.pip_stages]
    switch_settings(draft, [i for i in with_pip if not consumes_wheels(draft.build, i, found)])
    syncs = _Syncs(draft, manifests)
    ready: set[int] = set()
    for install in found:
        root = install.stage.lineage[0].index
        if consumes_wheels(draft.build, install, found):
            because = "the environment is copied from the stage that made the wheels"
            refusal = _drop(draft, install, because)
            if refusal is not None:
                return refusal
        elif is_idle_tool(draft.build, install, found):
            refusal = _drop(draft, install, "nothing here calls it: uv asks build backends itself")
            if refusal is not None:
                return refusal
        elif root in draft.target.pip_stages and install.managed is not None:
            refusal = _beside_base(draft, manifests, install)
            if refusal is not None:
                return refusal
        elif root in draft.target.pip_stages:
            refusal = _to_uv_pip(draft, install, first=root not in ready)
            ready.add(root)
            if refusal is not None:
                return refusal
        else:
            refusal = syncs.add(install)
            if refusal is not None:
                return refusal
    return switch_verbs(draft, found)


#: What would end a quoted text, or mean something in it, by its quote.
_UNQUOTED = {b"'": lazy_pattern(rb"'"), b'"': lazy_pattern(rb"[\"`$\\]")}


def _to_uv_pip(draft: Draft, install: Install, *, first: bool) -> Refusal | None:
    system, pip = draft.target.system, install.pip
    if pip is None:
        raise ValueError("what poetry and pipenv install is locked")
    apart = pip.has("--target") or pip.has("--prefix")
    context = install.stage.context
    files = [context.folder / path for path in install.files if path is not None]
    given = [argument.option for argument in pip.arguments if argument.option is not None]
    flags = list(dict.fromkeys((*setting_flags(install), *uv_pip_flags(context.repo, files, given))))
    extra = [own_python(install.call, pip)] if system and (not apart or "." in pip.version) else []
    extra += [*flags, *_upgrades(install)] if system else flags
    if first and not apart and not {"--require-hashes"} & {*flags, *given}:
        extra += [quote(text) for text in draft.target.from_base]
    without = _needless(draft, install)
    edits = uv_pip_edits(pip, draft.data, *extra, system=system, without=without)
    at = install.call.script.span.start
    ends = _UNQUOTED[draft.data[at - 1 : at]] if install.call.outer is not None else None
    if ends is not None and any(ends.search(edit.new) for edit in edits):
        line = draft.build.line(install.call.command.span.start)
        because = f"what uv would be told does not fit into the quotes of {install.call.nested}"
        return Refusal(draft.build.path, line, "hidden-install", because, "call pip directly in the RUN")
    draft.add(*edits)
    draft.notes += dropped_options(pip, system)
    if not system and not apart:
        export_path(draft, install.call)
    return None


def _needless(draft: Draft, install: Install) -> tuple[str, ...]:
    """The options that mean nothing for the projects of an install, with a note on each."""
    if install.call.command.span.start not in draft.target.isolated:
        return ()
    what = ", ".join(project.text for project in install.projects)
    draft.notes.append(
        f"--no-build-isolation goes: uv builds {what} with the newest of what its [build-system] requires"
    )
    return ("--no-build-isolation",)


def _beside_base(draft: Draft, manifests: Manifests, install: Install) -> Refusal | None:
    """What is locked, into the base's own Python: a sync would take the base's packages away.

    Without ``--no-deps`` uv would look for dependencies of what it is given anew, and the lock has them all.
    """
    call, python = install.call, managers_python(install)
    folder = manifests.folder(install)
    if python is None or folder != call.cwd:
        line = draft.build.line(call.command.span.start)
        because = "its manifests are not in the folder that poetry installs in"
        return Refusal(draft.build.path, line, "project-unknown", because, "copy them there")
    export = _selected(draft, draft.project.selections[call.command.span.start], "export", "emit")
    command = (
        f"{export} --quiet --output-file {_EXPORTED}"
        f" && uv pip install {python} --no-deps -r {_EXPORTED} && rm {_EXPORTED}"
    )
    words = call.command
    draft.add(*_without_settings(words), replace_words(words, 0, len(words.words), command))
    return None


#: Of no name that the build may have given a file of its own.
_EXPORTED = PurePosixPath("/", "tmp", "locked.txt")


def _upgrades(install: Install) -> list[str]:
    """What stands for ``--upgrade`` where other packages are there: pip leaves those that are good enough."""
    pip, context = install.pip, install.stage.context
    if pip is None or not pip.has("--upgrade") or upgrades_all(pip):
        return []
    files = [context.folder / path for path in install.files if path is not None]
    named = [requirement_name(text) for text in install.packages if "==" not in text and "@" not in text]
    names = dict.fromkeys([*named, *(unpinned(context.repo, files) or ())])
    return [f"--upgrade-package {name}" for name in names]


class _Syncs:
    """The installs of a project as syncs, each of all that its stage has installed so far.

    Syncs are exact: a smaller one would take packages away again.
    """

    def __init__(self, draft: Draft, manifests: Manifests) -> None:
        self.draft = draft
        self.manifests = manifests
        self._carried = carried(draft.build, manifests.found, made_venvs(draft.build))
        self._selected: dict[int, Selection] = {}
        self._written: dict[int, str] = {}
        self._alternatives: dict[int, Selection | None] = {}

    def add(self, install: Install) -> Refusal | None:
        """Write, or drop, the next install of the build."""
        draft, stage, call = self.draft, install.stage, install.call
        indexes = [facts.index for facts in reversed(stage.lineage)]
        selection = self._selection(install)
        said = next((self._written[index] for index in indexes if index in self._written), None)
        if call.nested is not None:
            said = None
        if said is None and not install.has_manifest:
            because = "the package is a dependency of the project now, and the sync below installs it"
            return _drop(draft, install, because) or _used_before_sync(draft, install)
        folder = self.manifests.folder(install)
        if selection.project is None and droppable(call.command) and self._completed(install):
            draft.drop(call, "the sync below installs it together with the project")
            return None
        command = _selected(draft, selection, "sync", "install")
        if str(folder) != str(call.cwd):
            command += f" --project {quote(str(folder))}"
        if command == said and droppable(call.command):
            draft.drop(call, "the sync above installs it")
            return None
        if call.outer is not None and re.search(r"[\"'`$\\]", command):
            line = draft.build.line(call.command.span.start)
            because = f"what uv would be told does not fit into the quotes of {call.nested}"
            return Refusal(draft.build.path, line, "hidden-install", because, "install directly in the RUN")
        self._written[stage.index] = command
        passed = handed(draft.build, install)
        if passed is not None and passed.piped:
            start = passed.by.call.command.span.start
            draft.add(Edit(Span(start, call.command.span.end), command.encode(errors="surrogateescape")))
        else:
            # sudo, env and their like stay in front.
            words = install.tool.command
            draft.add(*_without_settings(call.command))
            verb = install.tool.verb_index
            draft.add(replace_words(words, 0, verb + 1, command))
            draft.add(*remove_words(words, range(verb + 1, len(words.words)), draft.data))
        _needless(draft, install)
        if install.pip is not None:
            draft.notes += [note for note in dropped_options(install.pip) if "prefer-binary" in note]
        export_path(draft, call)
        return None

    def _below(self, stage: StageFacts) -> Selection | None:
        """What a stage's environment holds already, by the stages that it is FROM or copies it from."""
        for facts in reversed(stage.lineage):
            if facts.index in self._selected:
                return self._selected[facts.index]
            for part in self._carried:
                if part.stage is facts:
                    return self._below(part.origin)
        return None

    def _selection(self, install: Install) -> Selection:
        """What is to be there after an install: with what was there before, unless it takes that away."""
        earlier = self._below(install.stage)
        if install.call.nested is not None:
            # Of several in one RUN only one is made.
            earlier = self._alternatives.setdefault(install.call.instruction.span.start, earlier)
        own = self.draft.project.selections[install.call.command.span.start]
        selection = own if own.exact else _sum(earlier, own)
        self._selected[install.stage.index] = selection
        return selection

    def _completed(self, install: Install) -> bool:
        """Whether the same RUN installs the project itself, before anything could use its dependencies."""
        behind = [
            call
            for call in install.stage.calls()
            if call.instruction is install.call.instruction
            and call.command.span.start > install.call.command.span.start
        ]
        projects = {found.call.command for found in self.manifests.found if found.projects}
        for call in behind:
            if call.command in projects:
                return True
            if (call.command.name or "?").rpartition("/")[2] not in UNRELATED:
                return False
        return False


def _drop(draft: Draft, install: Install, because: str) -> Refusal | None:
    """Drop an install; a refusal where other commands depend on it."""
    if droppable(install.call.command):
        draft.drop(install.call, because)
        return None
    line = draft.build.line(install.call.command.span.start)
    why = "this install means nothing any more, and other commands depend on it"
    return Refusal(draft.build.path, line, "tied-command", why, "take it out by hand")


def _without_settings(command: Command) -> Iterator[Edit]:
    """Variables of poetry and pipenv that are set for one command: uv has names of its own, or reads none."""
    starts = [*(assignment.span.start for assignment in command.assignments), command.words[0].span.start]
    for assignment, following in zip(command.assignments, starts[1:], strict=True):
        name, start = assignment.name, assignment.span.start
        if not name.startswith(("POETRY_", "PIPENV_")):
            continue
        from uvmigrate.codemod import pipenv_variable, poetry_variable

        setting = poetry_variable(name, assignment.value) or pipenv_variable(name, assignment.value)
        if setting is not None and setting.action == "rename":
            yield Edit(Span(start, start + len(name)), setting.to[0].encode())
        elif setting is None or setting.action != "keep":
            yield Edit.delete(Span(start, following), f"uv does not read {name}")


def _sum(earlier: Selection | None, own: Selection) -> Selection:
    if earlier is None:
        return own
    return own._replace(
        dependencies=earlier.dependencies or own.dependencies,
        groups=tuple(dict.fromkeys((*earlier.groups, *own.groups))),
        project=own.project or earlier.project,
        extras=tuple(dict.fromkeys((*earlier.extras, *own.extras))),
        local=earlier.local or own.local,
        chosen=tuple(dict.fromkeys((*earlier.chosen, *own.chosen))),
    )


def _selected(draft: Draft, selection: Selection, verb: str, does: str) -> str:
    """``uv sync`` or export for a selection, with default groups left out that no install asked for.

    *does* is what the options call it that the verb does to packages.
    """
    project = draft.project
    # What the lock says of a folder can only be checked where the folder is.
    words = ["uv", verb, "--locked" if selection.local else "--frozen"]
    defaults = project.default_groups
    if not selection.dependencies:
        return " ".join([*words, *(f"--only-group {group}" for group in selection.groups)])
    if not defaults or not defaults <= set(selection.groups):
        words.append(project.no_default)
        defaults = frozenset()
    words += [f"--group {group}" for group in selection.groups if group not in defaults]
    words += [f"--extra {extra}" for extra in selection.extras]
    words += selection.chosen
    words += ["--no-editable"] if selection.project == "plain" else []
    if not selection.local:
        words.append(f"--no-{does}-local")
    elif project.packaged and selection.project is None:
        words.append(f"--no-{does}-project")
    return " ".join(words)


def _used_before_sync(draft: Draft, install: Install) -> Refusal | None:
    """A refusal where a command may use a package before the sync that now installs it."""
    start = install.call.command.span.start
    later = [
        other.call.command.span.start
        for other in installs(draft.build)
        if other.stage is install.stage and other.has_manifest
    ]
    end = min((at for at in later if at > start), default=start)
    names = [name for text in install.packages if (name := requirement_name(text)) not in MANAGERS]
    name = names[0] if names else "a package"
    idle = {m.call.command for m in managed_calls(draft.build) if m.is_idle}
    for call in install.stage.calls():
        program = (call.command.name or "?").rpartition("/")[2]
        related = call.command not in idle and program not in UNRELATED and read_pip(call.command) is None
        if start < call.command.span.start < end and call.command.words and related:
            line = draft.build.line(call.command.span.start)
            because = f"{program} may use {name} before the requirement files are there to install it from"
            return Refusal(draft.build.path, line, "used-before-sync", because, "install it with the others")
    return None

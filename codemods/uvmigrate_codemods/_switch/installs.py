"""The installs themselves: ``pip install`` becomes ``uv sync`` or ``uv pip install``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    MEANINGLESS,
    Refusal,
    Selection,
    consumes_wheels,
    dropped_options,
    insert_after,
    installs,
    quote,
    read_pip,
    read_requirements,
    remove_words,
    replace_words,
    uv_pip_edits,
)
from uvmigrate_codemods._switch.manifests import Manifests

if TYPE_CHECKING:
    from uvmigrate.codemod import Call, Install
    from uvmigrate_codemods._switch.draft import Draft

#: Commands that neither run Python nor anything that was installed.
_UNRELATED = frozenset(
    """apt apt-get apk dpkg rm mkdir rmdir chown chmod useradd groupadd adduser addgroup ln cd true echo
    touch find mv cp cat set uv pip pip3 update-ca-certificates ldconfig locale-gen tar unzip curl wget""".split()
)


def switch_installs(draft: Draft) -> Refusal | None:
    """Rewrite or drop every install of the build; a refusal where the order of its commands forbids it."""
    manifests = Manifests(draft)
    found = installs(draft.build)
    before: dict[int, Selection] = {}
    written: dict[int, str] = {}
    for install in found:
        root = install.stage.lineage[0].index
        if consumes_wheels(draft.build, install, found):
            draft.drop(install.call, "the environment is copied from the stage that made the wheels")
        elif root in draft.target.pip_stages:
            _to_uv_pip(draft, install)
        else:
            refusal = _to_sync(draft, install, manifests, before, written)
            if refusal is not None:
                return refusal
    _other_verbs(draft, found)
    manifests.finish()
    return None


def _to_uv_pip(draft: Draft, install: Install) -> None:
    extra = ["--system"] if draft.target.system and not install.pip.has("--target") else []
    if _hashed(install) and not install.pip.has("--require-hashes"):
        # pip requires hashes as soon as one line has one; uv only checks the lines that have one.
        extra.append("--require-hashes")
    draft.add(*uv_pip_edits(install.pip, draft.data, *extra))
    draft.notes += dropped_options(install.pip)
    if not draft.target.system:
        _export_path(draft, install.call)


def _hashed(install: Install) -> bool:
    context = install.stage.context
    return any(
        getattr(line, "hashes", ())
        for path in install.files
        if path is not None
        for line in read_requirements(context.repo, context.folder / path).lines
    )


def _to_sync(
    draft: Draft,
    install: Install,
    manifests: Manifests,
    before: dict[int, Selection],
    written: dict[int, str],
) -> Refusal | None:
    """One install as a sync of all that the stage has installed so far: syncs are exact, a smaller one would
    take packages away again."""
    stage, call = install.stage, install.call
    earlier = next((before[s.index] for s in reversed(stage.lineage) if s.index in before), None)
    selection = _sum(earlier, draft.project.selections[call.command.span.start])
    before[stage.index] = selection
    said = next((written[s.index] for s in reversed(stage.lineage) if s.index in written), None)
    if said is None and not install.files and not install.projects:
        draft.drop(call, "the package is a dependency of the project now, and the sync below installs it")
        return _used_before_sync(draft, install)
    folder = manifests.folder(install)
    command = _sync(draft, selection)
    if str(folder) != str(call.cwd):
        command += f" --project {quote(str(folder))}"
    if command == said:
        draft.drop(call, "the sync above installs it")
        return None
    written[stage.index] = command
    verb = install.pip.verb_index
    draft.add(replace_words(call.command, 0, verb + 1, command))
    draft.add(*remove_words(call.command, range(verb + 1, len(call.command.words)), draft.data))
    draft.notes += [note for note in dropped_options(install.pip) if "prefer-binary" in note]
    _export_path(draft, call)
    return None


def _sum(earlier: Selection | None, own: Selection) -> Selection:
    if earlier is None:
        return own
    return replace(
        own,
        dependencies=earlier.dependencies or own.dependencies,
        groups=tuple(dict.fromkeys((*earlier.groups, *own.groups))),
        project=own.project or earlier.project,
        extras=tuple(dict.fromkeys((*earlier.extras, *own.extras))),
    )


def _sync(draft: Draft, selection: Selection) -> str:
    """``uv sync`` for a selection, with default groups left out that no install asked for."""
    project = draft.project
    words = ["uv", "sync", "--locked"]
    defaults = project.default_groups
    if not selection.dependencies:
        return " ".join([*words, *(f"--only-group {group}" for group in selection.groups)])
    if not defaults or not defaults <= set(selection.groups):
        words.append(project.no_default)
        defaults = frozenset()
    words += [f"--group {group}" for group in selection.groups if group not in defaults]
    words += [f"--extra {extra}" for extra in selection.extras]
    words += ["--no-editable"] if selection.project == "plain" else []
    return " ".join(words)


def _used_before_sync(draft: Draft, install: Install) -> Refusal | None:
    """A refusal where a command runs a package's program before the sync that now installs it."""
    names = {package.partition("[")[0].partition("=")[0].strip().lower() for package in install.packages}
    for call in draft.build.calls(*(name.encode() for name in names)):
        program = (call.command.name or "").rpartition("/")[2].lower()
        if (
            call.stage is install.stage
            and program in names
            and call.command.span.start > install.call.command.span.start
        ):
            line = draft.build.line(call.command.span.start)
            because = f"{program} runs before the requirement files are there to install it from"
            return Refusal(draft.build.path, line, "used-before-sync", because, "install it with the others")
    return None


def _export_path(draft: Draft, call: Call) -> None:
    """Where later commands of the same RUN may use the environment, PATH names it from there on.

    The ENV below the RUN comes too late for them.
    """
    venv, command = draft.target.venv, call.command
    behind = [c for c in call.script.statements if c.span.start > command.span.start]
    uses = any((getattr(c, "name", None) or "?").rpartition("/")[2] not in _UNRELATED for c in behind)
    on_path = f"{venv}/bin" in call.state.path or _activated(call, venv)
    tied = call.nested is not None or command.guarded or command.piped or command.negated
    exported = any(
        edit.span.start >= call.script.span.start
        and b"export PATH" in edit.new
        and edit.span.end <= call.script.span.end
        for edit in draft.edits
    )
    if uses and not on_path and not tied and not exported:
        draft.add(insert_after(call.script, command, f'export PATH="{venv}/bin:$PATH"', draft.data))


def _activated(call: Call, venv: str) -> bool:
    return any(
        earlier.name in (".", "source")
        and earlier.argv[1:2] == (f"{venv}/bin/activate",)
        and earlier.span.start < call.command.span.start
        for earlier in call.script.commands
    )


def _other_verbs(draft: Draft, found: tuple[Install, ...]) -> None:
    """``pip check`` and the like look into the environment; upgrades of pip inside it have no object."""
    stages = {install.stage.index for install in found}
    installed = {install.call.command for install in found}
    for call in draft.build.calls(b"pip"):
        pip = read_pip(call.command)
        if pip is None or call.command in installed or not stages & {s.index for s in call.stage.lineage}:
            continue
        first = min((i.call.command.span.start for i in found if i.stage is call.stage), default=0)
        behind = call.command.span.start > first
        if pip.verb in ("check", "list", "freeze", "show", "uninstall") and behind:
            where = "--system" if draft.target.system else f"--python {draft.target.venv}"
            draft.add(replace_words(call.command, 0, pip.verb_index + 1, f"uv pip {pip.verb} {where}"))
            unknown = [a.first for a in pip.arguments if a.option in MEANINGLESS and a.first > pip.verb_index]
            draft.add(*remove_words(call.command, unknown, draft.data))
        elif pip.upgrades_installers and (
            _inside(draft, call, pip.folder) or (behind and pip.verb_index > 1)
        ):
            if call.nested is None and not call.command.guarded and not call.command.piped:
                draft.drop(call, "the environment has no pip, and needs none")


def _inside(draft: Draft, call: Call, folder: str | None) -> bool:
    full = call.state.absolute(folder) if folder else None
    return full is not None and str(full) == f"{draft.target.venv}/bin"

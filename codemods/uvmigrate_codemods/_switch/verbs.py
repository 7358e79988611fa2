"""pip's other verbs: they look into the environment now, or have no object any more."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    INSTALLERS,
    MANAGERS,
    MEANINGLESS,
    Refusal,
    droppable,
    handed,
    is_about_pip,
    made_venvs,
    mentions_managers,
    read_pip,
    remove_words,
    replace_words,
    requirement_name,
)
from uvmigrate_codemods._switch.paths import own_python

if TYPE_CHECKING:
    from uvmigrate.codemod import Call, Install, PipCommand
    from uvmigrate_codemods._switch.draft import Draft

#: What uv has under the same name. ``-y`` is pip's own, and a warning in uv.
_SHARED = frozenset({"check", "list", "freeze", "show", "uninstall"})
_UNKNOWN = {*MEANINGLESS, "--yes", "--not-required", "--all", "--user"}


def switch_verbs(draft: Draft, found: tuple[Install, ...]) -> Refusal | None:
    """``pip check`` and the like below the first install; calls of a pip that the environment does not have
    go, or are a refusal where they cannot."""
    stages = {install.stage.index for install in found}
    installed = {install.call.command for install in found}
    for call in draft.build.calls(b"pip"):
        pip = read_pip(call.command)
        if pip is None or call.command in installed or not stages & {s.index for s in call.stage.lineage}:
            continue
        first = min((i.call.command.span.start for i in found if i.stage in call.stage.lineage), default=0)
        behind = call.command.span.start > first
        if _removes_images_own(draft, call, pip):
            continue
        if pip.verb == "uninstall" and droppable(call.command) and _never_held(draft, pip, found):
            draft.drop(call, "the environment never held it")
        elif pip.verb in _SHARED and behind:
            _look(draft, call, pip)
        elif _needs_pip(draft, call, pip, behind=behind):
            refusal = _drop(draft, call)
            if refusal is not None:
                return refusal
    return None


def _removes_images_own(draft: Draft, call: Call, pip: PipCommand) -> bool:
    """Whether pip takes itself out of the image: it still does, as the environment has none to be found."""
    names = {requirement_name(text) for text in pip.values(None)}
    bare = (call.command.name or "").startswith("pip")
    own = bare and not draft.target.system and not made_venvs(draft.build)
    return own and pip.verb == "uninstall" and bool(names) and names <= INSTALLERS and not pip.has_more


def _never_held(draft: Draft, pip: PipCommand, found: tuple[Install, ...]) -> bool:
    """Whether the environment never held what pip is to remove, as a manager and its dependencies."""
    if draft.target.system or is_about_pip(pip):
        return not draft.target.system
    project = draft.target.project
    lock = project.lock if project is not None else None
    if project is None or project.manifest is None or lock is None or not lock.pins:
        return False
    beside = any(requirement_name(text) not in MANAGERS for i in found for text in i.packages)
    added = any(one.added for i in found if (one := handed(draft.build, i)) is not None)
    if beside or added or pip.dynamic or pip.has_more:
        # What these require is in no lock yet.
        return False
    names = {requirement_name(text) for text in pip.values(None)}
    sources = tomllib.loads(project.manifest.decode()).get("tool", {}).get("uv", {}).get("sources", {})
    return not names & {*lock.pins, *map(requirement_name, sources)}


def _look(draft: Draft, call: Call, pip: PipCommand) -> None:
    where = own_python(call, pip) if draft.target.system else f"--python {draft.target.venv}"
    draft.add(replace_words(call.command, 0, pip.verb_index + 1, f"uv pip {pip.verb} {where}"))
    unknown = [a.first for a in pip.arguments if a.option in _UNKNOWN and a.first > pip.verb_index]
    draft.add(*remove_words(call.command, unknown, draft.data))


def _needs_pip(draft: Draft, call: Call, pip: PipCommand, *, behind: bool) -> bool:
    """Whether the call would look for pip in the environment: ``python -m pip`` behind an install, or its own
    pip by path."""
    if draft.target.system:
        return False
    full = call.state.absolute(pip.folder) if pip.folder else None
    if full is None and pip.folder:
        return "$" in pip.folder
    inside = str(full) == f"{draft.target.venv}/bin"
    module = (call.command.name or "").rpartition("/")[2].startswith("python") and pip.folder is None
    bare = pip.folder is None and f"{draft.target.venv}/bin" in call.state.path
    # The image's own pip, which PATH finds then, brings poetry and pipenv just as well.
    return (
        inside or (module and behind) or (bare and pip.verb == "install" and not _brings_manager(draft, call))
    )


def _brings_manager(draft: Draft, call: Call) -> bool:
    if not mentions_managers(draft.build):
        return False
    from uvmigrate.codemod import manager_installs

    return bool(manager_installs([call.command]))


def _drop(draft: Draft, call: Call) -> Refusal | None:
    command = call.command
    if call.nested is None and not (command.guarded or command.piped or command.negated):
        draft.drop(call, "the environment has no pip, and needs none")
        return None
    because = "this looks for pip in the environment, which has none"
    line = draft.build.line(command.span.start)
    return Refusal(draft.build.path, line, "pip-verb", because, "leave it out")

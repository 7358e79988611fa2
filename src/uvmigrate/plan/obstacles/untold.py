"""What poetry and pipenv read, change or leave somewhere that uv knows nothing of."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.build.edited import edited_in_build
from uvmigrate.build.managed import environment_place, managed_calls
from uvmigrate.commands import pipenv_variable, poetry_variable
from uvmigrate.dockerfile import as_copy, as_run
from uvmigrate.plan.obstacles.refusals import refuse_at, refuse_call
from uvmigrate.source import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.build import Build
    from uvmigrate.build.managed import ManagedCall
    from uvmigrate.codemod import Refusal

_SETTING = lazy_pattern(rb"\b(?:POETRY|PIPENV)_[A-Z0-9_]+")
#: poetry's own files with credentials and settings, wherever the user's home is.
_SETTINGS_FILE = lazy_pattern(rb"pypoetry/(auth|config)\.toml")
#: Where environments lie that only the manager finds, unless a variable names another folder.
_HIDDEN = {"poetry": "pypoetry/virtualenvs", "pipenv": ".local/share/virtualenvs"}
_FOLDERS = {"poetry": ("POETRY_VIRTUALENVS_PATH", "POETRY_CACHE_DIR"), "pipenv": ("WORKON_HOME",)}


def untold(build: Build) -> Iterator[Refusal]:
    """A refusal for each setting, file and folder of poetry's or pipenv's that uv would pass over."""
    calls = managed_calls(build)
    installing = [managed for managed in calls if managed.installs]
    yield from _shells(build)
    for managed in calls:
        yield from _changes(build, managed)
    for managed in installing:
        yield from _edited(build, managed)
        yield from _environment(build, managed)
    if installing or calls:
        yield from _secrets(build)


def _shells(build: Build) -> Iterator[Refusal]:
    for facts in build.stages:
        for instruction in facts.instructions:
            words = [word.rpartition("/")[2] for word in instruction.exec_form or ()]
            tool = next((word for word in words if word in ("poetry", "pipenv")), None)
            if instruction.keyword == "SHELL" and tool is not None:
                because = f"SHELL starts every command of a RUN with {tool}"
                instead = "write the shell alone: PATH finds the environment"
                yield refuse_at(build, instruction.span.start, "manager-verb", because, instead)


def _changes(build: Build, managed: ManagedCall) -> Iterator[Refusal]:
    call, tool = managed
    if tool.verb == "version" and tool.operands:
        because = "`poetry version`: it changes the project whenever the image is built"
        instead = "keep the version in the repository, or let the build backend find it"
        yield refuse_call(build, call, "manager-changes", because, instead)
    for assignment in call.command.assignments:
        setting = poetry_variable(assignment.name, assignment.value) or pipenv_variable(
            assignment.name, assignment.value
        )
        renamed = setting is not None and setting.action == "rename" and managed.installs
        if setting is not None and setting.action in ("refuse", "rename", "set") and not renamed:
            because = f"{assignment.name}: {setting.why}"
            yield refuse_call(build, call, "manager-settings", because, "say it in uv's settings")


def _edited(build: Build, managed: ManagedCall) -> Iterator[Refusal]:
    """What is written to a manifest before the install, the lock does not know."""
    call = managed.call
    for name in ("pyproject.toml", "Pipfile") if managed.tool.tool == "pipenv" else ("pyproject.toml",):
        edit = edited_in_build(build, PurePosixPath(name))
        earlier = edit is not None and edit.command.span.start < call.command.span.start
        if edit is not None and earlier and edit.stage in call.stage.lineage:
            because = f"{name} is edited while the image is built, and a lock holds what it said before"
            yield refuse_call(build, edit, "manager-changes", because, "edit it in the repository")


def _environment(build: Build, managed: ManagedCall) -> Iterator[Refusal]:
    """An environment in a folder of the manager's that something names, and that there is not any more."""
    call, tool = managed
    if environment_place(call, tool) != "hidden":
        return
    named = [call.state.env.get(name) for name in _FOLDERS[tool.tool]]
    folders = [*(folder for folder in named if folder), _HIDDEN[tool.tool]]
    for facts in build.stages:
        for instruction in facts.instructions:
            if instruction.keyword not in ("COPY", "ENV", "CMD", "ENTRYPOINT", "HEALTHCHECK"):
                continue
            text = instruction.args_span.of(build.dockerfile.data).decode(errors="replace")
            defines = any(name in text for name in _FOLDERS[tool.tool]) and instruction.keyword == "ENV"
            found = next((folder for folder in folders if re.search(_named(folder), text)), None)
            if found is not None and not defines:
                because = f"this names {found}, where {tool.tool} kept the environment and uv does not"
                instead = f"let {tool.tool} make .venv beside the manifest, and name that"
                yield refuse_at(build, instruction.span.start, "manager-settings", because, instead)


def _named(folder: str) -> str:
    return rf"{re.escape(folder.rstrip('/'))}(?![\w.-])"


def _secrets(build: Build) -> Iterator[Refusal]:
    """Credentials and settings that a RUN is given in a way that only poetry or pipenv reads."""
    data = build.dockerfile.data
    instead = "give them to uv: UV_INDEX_<NAME>_USERNAME and UV_INDEX_<NAME>_PASSWORD"
    for facts in build.stages:
        for instruction in facts.instructions:
            run, copy = as_run(instruction), as_copy(instruction)
            flags = b" ".join(flag.span.of(data) for flag in instruction.flags) if run is not None else b""
            text = flags if copy is None else instruction.args_span.of(data)
            file = _SETTINGS_FILE.search(text)
            if file is not None:
                because = f"{file[0].decode()} is a file that only poetry reads"
                yield refuse_at(build, instruction.span.start, "manager-settings", because, instead)
            for name in _unread(flags):
                because = f"{name} is a setting that uv does not read"
                yield refuse_at(build, instruction.span.start, "manager-settings", because, instead)
    for call in build.calls(b"POETRY_", b"PIPENV_"):
        if call.command.name in ("export", "declare"):
            for name in _unread(b" ".join(word.raw.encode() for word in call.command.words[1:])):
                because = f"{name} is a setting that uv does not read"
                yield refuse_call(build, call, "manager-settings", because, instead)


def _unread(text: bytes) -> Iterator[str]:
    """The variables in a text whose value uv would need under another name."""
    for found in _SETTING.finditer(text):
        name = found[0].decode()
        setting = poetry_variable(name, None) or pipenv_variable(name, None)
        if setting is not None and setting.action in ("refuse", "rename", "set"):
            yield name

"""Installs by poetry and pipenv: of which project, and into which environment.

poetry's documentation, "Configuration" (virtualenvs.create, virtualenvs.in-project) and pipenv's
("Configuration", PIPENV_VENV_IN_PROJECT).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from uvmigrate.build.context import join
from uvmigrate.dockerfile import expand
from uvmigrate.project import read_toml
from uvmigrate.source import NamedTuple, Unreadable

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from uvmigrate.build.model import Build, Call
    from uvmigrate.commands import ManagerCommand
    from uvmigrate.shell import Command

NAMES = (b"poetry", b"pipenv")
#: What they read. A Pipfile that is gone became a pyproject.toml.
_MANIFESTS = {"poetry": ("pyproject.toml",), "pipenv": ("Pipfile", "pyproject.toml")}
_INSTALLING = {"poetry": frozenset({"install", "sync"}), "pipenv": frozenset({"install", "sync"})}
#: Verbs of theirs that say nothing about what an image holds.
IDLE = frozenset(
    """config check show about list version verify graph help""".split()
) | {"", "self add", "self show", "self update", "plugin add", "plugin show", "cache clear", "cache list",
     "env list"}  # fmt: skip
_TRUE = frozenset({"true", "1", "yes", "on"})

Place = Literal["image", "project", "hidden"]


class ManagedCall(NamedTuple):
    """A call of poetry or pipenv in a RUN."""

    call: Call
    tool: ManagerCommand

    @property
    def installs(self) -> bool:
        """Whether it installs a project."""
        return self.tool.verb in _INSTALLING[self.tool.tool]

    @property
    def is_idle(self) -> bool:
        """Whether it is about the manager itself, or only shows or checks something."""
        return self.tool.verb in IDLE


def mentions_managers(build: Build) -> bool:
    """Whether a Dockerfile names poetry or pipenv at all; the modules that read them load only then."""
    data = build.dockerfile.data
    return any(name in data for name in NAMES)


def find_manager(command: Command) -> ManagerCommand | None:
    """The call of poetry or pipenv that a command is, or hands on to (``tini -- poetry run x``)."""
    from uvmigrate.commands import find_pipenv, find_poetry

    return find_poetry(command) or find_pipenv(command)


def managed_calls(build: Build) -> tuple[ManagedCall, ...]:
    """Every call of poetry and pipenv in the build's RUN instructions, in order."""
    if not mentions_managers(build):
        return ()
    read = ((call, find_manager(call.command)) for call in build.calls(*NAMES))
    return tuple(ManagedCall(call, tool) for call, tool in read if tool is not None)


def manager_root(call: Call, tool: ManagerCommand) -> PurePosixPath | None:
    """The context folder of the project that a call of a manager is for; None where it is not known.

    Both look for their manifest from the working directory upwards.
    """
    found = _manifest(call, tool, _start(call, tool))
    return found[1].parent if found is not None and found[1].name in _MANIFESTS[tool.tool] else None


def _start(call: Call, tool: ManagerCommand) -> PurePosixPath | None:
    """The image folder from which a manager looks for its manifest."""
    start = call.cwd
    for option in ("--directory", "--project") if tool.tool == "poetry" else ():
        for argument in tool.arguments:
            if argument.option == option:
                full = expand(argument.value, call.state.env) if argument.value is not None else None
                start = join(start, full) if full is not None and start is not None else None
    return start


def _manifest(
    call: Call, tool: ManagerCommand, start: PurePosixPath | None
) -> tuple[PurePosixPath, PurePosixPath] | None:
    """The image folder with the manifest, from *start* upwards, and the manifest's context path."""
    for name in _MANIFESTS[tool.tool]:
        for folder in (start, *start.parents) if start is not None else ():
            found = call.stage.locate(folder / name, call.state, call.instruction)
            if found is not None:
                return folder, found
    return None


def manager_cwd(call: Call, tool: ManagerCommand) -> PurePosixPath | None:
    """The image folder with the manifest that a call of a manager reads; None where it is not known."""
    start = _start(call, tool)
    found = _manifest(call, tool, start)
    return found[0] if found is not None else start


def environment_place(call: Call, tool: ManagerCommand) -> Place:
    """Where a manager installs, as long as no environment is active.

    *image*: the image's own Python; *project*: ``.venv`` beside the manifest; *hidden*: an environment in a
    folder of the manager's, which only the manager finds.
    """
    if tool.tool == "pipenv":
        if tool.has("--system") or _is_on(call, "PIPENV_SYSTEM"):
            return "image"
        return "project" if _is_on(call, "PIPENV_VENV_IN_PROJECT") else "hidden"
    if _poetry_setting(call, tool, "create") is False:
        return "image"
    return "project" if _poetry_setting(call, tool, "in-project") else "hidden"


def is_apart(call: Call, tool: ManagerCommand) -> bool:
    """Whether the build says that a manager makes an environment of its own, whatever the base says."""
    if environment_place(call, tool) == "project":
        return True
    return tool.tool == "poetry" and _poetry_setting(call, tool, "create") is True


def own_environment(call: Call, tool: ManagerCommand) -> PurePosixPath | None:
    """The environment (an image path) that the manager makes beside the manifest, if it does."""
    folder = manager_cwd(call, tool)
    if folder is None or environment_place(call, tool) != "project":
        return None
    return folder / ".venv"


def _is_on(call: Call, name: str) -> bool:
    own = next((a.value for a in call.command.assignments if a.name == name), None)
    value = own if own is not None else call.state.env.get(name)
    return value is not None and value.lower() in _TRUE


def _poetry_setting(call: Call, tool: ManagerCommand, name: str) -> bool | None:
    """The value of ``virtualenvs.NAME``: of a variable, of poetry.toml, or of a ``poetry config`` before."""
    variable = f"POETRY_VIRTUALENVS_{name.upper().replace('-', '_')}"
    if variable in call.state.exported or any(a.name == variable for a in call.command.assignments):
        return _is_on(call, variable)
    local = _poetry_toml(call, tool).get(name)
    if isinstance(local, bool):
        return local
    from uvmigrate.commands import read_poetry

    value = None
    for facts in call.stage.lineage:
        for other in facts.calls(b"poetry"):
            read = read_poetry(other.command)
            earlier = other.command.span.start < call.command.span.start
            if read is not None and earlier and read.verb == "config":
                texts = [
                    a.value
                    if a.value is not None
                    else expand(read.command.words[a.first].raw.strip("\"'"), other.state.env)
                    for a in read.operands
                ]
                if texts[:1] == [f"virtualenvs.{name}"] and len(texts) == 2 and texts[1] is not None:
                    value = texts[1].lower() in _TRUE
    return value


def _poetry_toml(call: Call, tool: ManagerCommand) -> dict[str, object]:
    """The ``[virtualenvs]`` of the poetry.toml beside the manifest."""
    root = manager_root(call, tool)
    path = call.stage.context.folder / root / "poetry.toml" if root is not None else None
    try:
        data = call.stage.context.repo[path] if path is not None else b""
        table = read_toml(data).get("virtualenvs", {})
    except (KeyError, Unreadable, ValueError):
        return {}
    return table if isinstance(table, dict) else {}


def serves_a_manager(build: Build, folder: PurePosixPath) -> bool:
    """Whether the environment in an image folder only holds poetry or pipenv itself."""
    program = re.compile(rf"{re.escape(str(folder))}/bin/(pip[0-9.]*|python[0-9.]*|poetry|pipenv)")
    return mentions_managers(build) and any(
        program.fullmatch(expand(call.command.words[0].raw.strip("\"'"), call.state.env) or "")
        and re.search(r"\b(poetry|pipenv)\b", " ".join(word.raw for word in call.command.words[1:]))
        for call in build.calls(*NAMES)
        if call.command.words
    )

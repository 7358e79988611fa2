"""What ``uv run`` would add to the environment, so that without a sync the program would miss it.

Tried with uv 0.13.8: with ``--no-sync`` the options that choose extras and groups have no effect, and no
warning says so; ``--with`` still makes an environment of its own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.codemod import is_set, join, lazy_pattern, requirement_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Pyproject, UvCommand, UvInstall
    from uvmigrate_codemods._run.environment import Place

_OWN_ENVIRONMENT = ("--with", "--with-editable", "--with-requirements", "--isolated", "--script")
_CHOOSING = (
    "--extra",
    "--group",
    "--only-group",
    "--all-extras",
    "--all-groups",
    "--all-packages",
    "--only-dev",
    "--package",
)
_ALL_OF = {"--extra": "--all-extras", "--group": "--all-groups", "--package": "--all-packages"}
_NO_DEFAULTS = {"--no-dev": "UV_NO_DEV", "--no-default-groups": "UV_NO_DEFAULT_GROUPS"}
_INLINE = lazy_pattern(rb"(?m)^# /// script\s*$")


def own_environment(uv: UvCommand, place: Place) -> str:
    """How the command makes an environment of its own, whatever the project's holds; empty if it does not."""
    option = next((a.option for a in uv.arguments if a.option in _OWN_ENVIRONMENT), None)
    if option is not None:
        return f"uv run {option}"
    program, folder = next(iter(uv.values(None)), ""), place.folder_of(uv)
    if program.startswith(("http://", "https://")) or program == "-":
        return "uv run with a script from elsewhere"
    if program.endswith(".py") and folder is not None:
        path = place.stage.locate(join(folder, program), place.state, place.run)
        context = place.stage.context
        if path is not None and _INLINE.search(context.repo.get(context.folder / path, b"")):
            return f"uv run {program}, a script with dependencies of its own,"
    return ""


def added(uv: UvCommand, syncs: tuple[UvInstall, ...]) -> str:
    """What the command asks for beyond that which the syncs installed, in a clause; empty for nothing."""
    chosen = {(a.option, a.value) for one in syncs for a in one.uv.arguments if a.option in _CHOOSING}
    for argument in uv.arguments:
        wanted = (argument.option, argument.value)
        covered = wanted in chosen or (_ALL_OF.get(argument.option or ""), None) in chosen
        if argument.option in _CHOOSING and not covered:
            return " ".join(text for text in wanted if text)
    project = syncs[0].project
    if project is not None and project.is_packaged and not any(one.builds for one in syncs):
        return "the project itself"
    left_out = [one for one in syncs if _leaves_out_defaults(one)]
    if project is None or len(left_out) < len(syncs):
        return ""
    if uv.has("--dev"):
        return "the group dev"
    program = _program(uv)
    if program in set(_default_groups(project)) - {requirement_name(text) for text in project.dependencies}:
        return f"{program}, which is in a group that uv sync leaves out,"
    return ""


def _leaves_out_defaults(sync: UvInstall) -> bool:
    chosen = sync.uv.has(*_NO_DEFAULTS, "--no-group", "--only-group")
    return chosen or any(is_set(sync.call, variable) for variable in _NO_DEFAULTS.values())


def _program(uv: UvCommand) -> str:
    """The name of the program, or of the module that Python is to run."""
    words = list(uv.values(None))
    if words and re.fullmatch(r"(.*/)?python[0-9.]*", words[0]) and words[1:2] == ["-m"]:
        words = words[2:]
    return requirement_name(words[0]) if words else ""


def _default_groups(project: Pyproject) -> Iterator[str]:
    """The names of what the groups hold that uv installs unless it is told not to."""
    names = project.default_groups
    groups = (
        project.groups if names == "all" else {name: project.groups.get(name) for name in names or ("dev",)}
    )
    legacy = project.uv.get("dev-dependencies")
    for entries in (*groups.values(), legacy):
        yield from (requirement_name(one) for one in entries or () if isinstance(one, str))

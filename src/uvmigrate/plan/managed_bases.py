"""poetry and pipenv on bases whose Python packages have to stay: where they install, and what uv can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.build import (
    carried,
    environment_place,
    keeps,
    made_venvs,
    manager_cwd,
    managers_python,
)
from uvmigrate.commands.managers import has_indexes
from uvmigrate.plan.obstacles.refusals import refuse_call
from uvmigrate.shell import droppable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from uvmigrate.build import Build
    from uvmigrate.build.handed import Handed
    from uvmigrate.build.installs import Install
    from uvmigrate.codemod import Refusal
    from uvmigrate.project import Converted


def in_base(build: Build, install: Install) -> bool:
    """Whether an install goes into a base's own Python, beside packages that have to stay."""
    elsewhere = install.tool.has("--target") or install.tool.has("--prefix")
    return bool(keeps(build, install)) and not elsewhere


def unkept(build: Build, found: Sequence[Install], passed: Mapping[int, Handed]) -> Refusal | None:
    """Why what is locked cannot go beside the packages of a base, or None; *passed* as in `ManagedWish`."""
    instead = "build on an official python image, or let it make .venv (virtualenvs.in-project)"
    for install in found:
        kept, by = keeps(build, install), install.managed
        if not in_base(build, install):
            because = "of its installs one goes into the base's own Python, and another one does not"
            return refuse_call(build, install.call, "base-unknown", because, "install all in one place")
        if install.call.command.span.start in passed:
            because = f"{kept}, and poetry installs beside its own wheel"
        elif by is None:
            continue
        elif environment_place(install.call, by) != "image":
            because = f"{kept}, and {by.tool} may install beside them"
        elif by.tool != "poetry":
            because = f"{kept}, and which Python {by.tool} installs into is not certain"
        elif managers_python(install) is None:
            because = f"{kept}, and which Python poetry was installed with, and installs into, is not certain"
        elif by.verb == "sync" or by.has("--sync", "--remove-untracked"):
            because = f"{kept}, and poetry removes what is not locked"
        else:
            continue
        return refuse_call(build, install.call, "base-unknown", because, instead)
    if carried(build, found, made_venvs(build)):
        because = "packages of a base that brings its own are carried to another stage"
        return refuse_call(build, found[0].call, "base-unknown", because, "migrate this image by hand")
    return None


def beside_base(build: Build, install: Install, converted: Converted) -> Refusal | None:
    """Why an export and ``uv pip install`` cannot do what poetry does in a base's own Python, or None."""
    call, tool = install.call, install.managed
    if tool is None:
        return None
    if has_indexes(converted):
        because = "uv pip would look for the locked packages in other indexes than poetry did"
        return refuse_call(
            build, call, "index-order", because, "let poetry make .venv (virtualenvs.in-project)"
        )
    if call.nested is not None or not droppable(call.command) or tool.command is not call.command:
        because = "several commands would take the place of this install, and others depend on it"
        return refuse_call(build, call, "tied-command", because, "install in a command of its own")
    if manager_cwd(call, tool) != call.cwd:
        because = "poetry installs another folder here than the working directory"
        return refuse_call(build, call, "project-unknown", because, "set WORKDIR to the project's folder")
    return None

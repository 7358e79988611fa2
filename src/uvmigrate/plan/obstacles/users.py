"""Who installs, and in which shell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.build import (
    carried,
    consumes_wheels,
    handover,
    is_own_user,
    is_root,
    keeps,
    made_venvs,
    returning_user,
)
from uvmigrate.commands import read_pip
from uvmigrate.dockerfile import as_copy, expand
from uvmigrate.plan.obstacles.mixed import beside_uv
from uvmigrate.plan.obstacles.refusals import refuse_call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.build import Build
    from uvmigrate.build.installs import Install
    from uvmigrate.codemod import Refusal

#: What does the same whoever runs it, and leaves no file behind.
_HARMLESS = frozenset({"cd", "echo", "pwd", "set", "true", ":"})
_HARMLESS_VERBS = frozenset({"install", "check", "list", "show", "cache", "--version"})


def users_and_shells(build: Build, installs: tuple[Install, ...], venv: str) -> Iterator[Refusal]:
    """A refusal for each install by a user who cannot fill *venv*, or in a shell that is not read."""
    for install in installs:
        state, call = install.call.state, install.call
        because = "" if is_root(state.user) else _cannot_fill(build, installs, install, venv)
        if because:
            yield refuse_call(build, call, "install-as-non-root", because, "move the install above USER")
        other = _for_the_user(install) if keeps(build, install) else None
        if other is not None:
            because = f"root installs here, and `{other}` of the same RUN is {state.user}'s"
            yield refuse_call(build, call, "install-as-non-root", because, "give it a RUN of its own")
        program = state.shell[0].rpartition("/")[2] if state.shell else ""
        if program not in ("sh", "bash", "ash", "dash"):
            because = f"SHELL is {program or 'empty'}, whose commands are not read"
            yield refuse_call(build, call, "shell", because, "install in a stage whose SHELL is sh or bash")
        if any(re.fullmatch(r"--login|-[a-z]*l[a-z]*", option) for option in state.shell[1:]):
            because = "SHELL is a login shell, which resets PATH and would not find the environment"
            yield refuse_call(build, call, "login-shell", because, "drop the shell's -l option")


def _for_the_user(install: Install) -> str | None:
    """The first command of an install's RUN that cannot be root's in the place of a user who returns."""
    run = install.call.instruction
    if returning_user(install.stage, run) is None:
        return None
    for call in install.stage.calls_of(run):
        pip, command = read_pip(call.command), call.command
        known = pip.verb in _HARMLESS_VERBS if pip is not None else command.name in _HARMLESS
        if not known or any(">" in one.operator for one in command.redirects):
            return " ".join(word.raw for word in command.words) or "an assignment"
    return None


def _cannot_fill(build: Build, installs: tuple[Install, ...], install: Install, venv: str) -> str:
    """Why the user, not root, that an install runs as could not fill the environment; empty where they can.

    They made it, or have it at home, or the image's own Python is theirs, or root can make its folder for
    them before they take over.
    """
    user, stage = install.call.state.user, install.stage
    plain = f"this install runs as {user}, who can neither make nor fill {venv}"
    made = [found.call.state.user for found in made_venvs(build) if str(found.path) == venv]
    if made or venv.startswith(f"/home/{user}/"):
        return plain if made and made != [user] else ""
    if consumes_wheels(build, install, installs):
        return ""
    if keeps(build, install) and stage.base is not None and is_own_user(stage.base, user):
        return ""
    returns = returning_user(stage, install.call.instruction) is not None
    if keeps(build, install) and install.pip is not None and returns:
        return ""
    if keeps(build, install) or beside_uv(build) or handover(stage, install.call.instruction) is None:
        return plain
    for other in installs:
        near = other.stage in stage.lineage or stage in other.stage.lineage
        if near and other.call.state.user != user and not consumes_wheels(build, other, installs):
            line = build.line(other.call.command.span.start)
            return (
                f"this install runs as {user}, and that of line {line} as {other.call.state.user or 'root'}"
            )
    for part in carried(build, installs, made_venvs(build)):
        view = as_copy(part.copied.instruction)
        env = part.stage.state(part.copied.instruction).env
        owner = expand(view.chown, env) if view is not None and view.chown else None
        same = (owner or "root").partition(":")[0] == (user or "").partition(":")[0]
        if part.stage in stage.lineage and not same:
            return f"this install runs as {user}, and the environment is copied here as {owner or 'root'}'s"
    return ""

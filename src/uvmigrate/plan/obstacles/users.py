"""Who installs, and in which shell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.build import made_venvs
from uvmigrate.plan.obstacles.refusals import refuse_call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.build import Build
    from uvmigrate.build.installs import Install
    from uvmigrate.codemod import Refusal


def users_and_shells(build: Build, installs: tuple[Install, ...], venv: str) -> Iterator[Refusal]:
    """A refusal for each install by a user who cannot fill *venv*, or in a shell that is not read."""
    for install in installs:
        state, call = install.call.state, install.call
        if state.user not in (None, "root", "0", "root:root", "0:0") and not _owns(build, install, venv):
            because = f"this install runs as {state.user}, who can neither make nor fill {venv}"
            yield refuse_call(build, call, "install-as-non-root", because, "move the install above USER")
        program = state.shell[0].rpartition("/")[2] if state.shell else ""
        if program not in ("sh", "bash", "ash", "dash"):
            because = f"SHELL is {program or 'empty'}, whose commands are not read"
            yield refuse_call(build, call, "shell", because, "install in a stage whose SHELL is sh or bash")
        if any(re.fullmatch(r"--login|-[a-z]*l[a-z]*", option) for option in state.shell[1:]):
            because = "SHELL is a login shell, which resets PATH and would not find the environment"
            yield refuse_call(build, call, "login-shell", because, "drop the shell's -l option")


def _owns(build: Build, install: Install, venv: str) -> bool:
    """Whether the user that an install runs as made the environment, or would have it at home."""
    user = install.call.state.user
    made = [found.call.state.user for found in made_venvs(build) if str(found.path) == venv]
    return made == [user] if made else venv.startswith(f"/home/{user}/")

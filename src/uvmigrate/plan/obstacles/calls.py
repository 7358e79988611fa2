"""Calls of pip that cannot be said in uv."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.build import made_venvs
from uvmigrate.commands import read_pip, unmappable
from uvmigrate.plan.obstacles.refusals import refuse_call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.build import Build
    from uvmigrate.build.installs import Install
    from uvmigrate.codemod import Refusal


_HANDLED_VERBS = frozenset(
    ["", *"install wheel check list freeze show uninstall cache config --version debug help".split()]
)


def calls(build: Build, installs: tuple[Install, ...]) -> Iterator[Refusal]:
    """Calls of pip that cannot be said in uv."""
    for install in installs:
        refused = unmappable(install.pip) if install.pip is not None else None
        if refused is not None:
            argument, why = refused
            yield refuse_call(
                build, install.call, "pip-option", f"{argument.option}: {why}", "say it another way"
            )
    for call in build.calls(b"pip"):
        pip = read_pip(call.command)
        if pip is not None and pip.verb not in _HANDLED_VERBS:
            because = f"`pip {pip.verb}` has no counterpart in uv"
            yield refuse_call(
                build, call, "pip-verb", because, "do without it, or migrate this image by hand"
            )
    venvs = {venv.path for venv in made_venvs(build)}
    if len(venvs) > 1:
        because = f"several virtual environments: {', '.join(sorted(map(str, venvs)))}"
        first = min(made_venvs(build), key=lambda venv: venv.call.command.span.start)
        yield refuse_call(build, first.call, "several-venvs", because, "migrate this image by hand")

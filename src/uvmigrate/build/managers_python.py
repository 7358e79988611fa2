"""The Python that poetry installs into where it makes no environment: the one that it was installed with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.commands import python_option, read_pip
from uvmigrate.shell import unwrap
from uvmigrate.source import lazy_pattern

if TYPE_CHECKING:
    from uvmigrate.build.installs import Install
    from uvmigrate.shell import Command

_PYTHON = lazy_pattern(r"python3?(\.\d+)?")


def managers_python(install: Install) -> str | None:
    """uv's option for the Python that an install by poetry goes into; None where it is not certain.

    Without an environment of the project's poetry takes the Python that runs it, and for one that its own
    installer made the Python that ran the installer (poetry's `EnvManager.get_system_env`). All calls that
    bring it have to be seen, and to name one Python that PATH finds.
    """
    if install.managed is None or install.managed.tool != "poetry":
        return None
    from uvmigrate.commands import read_poetry
    from uvmigrate.commands.manager_installs import manager_installs

    scripts = {
        call.script.span.start: call.script
        for facts in install.stage.lineage
        for call in facts.calls(b"poetry")
        if call.command.span.start < install.call.command.span.start
    }
    options = {
        _option(one.commands)
        for script in scripts.values()
        for one in manager_installs(script.commands)
        if one.tool == "poetry" and read_poetry(one.commands[0]) is None
    }
    return options.pop() if len(options) == 1 else None


def _option(commands: tuple[Command, ...]) -> str | None:
    for command in map(unwrap, commands):
        pip, name = read_pip(command), command.name or ""
        if pip is not None:
            return python_option(pip) if pip.folder is None else None
        if _PYTHON.fullmatch(name):
            return f'--python "$(command -v {name})"'
    return None

"""Calls of other managers than pip: those that are not switched, and what poetry and pipenv do besides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.build import version_of
from uvmigrate.build.handed import exports_requirements
from uvmigrate.build.installs import INSTALL_WORDS
from uvmigrate.build.managed import IDLE, managed_calls, mentions_managers
from uvmigrate.dockerfile import as_arg, as_env
from uvmigrate.plan.indexes import project_lines
from uvmigrate.plan.obstacles.refusals import refuse_at, refuse_call
from uvmigrate.plan.packages import Unfit, read_package
from uvmigrate.project import Pyproject, read_pyproject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.build import Build, Call
    from uvmigrate.build.installs import Install
    from uvmigrate.build.managed import ManagedCall
    from uvmigrate.codemod import Refusal

_OTHER_MANAGERS = {
    "pdm": "pdm",
    "conda": "conda",
    "mamba": "conda",
    "micromamba": "conda",
    "hatch": "hatch",
    "rye": "rye",
    "easy_install": "easy_install",
    "pip-sync": "pip-tools",
    "pip-compile": "pip-tools",
}
#: Verbs that are said in uv.
SWITCHED = frozenset({"install", "sync", "run", "export", "requirements", "build"})
#: Where an install may stand that only some builds make.
_CHOICES = ("control flow: if", "control flow: case")
_CHANGES = {
    "add": "it adds a package to the project whenever the image is built",
    "remove": "it removes a package from the project whenever the image is built",
    "lock": "it chooses the versions anew whenever the image is built",
    "update": "it chooses the versions anew whenever the image is built",
    "upgrade": "it chooses the versions anew whenever the image is built",
}


def managers(build: Build, installs: tuple[Install, ...]) -> Iterator[Refusal]:
    """A refusal for each install by a manager that is not switched, and for what uv cannot say of others."""
    for call in build.calls(*INSTALL_WORDS):
        name = (call.command.name or "").rpartition("/")[2]
        argv = call.command.argv
        manager = _OTHER_MANAGERS.get(name)
        if name.startswith("python") and argv[1:3] == ("-m", "pdm"):
            manager = "pdm"
        if manager is not None:
            because = f"{manager} installs here, and uvmigrate switches pip, poetry and pipenv"
            yield refuse_call(build, call, "other-manager", because, "migrate this image by hand")
        elif "setup.py" in argv and {"install", "develop"} & set(argv):
            unread = _unread_setup(build, call, installs)
            instead = "use `pip install .` first, then run uvmigrate again"
            if unread is not None:
                yield refuse_call(build, call, "other-manager", unread, instead)
    if mentions_managers(build):
        from uvmigrate.plan.obstacles.untold import untold

        for managed in managed_calls(build):
            yield from _managed(build, managed)
        yield from _variables(build)
        yield from untold(build)


def _unread_setup(build: Build, call: Call, installs: tuple[Install, ...]) -> str | None:
    """Why ``setup.py install`` may be more than ``uv pip install .``, or None.

    uv builds in an environment of its own, in which setup.py finds setuptools and what it asks for. Without
    pip, pip's settings meant nothing.
    """
    install = next((one for one in installs if one.call.command is call.command), None)
    if install is None:
        return "setup.py is called here with more than one verb, or with options that uv does not have"
    folder = install.projects[0].folder
    if folder is None:
        return "setup.py installs itself here, and it is not one of the repository"
    if project_lines(install):
        return "setup.py installs itself here, which reads no settings of pip's, and uv would"
    found = read_package(build.context.repo, build.context.folder / folder, version_of(build, install))
    if isinstance(found, Unfit) and found.code != "python-unknown":
        return f"setup.py installs itself here, and what it asks for is not certain ({found.why})"
    return None


def _managed(build: Build, managed: ManagedCall) -> Iterator[Refusal]:
    from uvmigrate.commands import Unsaid, poetry_config, program_index

    call, tool = managed
    said = f"`{tool.tool} {tool.verb}`"
    if tool.verb in _CHANGES and not tool.has("--check") and not exports_requirements(managed):
        because = f"{said}: {_CHANGES[tool.verb]}"
        instead = "do it in the repository, and install from the lock here"
        yield refuse_call(build, call, "manager-changes", because, instead)
    elif tool.verb == "run" and program_index(tool) is None:
        because = f"what {said} starts, or where, is not certain"
        yield refuse_call(build, call, "manager-verb", because, "call the program by its name")
    elif tool.verb not in SWITCHED | IDLE | {"lock"}:
        because = f"{said} has no counterpart in an image that uv installs"
        yield refuse_call(build, call, "manager-verb", because, "do without it")
    elif tool.verb in ("install", "sync") and call.nested not in (None, *_CHOICES) and call.outer is None:
        because = f"{said} stands where it cannot be followed ({call.nested})"
        yield refuse_call(build, call, "opaque-shell", because, "write it as a plain command of the RUN")
    elif tool.verb == "config":
        setting = poetry_config(tool)
        why = None
        if isinstance(setting, Unsaid) or setting.action == "refuse":
            why = setting.why
        elif setting.action in ("rename", "set"):
            why = f"uv reads {' and '.join(setting.to)} for it"
        if why is not None:
            key = (tool.values(None) or ("",))[0]
            because = f"`poetry config {key}`: {why}"
            instead = "say it in uv's settings, its credentials in a secret, then run uvmigrate again"
            yield refuse_call(build, call, "manager-settings", because, instead)
    elif tool.verb in ("self add", "plugin add"):
        plugin = _unknown_plugin(build, managed)
        if plugin is not None:
            because = f"{plugin} may have a part in what poetry installs and builds"
            instead = "name it in [build-system] requires if it is a build backend"
            yield refuse_call(build, call, "manager-plugin", because, instead)


def _unknown_plugin(build: Build, managed: ManagedCall) -> str | None:
    """A plugin of poetry's that is not known to be harmless, and that no project here names as a backend."""
    from uvmigrate.commands.manager_installs import is_harmless_plugin, manager_installs

    found = [name for one in manager_installs([managed.call.command]) for name in one.plugins]
    backends = ""
    for path in build.context.repo.named("pyproject.toml"):
        read = read_pyproject(build.context.repo, path)
        if isinstance(read, Pyproject):
            backends += f" {read.data.get('build-system', {}).get('requires', '')}"
    return next((name for name in found if not is_harmless_plugin(name) and name not in backends), None)


def _variables(build: Build) -> Iterator[Refusal]:
    from uvmigrate.commands import pipenv_variable, poetry_variable

    for facts in build.stages:
        for instruction in facts.instructions:
            for pair in (*(as_env(instruction) or ()), *(as_arg(instruction) or ())):
                if not pair.key.startswith(("POETRY_", "PIPENV_")):
                    continue
                value = facts.final.env.get(pair.key, pair.value)
                setting = poetry_variable(pair.key, value) or pipenv_variable(pair.key, value)
                if setting is not None and setting.action in ("refuse", "rename", "set"):
                    because = f"{pair.key}: {setting.why}"
                    instead = "say it in uv's settings, then run uvmigrate again"
                    if setting.action != "refuse":
                        because = f"{pair.key} would have to be {' and '.join(setting.to)} for uv"
                        instead = f"set {' and '.join(setting.to)} instead"
                    yield refuse_at(build, pair.span.start, "manager-settings", because, instead)

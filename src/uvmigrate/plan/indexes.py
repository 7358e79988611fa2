"""Where an install's packages come from: as lines that a project can hold, and as uv would read it.

A lock names the files of its indexes, and ``uv sync`` goes there: a variable index cannot be a project's (uv
docs, "Package indexes").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.build import pip_settings
from uvmigrate.codemod import Refusal
from uvmigrate.commands import PipCommand, said_in_uv, setting_values
from uvmigrate.project import Index, Requirement, closure, constraint_closure

if TYPE_CHECKING:
    from collections.abc import Iterable

    from uvmigrate.build import Build, PipSetting
    from uvmigrate.build.installs import Install
    from uvmigrate.project import RequirementFile

#: What a line of a requirements file can say for all packages, and a project as well.
_LINES = ("--index-url", "--extra-index-url", "--find-links", "--pre", "--no-binary", "--only-binary")
#: What packages are built with: a constraint on one of them is meant for builds.
_BUILD_TOOLS = frozenset(
    """setuptools wheel cython setuptools-scm setuptools-rust pbr flit-core hatchling poetry-core pdm-backend
    meson-python scikit-build scikit-build-core maturin pybind11 cffi numpy oldest-supported-numpy cmake ninja
    packaging""".split()
)
#: A lock holds hashes, an environment starts empty, hosts are named in the build's settings.
_NEEDLESS = frozenset({"--require-hashes", "--upgrade", "--trusted-host"})


def project_lines(install: Install) -> tuple[str, ...] | str:
    """What options and pip's settings say about indexes and kinds of packages, as lines of a requirements
    file; or one clause on why no project could say it."""
    tool = install.tool
    if not isinstance(tool, PipCommand):
        return ()
    settings = {setting.option: setting for setting in pip_settings(install)[0]}
    why = next((why for setting in settings.values() if (why := _not_a_projects(install, setting))), None)
    if why is not None:
        return why
    lines = []
    for option in _LINES:
        setting = settings.get(option)
        values: list[str] = []
        if setting is not None and setting.value is not None:
            values += setting_values(option, setting.value)
        given = tool.values(option)
        if option == "--pre":
            true = setting is not None and said_in_uv(option, setting.value) != said_in_uv(option, "no")
            lines += [option] if true or tool.has(option) else []
        elif option == "--index-url":
            lines += [f"{option} {value}" for value in (given or tuple(values))[-1:]]
        else:
            lines += [f"{option} {value}" for value in (*values, *given)]
    return tuple(lines)


def _not_a_projects(install: Install, setting: PipSetting) -> str | None:
    """Why a project cannot hold a setting, or None."""
    said = said_in_uv(setting.option, setting.value)
    if isinstance(said, str):
        return f"{setting.name}: {said}"
    if setting.option in _NEEDLESS or not (said.variables or said.flags):
        return None
    if setting.value is None:
        return f"{setting.name} is only known when the image is built, and a lock names its indexes"
    if setting.option == "--constraint":
        return _not_a_projects_constraints(install, setting.name, setting.value)
    return None if setting.option in _LINES else f"{setting.name} has no place in a project"


def _not_a_projects_constraints(install: Install, name: str, value: str) -> str | None:
    """Why a project cannot hold the constraints of a variable, which unlike an option's hold for builds."""
    context = install.stage.context
    paths = [install.call.locate(text) for text in setting_values("--constraint", value)]
    known = [context.folder / path for path in paths if path is not None]
    if len(known) != len(paths):
        return f"{name} names a file that the context does not hold"
    lines = [line for file in constraint_closure(context.repo, known) for line in file.lines]
    tool = next((li.name for li in lines if isinstance(li, Requirement) and li.name in _BUILD_TOOLS), None)
    return f"{name} limits {tool}, with which pip builds packages" if tool is not None else None


def index_conflict(build: Build, installs: Iterable[Install]) -> Refusal | None:
    """A refusal where pip lets one of several default indexes win, and ``uv pip`` another.

    For pip a file's ``--index-url`` wins over the command's, and that over PIP_INDEX_URL; for uv it is the
    other way round (tried with uv 0.13.8).
    """
    for install in installs:
        tool = install.tool
        setting = next((found for found in pip_settings(install)[0] if found.option == "--index-url"), None)
        command = next((a for a in tool.arguments if a.option == "--index-url"), None)
        said = tool.command.words[command.last - 1].raw if command is not None else ""
        same = setting is not None and (
            (setting.value is not None and setting.value in said)
            or any(word in said for word in (f"${setting.name}", f"${{{setting.name}}}"))
        )
        extra = any(a.option == "--extra-index-url" for a in tool.arguments) or any(
            found.option == "--extra-index-url" for found in pip_settings(install)[0]
        )
        line = build.line(install.call.command.span.start)
        instead = "say the index once"
        if setting is not None and command is not None and not same:
            because = f"for pip --index-url wins over {setting.name}, and for uv it does not"
            return Refusal(build.path, line, "contradicting-indexes", because, instead)
        known = setting.value if setting is not None else command.value if command is not None else None
        steered = extra or setting is not None or command is not None
        for file in _files(build, install) if steered else ():
            for found in file.lines:
                if isinstance(found, Index) and found.kind == "default" and (extra or found.url != known):
                    because = (
                        "for pip this index wins over the one that the image names, and for uv it does not"
                    )
                    return Refusal(file.path, found.line, "contradicting-indexes", because, instead)
    return None


def _files(build: Build, install: Install) -> tuple[RequirementFile, ...]:
    paths = [build.context.folder / path for path in install.files if path is not None]
    return tuple(dict.fromkeys(file for path in paths for file in closure(build.context.repo, path)))

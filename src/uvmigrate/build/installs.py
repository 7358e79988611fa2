"""The installs of a build: which calls of pip put which requirement files, packages and projects where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.build.managed import managed_calls, manager_root
from uvmigrate.build.pip_settings import pip_settings
from uvmigrate.commands import MANAGERS, PipCommand, read_pip, read_uv, requirement_name
from uvmigrate.dockerfile import expand
from uvmigrate.source import NamedTuple, once_a_view

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from uvmigrate.build.managed import ManagedCall
    from uvmigrate.build.model import Build, Call, StageFacts
    from uvmigrate.commands import ManagerCommand, UvCommand

#: Words that a RUN with an install of Python packages contains at least one of.
INSTALL_WORDS = (b"pip", b"uv", b"poetry", b"pdm", b"conda", b"mamba", b"setup.py", b"easy_install", b"venv",
                 b"virtualenv", b"hatch", b"rye")  # fmt: skip


class Install(NamedTuple):
    """One call of pip that installs, or builds wheels; or one of poetry or pipenv that installs a project.

    ``files`` and ``constraints`` are context paths, None for a file that the build makes or that cannot be
    found; ``projects`` the folders given as operands or with ``-e`` (context paths), with their extras;
    ``packages`` the requirements named in the command; ``others`` operands that are none of these.
    ``root`` is the context folder of the project that poetry or pipenv installs, None for pip and where it is
    not known.
    """

    call: Call
    tool: PipCommand | ManagerCommand
    files: tuple[PurePosixPath | None, ...]
    constraints: tuple[PurePosixPath | None, ...]
    projects: tuple[ProjectArgument, ...]
    packages: tuple[str, ...]
    others: tuple[str, ...]
    root: PurePosixPath | None = None

    @property
    def managed(self) -> ManagerCommand | None:
        """The call of poetry or pipenv, if it is one."""
        return None if isinstance(self.tool, PipCommand) else self.tool

    @property
    def pip(self) -> PipCommand | None:
        """The call of pip, if it is one."""
        return self.tool if isinstance(self.tool, PipCommand) else None

    @property
    def has_manifest(self) -> bool:
        """Whether it installs from files of a project, and not only packages that it names."""
        return bool(self.files or self.projects or self.managed)

    @property
    def stage(self) -> StageFacts:
        """The stage that the install runs in."""
        return self.call.stage


class ProjectArgument(NamedTuple):
    """A folder given to pip: ``.``, ``-e .``, ``./lib[extra]``; ``folder`` is a context path or None."""

    text: str
    folder: PurePosixPath | None
    extras: tuple[str, ...]
    editable: bool


@once_a_view
def installs(build: Build) -> tuple[Install, ...]:
    """Every install by pip, poetry and pipenv in the build's RUN instructions, in order, wherever it stands.

    Upgrades of nothing but pip, setuptools and wheel are none, nor are installs of another manager.
    """
    found = []
    for managed in managed_calls(build):
        call, tool = managed
        pip = run_pip(managed)
        if managed.installs:
            found.append(_managed(call, tool))
        elif pip is not None and pip.verb == "install" and not is_about_pip(pip):
            found.append(_install(call, pip))
    for call in build.calls(b"pip", b"setup.py"):
        pip = read_pip(call.command)
        if pip is None or pip.verb not in ("install", "wheel") or pip.upgrades_installers:
            continue
        if installs_manager(pip):
            continue
        found.append(_install(call, pip))
    return tuple(sorted(found, key=lambda install: install.call.command.span.start))


def run_pip(managed: ManagedCall) -> PipCommand | None:
    """The call of the environment's pip that ``poetry run pip …`` is, else None."""
    from uvmigrate.commands import program_index

    index = program_index(managed.tool)
    command = managed.tool.command
    return read_pip(command._replace(words=command.words[index:])) if index is not None else None


def is_about_pip(pip: PipCommand) -> bool:
    """Whether the packages that a call names are installing tools, which uv's environments go without."""
    names = {requirement_name(text) for text in pip.values(None)}
    return bool(names) and names <= MANAGERS | {"pip", "wheel"} and not pip.dynamic and not pip.has_more


def _managed(call: Call, tool: ManagerCommand) -> Install:
    return Install(call, tool, (), (), (), tool.values(None), (), manager_root(call, tool))


def installs_manager(pip: PipCommand) -> bool:
    """Whether the call installs nothing but managers (uv, poetry, …), their plugins and installing tools."""
    words = pip.command.words
    # The version may be a variable.
    operands = [words[a.first].raw.strip("\"'") for a in pip.arguments if a.option is None]
    names = {requirement_name(text) for text in operands}
    if pip.has_more or not names:
        return False
    plugins = {name for name in names if name.startswith("poetry-") or name == "poethepoet"}
    return names - (plugins if "poetry" in names else set()) <= MANAGERS | {"pip", "setuptools", "wheel"}


@once_a_view
def uv_calls(build: Build) -> tuple[tuple[Call, UvCommand], ...]:
    """Every call of uv in the build's RUN instructions."""
    read = ((call, read_uv(call.command)) for call in build.calls(b"uv"))
    return tuple((call, uv) for call, uv in read if uv is not None)


def _install(call: Call, pip: PipCommand) -> Install:
    projects, packages, others = [], [], []
    for text in (*pip.values("--editable"), *pip.values(None)):
        editable = text in pip.values("--editable")
        if editable or _is_path(text):
            plain, _, extras = text.partition("[")
            if "://" in text or plain.endswith((".whl", ".tar.gz", ".zip", "*")):
                others.append(text)
                continue
            names = tuple(name.strip() for name in extras.rstrip("]").split(",") if name.strip())
            projects.append(ProjectArgument(text, _project_folder(call, plain), names, editable))
        elif "://" in text and "@" not in text.partition("://")[0]:
            others.append(text)
        else:
            packages.append(text)
    others += [call.command.words[a.first].raw for a in pip.arguments if a.option is None and a.dynamic]
    install = Install(
        call,
        pip,
        _files(call, pip, "--requirement"),
        _files(call, pip, "--constraint"),
        tuple(projects),
        tuple(packages),
        tuple(others),
    )
    limits = [s.value or "" for s in pip_settings(install)[0] if s.option == "--constraint"]
    more = tuple(call.locate(path) for text in limits for path in text.split())
    return install._replace(constraints=(*install.constraints, *more))


def _project_folder(call: Call, path: str) -> PurePosixPath | None:
    """The context folder that becomes the image folder *path*, where at least its manifest comes from it."""
    whole = call.locate(path)
    if whole is not None:
        return whole
    for name in ("pyproject.toml", "setup.py", "setup.cfg"):
        manifest = call.locate(f"{path.rstrip('/') or '.'}/{name}")
        if manifest is not None and manifest.name == name:
            return manifest.parent
    return None


def _is_path(text: str) -> bool:
    return (
        text.startswith((".", "/", "~"))
        or text.partition("[")[0].endswith("/")
        or ("/" in text and "://" not in text and "@" not in text)
    )


def _files(call: Call, pip: PipCommand, option: str) -> tuple[PurePosixPath | None, ...]:
    """The context paths of an option's files; None for one that only the shell or the build knows."""
    named = (argument.value for argument in pip.arguments if argument.option == option)
    return tuple(call.locate(text) if text is not None else None for text in named)


def expanded(call: Call, text: str | None) -> str | None:
    """A word with the Dockerfile's own variables filled in; None where one is not known."""
    return expand(text, call.state.env) if text is not None else None

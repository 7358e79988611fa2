"""Whether a build's installs could come from one uv project, or why they stay with ``uv pip``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.build import consumes_wheels, is_idle_tool, keeps, prefix_is_carried, version_of
from uvmigrate.build.edited import edited_in_build
from uvmigrate.plan.indexes import project_lines
from uvmigrate.plan.isolated import in_isolation
from uvmigrate.plan.packages import Unfit, read_package
from uvmigrate.project import Compiled, closure, constraints, project_folder, read_compiled
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import PurePosixPath

    from uvmigrate.build import Build, Call
    from uvmigrate.build.installs import Install, ProjectArgument
    from uvmigrate.codemod import Settings
    from uvmigrate.commands import Argument

#: Options of one install that a project cannot say, or would say for every install.
_ONLY_PIP = {
    "--target": "it installs into a folder of its own",
    "--no-deps": "it leaves dependencies out",
    "--no-index": "it installs without an index",
    "--no-build-isolation": "it builds without isolation",
    "--config-settings": "it passes settings to a build backend",
    "--config-setting": "it passes settings to a build backend",
    "--cert": "it names a certificate",
    "--group": "it installs a dependency group with pip",
    "--python-version": "it installs for another Python",
    "--dry-run": "it only tries",
    "--keyring-provider": "it asks a keyring",
    "--uploaded-prior-to": "it limits the upload date",
    "--build-constraint": "it constrains builds",
}


class Wish(NamedTuple):
    """A build that could install from one project in ``folder`` (relative to the repository).

    ``members`` are the installs that the project would take over, ``pip_stages`` as in `Target`. ``compiled``
    holds the versions that a packaged project is installed with, where a file beside it says them.
    """

    build: Build
    folder: PurePosixPath
    members: tuple[Install, ...]
    packaged: bool
    pip_stages: frozenset[int]
    python: tuple[int, int]
    compiled: Compiled | None = None


def repo_paths(call: Call, paths: Iterable[PurePosixPath | None]) -> list[PurePosixPath]:
    """The context paths that are known, relative to the repository."""
    return [call.stage.context.folder / path for path in paths if path is not None]


def wish_for(build: Build, found: tuple[Install, ...], settings: Settings) -> Wish | str:
    """The project that a build's installs could come from, or one clause on why they stay with ``uv pip``."""
    real = tuple(
        install
        for install in found
        if not consumes_wheels(build, install, found) and not is_idle_tool(build, install, found)
    )
    pythons = {image_python(build, install, settings) for install in real}
    with_project = {i.stage.lineage[0].index for i in real if i.files or i.projects}
    members = tuple(install for install in real if install.stage.lineage[0].index in with_project)
    if not members:
        return "the packages are named in the Dockerfile alone: there is no manifest to make a project of"
    packaged = any(install.projects for install in members)
    python = next(iter(pythons), None)
    reason = next((why for i in members if (why := _not_packages(build, i, python, settings))), None)
    compiled = _compiled(build, members, python, settings) if packaged and reason is None else None
    pinned = compiled if isinstance(compiled, Compiled) else None
    reason = next((why for install in members if (why := _only_pip(build, install, pinned))), reason)
    reason = reason or _apart(build, members) or _several_indexes(members, packaged=packaged)
    if reason is not None:
        return reason
    kept = next((why for install in real if (why := keeps(build, install))), None)
    if kept is not None:
        return kept
    if len(pythons) != 1 or python is None:
        return "which minor version of Python the base image has is not known"
    if isinstance(compiled, str):
        return f"requirement files are installed beside the project itself: {compiled}"
    folders = {
        folder
        for install in members
        for folder in (_folders(build, install.projects) if packaged else _file_folders(build, install))
    }
    if len(folders) != 1:
        return f"the installs come from several folders: {', '.join(sorted(map(str, folders)))}"
    folder = folders.pop()
    if not folder.is_relative_to(build.context.folder):
        return "the requirement files lie at the edge of the build context: pyproject.toml would lie outside"
    others = frozenset(install.stage.lineage[0].index for install in real) - with_project
    return Wish(build, folder, members, packaged, others, python, compiled)


def _compiled(
    build: Build, members: tuple[Install, ...], python: tuple[int, int] | None, settings: Settings
) -> Compiled | str | None:
    """The file that holds the versions of the project which is installed beside it, or why none does.

    None where no file is installed. A project without the file's packages in its own stage may bring others.
    """
    files = {path for install in members for path in install.files}
    folders = {project.folder for install in members for project in install.projects}
    if not files:
        return None
    path, folder = next(iter(files)), next(iter(folders))
    if len(files) > 1 or len(folders) > 1 or path is None or folder is None:
        return "there are several, or the build makes them"
    if any(install.constraints for install in members):
        return "there are constraints, too"
    with_file = {install.stage for install in members if install.files}
    for install in members:
        if install.projects and not with_file & set(install.stage.lineage):
            return f"a stage installs {install.projects[0].text} without them"
        if any(project.extras for project in install.projects):
            return f"{install.projects[0].text} brings extras of its own"
    context = build.context
    package = read_package(context.repo, context.folder / folder, python, settings.name)
    if isinstance(package, Unfit):
        return package.why
    project = package.project
    if project.path.with_name("uv.lock") in context.repo:
        return f"{project.path.with_name('uv.lock')} may hold other versions"
    return read_compiled(context.repo, context.folder / path, project)


def _several_indexes(members: tuple[Install, ...], *, packaged: bool) -> str | None:
    """Why no project could say where all packages come from: it says it once for all of them."""
    lines = {project_lines(install) for install in members}
    if len(lines) > 1:
        return "the installs have different options for indexes or kinds of packages"
    return (
        "the options for indexes would have to stand in its pyproject.toml"
        if packaged and any(lines)
        else None
    )


def _apart(build: Build, members: tuple[Install, ...]) -> str | None:
    """Why packages named in the Dockerfile cannot wait for the sync that installs the requirement files."""
    for install in members:
        if install.files or install.projects or not install.packages:
            continue
        syncs = [other for other in members if (other.files or other.projects)]
        if not any(other.stage is install.stage or other.stage in install.stage.lineage for other in syncs):
            line = build.line(install.call.command.span.start)
            return (
                f"line {line} installs {install.packages[0]} in a stage without requirement files of its own"
            )
    return None


def image_python(build: Build, install: Install, settings: Settings) -> tuple[int, int] | None:
    """The minor version of the Python that an install is for, as far as its base or ``--python`` says."""
    version = version_of(build, install)
    if version is None and settings.python is not None:
        major, minor = settings.python.split(".")
        return int(major), int(minor)
    return version


def _folders(build: Build, projects: Iterable[ProjectArgument]) -> set[PurePosixPath]:
    return {build.context.folder / project.folder for project in projects if project.folder is not None}


def _file_folders(build: Build, install: Install) -> set[PurePosixPath]:
    return {project_folder(build.context.folder / path) for path in install.files if path is not None}


def _only_pip(build: Build, install: Install, pinned: Compiled | None) -> str | None:
    """Why this install cannot be part of a project, or None; *pinned* is the file that holds its versions."""
    call, pip = install.call, install.tool
    line = build.line(call.command.span.start)
    if call.nested is not None:
        return f"line {line} decides in the shell what is installed ({call.nested})"
    if call.command.guarded or call.command.piped or call.command.background or call.command.negated:
        return f"line {line} installs inside a list of the shell that may fail or go on without it"
    isolated = call.command.span.start in in_isolation(build)
    options = [a.option for a in pip.arguments if a.option in _ONLY_PIP]
    option = next((o for o in options if o != "--no-build-isolation" or not isolated), None)
    # Only what was compiled holds the dependencies of the dependencies as well.
    whole = pinned is not None and not install.packages and bool(pinned.constraints or not install.files)
    complete = option == "--no-deps" and (pip.verb == "wheel" or whole)
    if option is not None and not complete:
        return f"line {line} has {option}: {_ONLY_PIP[option]}"
    if pip.has("--prefix") and not prefix_is_carried(build, install):
        return f"line {line} has --prefix: it installs into a folder of its own"
    unknown = next((a for a in pip.arguments if a.dynamic or _is_made(call, a)), None)
    if unknown is not None:
        what = call.command.words[unknown.last - 1].raw
        return f"line {line} installs {what}: a variable, or a file that the context does not hold"
    lines = project_lines(install)
    if isinstance(lines, str):
        return f"line {line}: {lines}"
    if install.others:
        return f"line {line} installs {install.others[0]}, which is no named requirement"
    for path in _all_files(build, install):
        edit = edited_in_build(build, path)
        if edit is not None:
            return f"{path} is edited while the image is built (line {build.line(edit.command.span.start)})"
    return None


def _is_made(call: Call, argument: Argument) -> bool:
    """Whether an argument names a file that is not known to come from the context."""
    named = argument.option in ("--requirement", "--constraint")
    return named and argument.value is not None and call.locate(argument.value) is None


def _all_files(build: Build, install: Install) -> list[PurePosixPath]:
    """The files of an install and what they include, relative to the repository."""
    named = repo_paths(install.call, (*install.files, *install.constraints))
    found = [
        file
        for path in named
        for file in (*closure(build.context.repo, path), *constraints(build.context.repo, path))
    ]
    return list(dict.fromkeys([*named, *(file.path for file in found)]))


def _not_packages(
    build: Build, install: Install, python: tuple[int, int] | None, settings: Settings
) -> str | None:
    """Why a folder given to pip is no project that uv can lock without running its code, or None."""
    for argument in install.projects:
        if argument.folder is None:
            return f"{argument.text} is not a folder of the repository when pip reads it"
        folder = build.context.folder / argument.folder
        package = read_package(build.context.repo, folder, python, settings.name)
        if isinstance(package, Unfit):
            return package.why
        if any(extra not in package.project.optional for extra in argument.extras):
            return f"{argument.text} names an extra that {package.project.path} does not declare"
        readme = f"{argument.text.partition('[')[0]}/{package.readme}"
        if package.by_setup and package.readme is not None and install.call.locate(readme) is None:
            return f"{package.readme} is not there yet, and [project] names it: setup.py can do without"
    return None

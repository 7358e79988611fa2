"""Which uv project a build's installs amount to, or why they amount to none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from uvmigrate.build import carried, made_venvs
from uvmigrate.build.environment import consumes_wheels
from uvmigrate.build.installs import edited_in_build
from uvmigrate.codemod import LockRequest, Project
from uvmigrate.project import (
    CannotExtendError,
    NotAProject,
    ProjectSet,
    Pyproject,
    Selection,
    closure,
    combine,
    constraints,
    extend_pyproject,
    new_pyproject,
    project_folder,
    project_name,
    read_pyproject,
    requires_python,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import PurePosixPath

    from uvmigrate.build import Build, Call
    from uvmigrate.build.installs import Install, ProjectArgument
    from uvmigrate.codemod import Settings
    from uvmigrate.source import Repo

#: Options of one install that a project cannot say, or would say for every install.
_ONLY_PIP = {
    "--target": "it installs into a folder of its own",
    "--no-deps": "it leaves dependencies out",
    "--no-binary": "it chooses source distributions on the command line",
    "--only-binary": "it chooses wheels on the command line",
    "--pre": "it allows pre-releases on the command line",
    "--no-index": "it installs without an index",
    "--find-links": "it finds packages outside of an index",
    "--trusted-host": "it trusts a host without TLS",
    "--index-url": "its index stands on the command line",
    "--extra-index-url": "its index stands on the command line",
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


@dataclass(frozen=True, slots=True)
class Wish:
    """A build that could install from one project in ``folder`` (relative to the repository).

    ``members`` are the installs that the project would take over, ``pip_stages`` as in `Target`.
    """

    build: Build
    folder: PurePosixPath
    members: tuple[Install, ...]
    packaged: bool
    pip_stages: frozenset[int]
    python: tuple[int, int]


def wish_for(build: Build, found: tuple[Install, ...], settings: Settings) -> Wish | str:
    """The project that a build's installs could come from, or one clause on why they stay with ``uv pip``."""
    real = tuple(install for install in found if not consumes_wheels(build, install, found))
    pythons = {_python(install, settings) for install in real}
    with_project = {i.stage.lineage[0].index for i in real if i.files or i.projects}
    members = tuple(install for install in real if install.stage.lineage[0].index in with_project)
    if not members:
        return "the packages are named in the Dockerfile alone: there is no manifest to make a project of"
    reason = next((why for install in members if (why := _only_pip(build, install, found))), None)
    if reason is not None:
        return reason
    python = next(iter(pythons), None)
    if len(pythons) != 1 or python is None:
        return "which minor version of Python the base image has is not known"
    packaged = any(install.projects for install in members)
    if packaged and any(install.files for install in members):
        return "requirement files are installed beside the project itself"
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
    return Wish(build, folder, members, packaged, others, python)


def _python(install: Install, settings: Settings) -> tuple[int, int] | None:
    if settings.python is not None:
        major, minor = settings.python.split(".")
        return int(major), int(minor)
    base = install.stage.base
    return base.python if base is not None and base.kind == "python" else None


def _folders(build: Build, projects: Iterable[ProjectArgument]) -> set[PurePosixPath]:
    return {build.context.folder / project.folder for project in projects if project.folder is not None}


def _file_folders(build: Build, install: Install) -> set[PurePosixPath]:
    return {project_folder(build.context.folder / path) for path in install.files if path is not None}


def _only_pip(build: Build, install: Install, found: tuple[Install, ...]) -> str | None:
    """Why this install cannot be part of a project, or None."""
    call, pip = install.call, install.pip
    line = build.line(call.command.span.start)
    if call.nested is not None:
        return f"line {line} decides in the shell what is installed ({call.nested})"
    if call.command.guarded or call.command.piped or call.command.background or call.command.negated:
        return f"line {line} installs inside a list of the shell that may fail or go on without it"
    option = next((a.option for a in pip.arguments if a.option in _ONLY_PIP), None)
    if option is not None and not (pip.verb == "wheel" and option == "--no-deps"):
        return f"line {line} has {option}: {_ONLY_PIP[option]}"
    if pip.has("--prefix") and not _is_carried(build, install, found):
        return f"line {line} has --prefix: it installs into a folder of its own"
    if None in (*install.files, *install.constraints) or pip.dynamic:
        return f"line {line} installs what only the build knows (a variable, or a file that it makes)"
    if install.others:
        return f"line {line} installs {install.others[0]}, which is no named requirement"
    for path in _all_files(build, install):
        edit = edited_in_build(build, path)
        if edit is not None:
            return f"{path} is edited while the image is built (line {build.line(edit.command.span.start)})"
    for project in install.projects:
        why = _not_a_package(build, project)
        if why is not None:
            return why
    return None


def _all_files(build: Build, install: Install) -> list[PurePosixPath]:
    """The files of an install and what they include, relative to the repository."""
    named = _repo_paths(install.call, (*install.files, *install.constraints))
    found = [
        file
        for path in named
        for file in (*closure(build.context.repo, path), *constraints(build.context.repo, path))
    ]
    return list(dict.fromkeys([*named, *(file.path for file in found)]))


def _is_carried(build: Build, install: Install, found: tuple[Install, ...]) -> bool:
    return any(
        part.kind == "prefix" and install.stage in part.origin.lineage
        for part in carried(build, found, made_venvs(build))
    )


def _not_a_package(build: Build, argument: ProjectArgument) -> str | None:
    """Why a folder given to pip is no project that uv can lock without running its code, or None."""
    if argument.folder is None:
        return f"{argument.text} is not a folder of the repository when pip reads it"
    path = build.context.folder / argument.folder / "pyproject.toml"
    project = read_pyproject(build.context.repo, path)
    if not isinstance(project, Pyproject) or not project.has_project:
        return f"{argument.text} has no [project] table: setup.py or another tool declares its metadata"
    if project.dynamic:
        fields = ", ".join(project.dynamic)
        return f"{path}: {fields} is dynamic, and uv lock would run the project's code to learn it"
    if any(extra not in project.optional for extra in argument.extras):
        return f"{argument.text} names an extra that {path} does not declare"
    return None


def make_projects(
    repo: Repo, folder: PurePosixPath, wishes: Sequence[Wish], settings: Settings
) -> dict[PurePosixPath, Project | str]:
    """The project of a folder, for each Dockerfile that wishes for it, or one clause on why there is none."""
    packaged = {wish.packaged for wish in wishes}
    if len(packaged) > 1:
        result: dict[PurePosixPath, Project | str] = {}
        for wish in wishes:
            result |= (
                make_projects(repo, folder, [wish], settings)
                if wish.packaged
                else {wish.build.path: "another image installs the project itself, this one its requirements"}
            )
        return result
    return _packages(repo, folder, wishes) if packaged.pop() else _sets(repo, folder, wishes, settings)


def _packages(
    repo: Repo, folder: PurePosixPath, wishes: Sequence[Wish]
) -> dict[PurePosixPath, Project | str]:
    path = folder / "pyproject.toml"
    project = read_pyproject(repo, path)
    if not isinstance(project, Pyproject):
        return {wish.build.path: f"{path} cannot be read as TOML" for wish in wishes}
    manifest: bytes | None = None
    if not project.is_packaged:
        if project.uv:
            why = f"{path} has [tool.uv] but is no package, and pip installs it as one"
            return {wish.build.path: why for wish in wishes}
        # pip builds a project without [build-system] with setuptools; uv only does where it is told.
        manifest = repo[path].rstrip(b"\r\n") + b"\n\n[tool.uv]\npackage = true\n"
        if b"\r\n" in repo[path]:
            manifest = manifest.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    found: dict[PurePosixPath, Project | str] = {}
    for wish in wishes:
        selections = {}
        extras: list[str] = []
        for install in wish.members:
            extras += [extra for argument in install.projects for extra in argument.extras]
            editable = any(argument.editable for argument in install.projects)
            selections[install.call.command.span.start] = Selection(
                dependencies=True,
                groups=(),
                project="editable" if editable else "plain",
                extras=tuple(dict.fromkeys(extras)),
            )
        if any(install.packages for install in wish.members):
            found[wish.build.path] = "packages are named in the Dockerfile beside the project itself"
            continue
        lock = None
        if folder / "uv.lock" not in repo:
            lock = LockRequest(folder, ".".join(map(str, wish.python)))
        found[wish.build.path] = _project(folder, manifest, lock, project, selections, packaged=True)
    return found


def _project(
    folder: PurePosixPath,
    manifest: bytes | None,
    lock: LockRequest | None,
    project: Pyproject | None,
    selections: dict[int, Selection],
    *,
    packaged: bool,
    requirement_files: frozenset[PurePosixPath] = frozenset(),
    notes: tuple[str, ...] = (),
) -> Project:
    declared = project.default_groups if project is not None else None
    if declared is None:
        no_default, defaults = "--no-dev", frozenset({"dev"})
    else:
        groups = tuple(project.groups) if declared == "all" and project is not None else declared
        no_default, defaults = "--no-default-groups", frozenset(groups)
    return Project(
        folder, manifest, lock, packaged, selections, no_default, defaults, requirement_files, notes
    )


def _sets(
    repo: Repo, folder: PurePosixPath, wishes: Sequence[Wish], settings: Settings
) -> dict[PurePosixPath, Project | str]:
    def all_pip(why: str) -> dict[PurePosixPath, Project | str]:
        return {wish.build.path: why for wish in wishes}

    members = [(wish, install) for wish in wishes for install in wish.members]
    groups = _groups_for_named_packages(wishes)
    extra: dict[PurePosixPath | str | None, list[str]] = {}
    for wish, install in members:
        extra.setdefault(groups[wish.build.path], []).extend(install.packages)
    extra = {group: list(dict.fromkeys(texts)) for group, texts in extra.items() if texts}
    files = [together for wish in wishes for together in _installed_together(wish)]
    constraining = [p for _, i in members for p in _repo_paths(i.call, i.constraints)]
    combined = combine(repo, files, extra, constrained_by=constraining, folder=folder)
    if isinstance(combined, NotAProject):
        where = f"{combined.path}:{combined.line}: " if combined.path else ""
        return all_pip(f"{where}{combined.why}")
    if combined.installs_project is not None:
        return all_pip("a requirement file installs the project itself (-e .)")
    pythons = [wish.python for wish in wishes]
    manifest = _manifest(repo, folder, combined, requires_python(pythons), settings)
    if isinstance(manifest, str):
        return all_pip(manifest)
    request = LockRequest(folder, ".".join(map(str, min(pythons))), combined.pins, combined.hashed)
    lock = request if manifest is not None or folder / "uv.lock" not in repo else None
    path = folder / "pyproject.toml"
    project = read_pyproject(repo, path)
    notes = combined.notes
    if combined.left_out:
        names = ", ".join(map(str, combined.left_out))
        notes += (
            f"{names}: no image installs it; `uv add --group NAME -r FILE` makes it a dependency group",
        )
    return {
        wish.build.path: _project(
            folder,
            manifest,
            lock,
            project if isinstance(project, Pyproject) else None,
            {
                i.call.command.span.start: _selection(combined, i, groups[wish.build.path])
                for i in wish.members
            },
            packaged=False,
            requirement_files=frozenset(combined.file_groups) | frozenset(constraining),
            notes=notes,
        )
        for wish in wishes
    }


def _repo_paths(call: Call, paths: Iterable[PurePosixPath | None]) -> list[PurePosixPath]:
    return [call.stage.context.folder / path for path in paths if path is not None]


def _repo_files(install: Install) -> frozenset[PurePosixPath]:
    return frozenset(_repo_paths(install.call, install.files))


def _installed_together(wish: Wish) -> list[frozenset[PurePosixPath]]:
    """For each stage that installs, all the requirement files that it and the stages it is FROM install."""
    stages = {install.stage.index: install.stage for install in wish.members}
    return [
        frozenset().union(*(_repo_files(i) for i in wish.members if i.stage in stage.lineage))
        for stage in stages.values()
    ]


def _groups_for_named_packages(wishes: Sequence[Wish]) -> dict[PurePosixPath, str | None]:
    """Where the packages go that a Dockerfile names itself: the dependencies, if all images name the same."""
    named = {
        wish.build.path: sorted(text for install in wish.members for text in install.packages)
        for wish in wishes
    }
    if len({tuple(texts) for texts in named.values()}) == 1:
        return dict.fromkeys(named)
    return {path: _image_name(path) if texts else None for path, texts in named.items()}


def _image_name(path: PurePosixPath) -> str:
    words = [
        word
        for word in path.name.lower().replace("_", ".").split(".")
        if word not in ("dockerfile", "containerfile")
    ]
    return "-".join(words) or path.parent.name.lower() or "image"


def _selection(combined: ProjectSet, install: Install, group: str | None) -> Selection:
    chosen = combined.selection(_repo_files(install))
    if not install.packages:
        return chosen
    if group is None:
        return Selection(True, chosen.groups, chosen.project, chosen.extras)
    return Selection(chosen.dependencies, (*chosen.groups, group), chosen.project, chosen.extras)


def _manifest(
    repo: Repo, folder: PurePosixPath, combined: ProjectSet, python: str, settings: Settings
) -> bytes | str | None:
    """The pyproject.toml to write; None where the one that is there says the same; a str says why neither."""
    path = folder / "pyproject.toml"
    for other in ("setup.py", "setup.cfg", "Pipfile"):
        if folder / other in repo and _declares(repo.get(folder / other, b""), other):
            return f"{folder / other} declares the project: a [project] table beside it would contradict it"
    name = settings.name or project_name(repo, folder, combined.names)
    if path not in repo:
        return new_pyproject(name, "0.1.0", python, combined).encode()
    existing = read_pyproject(repo, path)
    if not isinstance(existing, Pyproject):
        return f"{path} cannot be read as TOML"
    if existing.poetry:
        return f"{path} belongs to poetry"
    if existing.has_project:
        return (
            None
            if _same(existing, combined)
            else f"{path} has a [project] of its own beside the requirement files"
        )
    try:
        return extend_pyproject(repo[path], name, "0.1.0", python, combined)
    except CannotExtendError as error:
        return f"{path}: {error}"


def _declares(data: bytes, name: str) -> bool:
    return name != "setup.cfg" or b"[metadata]" in data or b"install_requires" in data


def _same(existing: Pyproject, combined: ProjectSet) -> bool:
    """Whether the existing [project] says exactly what the requirement files say."""

    def key(text: str) -> str:
        return "".join(text.split()).lower()

    declared = {key(text) for text in existing.dependencies}
    groups = {
        name: {key(text) for text in texts if isinstance(text, str)}
        for name, texts in existing.groups.items()
    }
    wanted = {name: {key(entry.text) for entry in entries} for name, entries in combined.groups.items()}
    return declared == {key(entry.text) for entry in combined.dependencies} and all(
        groups.get(name) == texts for name, texts in wanted.items()
    )

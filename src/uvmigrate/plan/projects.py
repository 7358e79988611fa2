"""Which uv project a build's installs amount to, or why they amount to none."""

from __future__ import annotations

import posixpath
from types import MappingProxyType
from typing import TYPE_CHECKING

from uvmigrate.build import ROOT
from uvmigrate.codemod import LockRequest, Project
from uvmigrate.plan.base_packages import missing_setuptools
from uvmigrate.plan.indexes import project_lines
from uvmigrate.plan.packages import Package, Unfit, read_package
from uvmigrate.plan.wishes import repo_paths
from uvmigrate.project import (
    CannotExtendError,
    NotAProject,
    ProjectSet,
    Pyproject,
    Selection,
    combine_compiled,
    extend_pyproject,
    new_pyproject,
    pinned_python,
    project_name,
    read_pyproject,
    requires_python,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import PurePosixPath

    from uvmigrate.build.installs import Install
    from uvmigrate.codemod import Settings
    from uvmigrate.plan.wishes import Wish
    from uvmigrate.source import Repo


def make_projects(
    repo: Repo, folder: PurePosixPath, wishes: Sequence[Wish], settings: Settings
) -> dict[PurePosixPath, Project | str]:
    """The project of a folder, for each Dockerfile that wishes for it, or one clause on why there is none."""
    root = workspace_above(repo, folder)
    if root is not None:
        return {wish.build.path: f"{root} makes a workspace of what lies below it" for wish in wishes}
    other = other_python(repo, folder, [wish.python for wish in wishes])
    if other is not None:
        return {wish.build.path: other for wish in wishes}
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
    return (
        _packages(repo, folder, wishes, settings) if packaged.pop() else _sets(repo, folder, wishes, settings)
    )


def workspace_above(repo: Repo, folder: PurePosixPath) -> PurePosixPath | None:
    """The pyproject.toml above *folder* (or in it) that is the root of a uv workspace, if there is one.

    uv looks for it from the project upwards, and locks all members together (uv docs, "Workspaces").
    """
    for parent in (folder, *folder.parents):
        found = read_pyproject(repo, parent / "pyproject.toml")
        if isinstance(found, Pyproject) and found.workspace:
            return found.path
    return None


def other_python(repo: Repo, folder: PurePosixPath, pythons: Sequence[tuple[int, ...]]) -> str | None:
    """Why nobody could lock the project: `uv lock` takes the Python that ``.python-version`` names."""
    for parent in (folder, *folder.parents):
        asked = pinned_python(repo.get(parent / ".python-version", b""))
        if asked is not None and asked[:2] not in pythons:
            version = ".".join(map(str, asked))
            return f"{parent / '.python-version'} asks for Python {version}, which is not the image's"
    return None


def _packages(
    repo: Repo, folder: PurePosixPath, wishes: Sequence[Wish], settings: Settings
) -> dict[PurePosixPath, Project | str]:
    pythons = sorted({wish.python for wish in wishes})
    packages = [read_package(repo, folder, python, settings.name) for python in pythons]
    package = packages[0]
    if isinstance(package, Unfit):
        return {wish.build.path: package.why for wish in wishes}
    bounds = {other.project.requires_python for other in packages if isinstance(other, Package)}
    if len(bounds) > 1:
        why = "the images have different Pythons, and setup.py does not say which it needs"
        return {wish.build.path: why for wish in wishes}
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
                project=("editable" if editable else "plain") if install.projects else None,
                extras=tuple(dict.fromkeys(extras)),
            )
        if any(install.packages for install in wish.members):
            found[wish.build.path] = "packages are named in the Dockerfile beside the project itself"
            continue
        lock, notes = None, package.notes
        files: frozenset[PurePosixPath] = frozenset()
        if folder / "uv.lock" not in repo or package.manifest is not None:
            lock = _lock_of(folder, wish)
        else:
            notes = (
                *notes,
                f"{folder / 'uv.lock'} stays as it is: `uv lock --check` tells whether it is fresh",
            )
        if wish.compiled is not None:
            # What the build of the project reads as well stays where it is.
            files = frozenset({wish.compiled.path}) - package.reads
            instead = "pyproject.toml in its place, so keep that up to date from now on"
            if wish.compiled.constraints:
                instead = "uv.lock in its place, so upgrade that from now on"
            if files:
                notes = (*notes, f"{wish.compiled.path}: `uv sync` reads {instead}")
        if package.by_setup and any(chosen.project == "editable" for chosen in selections.values()):
            notes = (*notes, _EDITABLE)
        found[wish.build.path] = new_project(
            folder,
            package.manifest,
            lock,
            package.project,
            selections,
            packaged=True,
            requirement_files=files,
            notes=notes,
        )
    return found


_EDITABLE = (
    "an editable install shows the project's packages, as setup.py names them, and no other module that lies"
    " beside them: `pip install -e` of a bare setup.py showed all"
)


def _lock_of(folder: PurePosixPath, wish: Wish) -> LockRequest:
    """The lock of a packaged project, with the versions of the file that was compiled from it."""
    python, compiled = ".".join(map(str, wish.python)), wish.compiled
    if compiled is None:
        return LockRequest(folder, python)
    return LockRequest(folder, python, compiled.pins, compiled.hashes, compiled.constraints)


def new_project(
    folder: PurePosixPath,
    manifest: bytes | None,
    lock: LockRequest | None,
    project: Pyproject | None,
    selections: dict[int, Selection],
    *,
    packaged: bool,
    requirement_files: frozenset[PurePosixPath] = frozenset(),
    notes: tuple[str, ...] = (),
    exports: Mapping[int, tuple[str, ...]] = MappingProxyType({}),
    main_group: str | None = None,
) -> Project:
    """The project in *folder*; *project* is its pyproject.toml as it will be, as far as it could be read.

    *main_group* stands for its dependencies, and is a default group like ``dev``.
    """
    declared = project.default_groups if project is not None else None
    if declared is None or main_group is not None:
        no_default, defaults = "--no-dev", frozenset({"dev"})
    else:
        groups = tuple(project.groups) if declared == "all" and project is not None else declared
        no_default, defaults = "--no-default-groups", frozenset(groups)
    return Project(
        folder, manifest, lock, packaged, selections, no_default, defaults, requirement_files, notes, exports
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
    lines = _index_lines(members)
    if isinstance(lines, str):
        return all_pip(lines)
    extra.setdefault(None, []).extend(lines)
    needed = dict.fromkeys(text for wish in wishes if (text := missing_setuptools(wish.build, wish.members)))
    extra.setdefault(None, []).extend(list(needed)[:1])
    extra = {group: list(dict.fromkeys(texts)) for group, texts in extra.items() if texts}
    files = [together for wish in wishes for together in _installed_together(wish)]
    constraining = [p for _, i in members for p in repo_paths(i.call, i.constraints)]
    combined = combine_compiled(repo, files, extra, constrained_by=constraining, folder=folder)
    if isinstance(combined, NotAProject):
        line = f":{combined.line}" if combined.line else ""
        where = f"{combined.path}{line}: " if combined.path else ""
        return all_pip(f"{where}{combined.why}")
    if combined.installs_project is not None:
        return all_pip("a requirement file installs the project itself (-e .)")
    apart = next((why for w, i in members if (why := _laid_out_otherwise(w, i, combined))), None)
    if apart is not None:
        return all_pip(apart)
    pythons = [wish.python for wish in wishes]
    manifest = _manifest(repo, folder, combined, requires_python(pythons), settings)
    if isinstance(manifest, str):
        return all_pip(manifest)
    python = ".".join(map(str, min(pythons)))
    request = LockRequest(folder, python, combined.pins, combined.hashed, combined.held)
    lock = request if manifest is not None or folder / "uv.lock" not in repo else None
    path = folder / "pyproject.toml"
    project = read_pyproject(repo, path)
    notes = combined.notes + _on_files(combined, manifest, members, needed)
    if min(pythons) < (3, 12) and not needed and "setuptools" not in combined.names:
        notes += (_OLD_SETUPTOOLS,)
    return {
        wish.build.path: new_project(
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


def _laid_out_otherwise(wish: Wish, install: Install, combined: ProjectSet) -> str | None:
    """Why an image would not have the folders that its requirement files name where the project has, or None.

    pip looks from where it is run, uv from pyproject.toml, which comes to lie there.
    """
    call, context = install.call, wish.build.context
    for _, folder, _ in combined.sources if install.files else ():
        path = posixpath.relpath(folder, combined.folder)
        if not folder.is_relative_to(context.folder):
            return f"{folder} lies outside of the build context"
        if call.cwd in (None, ROOT) or call.locate(path) != folder.relative_to(context.folder):
            return f"{path} does not lie in the image as it does in the repository, beside pyproject.toml"
    return None


def _index_lines(members: Iterable[tuple[Wish, Install]]) -> tuple[str, ...] | str:
    """What all installs say about indexes, as lines of a requirements file, or why that is not one thing."""
    said = {project_lines(install) for _, install in members}
    return said.pop() if len(said) == 1 else "the images take their packages from different indexes"


_OLD_SETUPTOOLS = (
    "images up to Python 3.11 hold setuptools, the environment does not: if a package imports pkg_resources "
    "without requiring it, `uv add 'setuptools<81'`"
)


def _on_files(
    combined: ProjectSet,
    manifest: bytes | None,
    members: Iterable[tuple[Wish, Install]],
    needed: Iterable[str],
) -> tuple[str, ...]:
    """What people should know about the files that pip installed from, and about what the base brought."""
    notes = [
        f"the sources import setuptools, which came with Python: {text} is a dependency now"
        for text in needed
    ]
    files = {str(path) for _, install in members for path in _repo_files(install)}
    if manifest is not None and files:
        names = ", ".join(sorted(files))
        notes.append(
            f"{names}: `uv sync` reads pyproject.toml in its place, so keep that up to date from now on"
        )
    if combined.left_out:
        names = ", ".join(map(str, combined.left_out))
        notes.append(
            f"{names}: no image installs it; `uv add --group NAME -r FILE` makes it a dependency group"
        )
    return tuple(notes)


def _repo_files(install: Install) -> frozenset[PurePosixPath]:
    return frozenset(repo_paths(install.call, install.files))


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
    return {path: image_name(path) if texts else None for path, texts in named.items()}


def image_name(path: PurePosixPath) -> str:
    """A name for the image of a Dockerfile, after its path."""
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
    existing = read_pyproject(repo, path) if path in repo else None
    if existing is None:
        return new_pyproject(name, "0.1.0", python, combined).encode()
    if not isinstance(existing, Pyproject):
        return f"{path} {existing.why}"
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
    return (
        not combined.sources
        and declared == {key(entry.text) for entry in combined.dependencies}
        and all(groups.get(name) == texts for name, texts in wanted.items())
    )

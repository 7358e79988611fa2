"""Which uv project the installs of poetry and pipenv amount to, or why a build cannot be switched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.build import installs
from uvmigrate.codemod import LockRequest, Refusal
from uvmigrate.commands import (
    MANAGERS,
    SyncOptions,
    Unsaid,
    pipenv_export_options,
    pipenv_sync_options,
    poetry_export_options,
    poetry_sync_options,
    requirement_name,
)
from uvmigrate.plan.managed_bases import beside_base
from uvmigrate.plan.managed_limits import beyond_limits
from uvmigrate.plan.managed_scripts import missing_script
from uvmigrate.plan.managed_sources import cloned_without_git, has_folders, sees_sources, unread_file
from uvmigrate.plan.managed_wishes import ManagedWish, hands_wheel, managed_by
from uvmigrate.plan.obstacles.refusals import refuse_call
from uvmigrate.plan.projects import (
    image_name,
    new_project,
    other_python,
    workspace_above,
)
from uvmigrate.project import (
    CannotExtendError,
    Converted,
    InstallMode,
    NotAProject,
    Pyproject,
    Selection,
    add_group,
    normalise,
    project_name,
    read_pipfile,
    read_poetry,
    read_pyproject,
    read_toml,
)
from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import PurePosixPath

    from uvmigrate.build import Build
    from uvmigrate.build.installs import Install
    from uvmigrate.build.managed import ManagedCall
    from uvmigrate.codemod import Project, Settings
    from uvmigrate.commands import ExportOptions
    from uvmigrate.source import Repo

_LOCKS = {"poetry": ("poetry.lock",), "pipenv": ("Pipfile", "Pipfile.lock")}
#: A converter's codes for sources that uv would not search in poetry's order.
_INDEXES = frozenset({"unknown-source", "supplemental-source", "default-index", "two-sources"})


def managed_projects(
    repo: Repo,
    folder: PurePosixPath,
    wishes: Sequence[ManagedWish],
    builds: Sequence[Build],
    settings: Settings,
) -> dict[PurePosixPath, Project | Refusal]:
    """The project of a folder for each Dockerfile that wishes for it, or the reason why there is none.

    *builds* are all of the repository.
    """
    tool = wishes[0].tool
    pythons = [wish.python for wish in wishes if wish.python is not None]
    refusal = _unfit(repo, folder, wishes, pythons)
    if refusal is None:
        converted = _converted(repo, folder, tool, min(pythons, default=None))
        try:
            if not isinstance(converted, NotAProject):
                found = dict(_for_each(repo, folder, wishes, converted))
                for wish in wishes:
                    found[wish.build.path] = (
                        beyond_limits(wish, converted, builds, settings) or found[wish.build.path]
                    )
                return found
            refusal = _not_converted(folder, converted)
        except CannotExtendError as error:
            path = folder / "pyproject.toml"
            refusal = Refusal(path, 0, "metadata", str(error), "mend it by hand, then run uvmigrate again")
    return {wish.build.path: refusal for wish in wishes}


def _unfit(
    repo: Repo, folder: PurePosixPath, wishes: Sequence[ManagedWish], pythons: Sequence[tuple[int, int]]
) -> Refusal | None:
    """Why a folder cannot be a project of its own for these builds, or None."""
    root = workspace_above(repo, folder)
    if root is not None:
        because = "it makes a workspace of what lies below, which uv would lock together with this project"
        return Refusal(root, 0, "workspace", because, "take the project out of the workspace, or into it")
    if len({wish.tool for wish in wishes}) > 1:
        first = wishes[0].build
        because = f"one image installs {folder} with poetry, another one with pipenv"
        return Refusal(first.path, 0, "mixed-managers", because, "install it with one of them")
    other = other_python(repo, folder, pythons) if pythons else None
    if other is not None:
        path = wishes[0].build.path
        return Refusal(path, 0, "other-python", other, "let the image and .python-version name one Python")
    return None


def _not_converted(folder: PurePosixPath, found: NotAProject) -> Refusal:
    """A converter's refusal under one of the codes that are explained."""
    path, line = found.path or folder, found.line
    instead = "change it there, so that uv can be told, then run uvmigrate again"
    if found.code in ("lock-split", "version-union"):
        return Refusal(path, line, "lock-split", found.why, instead)
    if found.code in ("url-credentials", "index-credentials"):
        return Refusal(path, line, "credentials", found.why, "keep them in a secret")
    if found.code in _INDEXES:
        return Refusal(path, line, "index-order", found.why, instead)
    if found.code == "python-too-old":
        return Refusal(path, line, "python-too-old", found.why, "move the project to a newer Python first")
    return Refusal(path, line, "metadata", found.why, instead)


def _converted(
    repo: Repo, folder: PurePosixPath, tool: str, python: tuple[int, int] | None
) -> Converted | NotAProject:
    moved = _moved(repo, folder, tool)
    if moved is not None:
        return moved
    if tool == "poetry":
        return read_poetry(repo, folder, name=project_name(repo, folder), python=python)
    return read_pipfile(
        repo, folder, name=project_name(repo, folder, _pipfile_names(repo, folder)), python=python
    )


def _moved(repo: Repo, folder: PurePosixPath, tool: str) -> Converted | None:
    """The project of a folder whose metadata moved to uv before its Dockerfiles did; None if it did not.

    migrate-to-uv and the like leave ``[project]`` and uv.lock, and delete what the manager read.
    """
    read = read_pyproject(repo, folder / "pyproject.toml")
    if not isinstance(read, Pyproject) or not read.has_project or folder / "uv.lock" not in repo:
        return None
    poetry = read.tool.get("poetry")
    if folder / "Pipfile" in repo or (isinstance(poetry, dict) and {"dependencies", "group"} & poetry.keys()):
        return None
    named = {"dev-packages": "dev"} if tool == "pipenv" and "dev" in read.groups else {}
    groups = {name: name for name in read.groups} | named
    usual = read.groups if read.default_groups == "all" else read.default_groups or ("dev",)
    optional = groups.keys() if tool == "pipenv" else groups.keys() - set(usual)
    return Converted(
        repo[read.path], groups, frozenset(optional), tuple(read.optional), packaged=read.is_packaged
    )


def _pipfile_names(repo: Repo, folder: PurePosixPath) -> frozenset[str]:
    """The packages that a Pipfile asks for: the project must not be called like one of them."""
    try:
        data = read_toml(repo.get(folder / "Pipfile", b""))
    except ValueError:
        return frozenset()
    tables = (table for name, table in data.items() if isinstance(table, dict) and name != "requires")
    return frozenset(normalise(name) for table in tables for name in table)


def _for_each(
    repo: Repo, folder: PurePosixPath, wishes: Sequence[ManagedWish], converted: Converted
) -> Iterator[tuple[PurePosixPath, Project | Refusal]]:
    path = folder / "pyproject.toml"
    manifest = converted.manifest
    groups = _groups(wishes)
    for group, packages in {group: packages for group, packages in groups.values() if packages}.items():
        manifest = add_group(manifest, group, packages)
    selections = {
        wish.build.path: _selections(repo, wish, converted, groups[wish.build.path][0]) for wish in wishes
    }
    there = repo.get(path)
    locked = folder / "uv.lock" in repo and there == manifest
    python = converted.python or min((w.python for w in wishes if w.python is not None), default=None)
    version = ".".join(map(str, python)) if python is not None else None
    lock = LockRequest(folder, version, converted.pins, converted.hashes, converted.constraints)
    read = read_pyproject(repo.replace({path: manifest}), path)
    old = frozenset(folder / name for name in _LOCKS[wishes[0].tool])
    for wish in wishes:
        chosen = selections[wish.build.path]
        if isinstance(chosen, Refusal):
            yield wish.build.path, chosen
            continue
        yield (
            wish.build.path,
            new_project(
                folder,
                None if there == manifest else manifest,
                None if locked else lock,
                read if isinstance(read, Pyproject) else None,
                chosen.selections,
                packaged=converted.packaged,
                requirement_files=old,
                exports=chosen.exports,
                main_group=converted.main_group,
                notes=tuple(
                    dict.fromkeys((*converted.notes, *chosen.notes, *_notes(wish, converted, groups)))
                ),
            ),
        )


def _groups(wishes: Sequence[ManagedWish]) -> dict[PurePosixPath, tuple[str, tuple[str, ...]]]:
    """The dependency group for what pip installs by name in each Dockerfile, and its packages."""
    named = {wish.packages for wish in wishes if wish.packages}
    if len(named) <= 1:
        return {wish.build.path: ("image", wish.packages) for wish in wishes}
    return {wish.build.path: (image_name(wish.build.path), wish.packages) for wish in wishes}


def _notes(
    wish: ManagedWish, converted: Converted, groups: Mapping[PurePosixPath, tuple[str, tuple[str, ...]]]
) -> Iterator[str]:
    group, packages = groups[wish.build.path]
    if packages:
        yield f"{', '.join(packages)}: pip installed it beside the project; the group {group} holds it now"
    old = wish.folder / _LOCKS[wish.tool][-1]
    if old in wish.build.context.repo:
        # Without [project], uv locks for the Python that it is run with.
        bound = converted.python if converted.main_group is not None else None
        command = f"uv lock --python {bound[0]}.{bound[1]}" if bound is not None else "uv lock"
        yield f"{old}: no image reads it any more, uv.lock is in its place: `{command}` keeps that up to date"


class _Chosen(NamedTuple):
    """What the installs of a build take from the project, and the options of its exports, by their offset."""

    selections: dict[int, Selection]
    exports: dict[int, tuple[str, ...]]
    notes: tuple[str, ...]


def _selections(repo: Repo, wish: ManagedWish, converted: Converted, group: str) -> _Chosen | Refusal:
    """What each install of a build takes from the project, by the offset of its command."""
    build = wish.build
    found: dict[int, Selection] = {}
    notes: list[str] = []
    for install in wish.members:
        offset = install.call.command.span.start
        managed = managed_by(install, wish.handed)
        if hands_wheel(install, wish.handed):
            if not converted.packaged:
                because = "poetry builds the project here, and its metadata says that it is no package"
                return refuse_call(build, managed.call, "metadata", because, "make it one")
            found[offset] = Selection(True, (), "plain", ())
            continue
        managed, chosen_later = _without_variables(install, managed)
        said = _said(install, managed, converted)
        if isinstance(said, Unsaid):
            because = f"`{managed.tool.tool} {managed.tool.verb}`: {said.why}"
            return refuse_call(build, managed.call, "manager-option", because, "say it another way")
        notes += said.notes
        chosen = _selection(said)
        if offset in wish.handed and wish.handed[offset].added:
            chosen = chosen._replace(dependencies=True, groups=(*chosen.groups, group))
        if chosen.project is not None and not sees_sources(install, converted):
            chosen = chosen._replace(project=None)
        refusal = _unready(build, install, converted, chosen, system=wish.system)
        if refusal is not None:
            return refusal
        found[offset] = chosen._replace(chosen=chosen_later, local=chosen.local or not has_folders(converted))
    missing = missing_script(repo, wish, converted, found)
    if missing is not None:
        return missing
    lineages = {install.stage.lineage[0].index for install in wish.members}
    for install in installs(build):
        if install not in wish.members and install.stage.lineage[0].index in lineages:
            named = [text for text in install.packages if requirement_name(text) not in MANAGERS]
            found[install.call.command.span.start] = Selection(
                dependencies=True, groups=(group,) if named else (), project=None, extras=()
            )
    exports = {}
    for managed in wish.exports:
        export = _export_options(managed, converted)
        if isinstance(export, Unsaid):
            because = f"`{managed.tool.tool} {managed.tool.verb}`: {export.why}"
            return refuse_call(build, managed.call, "manager-option", because, "say it another way")
        exports[managed.call.command.span.start] = export.options
        notes += export.notes
    return _Chosen(found, exports, tuple(notes))


def _unready(
    build: Build, install: Install, converted: Converted, chosen: Selection, *, system: bool
) -> Refusal | None:
    """Why an image is not ready for an install by uv, or None."""
    unread = unread_file(install, converted) if chosen.project is not None else None
    if unread is not None:
        because = f"{unread} is not there where the project is installed, and its build backend reads it"
        return refuse_call(build, install.call, "metadata", because, "copy it before the install")
    cloned = cloned_without_git(install, converted, chosen)
    if cloned is not None:
        because = f"{cloned} is cloned, for which uv calls git and poetry did not, and the image has none"
        return refuse_call(build, install.call, "git-missing", because, "install git above this")
    return beside_base(build, install, converted) if system else None


def _without_variables(install: Install, managed: ManagedCall) -> tuple[ManagedCall, tuple[str, ...]]:
    """The install without extras that are one variable, and what they are for uv: an option for each word.

    poetry takes the words of ``--extras "$EXTRAS"`` apart, too.
    """
    tool = managed.tool
    if install.managed is None or tool.tool != "poetry":
        return managed, ()
    later = []
    for argument in tool.arguments:
        name = _VARIABLE.fullmatch(tool.command.words[argument.last - 1].raw)
        if argument.option == "--extras" and argument.value is None and name is not None:
            later.append((argument, f"${{{name[1]}:+$(printf -- '--extra %s ' ${name[1]})}}"))
    left = tuple(argument for argument in tool.arguments if argument not in [one for one, _ in later])
    return managed._replace(tool=tool._replace(arguments=left)), tuple(text for _, text in later)


_VARIABLE = lazy_pattern(r"\"?\$\{?(\w+)\}?\"?")


def _said(
    install: Install, managed: ManagedCall, converted: Converted
) -> SyncOptions | ExportOptions | Unsaid:
    if install.managed is not None:
        if managed.tool.has("--dry-run"):
            return Unsaid("it only shows what it would do")
        sync = poetry_sync_options if managed.tool.tool == "poetry" else pipenv_sync_options
        return sync(managed.tool, converted)
    return _export_options(managed, converted)


def _export_options(managed: ManagedCall, converted: Converted) -> ExportOptions | Unsaid:
    export = poetry_export_options if managed.tool.tool == "poetry" else pipenv_export_options
    return export(managed.tool, converted)


def _selection(said: SyncOptions | ExportOptions) -> Selection:
    if not isinstance(said, SyncOptions):
        return Selection(said.main, said.groups, None, said.extras)
    # A project that is installed alone has its dependencies there already.
    main = said.main or said.only_project
    mode: InstallMode | None = "editable" if said.project else None
    local = "--no-install-local" not in said.options
    return Selection(main, said.groups, mode, said.extras, exact=said.exact, local=local)

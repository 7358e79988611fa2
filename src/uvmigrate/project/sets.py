"""Requirement files as one project: which are its dependencies, which its groups, or why it is no project."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.project.conflicts import contradiction
from uvmigrate.project.contents import (
    Contents,
    Entry,
    InstallMode,
    NotAProject,
    contents,
    is_requirements_name,
    sorted_lines,
)
from uvmigrate.project.lines import Include, Index, Option, project_folder, read_line
from uvmigrate.project.names import group_name
from uvmigrate.project.requirements import (
    RequirementFile,
    closure,
    constraint_closure,
    constraints,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from uvmigrate.source import Repo

    Files = Mapping[PurePosixPath, tuple[RequirementFile, ...]]


@dataclass(frozen=True, slots=True)
class Selection:
    """What an install of some requirement files is in the project that they became.

    ``dependencies`` is False where only groups are installed (``--only-group``). ``project`` says whether the
    files install the project itself, and ``extras`` with which extras.
    """

    dependencies: bool
    groups: tuple[str, ...]
    project: InstallMode | None
    extras: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProjectSet:
    """Requirement files as the parts of one uv project, rooted in ``folder``.

    ``includes`` names the groups that a group contains (``include-group``). ``constraints`` are PEP 508
    texts. ``hashed`` holds the hashes of the files by package name; ``pins`` the versions of the packages
    that are pinned to one everywhere. ``file_groups`` says which group a file became (None: the
    dependencies), ``closures`` what each top-level file reaches with ``-r``.
    ``left_out`` are requirement files beside them that nothing says belong to the project. ``notes`` say
    what is not carried over, for people to read.
    """

    folder: PurePosixPath
    dependencies: tuple[Entry, ...]
    groups: Mapping[str, tuple[Entry, ...]]
    includes: Mapping[str, tuple[str, ...]]
    constraints: tuple[str, ...]
    indexes: tuple[Index, ...]
    options: tuple[Option, ...]
    hashed: Mapping[str, tuple[str, ...]]
    pins: Mapping[str, str]
    file_groups: Mapping[PurePosixPath, str | None]
    file_projects: Mapping[PurePosixPath, tuple[InstallMode, tuple[str, ...]]]
    closures: Mapping[PurePosixPath, tuple[PurePosixPath, ...]]
    left_out: tuple[PurePosixPath, ...]
    notes: tuple[str, ...]

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All entries: the dependencies, then the groups' in order."""
        return (*self.dependencies, *(entry for group in self.groups.values() for entry in group))

    @property
    def names(self) -> frozenset[str]:
        """The normalised names of all packages that are asked for."""
        return frozenset(entry.name for entry in self.entries)

    @property
    def installs_project(self) -> InstallMode | None:
        """How a ``.`` or ``-e .`` line of any file installs the project itself."""
        modes = [mode for mode, _ in self.file_projects.values()]
        return "editable" if "editable" in modes else next(iter(modes), None)

    def selection(self, files: Iterable[PurePosixPath]) -> Selection:
        """What installing these top-level files means. Raises KeyError for a file that is not of the set."""
        reached = dict.fromkeys(path for file in files for path in self.closures[file])
        groups = dict.fromkeys(self.file_groups[path] for path in reached)
        projects = [self.file_projects[path] for path in reached if path in self.file_projects]
        modes = {mode for mode, _ in projects}
        return Selection(
            dependencies=None in groups,
            groups=tuple(group for group in groups if group is not None),
            project="editable" if "editable" in modes else "plain" if modes else None,
            extras=tuple(dict.fromkeys(extra for _, extras in projects for extra in extras)),
        )


def combine(
    repo: Repo,
    installed: Iterable[frozenset[PurePosixPath]],
    extra: Mapping[str | None, Sequence[str]] | None = None,
    constrained_by: Iterable[PurePosixPath] = (),
) -> ProjectSet | NotAProject:
    """The requirement files of a project's images as one uv project, or why they are none.

    *installed* holds, for every install of every image, the requirement files that it names. *extra* are
    requirements that stand on a command line, by the group they go to (None: the dependencies), and
    *constrained_by* the files that a command line names with ``-c``.

    What every install reaches with ``-r`` becomes the dependencies. Where the installs share nothing, it is
    requirements.txt or else the file that is installed most often, with what is only installed together
    with it. Every other file becomes a dependency group of its own lines.
    """
    installs = [files for files in installed if files]
    paths = sorted({path for files in installs for path in files}, key=lambda path: (len(path.parts), path))
    files: Files = {path: closure(repo, path) for path in paths}
    core = _core(installs, files)
    folder = project_folder(core[0]) if core else PurePosixPath()
    chosen = dict.fromkeys(core)
    chosen.update(dict.fromkeys(file.path for path in paths for file in files[path]))
    read = _read_all(files, chosen)
    if isinstance(read, NotAProject):
        return read
    inline = _inline(extra or {}, folder)
    if isinstance(inline, NotAProject):
        return inline
    limits = _constraints(repo, paths, constrained_by)
    if isinstance(limits, NotAProject):
        return limits
    refused = _contradicting(read, inline)
    if refused is None and not any(
        part.entries or part.project for part in (*read.values(), *inline.values())
    ):
        refused = NotAProject("empty-set", "there is no requirement in it", core[0] if core else None, 0)
    if refused is not None:
        return refused
    siblings, left_out = _siblings(repo, folder, core, read)
    files = {**files, **siblings}
    return _assemble(folder, core, files, read, inline, limits, left_out)


def _core(installs: Sequence[frozenset[PurePosixPath]], files: Files) -> tuple[PurePosixPath, ...]:
    """The files that become the dependencies, in the order in which pip meets them."""
    if not installs:
        return ()
    reached = [{file.path for path in install for file in files[path]} for install in installs]
    ordered = tuple(dict.fromkeys(file.path for found in files.values() for file in found))
    shared = set.intersection(*reached)
    if not shared:
        often = Counter(path for install in installs for path in install)
        first = min(often, key=lambda path: (path.name != "requirements.txt", -often[path], path))
        with_it = {file.path for file in files[first]}
        shared = {path for path in with_it if all(first in found for found in reached if path in found)}
    return tuple(path for path in ordered if path in shared)


def _read_all(files: Files, paths: Iterable[PurePosixPath]) -> dict[PurePosixPath, Contents] | NotAProject:
    by_path = {file.path: file for found in files.values() for file in found}
    read: dict[PurePosixPath, Contents] = {}
    for path in paths:
        part = contents(by_path[path])
        if isinstance(part, NotAProject):
            return part
        read[path] = part
    defaults = {
        index.url: path for path, part in read.items() for index in part.indexes if index.kind == "default"
    }
    if len(defaults) > 1:
        path = list(defaults.values())[-1]
        return NotAProject(
            "contradicting-indexes", f"{' and '.join(defaults)} both replace the index", path, 0
        )
    return read


def _inline(
    extra: Mapping[str | None, Sequence[str]], folder: PurePosixPath
) -> dict[str | None, Contents] | NotAProject:
    read: dict[str | None, Contents] = {}
    for group, texts in extra.items():
        lines = tuple(line for text in texts for line in read_line(text, path=folder / "-"))
        part = sorted_lines(lines, None, folder)
        if isinstance(part, NotAProject):
            return part
        read[group] = part
    return read


def _constraints(
    repo: Repo, paths: Iterable[PurePosixPath], named: Iterable[PurePosixPath]
) -> Contents | NotAProject:
    """All constraint files as one; a path or the project itself constrains nothing that uv could say."""
    found = [file for path in paths for file in constraints(repo, path)]
    found += constraint_closure(repo, named)
    by_path = {file.path: file for file in found}
    parts = []
    for file in by_path.values():
        part = contents(file)
        if isinstance(part, NotAProject):
            return part
        if part.project:
            return NotAProject("local-path", "a constraint on the project itself", file.path, 0)
        parts.append(part)
    return Contents(
        entries=tuple(entry for part in parts for entry in part.entries),
        indexes=tuple(index for part in parts for index in part.indexes),
        options=tuple(option for part in parts for option in part.options),
        notes=tuple(note for part in parts for note in part.notes),
        project=None,
        extras=(),
    )


def _contradicting(
    read: Mapping[PurePosixPath, Contents], inline: Mapping[str | None, Contents]
) -> NotAProject | None:
    parts = [*read.values(), *inline.values()]
    places = {id(entry.requirement): entry for part in parts for entry in part.entries}
    pair = contradiction(entry.requirement for entry in places.values())
    if pair is None:
        return None
    one, other = (places[id(requirement)] for requirement in pair)
    where = f"{one.path}:{one.line}" if one.path else "the command line"
    why = f"{other.text} here, {one.text} in {where}"
    return NotAProject("contradicting-pins", why, other.path, other.line)


def _siblings(
    repo: Repo,
    folder: PurePosixPath,
    core: Sequence[PurePosixPath],
    read: dict[PurePosixPath, Contents],
) -> tuple[Files, tuple[PurePosixPath, ...]]:
    """The requirement files that no image installs: those that include the dependencies, and the others.

    What is added is added to *read*. A file that brings an index, an option or a contradiction of its own
    would change what the images get, and is left out.
    """
    added: dict[PurePosixPath, tuple[RequirementFile, ...]] = {}
    left_out = []
    for path in repo if core else ():
        if path in read or project_folder(path) != folder or not is_requirements_name(path):
            continue
        found = closure(repo, path)
        parts = {file.path: contents(file) for file in found if file.path not in read}
        new = {name: part for name, part in parts.items() if isinstance(part, Contents)}
        fits = (
            not {file.path for file in found}.isdisjoint(core)
            and len(new) == len(parts)
            and not any(part.indexes or part.options for part in new.values())
            and not constraints(repo, path)
            and _contradicting({**read, **new}, {}) is None
        )
        if fits:
            read.update(new)
            added[path] = found
        else:
            left_out.append(path)
    return added, tuple(path for path in left_out if path not in read)


def _assemble(
    folder: PurePosixPath,
    core: Sequence[PurePosixPath],
    files: Files,
    read: Mapping[PurePosixPath, Contents],
    inline: Mapping[str | None, Contents],
    limits: Contents,
    left_out: tuple[PurePosixPath, ...],
) -> ProjectSet:
    file_groups: dict[PurePosixPath, str | None] = {}
    names: set[str] = {group for group in inline if group is not None}
    for path in read:
        file_groups[path] = None if path in core else group_name(path, names)
        names |= {file_groups[path] or ""}
    groups: dict[str | None, list[Entry]] = {None: []}
    for path, part in read.items():
        groups.setdefault(file_groups[path], []).extend(part.entries)
    for group, part in inline.items():
        groups.setdefault(group, []).extend(part.entries)
    parts = [*read.values(), *inline.values(), limits]
    entries = [entry for group in groups.values() for entry in group]
    return ProjectSet(
        folder=folder,
        dependencies=_once(groups.pop(None)),
        groups={group: _once(found) for group, found in groups.items() if group is not None},
        includes=_includes(files, file_groups),
        constraints=tuple(dict.fromkeys(entry.text for entry in limits.entries)),
        indexes=tuple({(i.kind, i.url): i for part in parts for i in part.indexes}.values()),
        options=tuple({option.text: option for part in parts for option in part.options}.values()),
        hashed=_hashed([*entries, *limits.entries]),
        pins=_pins(entries),
        file_groups=file_groups,
        file_projects={path: (part.project, part.extras) for path, part in read.items() if part.project},
        closures={path: tuple(file.path for file in found) for path, found in files.items()},
        left_out=left_out,
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
    )


def _once(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple({entry.text: entry for entry in reversed(list(entries))}.values())[::-1]


def _includes(files: Files, file_groups: Mapping[PurePosixPath, str | None]) -> dict[str, tuple[str, ...]]:
    """The groups that each group's file includes; the dependencies are installed with every group anyway."""
    named: dict[str, tuple[str, ...]] = {}
    for file in {file.path: file for found in files.values() for file in found}.values():
        group = file_groups[file.path]
        inner = [
            file_groups[line.path]
            for line in file.lines
            if isinstance(line, Include) and not line.constraint and line.path
        ]
        found = tuple(dict.fromkeys(name for name in inner if name is not None and name != group))
        if group is not None and found:
            named[group] = found
    return named


def _hashed(entries: Iterable[Entry]) -> dict[str, tuple[str, ...]]:
    hashes: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        if entry.requirement.hashes:
            both = (*hashes.get(entry.name, ()), *entry.requirement.hashes)
            hashes[entry.name] = tuple(dict.fromkeys(both))
    return hashes


def _pins(entries: Sequence[Entry]) -> dict[str, str]:
    """The version of each package that is pinned to the same one wherever it is pinned."""
    pinned: dict[str, set[str]] = {}
    for entry in entries:
        if entry.pinned is not None:
            pinned.setdefault(entry.name, set()).add(entry.pinned)
    return {name: next(iter(versions)) for name, versions in pinned.items() if len(versions) == 1}

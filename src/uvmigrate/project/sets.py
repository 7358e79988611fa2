"""Requirement files as one project: which are its dependencies, which its groups, or why it is no project."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.project.conflicts import contradiction
from uvmigrate.project.contents import (
    Contents,
    Entry,
    InstallMode,
    NotAProject,
    PathSource,
    find_requirements,
    read_contents,
    sorted_lines,
)
from uvmigrate.project.lines import Include, Index, Option, project_folder, read_line
from uvmigrate.project.names import group_name
from uvmigrate.project.path_sources import differing, with_paths
from uvmigrate.project.requirements import (
    RequirementFile,
    closure,
    constraint_closure,
    constraints,
)
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from uvmigrate.source import Repo

    Files = Mapping[PurePosixPath, tuple[RequirementFile, ...]]
    Inline = Mapping[PurePosixPath | str | None, Contents]


class Selection(NamedTuple):
    """What an install of some requirement files is in the project that they became.

    ``dependencies`` is False where only groups are installed (``--only-group``). ``project`` says whether the
    files install the project itself, and ``extras`` with which extras. ``exact`` says that it takes away what
    was installed before, and is not of it. ``chosen`` are further options of ``uv sync`` that only the
    shell can fill in. ``local`` is False where the folders that the project depends on are left out.
    """

    dependencies: bool
    groups: tuple[str, ...]
    project: InstallMode | None
    extras: tuple[str, ...]
    exact: bool = False
    chosen: tuple[str, ...] = ()
    local: bool = True


class ProjectSet(NamedTuple):
    """Requirement files as the parts of one uv project, rooted in ``folder``.

    ``includes`` names the groups that a group contains (``include-group``). ``constraints`` are PEP 508
    texts. ``hashed`` holds the hashes of the files by package name; ``pins`` the versions of the packages
    that are pinned to one everywhere. ``file_groups`` says which group a file became (None: the
    dependencies), ``closures`` what each top-level file reaches with ``-r``.
    ``left_out`` are requirement files beside them that nothing says belong to the project. ``notes`` say
    what is not carried over, for people to read. ``held`` are the versions of compiled files, as PEP 508
    texts: what a first lock must hold, and no later one. ``sources`` are the packages that come from folders.
    """

    folder: PurePosixPath
    dependencies: tuple[Entry, ...]
    groups: Mapping[str, tuple[Entry, ...]]
    includes: Mapping[str, tuple[str, ...]]
    constraints: tuple[str, ...]
    indexes: tuple[Index, ...]
    options: tuple[Option, ...]
    hashed: Mapping[str, tuple[str, ...]]
    pins: Mapping[str, tuple[str, ...]]
    file_groups: Mapping[PurePosixPath, str | None]
    file_projects: Mapping[PurePosixPath, tuple[InstallMode, tuple[str, ...]]]
    closures: Mapping[PurePosixPath, tuple[PurePosixPath, ...]]
    left_out: tuple[PurePosixPath, ...]
    notes: tuple[str, ...]
    held: tuple[str, ...] = ()
    sources: tuple[PathSource, ...] = ()

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
    extra: Mapping[PurePosixPath | str | None, Sequence[str]] | None = None,
    *,
    constrained_by: Iterable[PurePosixPath] = (),
    folder: PurePosixPath | None = None,
) -> ProjectSet | NotAProject:
    """The requirement files of a project's images as one uv project, or why they are none.

    *installed* holds, for every install of every image, the requirement files that it names. *extra* are
    requirements that stand on a command line, by where they go: to the dependencies (None), to what a
    requirements file becomes (its path), or to a group of that name. *constrained_by* are the files that a
    command line names with ``-c``. *folder* is the project's; without it, the one that the files lie in.

    What every install reaches with ``-r`` becomes the dependencies. Where the installs share nothing, it is
    requirements.txt or else the file that is installed most often, with what is only installed together
    with it. Every other file becomes a dependency group of its own lines.
    """
    installs = [files for files in installed if files]
    paths = sorted({path for files in installs for path in files}, key=lambda path: (len(path.parts), path))
    files: Files = {path: closure(repo, path) for path in paths}
    core = _core(installs, files)
    if folder is None:
        folder = project_folder(core[0]) if core else PurePosixPath()
    read = _read_all(repo, files, core)
    if isinstance(read, NotAProject):
        return read
    inline = _inline(extra or {}, folder)
    if isinstance(inline, NotAProject):
        return inline
    limits = _constraints(repo, paths, constrained_by)
    if isinstance(limits, NotAProject):
        return limits
    refused = _inconsistent([*read.values(), *inline.values()], limits)
    if refused is not None:
        return refused
    siblings, left_out = _siblings(repo, folder, core, read)
    return _assemble(folder, core, {**files, **siblings}, read, inline, limits, left_out)


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


def _read_all(
    repo: Repo, files: Files, core: Iterable[PurePosixPath]
) -> dict[PurePosixPath, Contents] | NotAProject:
    """The contents of every file, those of the dependencies first, or the first reason against one."""
    by_path = {file.path: file for found in files.values() for file in found}
    read: dict[PurePosixPath, Contents] = {}
    for path in dict.fromkeys([*core, *by_path]):
        part = read_contents(by_path[path])
        if not isinstance(part, NotAProject):
            part = with_paths(repo, part, path)
        if isinstance(part, NotAProject):
            return part
        read[path] = part
    return read


def _inline(
    extra: Mapping[PurePosixPath | str | None, Sequence[str]], folder: PurePosixPath
) -> Inline | NotAProject:
    read: dict[PurePosixPath | str | None, Contents] = {}
    for place, texts in extra.items():
        lines = tuple(line for text in texts for line in read_line(text, path=folder / "-"))
        part = sorted_lines(lines, None, folder)
        if isinstance(part, NotAProject):
            return part
        if part.paths:
            why = f"{part.paths[0].target} is a path, not a package of an index"
            return NotAProject("local-path", why, None, 0)
        read[place] = part
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
        part = read_contents(file)
        if isinstance(part, NotAProject):
            return part
        if part.project or part.paths:
            return NotAProject("local-path", "a constraint on a folder of the repository", file.path, 0)
        parts.append(part)
    return Contents(
        entries=tuple(entry for part in parts for entry in part.entries),
        indexes=tuple(index for part in parts for index in part.indexes),
        options=tuple(option for part in parts for option in part.options),
        notes=tuple(note for part in parts for note in part.notes),
        project=None,
        extras=(),
    )


def _inconsistent(parts: Sequence[Contents], limits: Contents) -> NotAProject | None:
    """Why the parts are no one project though each of them would be."""
    if not any(part.entries or part.project for part in parts):
        return NotAProject("empty-set", "no requirement is in it", None, 0)
    defaults = {index.url for part in (*parts, limits) for index in part.indexes if index.kind == "default"}
    if len(defaults) > 1:
        why = f"{' and '.join(sorted(defaults))} both stand for the default index"
        return NotAProject("contradicting-indexes", why, None, 0)
    twice = differing(tuple(source for part in parts for source in part.sources))
    if twice is not None:
        return NotAProject("local-path", f"{twice.folder} is installed in two ways", None, 0)
    return _contradicting(parts)


def _contradicting(parts: Iterable[Contents]) -> NotAProject | None:
    places = {id(entry.requirement): entry for part in parts for entry in part.entries}
    pair = contradiction(entry.requirement for entry in places.values())
    if pair is None:
        return None
    one, other = (places[id(requirement)] for requirement in pair)
    where = f"{one.path}:{one.line}" if one.path else "a command line"
    return NotAProject(
        "contradicting-pins", f"{other.text}, but {one.text} in {where}", other.path, other.line
    )


def _siblings(
    repo: Repo,
    folder: PurePosixPath,
    core: Sequence[PurePosixPath],
    read: dict[PurePosixPath, Contents],
) -> tuple[Files, tuple[PurePosixPath, ...]]:
    """The requirement files that no image installs: those that include the dependencies, and the others.

    What is added is added to *read*. A file that brings an index, an option, constraints or a contradiction
    of its own would change what the images get, and is left out.
    """
    known = {file.path for path in core for file in constraints(repo, path)}
    added: dict[PurePosixPath, tuple[RequirementFile, ...]] = {}
    left_out = []
    for path in find_requirements(repo, folder) if core else ():
        if path in read:
            continue
        found = closure(repo, path)
        parts = {file.path: read_contents(file) for file in found if file.path not in read}
        new = {name: part for name, part in parts.items() if isinstance(part, Contents)}
        fits = (
            not {file.path for file in found}.isdisjoint(core)
            and len(new) == len(parts)
            and not any(part.indexes or part.options or part.paths for part in new.values())
            and {file.path for file in constraints(repo, path)} <= known
            and _contradicting([*read.values(), *new.values()]) is None
        )
        if fits and not any(part.entries for part in new.values()):
            # It only names others, and says nothing that its group could hold.
            continue
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
    inline: Inline,
    limits: Contents,
    left_out: tuple[PurePosixPath, ...],
) -> ProjectSet:
    file_groups: dict[PurePosixPath, str | None] = {}
    names = {place for place in inline if isinstance(place, str)}
    for path in read:
        file_groups[path] = None if path in core else group_name(path, names)
        names |= {file_groups[path] or ""}
    groups: dict[str | None, list[Entry]] = {None: []}
    for path, part in read.items():
        groups.setdefault(file_groups[path], []).extend(part.entries)
    for place, part in inline.items():
        group = file_groups[place] if isinstance(place, PurePosixPath) else place
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
        notes=tuple(dict.fromkeys([*(note for part in parts for note in part.notes), *_mixed(parts)])),
        sources=tuple(dict.fromkeys(source for part in parts for source in part.sources)),
    )


def _mixed(parts: Iterable[Contents]) -> Iterator[str]:
    """What a reviewer should know where several indexes are searched at once, by pip and by uv."""
    if any(index.kind == "extra" for part in parts for index in part.indexes):
        yield (
            "the best version of all indexes is taken, as pip does it (unsafe-best-match): anybody could "
            "publish the name of a private package on a public index"
        )


def _once(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    first: dict[str, Entry] = {}
    for entry in entries:
        first.setdefault(entry.text, entry)
    return tuple(first.values())


def _includes(files: Files, file_groups: Mapping[PurePosixPath, str | None]) -> dict[str, tuple[str, ...]]:
    """The groups that each group's file includes; the dependencies are installed with every group anyway.

    Files may include each other, groups may not (PEP 735): what would close a circle is left out. That is no
    loss, as a selection names every group.
    """
    named: dict[str, tuple[str, ...]] = {}
    for file in {file.path: file for found in files.values() for file in found}.values():
        group = file_groups[file.path]
        for line in file.lines:
            if group is None or not isinstance(line, Include) or line.constraint or line.path is None:
                continue
            inner = file_groups[line.path]
            if inner is not None and inner not in named.get(group, ()) and group not in _within(named, inner):
                named[group] = (*named.get(group, ()), inner)
    return named


def _within(named: Mapping[str, tuple[str, ...]], group: str) -> set[str]:
    """The group and all that it includes."""
    return {group}.union(*(_within(named, inner) for inner in named.get(group, ())))


def _hashed(entries: Iterable[Entry]) -> dict[str, tuple[str, ...]]:
    hashes: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        if entry.requirement.hashes:
            both = (*hashes.get(entry.name, ()), *entry.requirement.hashes)
            hashes[entry.name] = tuple(dict.fromkeys(both))
    return hashes


def _pins(entries: Sequence[Entry]) -> dict[str, tuple[str, ...]]:
    """The version of each package that is pinned to the same one wherever it is pinned."""
    pinned: dict[str, set[str]] = {}
    for entry in entries:
        if entry.pinned is not None:
            pinned.setdefault(entry.name, set()).add(entry.pinned)
    return {name: tuple(versions) for name, versions in pinned.items() if len(versions) == 1}

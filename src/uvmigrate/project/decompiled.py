"""Requirement files as one project where some are compiled: by what they were compiled from.

`combine` reads the files of a repository in which every compiled file holds the lines of its inputs in place
of their result. So all that is known of groups and includes goes by the files that images install.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from uvmigrate.project.conflicts import contradiction
from uvmigrate.project.contents import Entry, NotAProject, find_requirements
from uvmigrate.project.lines import Include, Index, Option, project_folder
from uvmigrate.project.pip_tools import Recipe, read_recipes
from uvmigrate.project.requirements import closure, read_requirements
from uvmigrate.project.sets import ProjectSet, combine
from uvmigrate.source import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import PurePosixPath

    from uvmigrate.project.lines import Requirement
    from uvmigrate.source import Repo

    Recipes = Mapping[PurePosixPath, Recipe]

_ALONE = lazy_pattern(r"\s*(?:-r|-c|--requirement|--constraint)(?:\s+|=|\b)\S+\s*(?:#.*)?")


def combine_compiled(
    repo: Repo,
    installed: Iterable[frozenset[PurePosixPath]],
    extra: Mapping[PurePosixPath | str | None, Sequence[str]] | None = None,
    *,
    constrained_by: Iterable[PurePosixPath] = (),
    folder: PurePosixPath | None = None,
) -> ProjectSet | NotAProject:
    """The same as `combine`, and where files are compiled, a project that asks for what their inputs do.

    Their versions are ``held`` then, and in ``pins``; their hashes are in ``hashed``. Where one thing is not
    certain, such as an input that asks for more than was compiled, it is what `combine` makes of the files.
    """
    installs, limits = list(installed), list(constrained_by)
    paths = sorted({path for files in installs for path in files}, key=lambda path: (len(path.parts), path))
    recipes = read_recipes(repo, [*paths, *limits])
    if recipes:
        beside = _siblings(repo, project_folder(paths[0]) if paths and folder is None else folder, recipes)
        view = _view(repo, paths, recipes, beside)
        free = [path for path in limits if path not in recipes]
        if view is not None and contradiction(_pins(recipes.values())) is None:
            result = combine(view, installs, extra, constrained_by=free, folder=folder)
            used = [*recipes.values(), *(one for path, one in beside.items() if path in _files(result))]
            if isinstance(result, ProjectSet) and _fits(result, used):
                return _held(repo, result, used, installs)
    return combine(repo, installs, extra, constrained_by=limits, folder=folder)


def _files(result: ProjectSet | NotAProject) -> Iterable[PurePosixPath]:
    return result.file_groups if isinstance(result, ProjectSet) else ()


def _pins(recipes: Iterable[Recipe]) -> list[Requirement]:
    return [pin for recipe in recipes for pin in recipe.pins]


def _fits(result: ProjectSet, used: Iterable[Recipe]) -> bool:
    """Whether all versions can be locked together, with what command lines name besides."""
    return contradiction([*(entry.requirement for entry in result.entries), *_pins(used)]) is None


def _siblings(repo: Repo, folder: PurePosixPath | None, recipes: Recipes) -> dict[PurePosixPath, Recipe]:
    """The compiled files of the same project that no image installs, as far as their versions agree."""
    found: dict[PurePosixPath, Recipe] = {}
    for path in find_requirements(repo, folder):
        if path in recipes:
            continue
        new = {name: one for name, one in read_recipes(repo, [path]).items() if name not in recipes}
        together = {**found, **new}
        if path in new and contradiction(_pins([*recipes.values(), *together.values()])) is None:
            found = together
    return found


def _view(repo: Repo, paths: Iterable[PurePosixPath], recipes: Recipes, beside: Recipes) -> Repo | None:
    """*repo* with the lines of the inputs in each compiled file; None where they cannot be told apart."""
    everything = {**beside, **recipes}
    changes: dict[PurePosixPath, bytes | None] = {}
    for path, recipe in everything.items():
        lines = _lines(repo, recipe, everything, as_include=path not in recipes)
        if lines is None and path in recipes:
            return None
        if lines is not None:
            changes[path] = "".join(f"{line}\n" for line in lines).encode()
    for file in (file for path in paths for file in closure(repo, path)):
        if file.path not in everything:
            # A file that somebody wrote may be limited by a compiled one.
            own = _rewritten(repo, file.path, file.path.parent, everything, as_include=False)
            if own is None:
                return None
            changes[file.path] = "".join(f"{line}\n" for line in own).encode()
    return repo.replace(changes)


def _lines(repo: Repo, recipe: Recipe, recipes: Recipes, *, as_include: bool) -> list[str] | None:
    """The lines of the inputs, with what only the compiled file says of indexes and options."""
    lines: list[str] = []
    for path in recipe.inputs:
        own = _rewritten(repo, path, recipe.path.parent, recipes, as_include=as_include)
        if own is None:
            return None
        lines += own
    said = {_meaning(line) for path in recipe.inputs for file in closure(repo, path) for line in file.lines}
    lines += dict.fromkeys(line.raw for line in recipe.rest if _meaning(line) not in said)
    known = _known(recipes)
    for path in recipe.constraints:
        target = known.get(path)
        if target is None:
            lines.append(f"-c {posixpath.relpath(path, recipe.path.parent)}")
        elif as_include and target != recipe.path:
            lines.append(f"-r {posixpath.relpath(target, recipe.path.parent)}")
    return lines


def _meaning(line: object) -> tuple[str, str | None] | None:
    match line:
        case Index():
            return line.kind, line.url
        case Option():
            return line.name, line.value
    return None


def _known(recipes: Recipes) -> dict[PurePosixPath, PurePosixPath]:
    """The compiled file of each one, and of each input that makes one by itself."""
    inputs = {one.inputs[0]: path for path, one in recipes.items() if len(one.inputs) == 1}
    return {**inputs, **{path: path for path in recipes}}


def _rewritten(
    repo: Repo, path: PurePosixPath, folder: PurePosixPath, recipes: Recipes, *, as_include: bool
) -> list[str] | None:
    """The lines of the file at *path* as a file in *folder* has them, as many as there are.

    What it includes is the compiled file where there is one. A line that limits it by a compiled file is
    blank, or with *as_include* includes that.
    """
    try:
        lines = repo[path].decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        return None
    known = _known(recipes)
    for line in read_requirements(repo, path).lines:
        if not isinstance(line, Include):
            continue
        if line.path is None or not _ALONE.fullmatch(lines[line.line - 1]):
            return None
        target = known.get(line.path)
        if line.constraint and target is not None and not as_include:
            lines[line.line - 1] = ""
            continue
        option = "-c" if line.constraint and target is None else "-r"
        lines[line.line - 1] = f"{option} {posixpath.relpath(target or line.path, folder)}"
    return lines


def _held(
    repo: Repo, result: ProjectSet, used: Sequence[Recipe], installs: Iterable[frozenset[PurePosixPath]]
) -> ProjectSet:
    """*result* with the versions and hashes of the compiled files; entries are where the inputs have them."""
    pins: dict[str, tuple[str, ...]] = {}
    hashes: dict[str, tuple[str, ...]] = {}
    held = []
    for pin in _pins(used):
        pins[pin.name] = tuple(dict.fromkeys((*pins.get(pin.name, ()), pin.pinned or "")))
        if pin.hashes:
            hashes[pin.name] = tuple(dict.fromkeys((*hashes.get(pin.name, ()), *pin.hashes)))
        held.append(f"{pin.name}=={pin.pinned}" + (f" ; {pin.marker}" if pin.marker else ""))
    by_path = {recipe.path: recipe for recipe in used}
    reached = {path for install in installs for file in install for path in result.closures[file]}
    notes = [
        f"{recipe.path} was compiled from {', '.join(map(str, recipe.inputs))}: what that asks for becomes "
        "the project's, and the versions are held by the lock"
        for recipe in used
        if recipe.path in reached
    ]
    return result._replace(
        dependencies=tuple(_placed(repo, entry, by_path) for entry in result.dependencies),
        groups={
            group: tuple(_placed(repo, entry, by_path) for entry in entries)
            for group, entries in result.groups.items()
        },
        pins={**result.pins, **pins},
        hashed={**result.hashed, **hashes},
        notes=(*result.notes, *notes),
        held=tuple(dict.fromkeys(held)),
    )


def _placed(repo: Repo, entry: Entry, recipes: Recipes) -> Entry:
    """The entry at its place in the input that it is from."""
    recipe = recipes.get(entry.path) if entry.path is not None else None
    line = entry.line
    for path in recipe.inputs if recipe is not None else ():
        size = len(repo[path].decode("utf-8-sig").splitlines())
        if line <= size:
            return Entry(entry.requirement._replace(line=line), path)
        line -= size
    return entry

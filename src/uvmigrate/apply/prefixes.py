"""Writes every prefix of a series as a tree of its own, beside the repository, to build or bisect them."""

from __future__ import annotations

import contextlib
import shutil
import stat
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.apply.atomic import made
from uvmigrate.apply.problems import WriteError
from uvmigrate.apply.writing import by_step, find_changes, outcome
from uvmigrate.source import Repo
from uvmigrate.source.scratch import remove_folder

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from uvmigrate.apply.writing import Files
    from uvmigrate.plan import Migration


def prefix_names(migration: Migration) -> tuple[str, ...]:
    """The names of the trees, in an order that sorting keeps: ``0-original``, ``1-uv-switch`` and so on."""
    width = len(str(len(migration.steps)))
    names = ("original", *(step.codemod.id for step in migration.steps))
    return tuple(f"{number:0{width}}-{name}" for number, name in enumerate(names))


def write_prefixes(
    migration: Migration,
    locks: Mapping[PurePosixPath, bytes],
    folder: Path,
    wanted: Collection[int] | None = None,
) -> tuple[Path, ...]:
    """Write the repository as it is before the series and after each step, and return the trees.

    *wanted* are the numbers of the trees to write, where not all of them are: 0 is the original. *folder*
    must be empty or not be there, and lie outside of the repository, in which nothing is written. A tree
    holds what git knows or would add (all files, where there is no git), and also the locks that git ignores,
    since without them nothing builds. Modes are kept, and a symlink is a symlink again. One of *locks* joins
    the tree of the first step whose change asked for it.

    Raises WriteError where a file is not what it was when the plan was made, and where a tree cannot be
    written; then none is left.
    """
    find_changes(migration.before, outcome(migration, locks))
    is_new = not folder.exists()
    trees: list[Path] = []
    files: dict[PurePosixPath, bytes | None] = {}
    try:
        folder.mkdir(exist_ok=True)
        made = ({}, *by_step(migration, locks))
        for number, (some, name) in enumerate(zip(made, prefix_names(migration), strict=True)):
            files |= some
            if wanted is None or number in wanted:
                trees.append(folder.resolve() / name)
                _write_tree(migration, files, trees[-1])
    except BaseException as error:
        for tree in trees:
            remove_folder(tree)
        if is_new:
            with contextlib.suppress(OSError):
                folder.rmdir()
        if not isinstance(error, OSError):
            raise
        raise WriteError(f"{error.filename or folder} cannot be copied: {error.strerror}") from error
    return tuple(trees)


def _write_tree(migration: Migration, files: Files, tree: Path) -> None:
    before = migration.before
    locks = {path.with_name("uv.lock") for path in before.named("pyproject.toml")}
    # Look-ups find what git ignores, too.
    ignored = {path for path in locks | migration.after.touched if path in before}
    _copy(before, sorted(ignored.union(before)), tree)
    # The tree is a root of its own, also where it lies in somebody's repository.
    with made(tree.resolve(), find_changes(Repo.at(tree.resolve()), files)):
        pass


def _copy(repo: Repo, paths: Iterable[PurePosixPath], tree: Path) -> None:
    """Copy files of a repository on disk to where *tree* is to be."""
    root = repo.root or Path()
    folders: set[PurePosixPath] = set()
    _make_folder(root, PurePosixPath(), tree, folders)
    for path in paths:
        source = root / path
        if source.parent.resolve() != source.parent:
            # Where git knows a folder there is a link to elsewhere now; it is copied as a link.
            continue
        mode = source.lstat().st_mode
        _make_folder(root, path.parent, tree, folders)
        if stat.S_ISREG(mode) or stat.S_ISLNK(mode):
            shutil.copy(source, tree / path, follow_symlinks=False)
        elif (source / ".git").exists():
            # A submodule: a repository of its own.
            inner = Repo.open(source)
            _copy(inner, inner, tree / path)
        elif stat.S_ISDIR(mode):
            # One that was never fetched. Pipes and sockets are no files of a repository.
            _make_folder(root, path, tree, folders)


def _make_folder(root: Path, path: PurePosixPath, tree: Path, made: set[PurePosixPath]) -> None:
    """Make a folder of *tree*, and those above it, with the modes that they have in *root*."""
    if path in made:
        return
    if path.name:
        _make_folder(root, path.parent, tree, made)
    (tree / path).mkdir()
    (tree / path).chmod(stat.S_IMODE((root / path).stat().st_mode) | stat.S_IRWXU)
    made.add(path)

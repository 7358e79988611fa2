"""The work behind ``uvmigrate [PATH]``; imported when the command line is known to be right."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate import plan as planning
from uvmigrate.cli.exits import CommandError, Exit
from uvmigrate.cli.terminal import progress, say
from uvmigrate.codemod import SettingsError, read_settings
from uvmigrate.source import Repo
from uvmigrate.source.repo import journal_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from uvmigrate.codemod import Settings, Tried
    from uvmigrate.plan import Migration


def plan(
    path: Path, config: Path | None, given: Mapping[str, object], tried: Path | None = None
) -> tuple[Migration, Settings]:
    """The migration of what *path* names, and the settings it was planned with.

    *tried* is a verdict in JSON, which tells which services run read-only. Raises CommandError where the
    path, the settings or the verdict cannot be read, or a setting is wrong.
    """
    repo, below = _located(path)
    try:
        settings = read_settings(repo, config, given)
        if tried is not None:
            settings = settings._replace(tried=_tried(repo, tried))
        migration = planning.plan(repo, below, settings, planning.load_catalogue())
    except SettingsError as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(_reason(error)) from error
    for refusal in migration.refusals:
        # An error where the file was named, a refusal where it was found in a folder.
        if refusal.path == below and refusal.code in planning.UNREADABLE:
            raise CommandError(f"{path}: {refusal.because}: {refusal.instead}")
    return migration, settings


def replan(migration: Migration, path: Path, settings: Settings, without: Sequence[str]) -> Migration:
    """The migration of the same files, as they were read for the first one, *without* some codemods."""
    _, below = _located(path)
    ignore = settings._replace(ignore=(*settings.ignore, *without))
    return planning.plan(migration.before, below, ignore, planning.load_catalogue())


def check_committable(migration: Migration) -> None:
    """Raise CommandError where the migration cannot be committed, whatever is chosen of it."""
    from uvmigrate import apply as applying

    try:
        applying.check_committable(migration)
    except applying.EnvironmentProblem as error:
        raise CommandError(str(error), Exit.ENVIRONMENT) from error


def _tried(repo: Repo, file: Path) -> Mapping[tuple[PurePosixPath, str], Tried]:
    from uvmigrate.report.verdict_reading import read_tried

    found = read_tried(file.read_bytes(), str(file))
    for path, service in found:
        if path not in repo:
            raise SettingsError(f"{file}: there is no {path} here, which has its service {service}")
    return found


def _located(path: Path) -> tuple[Repo, PurePosixPath]:
    """The repository that a path belongs to, and the path in it. A link is named by where it lies."""
    try:
        path.stat()
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error
    folder = path if path.is_dir() else path.parent
    if folder is not path and not path.is_file():
        raise CommandError(f"{path}: neither a file nor a folder")
    repo = Repo.open(folder)
    if repo.root is not None and os.path.lexists(journal_of(repo.root)):
        _settle(repo.root)
    below = folder.resolve().relative_to(repo.root or folder.resolve())
    return repo, PurePosixPath(below if folder is path else below / path.name)


def _settle(root: Path) -> None:
    """Put back what a killed run left, before anything is read, and say so. Raises CommandError."""
    from uvmigrate import apply as applying

    try:
        told = applying.settle(root)
    except applying.EnvironmentProblem as error:
        raise CommandError(str(error), Exit.ENVIRONMENT) from error
    if told:
        say(told)


def _reason(error: OSError) -> str:
    return f"{error.filename}: {error.strerror}" if error.filename else str(error)


def changes_files(migration: Migration) -> bool:
    """Whether any file would be another, locks aside."""
    return any(step.paths for step in migration.steps)


def apply(migration: Migration, settings: Settings, *, lock: bool, contained: bool, commits: bool) -> str:
    """Make the locks, then write the migration, or commit it step by step; return how to see or undo that.

    Raises CommandError where it cannot be done; then nothing is changed.
    """
    if not migration.steps:
        return ""
    from uvmigrate import apply as applying

    try:
        if commits:
            # Before the time that locking takes.
            applying.check_committable(migration)
        locks = make_locks(migration, settings, lock=lock, contained=contained)
        made = applying.commit(migration, locks) if commits else applying.write(migration, locks)
        if not made:
            return ""
        if commits:
            return f"made {len(made)} commit{'s' * (len(made) > 1)}: `git log -p -{len(made)}` shows them"
        return f"to undo: {applying.undo_hint(migration)}"
    except applying.EnvironmentProblem as error:
        raise CommandError(str(error), Exit.ENVIRONMENT) from error


def write_each(migration: Migration, settings: Settings, folder: Path, *, lock: bool, contained: bool) -> str:
    """Make the locks, then write every prefix of the series into *folder*; return what was made.

    Raises CommandError where the folder lies in the repository, and where it cannot be done; then nothing
    is left in the folder.
    """
    root = migration.before.root
    if root is not None and folder.resolve().is_relative_to(root):
        raise CommandError(f"{folder} lies in the repository: name a folder outside of {root}")
    if not migration.steps:
        return ""
    from uvmigrate import apply as applying

    try:
        locks = make_locks(migration, settings, lock=lock, contained=contained)
        trees = applying.write_prefixes(migration, locks, folder)
    except applying.EnvironmentProblem as error:
        raise CommandError(str(error), Exit.ENVIRONMENT) from error
    return f"made {len(trees)} folders in {folder}, {trees[0].name} to {trees[-1].name}"


def make_locks(
    migration: Migration, settings: Settings, *, lock: bool, contained: bool
) -> dict[PurePosixPath, bytes]:
    """The locks that the migration asks for, told about while they are made; none without *lock*.

    *contained* has them made in a container, of which nothing is left.
    """
    if not lock or not migration.locks:
        return {}
    from uvmigrate import apply as applying

    with progress() as tell:
        if not contained:
            return applying.lock(migration, settings, tell)
        from uvmigrate.cli.undisturbed import clean, undisturbed
        from uvmigrate.verify.container_lock import ContainerLocker
        from uvmigrate.verify.engine import choose
        from uvmigrate.verify.options import Options

        options = Options()
        with undisturbed() as cleaning:
            engine = choose(options.engine, options.timeout)
            cleaning.callback(clean, engine)
            locker = ContainerLocker(engine, settings.uv_reference, options)
            return applying.lock(migration, settings, tell, locker)

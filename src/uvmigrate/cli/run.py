"""The work behind ``uvmigrate [PATH]``; imported when the command line is known to be right."""

from __future__ import annotations

import shlex
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate import plan as planning
from uvmigrate import report
from uvmigrate.cli.exits import CommandError, Exit
from uvmigrate.cli.terminal import emit, progress, say
from uvmigrate.codemod import SettingsError, read_settings
from uvmigrate.source import Repo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from uvmigrate.codemod import Settings
    from uvmigrate.plan import Migration

#: The options that are settings, too.
STEERING = (
    *("select", "ignore", "strategy", "venv", "keep_uv"),
    *("uv_version", "uv_image", "python", "allow_build"),
)
#: A file with one of these is an error where it was named, a refusal where it was found in a folder.
_UNREADABLE = frozenset({"unreadable", "not-text", "too-large"})
#: What was refused because somebody asked for it is no failure of --strict.
_WISHED = frozenset({"ignored", "requirement-left-out"})


def plan(path: Path, config: Path | None, given: Mapping[str, object]) -> tuple[Migration, Settings]:
    """The migration of what *path* names, and the settings it was planned with.

    Raises CommandError where the path or the settings cannot be read, or a setting is wrong.
    """
    repo, below = _located(path)
    try:
        settings = read_settings(repo, config, given)
        migration = planning.plan(repo, below, settings, planning.load_catalogue())
    except SettingsError as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(_reason(error)) from error
    for refusal in migration.refusals:
        if refusal.path == below and refusal.code in _UNREADABLE:
            raise CommandError(f"{path}: {refusal.because}: {refusal.instead}")
    return migration, settings


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
    below = folder.resolve().relative_to(repo.root or folder.resolve())
    return repo, PurePosixPath(below if folder is path else below / path.name)


def _reason(error: OSError) -> str:
    return f"{error.filename}: {error.strerror}" if error.filename else str(error)


def changes_files(migration: Migration) -> bool:
    """Whether any file would be another; a lock that is pending is none."""
    return any(step.paths for step in migration.steps)


def refused(migration: Migration) -> bool:
    """Whether anything was refused that nobody asked to leave as it is."""
    return any(refusal.code not in _WISHED for refusal in migration.refusals)


def apply(migration: Migration, settings: Settings, *, lock: bool, commits: bool) -> None:
    """Make the locks, then write the migration, or commit it step by step; say what was done.

    Raises CommandError where that cannot be done; then nothing is changed.
    """
    if not migration.steps:
        return
    from uvmigrate import apply as applying

    try:
        with progress() as tell:
            locks = applying.lock(migration, settings, tell) if lock and migration.locks else {}
            if commits:
                made = applying.commit(migration, locks)
            else:
                applying.write(migration, locks)
    except applying.EnvironmentProblem as error:
        raise CommandError(str(error), Exit.ENVIRONMENT) from error
    if commits:
        say(f"{len(made)} commits made: `git log -{len(made)} -p` shows them")
    else:
        say(f"to undo: {applying.undo_hint(migration)}")
    for request in migration.locks if not lock else ():
        say(f"{request.path} is still to be made: run `uv lock` in {request.folder}")


def formed(migration: Migration, path: Path, mode: str, form: str | None, *, locked: bool) -> bytes:
    """The result in its form; what that form leaves out is said on standard error."""
    if form == "json":
        return report.as_json(migration).encode()
    if form is None and not mode:
        return report.as_text(migration, shlex.quote(str(path))).encode(errors="surrogateescape")
    _remark(migration, mode)
    if form == "patch":
        return report.as_patches(migration)
    if form == "squashed":
        return report.as_squashed(migration)
    done = mode != "--check"
    return report.as_changes(migration, done=done, locked=locked).encode()


def _remark(migration: Migration, mode: str) -> None:
    writes = mode in ("--write", "--commit")
    if not migration.builds and not migration.refusals:
        say("there is no Dockerfile here: nothing to do")
    elif not migration.steps if writes else not changes_files(migration):
        say("nothing to change")
    for line in report.refusal_lines(migration):
        say(f"refused: {line}")
    for request in () if writes else migration.locks:
        say(f"{request.path} is still to be locked: --write does it, or `uv lock` when this is applied")


def deliver(data: bytes, output: Path | None) -> None:
    """Print the result, or write it to a file. Raises CommandError where that file cannot be written."""
    if output is None:
        emit(data)
        return
    try:
        output.write_bytes(data)
    except OSError as error:
        raise CommandError(_reason(error)) from error

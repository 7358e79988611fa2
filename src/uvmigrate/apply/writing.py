"""Writes a migration into its folder: all of its files, or none."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path, PurePath, PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.apply.atomic import FileChange, made
from uvmigrate.apply.problems import WriteError
from uvmigrate.source import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from uvmigrate.plan import Migration
    from uvmigrate.source import Repo

#: What files are to hold; None where one is to go.
Files = Mapping[PurePosixPath, bytes | None]
_EFFECTIVE = os.access in os.supports_effective_ids


def write(migration: Migration, locks: Mapping[PurePosixPath, bytes]) -> tuple[PurePosixPath, ...]:
    """Write what *migration* changes, and *locks*, and return the paths of the files that are others now.

    Modes are kept, and a symlink is written through where it stays inside the repository. Raises WriteError
    where a file is not what it was when the plan was made, or cannot be written; then nothing is changed.
    """
    changes = find_changes(migration.before, outcome(migration, locks))
    with made(root_of(migration.before), changes):
        pass
    return tuple(change.path for change in changes)


def outcome(migration: Migration, locks: Mapping[PurePosixPath, bytes]) -> dict[PurePosixPath, bytes | None]:
    """What each file that *migration* or *locks* touch is to hold in the end."""
    return {path: migration.after.get(path) for path in sorted(migration.after.touched)} | dict(locks)


def by_step(
    migration: Migration, locks: Mapping[PurePosixPath, bytes]
) -> Iterator[dict[PurePosixPath, bytes | None]]:
    """For each step what the files that it touches hold after it; None where one goes.

    A lock joins the first step whose change asked for it.
    """
    waiting = dict(locks)
    for step in migration.steps:
        asked = {request.path for change in step.changes for request in change.locks}
        files = {path: step.after.get(path) for path in step.paths}
        yield files | {path: waiting.pop(path) for path in asked & waiting.keys()}


def find_changes(before: Repo, files: Files) -> tuple[FileChange, ...]:
    """The changes to the folder that *before* was read from that make it hold *files*, by path.

    Raises WriteError where a file is no longer what it is in *before*, or lies out of the repository.
    """
    root = root_of(before)
    changes: dict[Path, FileChange] = {}
    for path, new in sorted(files.items()):
        change = _look(root, path, new)
        if change.old != _planned(before, path):
            raise WriteError(f"{path} was changed meanwhile, nothing was written: run uvmigrate again")
        same = changes.setdefault(change.real, change)
        if same.new != new:
            raise WriteError(f"{path} and {same.path} are one file, and would differ: nothing was written")
    _refuse_twins(root, changes.values())
    return tuple(change for change in changes.values() if change.old != change.new)


def _refuse_twins(root: Path, changes: Iterable[FileChange]) -> None:
    """Raise WriteError where only the case of letters makes a new file another one than what is there.

    macOS keeps one of the two, and so does a checkout there of what is committed here.
    """
    planned: dict[str, PurePath] = {}
    for change in changes:
        if change.new is None:
            continue
        relative = change.real.relative_to(root)
        for part in (relative, *relative.parents):
            if os.path.lexists(root / part):
                continue
            same = planned.setdefault(str(part).casefold(), part)
            other = same if same != part else _other_case(root / part)
            if other is not None:
                raise WriteError(
                    f"{part} would be new beside {other}: only the case of letters differs, and some systems "
                    "keep one of them: nothing was written: rename it"
                )


def _other_case(place: Path) -> PurePath | None:
    """What is there in place of a new file or folder, but for the case of letters."""
    if not place.parent.is_dir():
        return None
    there = sorted(place.parent.iterdir())
    return next((PurePath(one.name) for one in there if one.name.casefold() == place.name.casefold()), None)


def root_of(repo: Repo) -> Path:
    """The folder that a repository is written to. Raises WriteError where it is in memory only."""
    if repo.root is None:
        raise WriteError("there is no folder to write to: the repository is in memory only")
    return repo.root


def _planned(before: Repo, path: PurePosixPath) -> bytes | None:
    try:
        return before[path]
    except KeyError:
        return None
    except Unreadable as error:
        raise WriteError(f"{error}: nothing was written") from error


def _look(root: Path, path: PurePosixPath, new: bytes | None) -> FileChange:
    named = root / path
    try:
        # A symlink that goes is removed itself; one that is written to stays.
        real = named.parent.resolve() / named.name if new is None else named.resolve()
        if not real.is_relative_to(root) or ".git" in real.relative_to(root).parts:
            raise WriteError(f"{path} leads out of the repository: nothing was written")
        mode = real.stat().st_mode
        if not stat.S_ISREG(mode):
            # To read a pipe would be to wait for its other end.
            raise WriteError(f"{path} is no regular file: nothing was written: move it away")
        old, mode = real.read_bytes(), stat.S_IMODE(mode)
        if new not in (None, old) and not os.access(real, os.W_OK, effective_ids=_EFFECTIVE):
            raise WriteError(f"{path} is read-only: nothing was written: its owner's `chmod u+w` mends that")
    except (FileNotFoundError, NotADirectoryError):
        return FileChange(path, real, None, new)
    except (OSError, RuntimeError) as error:
        raise WriteError(f"{path}: {_reason(error)}: nothing was written") from error
    return FileChange(path, real, old, new, mode)


def _reason(error: OSError | RuntimeError) -> str:
    return getattr(error, "strerror", None) or str(error)


def paths_of(changes: Iterable[FileChange], root: Path) -> list[str]:
    """The files that are changed, as git names them: relative to *root*, symlinks followed."""
    return [change.real.relative_to(root).as_posix() for change in changes]

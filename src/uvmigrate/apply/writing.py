"""Writes a migration into its folder: all of its files, or none."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.apply.problems import WriteError
from uvmigrate.source import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from uvmigrate.plan import Migration
    from uvmigrate.source import Repo

#: What files are to hold; None where one is to go.
Files = Mapping[PurePosixPath, bytes | None]


def write(migration: Migration, locks: Mapping[PurePosixPath, bytes]) -> tuple[PurePosixPath, ...]:
    """Write what *migration* changes, and *locks*, and return the paths of the files that are others now.

    Modes are kept, and a symlink is written through where it stays inside the repository. Raises WriteError
    where a file is not what it was when the plan was made, or cannot be written; then nothing is changed.
    """
    changes = find_changes(migration.before, outcome(migration, locks))
    make(changes)
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


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file on disk: ``real`` is where its bytes lie, ``mode`` its permissions, None for a new file."""

    path: PurePosixPath
    real: Path
    old: bytes | None
    new: bytes | None
    mode: int | None = None


def find_changes(before: Repo, files: Files) -> tuple[FileChange, ...]:
    """The changes to the folder that *before* was read from that make it hold *files*, by path.

    Raises WriteError where a file is no longer what it is in *before*, or lies out of the repository.
    """
    if before.root is None:
        raise WriteError("there is no folder to write to: the repository is in memory only")
    changes: dict[Path, FileChange] = {}
    for path, new in sorted(files.items()):
        change = _look(before.root, path, new)
        if change.old != _planned(before, path):
            raise WriteError(f"{path} was changed meanwhile, nothing was written: run uvmigrate again")
        same = changes.setdefault(change.real, change)
        if same.new != new:
            raise WriteError(f"{path} and {same.path} are one file, and would differ: nothing was written")
    return tuple(change for change in changes.values() if change.old != change.new)


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
        old, mode = real.read_bytes(), stat.S_IMODE(real.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return FileChange(path, real, None, new)
    except (OSError, RuntimeError) as error:
        raise WriteError(f"{path}: {_reason(error)}: nothing was written") from error
    return FileChange(path, real, old, new, mode)


def make(changes: Sequence[FileChange]) -> None:
    """Make all *changes*, or take back those that were made and raise WriteError.

    New bytes are first laid beside each file, where a read-only folder or a full disk shows; each then takes
    its file's place in one step.
    """
    folders: list[Path] = []
    beside: dict[Path, Path] = {}
    done: list[FileChange] = []
    try:
        for change in changes:
            beside[change.real] = _aside(change.real)
            if change.new is not None:
                _lay(change, beside[change.real], folders)
        for change in changes:
            _swap(change, beside[change.real])
            done.append(change)
    except BaseException as error:
        lost = _take_back(done, beside)
        _clear(beside.values(), folders)
        if not isinstance(error, OSError):
            raise
        left = f"these could not be put back: {', '.join(lost)}" if lost else "nothing was changed"
        raise WriteError(f"{change.path} cannot be written: {_reason(error)}: {left}") from error
    _clear(beside.values(), ())


def _aside(real: Path) -> Path:
    return real.with_name(f".uvmigrate-{secrets.token_hex(8)}")


def _lay(change: FileChange, place: Path, folders: list[Path]) -> None:
    """Write the new bytes to *place*; the folders that this needs are added to *folders* as they are made."""
    for folder in reversed([up for up in place.parents if not up.exists()]):
        folder.mkdir()
        folders.append(folder)
    with place.open("xb") as file:
        file.write(change.new or b"")
    if change.mode is not None:
        place.chmod(change.mode)
        if change.old is not None:
            owner = change.real.stat()
            # Root, in a container, must not take the files of a mounted folder over.
            with contextlib.suppress(PermissionError):
                os.chown(place, owner.st_uid, owner.st_gid)


def _swap(change: FileChange, beside: Path) -> None:
    if change.new is None:
        change.real.rename(beside)
    else:
        beside.replace(change.real)


def _clear(files: Iterable[Path], folders: Sequence[Path]) -> None:
    with contextlib.suppress(OSError):
        for file in files:
            file.unlink(missing_ok=True)
        for folder in reversed(folders):
            folder.rmdir()


def _take_back(done: Sequence[FileChange], beside: dict[Path, Path]) -> list[str]:
    """Undo what was done, and return the paths where that failed; what is left of those stays beside them."""
    lost = []
    for change in reversed(done):
        try:
            if change.old is None:
                change.real.unlink()
            elif change.new is None:
                beside[change.real].rename(change.real)
            else:
                _lay(replace(change, new=change.old), beside[change.real], [])
                beside[change.real].replace(change.real)
        except OSError:
            left = beside.pop(change.real)
            lost.append(f"{change.path} (see {left.name})" if left.exists() else str(change.path))
    return lost


def _reason(error: OSError | RuntimeError) -> str:
    return getattr(error, "strerror", None) or str(error)


def paths_of(changes: Iterable[FileChange], root: Path) -> list[str]:
    """The files that are changed, as git names them: relative to *root*, symlinks followed."""
    return [change.real.relative_to(root).as_posix() for change in changes]

"""What a run is about to change, on disk before it is changed: the next run puts back what a kill left.

The journal lies in ``.git``, or beside the files where that is no folder (no git, an added work tree, a
submodule). It is locked for as long as its run lives, holds the old bytes, and goes when all is as it is to
be: that is the moment at which the change has happened. Whatever ends a run before, all is put back.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import hashlib
import json
import os
import stat
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from uvmigrate.apply.problems import WriteError
from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_VERSION = 1
#: Bytes; more than any journal of ours.
_LARGEST = 1 << 28
#: A file that is laid beside the one whose place it is to take.
_ASIDE = lazy_pattern(r"\.uvmigrate-[0-9a-f]{16}")


class Entry(NamedTuple):
    """One file: where it lies below the root, what it is now and what it is to be (`state`), and how.

    *aside* is the name under which its bytes are laid beside it first; *old* what a file holds now, or where
    a symlink leads.
    """

    path: str
    aside: str
    was: str
    becomes: str
    old: bytes
    mode: int


class Record(NamedTuple):
    """What is about to be done: which files change, which folders are new; HEAD where a commit is made."""

    entries: tuple[Entry, ...]
    folders: tuple[str, ...]
    head: str


def state(real: Path) -> str:
    """What is at a path: a digest of a file's bytes, where a symlink leads, empty where there is nothing."""
    try:
        mode = real.lstat().st_mode
        if stat.S_ISLNK(mode):
            return f"-> {real.readlink()}"
        return digest(real.read_bytes()) if stat.S_ISREG(mode) else "neither a file nor a link"
    except (FileNotFoundError, NotADirectoryError):
        return ""


def digest(data: bytes) -> str:
    """The state of a file with such bytes."""
    return hashlib.sha256(data).hexdigest()


def open_journal(file: Path, record: Record) -> int:
    """Make the journal, which is then on disk; an open file that keeps it locked.

    Raises WriteError where another run is at work there, and OSError where it cannot be made.
    """
    try:
        number = os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise _busy(file) from None
    try:
        is_ours = _locks(file, number)
        if is_ours:
            write_all(number, _text(record))
            os.fsync(number)
            sync_folder(file.parent)
            return number
    except BaseException:
        os.close(number)
        file.unlink()
        raise
    # Another run took it for one that was left, and removes it.
    os.close(number)
    raise _busy(file)


def remove_journal(file: Path) -> None:
    """Remove the journal: what was done, is done. Raises OSError."""
    file.unlink()
    sync_folder(file.parent)


def read_journal(file: Path, number: int) -> Record | None:
    """What an open journal holds; None where it was not written to its end: then nothing else was, either.

    Raises WriteError where it is none of ours.
    """
    there = os.fstat(number)
    if there.st_uid != os.geteuid():
        # As git has it (git-config(1), safe.directory): nobody has another user write what he likes.
        raise WriteError(
            f"{file} is another user's: let them run uvmigrate, or see what it says and remove it"
        )
    try:
        found: Any = json.loads(os.pread(number, there.st_size, 0)) if there.st_size <= _LARGEST else None
    except (ValueError, RecursionError):
        return None
    try:
        entries = tuple(
            Entry(path, aside, was, becomes, base64.b64decode(old, validate=True), int(mode))
            for path, aside, was, becomes, old, mode in found["entries"]
        )
        record = Record(entries, tuple(map(str, found["folders"])), str(found["head"]))
        own = (
            found["version"] == _VERSION
            and all(map(_is_ours, entries))
            and all(map(_is_below, record.folders))
        )
    except (KeyError, IndexError, TypeError, ValueError):
        own = False
    if not own:
        raise WriteError(f"{file} is no journal of this version's: see what it says, and remove it")
    return record


def lock_journal(file: Path) -> int | None:
    """The open journal of a run that is no more; None where there is none any more.

    Raises WriteError where its run is still at work, and OSError.
    """
    try:
        number = os.open(file, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    if _locks(file, number):
        return number
    os.close(number)
    if file.exists():
        raise _busy(file)
    return None


def undo(root: Path, record: Record) -> tuple[list[str], list[str]]:
    """Make everything what it was; the paths that were put back, and those that somebody changed since.

    What somebody changed stays as it is. Raises OSError where something cannot be put back; undoing it once
    more goes on from there.
    """
    back, changed = [], []
    for entry in record.entries:
        # Room first: the disk may be full.
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            (root / entry.path).with_name(entry.aside).unlink()
    for entry in reversed(record.entries):
        real = root / entry.path
        found = state(real)
        if found == entry.was:
            continue
        if found != entry.becomes:
            changed.append(entry.path)
            continue
        _put_back(real, entry)
        back.append(entry.path)
    for folder in reversed(record.folders):
        with contextlib.suppress(OSError):
            (root / folder).rmdir()
    sync_all({(root / entry.path).parent for entry in record.entries})
    return sorted(back), sorted(changed)


def _put_back(real: Path, entry: Entry) -> None:
    aside = real.with_name(entry.aside)
    if not entry.was:
        real.unlink()
    elif entry.was.startswith("-> "):
        aside.symlink_to(os.fsdecode(entry.old))
        aside.replace(real)
    else:
        lay(aside, entry.old, entry.mode, real)
        aside.replace(real)


def lay(place: Path, data: bytes, mode: int | None, owner: Path) -> None:
    """Write a new file of a *mode* (None: the usual one), whose owner is that of another file."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    number = os.open(place, flags, 0o666 if mode is None else 0o600)
    try:
        write_all(number, data)
        if mode is not None:
            # Root, in a container, must not take the files of a mounted folder over. Who is not root may give
            # a file to a group of theirs only, and to nobody.
            with contextlib.suppress(FileNotFoundError):
                there = owner.stat()
                for user, group in ((-1, there.st_gid), (there.st_uid, -1)):
                    with contextlib.suppress(PermissionError):
                        os.fchown(number, user, group)
            os.fchmod(number, mode)
        os.fsync(number)
    finally:
        os.close(number)


def write_all(number: int, data: bytes) -> None:
    """Write all of *data* to an open file. Raises OSError."""
    view = memoryview(data)
    while view:
        view = view[os.write(number, view) :]


def sync_all(folders: Iterable[Path]) -> None:
    """Have what was renamed in folders on disk."""
    for folder in sorted(folders):
        sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Have what was renamed in a folder on disk, where the system can say so."""
    with contextlib.suppress(OSError):
        number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def _locks(file: Path, number: int) -> bool:
    """Whether the journal is locked for us now, and nobody else has removed it before."""
    with contextlib.suppress(BlockingIOError, FileNotFoundError):
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return file.stat().st_ino == os.fstat(number).st_ino
    return False


def _text(record: Record) -> bytes:
    entries: Sequence[Sequence[object]] = [
        [one.path, one.aside, one.was, one.becomes, base64.b64encode(one.old).decode(), one.mode]
        for one in record.entries
    ]
    found = {"version": _VERSION, "head": record.head, "folders": record.folders, "entries": entries}
    return json.dumps(found).encode() + b"\n"


def _is_ours(entry: Entry) -> bool:
    texts = all(isinstance(one, str) for one in entry[:4])
    return (
        texts and _is_below(entry.path) and bool(_ASIDE.fullmatch(entry.aside)) and 0 <= entry.mode <= 0o777
    )


def _is_below(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith("/") and ".." not in parts and ".git" not in parts


def _busy(file: Path) -> WriteError:
    return WriteError(f"another uvmigrate is writing here ({file}): nothing was written: run it again then")

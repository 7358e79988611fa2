"""Changes files all at once: an error, a full disk or a kill leaves all of them as they were."""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from uvmigrate.apply import journal
from uvmigrate.apply.git import git, no_filters
from uvmigrate.apply.problems import WriteError
from uvmigrate.source.repo import journal_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path, PurePosixPath


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file on disk: ``real`` is where its bytes lie, ``mode`` its permissions, None for a new file."""

    path: PurePosixPath
    real: Path
    old: bytes | None
    new: bytes | None
    mode: int | None = None


@contextlib.contextmanager
def made(root: Path, changes: Sequence[FileChange], head: str = "") -> Iterator[tuple[int, ...]]:
    """Make all *changes* below *root*; they stay where what is done meanwhile comes to its end.

    Else they are taken back, also by the next run (`settle`) where this one is killed, unless *head*, the
    commit that HEAD names before, is another one by then. New bytes are first laid beside each file, where a
    read-only folder or a full disk shows; each then takes its file's place in one step. While somebody has
    the files open that are given, no other run mends anything: that is for what outlives a killed process.
    Raises WriteError.
    """
    if not changes:
        yield ()
        return
    file = journal_of(root)
    record = _record(root, changes, head)
    at = str(file.relative_to(root))
    try:
        number = journal.open_journal(file, record)
    except OSError as error:
        raise WriteError(f"{at} cannot be written: {_reason(error)}: nothing was changed") from error
    try:
        for change, entry in zip(changes, record.entries, strict=True):
            at = str(change.path)
            _lay(change, entry)
        for change, entry in zip(changes, record.entries, strict=True):
            at = str(change.path)
            _swap(change, entry)
        made_in = {(root / folder).parent for folder in record.folders}
        journal.sync_all({change.real.parent for change in changes} | made_in)
        at = ""
        yield (number,)
        journal.remove_journal(file)
    except BaseException as error:
        # Without its journal, all of it has happened.
        left = _take_back(root, record, file) if os.path.lexists(file) else ""
        if at and isinstance(error, OSError):
            said = f"{_reason(error)}: {left or 'nothing was changed'}"
            raise WriteError(f"{at} cannot be written: {said}") from error
        if left:
            raise WriteError(f"{error or type(error).__name__}: {left}") from error
        raise
    finally:
        os.close(number)


def settle(root: Path) -> str:
    """Put back what a run below *root* left that was killed; a line that says so, or an empty one.

    Raises WriteError where such a run is still at work, where somebody changed one of its files since, and
    where something cannot be put back; then the next run tries again.
    """
    file = journal_of(root)
    try:
        number = journal.lock_journal(file)
        if number is None:
            return ""
        try:
            record = journal.read_journal(file, number)
            back, changed = _settled(root, record) if record else ([], [])
            if not changed:
                journal.remove_journal(file)
        finally:
            os.close(number)
    except OSError as error:
        place = error.filename or file
        raise WriteError(f"{place}: {_reason(error)}: what a killed run left cannot be put back") from error
    if changed:
        raise WriteError(
            f"a run was killed while it wrote, and {', '.join(changed)} was changed since: "
            f"see that all files are as you want them, then remove {file}"
        )
    return f"put back what a run left that was killed: {', '.join(back)}" if back else ""


def _settled(root: Path, record: journal.Record) -> tuple[list[str], list[str]]:
    for entry in record.entries:
        # A repository of somebody else's may bring a journal, too.
        if not (root / entry.path).parent.resolve().is_relative_to(root):
            raise WriteError(f"{entry.path} leads out of the repository: remove {journal_of(root)}")
    if record.head and git(root, "rev-parse", "HEAD").decode().strip() != record.head:
        # The commit was made, and only the kill came before its end.
        return [], []
    found = journal.undo(root, record)
    if record.head:
        _unstage(root, record)
    return found


def _unstage(root: Path, record: journal.Record) -> None:
    """Bring the index back to the last commit; `git reset` would have filters look at the files."""
    paths = [entry.path for entry in record.entries]
    gone = b"".join(b"0 %s\t%s\0" % (b"0" * len(record.head), os.fsencode(path)) for path in paths)
    there = git(root, "ls-tree", "-r", "-z", "HEAD", "--", *paths)
    git(root, "update-index", "-z", "--index-info", text=gone + there, settings=no_filters(root))


def _record(root: Path, changes: Sequence[FileChange], head: str) -> journal.Record:
    entries, folders = [], []
    for change in changes:
        old, was = change.old or b"", "" if change.old is None else journal.digest(change.old)
        if change.real.is_symlink():
            # It goes itself, and not what it leads to.
            old, was = os.fsencode(change.real.readlink()), journal.state(change.real)
        becomes = "" if change.new is None else journal.digest(change.new)
        path = str(change.real.relative_to(root))
        aside = f".uvmigrate-{secrets.token_hex(8)}"
        entries.append(journal.Entry(path, aside, was, becomes, old, (change.mode or 0) & 0o777))
        missing = [up for up in change.real.parents if up != root and not up.exists()]
        folders += [str(up.relative_to(root)) for up in reversed(missing)]
    return journal.Record(tuple(entries), tuple(dict.fromkeys(folders)), head)


def _lay(change: FileChange, entry: journal.Entry) -> None:
    if change.new is not None:
        change.real.parent.mkdir(parents=True, exist_ok=True)
        journal.lay(change.real.with_name(entry.aside), change.new, change.mode, change.real)


def _swap(change: FileChange, entry: journal.Entry) -> None:
    if journal.state(change.real) != entry.was:
        raise WriteError(f"{change.path} was changed meanwhile, nothing was written: run uvmigrate again")
    if change.new is None:
        change.real.unlink()
    else:
        change.real.with_name(entry.aside).replace(change.real)


def _take_back(root: Path, record: journal.Record, file: Path) -> str:
    """Undo what was done; what could not be, in words."""
    try:
        _, changed = _settled(root, record)
        journal.remove_journal(file)
    except (OSError, WriteError) as error:
        reason = _reason(error) if isinstance(error, OSError) else error
        return f"not all could be put back ({reason}): the next run of uvmigrate here does it"
    return f"what somebody changed meanwhile stays: {', '.join(changed)}" if changed else ""


def _reason(error: OSError) -> str:
    return error.strerror or str(error)

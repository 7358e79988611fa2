"""The files that a migration itself changes, by what is in them: a COPY may put them anywhere."""

from __future__ import annotations

import hashlib
import stat
from types import MappingProxyType
from typing import TYPE_CHECKING

from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import PurePosixPath

    from uvmigrate.plan import Step
    from uvmigrate.source import Repo

_EMPTY = hashlib.sha256().hexdigest()


class Ours(NamedTuple):
    """SHA-256 digests of files before and after the migration, each with the codemods that changed the file.

    ``created`` holds what was edited as well: an image may get a file that it did not have before.
    ``sources`` are those of all files that the repository had.
    """

    edited: Mapping[tuple[str, str], tuple[str, ...]] = MappingProxyType({})
    created: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    deleted: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    sources: frozenset[str] = frozenset()


def ours(before: Repo, steps: Sequence[Step], locks: Mapping[PurePosixPath, bytes]) -> Ours:
    """What *steps* change in the repository as it was *before*, with the locks that were made for them."""
    by: dict[PurePosixPath, list[str]] = {}
    for step in steps:
        locked = {request.path for change in step.changes for request in change.locks} & locks.keys()
        for path in (*step.paths, *sorted(locked)):
            by.setdefault(path, []).append(step.codemod.id)
    last = steps[-1].after if steps else before
    edited: dict[tuple[str, str], tuple[str, ...]] = {}
    created: dict[str, tuple[str, ...]] = {}
    deleted: dict[str, tuple[str, ...]] = {}
    for path, ids in by.items():
        old, new = _digest(before.get(path)), _digest(locks.get(path, last.get(path)))
        if old == new:
            continue
        codemods = tuple(dict.fromkeys(ids))
        if old and new:
            edited[old, new] = codemods
        # An empty file is like any other.
        if new and new != _EMPTY:
            created[new] = codemods
        if old and not new and old != _EMPTY:
            deleted[old] = codemods
    sources = frozenset(_source(before, path) for path in before) - {"", _EMPTY}
    return Ours(edited, created, deleted, sources)


def _source(repo: Repo, path: PurePosixPath) -> str:
    """The digest of a file as it lies on disk, of whatever size; empty where it cannot be read."""
    if repo.root is None:
        return _digest(repo.get(path))
    file = repo.root / path
    try:
        # Where a link leads is not the repository's, and may have no end: /dev/zero.
        if not stat.S_ISREG(file.lstat().st_mode) or repo.real(path) != path:
            return ""
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError:
        return ""


def _digest(data: bytes | None) -> str:
    return hashlib.sha256(data).hexdigest() if data is not None else ""

"""A repository as an immutable, lazy map from path to bytes, with an overlay of what would change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypeVar, overload

from uvmigrate.source.disk import Disk, FileMode, Unreadable
from uvmigrate.source.listing import Listing

if TYPE_CHECKING:
    import re

    from uvmigrate.source.searches import Search

_Default = TypeVar("_Default")


def journal_of(root: Path) -> Path:
    """Where a run that writes below *root* says what it is about to change (`apply.journal`)."""
    own = root / ".git"
    return own / "uvmigrate-journal" if own.is_dir() else root / ".uvmigrate-journal"


class Repo(Mapping[PurePosixPath, bytes]):
    """Paths relative to the repository's root, and the bytes of their files; read when asked for.

    Iterating lists the files git knows or would add (all files, where there is no git). A look-up also
    finds files that git ignores. Raises KeyError for what is not there and Unreadable for what cannot be
    read: a symlink that leaves the repository, a missing permission, a file over MAX_BYTES, a folder or a
    pipe. A path that leaves the repository by itself (absolute, or with ``..``) names nothing in it.
    """

    def __init__(
        self,
        disk: Disk | None,
        overlay: Mapping[PurePosixPath, bytes | None],
        modes: Mapping[PurePosixPath, FileMode],
    ) -> None:
        """The files of a disk, where there is one, under those of *overlay*; None is one that is gone."""
        self._disk = disk
        self._overlay = dict(overlay)
        self._modes = dict(modes)

    @classmethod
    def open(cls, folder: Path) -> Repo:
        """The repository that *folder* belongs to: its git root, or the folder itself where there is none."""
        folder = folder.resolve()
        root = next((up for up in (folder, *folder.parents) if (up / ".git").exists()), folder)
        return cls.at(root)

    @classmethod
    def at(cls, root: Path) -> Repo:
        """The files of this very folder, which is absolute, all links followed."""
        return cls(Disk(root), {}, {})

    @classmethod
    def of(cls, files: Mapping[str, bytes], modes: Mapping[str, FileMode] | None = None) -> Repo:
        """A repository in memory, for cases and tests."""
        overlay = {PurePosixPath(path): data for path, data in files.items()}
        return cls(None, overlay, {PurePosixPath(p): m for p, m in (modes or {}).items()})

    def replace(self, changes: Mapping[PurePosixPath, bytes | None]) -> Repo:
        """This repository with files written (bytes) or deleted (None); modes stay, new files are 100644."""
        after = Repo(self._disk, {**self._overlay, **changes}, self._modes)
        if "_listing" in vars(self):
            # Where no files come or go, what is known of the names holds for both.
            after._listing = self._listing.replace(*_come_and_gone(changes))
        return after

    @property
    def root(self) -> Path | None:
        """Where the repository lies; None for one in memory."""
        return self._disk.root if self._disk is not None else None

    @property
    def touched(self) -> frozenset[PurePosixPath]:
        """The paths of the overlay."""
        return frozenset(self._overlay)

    def __getitem__(self, path: PurePosixPath) -> bytes:
        if path in self._overlay or self._disk is None:
            data = self._overlay.get(path)
            if data is None:
                raise KeyError(path)
            return data
        return self._disk.read(path)

    @overload
    def get(self, key: PurePosixPath, /) -> bytes | None: ...
    @overload
    def get(self, key: PurePosixPath, /, default: bytes | _Default) -> bytes | _Default: ...
    def get(self, key: PurePosixPath, /, default: bytes | _Default | None = None) -> bytes | _Default | None:
        """The file's bytes, or *default* where it is not there or cannot be read: never raises."""
        try:
            return self[key]
        except (KeyError, Unreadable):
            return default

    def __iter__(self) -> Iterator[PurePosixPath]:
        return self._listing.below("")

    def __len__(self) -> int:
        return len(self._listing.names)

    def __contains__(self, path: object) -> bool:
        if not isinstance(path, PurePosixPath):
            return False
        if path in self._overlay or self._disk is None:
            return self._overlay.get(path) is not None
        return self._disk.has(path)

    def is_dir(self, path: PurePosixPath) -> bool:
        """Whether a folder of that path holds a listed file; ``.`` is always one."""
        return not path.parts or str(path) in self._listing.folders

    def children(self, folder: PurePosixPath) -> frozenset[str]:
        """The names of the listed files and folders directly in a folder."""
        return self._listing.folders.get(_name(folder), frozenset())

    def folders(self, folder: PurePosixPath) -> Iterator[PurePosixPath]:
        """The folder and those below it that hold listed files, in order."""
        return map(PurePosixPath, self._listing.folders_below(_name(folder)))

    def below(self, folder: PurePosixPath) -> Iterator[PurePosixPath]:
        """The listed files in a folder and in those below it, in order; of a file's path the file itself.

        For some of them, by their names or by what they hold, `named`, `matching` and `holding` are quicker.
        """
        return self._listing.below(_name(folder))

    def named(self, name: str) -> tuple[PurePosixPath, ...]:
        """The listed files of that name, in order, in whatever folder."""
        paths = map(self._listing.path, self._listing.ending(name))
        return tuple(path for path in paths if path.name == name)

    def matching(self, pattern: re.Pattern[str]) -> Iterator[PurePosixPath]:
        """The listed files whose names, without their folders, *pattern* matches as a whole, in order."""
        return self._listing.matching(pattern)

    def holding(self, search: Search) -> Iterator[PurePosixPath]:
        """The listed files that can be read and hold what is searched for, in order.

        That does not keep the sources of a whole repository in memory, as looking each of them up would.
        """
        held = self._disk.holding(search) if self._disk is not None else frozenset[str]()
        over = {str(path): data for path, data in self._overlay.items()}
        written = (
            name for name, data in over.items() if name.endswith(search.ending) and search.finds(data or b"")
        )
        return map(self._listing.path, sorted((held - over.keys()).union(written)))

    def mode(self, path: PurePosixPath) -> FileMode:
        """The file's mode as git writes it; 100644 for a file that is not there yet."""
        if path in self._modes or self._disk is None:
            return self._modes.get(path, "100644")
        return self._disk.mode(path)

    def real(self, path: PurePosixPath) -> PurePosixPath | None:
        """Where a file lies when all symlinks are followed, *path* itself where there are none.

        None where that is out of the repository.
        """
        return self._disk.real(path) if self._disk is not None else path

    @cached_property
    def _listing(self) -> Listing:
        listed = self._disk.listing if self._disk is not None else Listing(())
        return listed.replace(*_come_and_gone(self._overlay))


def _come_and_gone(changes: Mapping[PurePosixPath, bytes | None]) -> tuple[list[str], list[str]]:
    """The names of the files that are written, and of those that are deleted."""
    come = [str(path) for path, data in changes.items() if data is not None]
    return come, [str(path) for path, data in changes.items() if data is None]


def _name(folder: PurePosixPath) -> str:
    """A folder's name as a `Listing` has it: empty for the root."""
    return str(folder) if folder.parts else ""

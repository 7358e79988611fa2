"""A repository as an immutable, lazy map from path to bytes, with an overlay of what would change."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Literal, TypeVar, overload

FileMode = Literal["100644", "100755", "120000"]

#: No build file or manifest is larger; what is, is not read.
MAX_BYTES = 8 * 1024 * 1024
#: Never part of a repository's own sources.
PRUNED = frozenset({".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".nox"})
_BEHIND_SLASH = chr(ord("/") + 1)
#: What is worked out once from the list of files.
_LISTED = ("_listing", "_named", "_names", "_paths", "_tree")
_Default = TypeVar("_Default")


def journal_of(root: Path) -> Path:
    """Where a run that writes below *root* says what it is about to change (`apply.journal`)."""
    own = root / ".git"
    return own / "uvmigrate-journal" if own.is_dir() else root / ".uvmigrate-journal"


class Unreadable(OSError):  # noqa: N818 (it is named like the refusal that it becomes)
    """A file that is there and cannot be read as a file of the repository. ``why`` is one clause."""

    def __init__(self, path: PurePosixPath, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path
        self.why = why


class Repo(Mapping[PurePosixPath, bytes]):
    """Paths relative to the repository's root, and the bytes of their files; read when asked for.

    Iterating lists the files git knows or would add (all files, where there is no git). A look-up also
    finds files that git ignores. Raises KeyError for what is not there and Unreadable for what cannot be
    read: a symlink that leaves the repository, a missing permission, a file over MAX_BYTES. A path that
    leaves the repository by itself (absolute, or with ``..``) names nothing in it.
    """

    def __init__(
        self,
        root: Path | None,
        overlay: Mapping[PurePosixPath, bytes | None],
        modes: Mapping[PurePosixPath, FileMode],
        cache: dict[PurePosixPath, bytes | None],
    ) -> None:
        self.root = root
        self._overlay = dict(overlay)
        self._modes = dict(modes)
        self._cache = cache
        #: Where the folders lie that files were read of, all links followed.
        self._real_folders: dict[PurePosixPath, Path] = {}

    @classmethod
    def open(cls, folder: Path) -> Repo:
        """The repository that *folder* belongs to: its git root, or the folder itself where there is none."""
        folder = folder.resolve()
        root = next((up for up in (folder, *folder.parents) if (up / ".git").exists()), folder)
        return cls(root, {}, {}, {})

    @classmethod
    def of(cls, files: Mapping[str, bytes], modes: Mapping[str, FileMode] | None = None) -> Repo:
        """A repository in memory, for cases and tests."""
        overlay = {PurePosixPath(path): data for path, data in files.items()}
        return cls(None, overlay, {PurePosixPath(p): m for p, m in (modes or {}).items()}, {})

    def replace(self, changes: Mapping[PurePosixPath, bytes | None]) -> Repo:
        """This repository with files written (bytes) or deleted (None); modes stay, new files are 100644."""
        after = Repo(self.root, {**self._overlay, **changes}, self._modes, self._cache)
        after._real_folders = self._real_folders
        # The folder is listed once for all snapshots, and sorted anew only where files come or go.
        shared = ["_listing"] if changes.keys() - set(self._paths) or None in changes.values() else _LISTED
        after.__dict__.update({name: self.__dict__[name] for name in shared if name in self.__dict__})
        return after

    @property
    def touched(self) -> frozenset[PurePosixPath]:
        """The paths of the overlay."""
        return frozenset(self._overlay)

    def __getitem__(self, path: PurePosixPath) -> bytes:
        if path in self._overlay:
            data = self._overlay[path]
            if data is None:
                raise KeyError(path)
            return data
        if path not in self._cache:
            try:
                self._cache[path] = self._read(path)
            except KeyError:
                # What was not there when it was first looked for is not there for the whole run.
                self._cache[path] = None
        data = self._cache[path]
        if data is None:
            raise KeyError(path)
        return data

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
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __contains__(self, path: object) -> bool:
        if not isinstance(path, PurePosixPath) or _leaves(path):
            return False
        if path in self._overlay:
            return self._overlay[path] is not None
        if path not in self._cache:
            try:
                if self.root is not None and (self.root / path).is_file():
                    return True
            except OSError:
                # The name is longer than the file system's.
                pass
            self._cache[path] = None
        return self._cache[path] is not None

    def is_dir(self, path: PurePosixPath) -> bool:
        """Whether a folder of that path holds a listed file; ``.`` is always one."""
        return not path.name or path in self._tree

    def children(self, folder: PurePosixPath) -> frozenset[str]:
        """The names of the listed files and folders directly in a folder."""
        return frozenset(self._tree.get(folder, ()))

    def below(self, folder: PurePosixPath) -> tuple[PurePosixPath, ...]:
        """The listed files in a folder and in those below it, in order; of a file's path the file itself."""
        if not folder.name:
            return self._paths
        if folder not in self._tree:
            return (folder,) if folder.name in self.children(folder.parent) else ()
        # What begins with the folder's name and a slash stands together in the order of names.
        start = bisect_left(self._names, f"{folder}/")
        return self._paths[start : bisect_left(self._names, f"{folder}{_BEHIND_SLASH}")]

    def named(self, name: str) -> tuple[PurePosixPath, ...]:
        """The listed files of that name, in order, in whatever folder."""
        return self._named.get(name, ())

    def mode(self, path: PurePosixPath) -> FileMode:
        """The file's mode as git writes it; 100644 for a file that is not there yet."""
        if path in self._modes or self.root is None:
            return self._modes.get(path, "100644")
        try:
            found = (self.root / path).lstat().st_mode
        except OSError:
            return "100644"
        if stat.S_ISLNK(found):
            return "120000"
        return "100755" if found & stat.S_IXUSR else "100644"

    def real(self, path: PurePosixPath) -> PurePosixPath | None:
        """Where a file lies when all symlinks are followed, *path* itself where there are none.

        None where that is out of the repository.
        """
        if self.root is None or _leaves(path):
            return path
        real = Path(os.path.realpath(self.root / path))
        return PurePosixPath(real.relative_to(self.root)) if real.is_relative_to(self.root) else None

    def _read(self, path: PurePosixPath) -> bytes:
        if self.root is None or _leaves(path):
            raise KeyError(path)
        try:
            real = self._real_file(self.root, path)
            found = real.stat()
            if not stat.S_ISREG(found.st_mode):
                raise KeyError(path)
            if found.st_size > MAX_BYTES:
                raise Unreadable(path, f"is larger than {MAX_BYTES // 1024 // 1024} MiB")
            return real.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise KeyError(path) from None
        except Unreadable:
            raise
        except RuntimeError as error:
            # What Python 3.11 and 3.12 say of it names the folder that the repository happens to lie in.
            raise Unreadable(path, os.strerror(errno.ELOOP)) from error
        except (OSError, ValueError) as error:
            raise Unreadable(path, getattr(error, "strerror", None) or str(error)) from error

    def _real_file(self, root: Path, path: PurePosixPath) -> Path:
        """The file behind a path, all links followed; those of its folder once for all files in it.

        Raises Unreadable where that is out of the repository, and OSError or RuntimeError as `Path.resolve`.
        """
        folder = self._real_folders.get(path.parent)
        if folder is None:
            folder = (root / path.parent).resolve(strict=True)
            self._real_folders[path.parent] = folder
        real = folder / path.name
        if real.is_symlink():
            real = real.resolve(strict=True)
        if not real.is_relative_to(root):
            raise Unreadable(path, "leads out of the repository")
        return real

    @cached_property
    def _tree(self) -> dict[PurePosixPath, set[str]]:
        """The names in each folder that holds a listed file, at whatever depth."""
        tree: dict[PurePosixPath, set[str]] = {}
        for path in self._paths:
            while path.name:
                names = tree.setdefault(path.parent, set())
                if path.name in names:
                    break
                names.add(path.name)
                path = path.parent
        return tree

    @cached_property
    def _named(self) -> dict[str, tuple[PurePosixPath, ...]]:
        found: dict[str, list[PurePosixPath]] = {}
        for path in self._paths:
            found.setdefault(path.name, []).append(path)
        return {name: tuple(paths) for name, paths in found.items()}

    @cached_property
    def _paths(self) -> tuple[PurePosixPath, ...]:
        gone = {path for path, data in self._overlay.items() if data is None}
        # Paths are slow to compare, one by one, in a large repository.
        return tuple(sorted((self._listing | self._overlay.keys()) - gone, key=str))

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(map(str, self._paths))

    @cached_property
    def _listing(self) -> frozenset[PurePosixPath]:
        if self.root is None:
            return frozenset()
        listed = _git_files(self.root) if (self.root / ".git").exists() else None
        return frozenset(listed if listed is not None else _walk(self.root))


def _git_files(root: Path) -> set[PurePosixPath] | None:
    # A repository's own settings must not make git run anything (core.fsmonitor).
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(root), "ls-files", "-z"]
    try:
        done = subprocess.run(
            [*command, "--cached", "--others", "--exclude-standard"],
            capture_output=True,
            timeout=60,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    names = done.stdout.decode(errors="surrogateescape").split("\0")
    paths = (PurePosixPath(name) for name in names if name)
    return {path for path in paths if os.path.lexists(root / path)}


def _walk(root: Path) -> set[PurePosixPath]:
    found: set[PurePosixPath] = set()
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in PRUNED]
        here = PurePosixPath(Path(folder).relative_to(root).as_posix())
        found.update(here / name for name in files)
        # To git, too, a link to a folder is one file.
        found.update(here / name for name in folders if (Path(folder) / name).is_symlink())
    return found


def _leaves(path: PurePosixPath) -> bool:
    return path.is_absolute() or ".." in path.parts

"""The files of a repository on the disk: listed once, and read when they are asked for, once."""

from __future__ import annotations

import errno
import os
import stat
from functools import cached_property
from itertools import accumulate
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal

from uvmigrate.source.git_names import git_names
from uvmigrate.source.listing import Listing
from uvmigrate.source.searches import Search

if TYPE_CHECKING:
    from collections.abc import Iterator

FileMode = Literal["100644", "100755", "120000"]

#: No build file or manifest is larger; what is, is not read.
MAX_BYTES = 8 * 1024 * 1024
#: Never part of a repository's own sources.
PRUNED = frozenset({".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".nox"})
#: To open no link, and not to wait for the other end of a pipe.
_PLAINLY = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
#: A file of fewer bytes is read without being asked how many it has: most are, of a hundred thousand.
_SHORT = 64 * 1024
#: How many bytes of files are looked through at a time, at least.
_TOGETHER = 16 * 1024
#: What the system says of a path where nothing is, and can be nothing.
_NOT_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG})


class Unreadable(OSError):  # noqa: N818 (it is named like the refusal that it becomes)
    """A file that is there and cannot be read as a file of the repository. ``why`` is one clause."""

    def __init__(self, path: PurePosixPath, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path
        self.why = why


class Disk:
    """What lies in a folder when it is looked at first; paths and names are relative to it."""

    def __init__(self, root: Path) -> None:
        """*root* is absolute, all links followed."""
        self.root = root
        self._read: dict[PurePosixPath, bytes] = {}
        #: Whether what is there is a file (no folder, pipe or link to itself); None where there is nothing.
        #: What was not there when it was first asked for is not there for the whole run.
        self._kinds: dict[PurePosixPath, bool | None] = {}
        self._real: dict[PurePosixPath, PurePosixPath | None] = {}
        #: Where the folders lie that files were read of, all links followed.
        self._real_folders: dict[PurePosixPath, Path] = {}
        self._holding: dict[Search, frozenset[str]] = {}

    @cached_property
    def listing(self) -> Listing:
        """The files git knows or would add; all files, where there is no git."""
        listed = git_names(self.root) if (self.root / ".git").exists() else None
        return Listing(listed if listed is not None else _walk(self.root))

    def has(self, path: PurePosixPath) -> bool:
        """Whether a file is there, listed or not."""
        return self._kind(path) or False

    def _kind(self, path: PurePosixPath) -> bool | None:
        if path not in self._kinds:
            self._kinds[path] = self._looked_at(path)
        return self._kinds[path]

    def _looked_at(self, path: PurePosixPath) -> bool | None:
        if _leaves(path):
            return None
        try:
            return stat.S_ISREG(os.stat(f"{self.root}/{path}").st_mode)  # noqa: PTH116 (many are asked)
        except ValueError:
            # No name holds a zero byte.
            return None
        except OSError as error:
            return None if error.errno in _NOT_THERE else False

    def read(self, path: PurePosixPath) -> bytes:
        """The file's bytes. Raises KeyError and Unreadable as `Repo` does."""
        if path not in self._read:
            if self._kind(path) is None:
                raise KeyError(path)
            self._read[path] = self._bytes(path)
        return self._read[path]

    def holding(self, search: Search) -> frozenset[str]:
        """The listed files that hold what is searched for, of those that can be read."""
        if search not in self._holding:
            self._look_through(search.ending)
        return self._holding[search]

    def _look_through(self, ending: str) -> None:
        """Read the listed files of an ending for all searches that are known.

        None of them is kept: the sources of a large repository are more than a process should hold.
        """
        found: dict[Search, set[str]] = {
            search: set()
            for search in Search.known
            if search.ending == ending and search not in self._holding
        }
        wanted = [(word, holding) for search, holding in found.items() for word in search.words]
        for together in self._batches(ending):
            # Few files hold any of it: many at a time are asked.
            every = b"\0".join(together.values())
            for word, holding in wanted:
                if word in every:
                    holding.update(name for name, data in together.items() if word in data)
        self._holding.update((search, frozenset(names)) for search, names in found.items())

    def _batches(self, ending: str) -> Iterator[dict[str, bytes]]:
        """The listed files of an ending, name to bytes, some at a time."""
        together: dict[str, bytes] = {}
        size, folder, is_plain, root = 0, None, False, f"{self.root}/"
        for name in self.listing.ending(ending):
            own = name[: name.rfind("/") + 1]
            if own != folder:
                folder, is_plain = own, self._is_plain(own)
            found = _plain(root + name) if is_plain else None
            data = together[name] = self._glance(name) if found is None else found
            size += len(data)
            if size > _TOGETHER:
                yield together
                together, size = {}, 0
        yield together

    def mode(self, path: PurePosixPath) -> FileMode:
        """The file's mode as git writes it; 100644 for a file that is not there."""
        try:
            found = (self.root / path).lstat().st_mode
        except OSError:
            return "100644"
        if stat.S_ISLNK(found):
            return "120000"
        return "100755" if found & stat.S_IXUSR else "100644"

    def real(self, path: PurePosixPath) -> PurePosixPath | None:
        """Where a file lies when all links are followed; None where a link leads out of the folder."""
        if path not in self._real:
            self._real[path] = path if _leaves(path) else self._followed(path)
        return self._real[path]

    def _followed(self, path: PurePosixPath) -> PurePosixPath | None:
        real = Path(os.path.realpath(self.root / path))
        return PurePosixPath(real.relative_to(self.root)) if real.is_relative_to(self.root) else None

    def _bytes(self, path: PurePosixPath) -> bytes:
        try:
            real = self._real_file(path)
            found = real.stat()
            if not stat.S_ISREG(found.st_mode):
                raise Unreadable(path, "is a folder" if stat.S_ISDIR(found.st_mode) else "is no regular file")
            if found.st_size > MAX_BYTES:
                raise Unreadable(path, f"is larger than {MAX_BYTES // 1024 // 1024} MiB")
            return real.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            # It went just now.
            self._kinds[path] = None
            raise KeyError(path) from None
        except Unreadable:
            raise
        except RuntimeError as error:
            # What Python 3.11 and 3.12 say of it names the folder that the repository happens to lie in.
            raise Unreadable(path, os.strerror(errno.ELOOP)) from error
        except (OSError, ValueError) as error:
            raise Unreadable(path, getattr(error, "strerror", None) or str(error)) from error

    def _real_file(self, path: PurePosixPath) -> Path:
        """The file behind a path, all links followed; those of its folder once for all files in it.

        Raises Unreadable where that is out of the folder, and OSError or RuntimeError as `Path.resolve`.
        """
        real = self._real_folder(path.parent) / path.name
        if real.is_symlink():
            real = real.resolve(strict=True)
        if not real.is_relative_to(self.root):
            raise Unreadable(path, "leads out of the repository")
        return real

    def _real_folder(self, folder: PurePosixPath) -> Path:
        real = self._real_folders.get(folder)
        if real is None:
            real = self._real_folders[folder] = (self.root / folder).resolve(strict=True)
        return real

    def _glance(self, name: str) -> bytes:
        """A listed file's bytes; empty where they cannot be read."""
        try:
            return self.read(PurePosixPath(name))
        except (KeyError, Unreadable):
            return b""

    def _is_plain(self, folder: str) -> bool:
        """Whether no link leads to the folder."""
        ups = accumulate(folder.split("/")[:-1], "{}/{}".format)
        return not any(os.path.islink(f"{self.root}/{up}") for up in ups)  # noqa: PTH114 (quicker by a half)


def _plain(path: str) -> bytes | None:
    """The bytes of a file that is no link, and not too large; None for all else."""
    try:
        handle = os.open(path, _PLAINLY)
    except (OSError, ValueError):
        return None
    try:
        data = os.read(handle, _SHORT)
        if len(data) < _SHORT:
            return data
        found = os.fstat(handle)
        fits = stat.S_ISREG(found.st_mode) and found.st_size <= MAX_BYTES
        return data + os.read(handle, found.st_size) if fits else None
    except OSError:
        return None
    finally:
        os.close(handle)


def _walk(root: Path) -> list[str]:
    found: list[str] = []
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in PRUNED]
        here = Path(folder).relative_to(root).as_posix()
        inside = "" if here == "." else f"{here}/"
        found += [inside + name for name in files]
        # To git, too, a link to a folder is one file.
        found += [inside + name for name in folders if (Path(folder) / name).is_symlink()]
    return found


def _leaves(path: PurePosixPath) -> bool:
    return path.is_absolute() or ".." in path.parts

"""The build context: which files of the repository a build sees, and where COPY puts them."""

from __future__ import annotations

import fnmatch
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator

    from uvmigrate.build.ignorefile import IgnoreFile
    from uvmigrate.source import Repo, Search

ROOT = PurePosixPath("/")
#: A folder as it is seen from itself.
TOP = PurePosixPath()
LOCK = "uv.lock"


@lru_cache(maxsize=4096)
def join(base: PurePosixPath, path: str) -> PurePosixPath:
    """*path* seen from *base*, ``.`` and ``..`` resolved without looking at any disk."""
    joined = base / path
    if ".." not in joined.parts:
        return joined
    parts: list[str] = []
    for part in joined.parts:
        if part == "..":
            if parts and parts[-1] not in ("/", ".."):
                parts.pop()
            elif parts != ["/"]:
                parts.append(part)
        else:
            parts.append(part)
    return PurePosixPath(*parts)


def within(path: PurePosixPath, folder: PurePosixPath) -> bool:
    """Whether *path* is the folder or lies in it. (``is_relative_to`` reads both texts anew, up to 3.11.)"""
    parts = folder.parts
    return path.parts[: len(parts)] == parts


class Context:
    """A folder of the repository as a build context. Paths that go in and out are relative to it."""

    def __init__(self, repo: Repo, folder: PurePosixPath, ignore: IgnoreFile) -> None:
        """The context *folder* of a repository, without what its ignore file leaves out."""
        self.repo = repo
        self.folder = folder
        self.ignore = ignore
        self._matches: dict[str, tuple[PurePosixPath, ...]] = {}
        self._there: dict[PurePosixPath, bool] = {}
        self._folders: dict[PurePosixPath, bool] = {}

    def has(self, path: PurePosixPath) -> bool:
        """Whether the file reaches the builder. A lock counts as there beside any pyproject.toml: it is made
        before anybody builds."""
        if path not in self._there:
            full = self.folder / path
            self._there[path] = not self.ignore.ignores(path) and (
                full in self.repo or (path.name == LOCK and full.with_name("pyproject.toml") in self.repo)
            )
        return self._there[path]

    def is_dir(self, path: PurePosixPath) -> bool:
        """Whether *path* is a folder of the context."""
        if path not in self._folders:
            self._folders[path] = self.repo.is_dir(self.folder / path)
        return self._folders[path]

    def below(self, path: PurePosixPath = TOP) -> Iterator[PurePosixPath]:
        """The repository's files in a folder of the context and below it, ignored ones, too; of a file's path
        the file itself."""
        return (self._inside(one) for one in self.repo.below(self.folder / path))

    def named(self, name: str) -> Iterator[PurePosixPath]:
        """The files of that name in whatever folder of the context, ignored ones, too."""
        return self._those(self.repo.named(name))

    def matching(self, pattern: re.Pattern[str]) -> Iterator[PurePosixPath]:
        """The files whose names the pattern matches as a whole, in whatever folder, ignored ones, too."""
        return self._those(self.repo.matching(pattern))

    def holding(self, search: Search) -> Iterator[PurePosixPath]:
        """The files that hold what is searched for (see `Repo.holding`), ignored ones, too."""
        return self._those(self.repo.holding(search))

    def children(self, folder: PurePosixPath) -> frozenset[str]:
        """The names of the files and folders directly in a folder of the context, ignored ones, too."""
        return self.repo.children(self.folder / folder)

    def folders(self, path: PurePosixPath) -> Iterator[PurePosixPath]:
        """A folder of the context and those below it, as far as they hold files."""
        return map(self._inside, self.repo.folders(self.folder / path))

    def _those(self, paths: Iterable[PurePosixPath]) -> Iterator[PurePosixPath]:
        return (self._inside(path) for path in paths if within(path, self.folder))

    def _inside(self, path: PurePosixPath) -> PurePosixPath:
        return path.relative_to(self.folder) if self.folder.name else path

    def matches(self, source: str) -> tuple[PurePosixPath, ...]:
        """The files and folders that a COPY source names: itself, or what its wildcards match (Go's
        filepath.Match: ``*`` stops at slashes)."""
        if source not in self._matches:
            self._matches[source] = self._find(source)
        return self._matches[source]

    def _find(self, source: str) -> tuple[PurePosixPath, ...]:
        # BuildKit takes no source for one outside of the context: `../` at its beginning means nothing.
        clean = join(ROOT, source.lstrip("/") or ".").relative_to(ROOT)
        if not any(mark in source for mark in "*?["):
            return (clean,) if self.is_dir(clean) or self.has(clean) else ()
        return tuple(
            path for path in self._descend(PurePosixPath(), clean.parts) if not self.ignore.ignores(path)
        )

    def _descend(self, folder: PurePosixPath, patterns: tuple[str, ...]) -> Iterator[PurePosixPath]:
        """What matches the patterns, one for each level below *folder*."""
        names = set(self.repo.children(self.folder / folder))
        if "pyproject.toml" in names:
            names.add(LOCK)
        for name in sorted(names):
            if fnmatch.fnmatchcase(name, patterns[0]):
                if len(patterns) == 1:
                    yield folder / name
                else:
                    yield from self._descend(folder / name, patterns[1:])

"""The names of a repository's files: what is worked out of them holds for all snapshots that have the same.

They are texts: in a repository of 100,000 files a path object for each takes longer than all the rest.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from functools import cached_property
from itertools import compress
from operator import methodcaller
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Iterator

_BEHIND_SLASH = chr(ord("/") + 1)


class Listing:
    """Names relative to the repository's root, in order. A folder's has no slash at its end; the root's is
    empty."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(sorted(names))
        self._selected: dict[object, tuple[str, ...]] = {}
        self._paths: dict[str, PurePosixPath] = {}
        #: The listing that this one was made of, and what came to it and went.
        self._before: tuple[Listing, frozenset[str], frozenset[str]] | None = None

    def __contains__(self, name: str) -> bool:
        at = bisect_left(self.names, name)
        return self.names[at : at + 1] == (name,)

    def replace(self, come: Iterable[str], gone: Iterable[str]) -> Listing:
        """The listing with some names more and others less; itself where that changes nothing."""
        come = frozenset(name for name in come if name not in self)
        gone = frozenset(name for name in gone if name in self)
        if not come and not gone:
            return self
        after = Listing(())
        after.names = _changed(self.names, come, gone)
        after._paths, after._before = self._paths, (self, come, gone)
        return after

    def path(self, name: str) -> PurePosixPath:
        """The path of a name: the same object each time."""
        if name not in self._paths:
            self._paths[name] = PurePosixPath(name)
        return self._paths[name]

    @cached_property
    def folders(self) -> dict[str, frozenset[str]]:
        """The names in each folder that holds a file, at whatever depth."""
        if self._before is not None and not self._before[2]:
            before, come, _ = self._before
            added = _folders(come)
            return before.folders | {
                name: before.folders.get(name, frozenset()) | own for name, own in added.items()
            }
        return _folders(self.names)

    @cached_property
    def _own(self) -> tuple[str, ...]:
        """The names without their folders."""
        return tuple(name[name.rfind("/") + 1 :] for name in self.names)

    def folders_below(self, folder: str) -> list[str]:
        """A folder and those below it, in order."""
        below = f"{folder}/" if folder else ""
        return sorted(one for one in self.folders if one == folder or one.startswith(below))

    def below(self, folder: str) -> Iterator[PurePosixPath]:
        """The files in a folder and in those below it, in order; of a file's name the file itself.

        Both may be listed: git goes on naming a file that was replaced by a folder, until that is added.
        """
        # What begins with the folder's name and a slash stands together in the order of names.
        start = bisect_left(self.names, f"{folder}/") if folder else 0
        end = bisect_left(self.names, f"{folder}{_BEHIND_SLASH}") if folder else len(self.names)
        below = self.names[start:end]
        return map(self.path, below if below or folder not in self else (folder,))

    def ending(self, ending: str) -> tuple[str, ...]:
        """The files whose own names end so."""
        return self.select(ending, methodcaller("endswith", ending))

    def matching(self, pattern: re.Pattern[str]) -> Iterator[PurePosixPath]:
        """The files whose own names, without their folders, the pattern matches as a whole."""
        return map(self.path, self.select(pattern, pattern.fullmatch))

    def select(self, key: object, wanted: Callable[[str], object]) -> tuple[str, ...]:
        """The files whose own names are *wanted*: asked once for each *key*, and then of what comes only.

        To ask 100,000 names takes as long as git takes to list them, unless *wanted* is no Python function.
        """
        if key not in self._selected:
            if self._before is None:
                self._selected[key] = tuple(compress(self.names, map(wanted, self._own)))
            else:
                before, come, gone = self._before
                new = (name for name in come if wanted(name[name.rfind("/") + 1 :]))
                self._selected[key] = _changed(before.select(key, wanted), new, gone)
        return self._selected[key]


def _folders(names: Iterable[str]) -> dict[str, frozenset[str]]:
    found: dict[str, list[str]] = {}
    for name in names:
        folder, _, own = name.rpartition("/")
        if folder in found:
            found[folder].append(own)
            continue
        found[folder] = [own]
        while folder:
            folder, _, own = folder.rpartition("/")
            known = folder in found
            found.setdefault(folder, []).append(own)
            if known:
                break
    return {folder: frozenset(own) for folder, own in found.items()}


def _changed(names: tuple[str, ...], come: Iterable[str], gone: frozenset[str]) -> tuple[str, ...]:
    """Some names in order, with others more and less."""
    after = [name for name in names if name not in gone] if gone else list(names)
    for name in come:
        insort(after, name)
    return tuple(after) if gone or len(after) != len(names) else names

"""Which paths of an image belong to its Python environments, and are compared by other means."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from uvmigrate.verify.listing import Listing


class Places(NamedTuple):
    """Folders with all that is in them, and single files."""

    folders: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()

    def hold(self, path: str) -> bool:
        """Whether a path is one of the files or folders, or lies in one of the folders."""
        if path in self.files:
            return True
        while path:
            if path in self.folders:
                return True
            path = path.rpartition("/")[0]
        return False

    def __or__(self, other: object) -> Places:
        """The places of both."""
        if not isinstance(other, Places):
            return NotImplemented
        return Places(self.folders | other.folders, self.files | other.files)


def places(listing: Listing, folders: Iterable[str], files: Iterable[str]) -> Places:
    """Places as a program in the image names them, and as they are when links are followed."""
    named = (frozenset(folders), frozenset(files))
    real = (frozenset(filter(None, map(listing.real, one))) for one in named)
    return Places(*(one | other for one, other in zip(named, real, strict=True)))

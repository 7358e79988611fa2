"""Which paths of an image belong to its Python environments, and are compared by other means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from uvmigrate.verify.environment import Environment
    from uvmigrate.verify.listing import Listing

#: What lies in the folder of a virtual environment beside packages and programs (PEP 405; uv adds the last).
_PARTS = ("pyvenv.cfg", "include", "lib64", ".gitignore", "CACHEDIR.TAG", ".lock")


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


def places(listing: Listing, environment: Environment) -> Places:
    """The folders of packages, what distributions put elsewhere, and all parts of a virtual environment.

    Its folder as a whole is not meant: sources may lie there as well. The Python in the image that a
    environment is made of is none of it.
    """
    folders = set(environment.sites)
    files = {path for one in environment.distributions.values() for path in one.files}
    files |= {script.path for one in environment.distributions.values() for script in one.scripts}
    if environment.is_virtual:
        prefix = environment.prefix
        folders |= {f"{prefix}/{part}" for part in _PARTS}
        inside = [path for path in (*environment.sites, *environment.scripts) if path.startswith(prefix)]
        # Above site-packages is nothing but lib/python3.11.
        folders |= {path.removesuffix("/site-packages") for path in inside}
    return Places(_with_real(listing, folders), _with_real(listing, files))


def _with_real(listing: Listing, paths: Iterable[str]) -> frozenset[str]:
    """Paths as a program in the image names them, and as they are when links are followed."""
    named = frozenset(paths)
    return named | frozenset(filter(None, map(listing.real, named)))

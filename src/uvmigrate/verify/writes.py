"""What a container wrote, as the tmpfs entries with which it may run read-only.

A tmpfs over a folder of the image takes its mode and not its owner, and hides what is in it; one where the
image has nothing is writable for all, as tests/engine/verify/test_running.py shows.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.source import NamedTuple
from uvmigrate.verify.verdict import Written

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from uvmigrate.verify.listing import Listing

TMP = "/tmp"  # noqa: S108 - a place in an image
_ROOT = PurePosixPath("/")


class Ids(NamedTuple):
    """The numbers of a user and a group."""

    uid: int
    gid: int


def ids_of(user: str, image: Listing) -> Ids | None:
    """The numbers of ``USER``, as the engine finds them in the image; None where it has no such user."""
    name, _, group = user.partition(":")
    users = [line.split(":") for line in _text(image, "/etc/passwd")]
    known = next((one for one in users if len(one) > 3 and name in (one[0], one[2])), None)
    if known is not None and known[2].isdecimal() and known[3].isdecimal():
        found = Ids(int(known[2]), int(known[3]))
    elif name.isdecimal() or not name:
        found = Ids(int(name or 0), 0)
    else:
        return None
    if not group:
        return found
    groups = [line.split(":") for line in _text(image, "/etc/group")]
    numbers = [one[2] for one in groups if len(one) > 2 and group in (one[0], one[2])]
    number = next(iter(numbers), group)
    return found._replace(gid=int(number)) if number.isdecimal() else None


def _text(image: Listing, path: str) -> list[str]:
    return image.kept.get(path, b"").decode(errors="replace").splitlines()


def written_by(
    use: tuple[PurePosixPath | None, str],
    changes: Sequence[tuple[str, str]],
    image: Listing,
    user: Ids | None,
    mounted: Collection[str] = (),
) -> Written:
    """The places that a container wrote to, and the tmpfs that it needs to write there read-only.

    *use* is the compose file and the service. *changes* are `running.Outcome.written`: what was added (A),
    changed (C) or deleted (D); an added folder with nothing in it ends with a slash. *user* is who the
    container runs as, *mounted* are its volumes and tmpfs. Bytecode is no reason for anything.
    """
    found = _Changes(changes, image, mounted)
    wanted = {place: path for path in found.leaves for place in [found.place(path)]}
    hidden = {place for place in wanted if found.is_hidden(place)}
    kept = [
        place
        for place in wanted
        if place not in hidden
        # A folder of the image keeps its owner only as a tmpfs of its own.
        and (str(place) in image.files or not any(above in wanted for above in place.parents))
    ]
    return Written(
        file=use[0],
        service=use[1],
        paths=tuple(sorted({str(path) for path in found.leaves})),
        tmpfs=tuple(_entry(place, image, user) for place in sorted(kept)),
        hidden=tuple(str(place) for place in sorted(hidden)),
        works=None,
    )


class _Changes:
    """What was written, without what is no reason for a tmpfs."""

    def __init__(self, changes: Sequence[tuple[str, str]], image: Listing, mounted: Collection[str]) -> None:
        self._image = image
        self._letters = {PurePosixPath(path): letter for letter, path in changes}
        self._empty = {PurePosixPath(path) for _, path in changes if path.endswith("/")}
        self._above = {above for path in self._letters for above in path.parents}
        self._below: dict[PurePosixPath, list[PurePosixPath]] = {}
        for path in self._letters.keys() - self._above:
            for above in path.parents:
                self._below.setdefault(above, []).append(path)
        self._mounted = {PurePosixPath(path) for path in mounted}
        self._holding = {
            above
            for path, entry in image.files.items()
            if entry.kind != "folder"
            for above in PurePosixPath(path).parents
        }
        self.leaves = tuple(self._leaves())

    def _leaves(self) -> Iterator[PurePosixPath]:
        """The top-most of what was added, and all else that did not change for what is in it alone."""
        for path, letter in self._letters.items():
            is_mounted = any(one in self._mounted for one in (path, *path.parents))
            is_within = self._letters.get(path.parent) in ("A", "D")
            is_folded = letter == "C" and path in self._above
            if not (is_mounted or is_within or is_folded or self._is_bytecode(path)):
                yield path

    def _is_bytecode(self, path: PurePosixPath) -> bool:
        """Whether it is bytecode, or a folder that was made for nothing else."""
        if path.suffix == ".pyc" or "__pycache__" in path.parts:
            return True
        below = self._below.get(path, ())
        return bool(below) and all(self._is_bytecode(other) for other in below)

    def place(self, path: PurePosixPath) -> PurePosixPath:
        """The folder that would have to be a tmpfs for a leaf."""
        if self._letters[path] == "A":
            return path if path in self._above or path in self._empty else path.parent
        entry = self._image.files.get(str(path))
        is_folder = entry is not None and entry.kind == "folder" and self._letters[path] == "C"
        return path if is_folder else path.parent

    def is_hidden(self, place: PurePosixPath) -> bool:
        """Whether a tmpfs there would hide files of the image; what lies in /tmp is nobody's."""
        return place == _ROOT or (place in self._holding and str(place) != TMP)


def _entry(place: PurePosixPath, image: Listing, user: Ids | None) -> str:
    """The entry of a tmpfs that its user can write to.

    Root without capabilities can write to nothing but its own, whoever owns the folder in the image.
    """
    folder = image.files.get(str(place))
    if user is None or user.uid == 0:
        return str(place)
    owner = Ids(folder.uid, folder.gid) if folder is not None else user
    return str(place) if owner == (0, 0) else f"{place}:uid={owner.uid},gid={owner.gid}"

"""Images for tests without an engine: a tar stream of files, read as that of an engine is."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING, NamedTuple

from uvmigrate.verify.compare.files import Image
from uvmigrate.verify.compare.packages import system_packages
from uvmigrate.verify.listing import Listing, read_listing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from uvmigrate.verify.verdict import Row


class Entry(NamedTuple):
    """One entry of an image; ``link`` makes it a symbolic link, ``hard`` a hard one, else it is a file."""

    data: bytes = b""
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    link: str = ""
    hard: str = ""
    folder: bool = False
    capabilities: str = ""


FOLDER = Entry(mode=0o755, folder=True)


def packed(files: Mapping[str, bytes | Entry]) -> bytes:
    """The tar stream of an image: its files, and the folders that they lie in."""
    entries = {path: data if isinstance(data, Entry) else Entry(data) for path, data in files.items()}
    above = {path.rsplit("/", n)[0] for path in files for n in range(1, path.count("/") + 1)}
    entries = {path: FOLDER for path in sorted(above) if path} | entries
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for path, entry in entries.items():
            info = tarfile.TarInfo(path.strip("/"))
            info.size, info.mode, info.uid, info.gid = len(entry.data), entry.mode, entry.uid, entry.gid
            if entry.link or entry.hard:
                info.linkname = entry.link or entry.hard.strip("/")
                info.type = tarfile.SYMTYPE if entry.link else tarfile.LNKTYPE
            elif entry.folder:
                info.type = tarfile.DIRTYPE
            if entry.capabilities:
                info.pax_headers = {"SCHILY.xattr.security.capability": entry.capabilities}
            tar.addfile(info, io.BytesIO(entry.data))
    return stream.getvalue()


def listing(files: Mapping[str, bytes | Entry]) -> Listing:
    """The files of an image."""
    return read_listing(io.BytesIO(packed(files)))


def image(files: Mapping[str, bytes | Entry]) -> Image:
    """The files of an image, with its system packages."""
    found = listing(files)
    return Image(found, system_packages(found))


def differing(rows: Iterable[Row]) -> list[tuple[str, ...]]:
    """The rows that are not the same, in short: kind, name, status, before, after."""
    return [(r.kind, r.name, r.status, r.before, r.after) for r in rows if r.status != "same"]

"""All files of an image, read from the tar stream of its file system as one container would see it."""

from __future__ import annotations

import hashlib
import re
import tarfile
from stat import S_IMODE
from typing import IO, TYPE_CHECKING, Literal

from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

    from uvmigrate.verify.engine import Engine

FileKind = Literal["file", "folder", "link", "device"]

#: Files whose bytes are kept: what says which system packages and which users there are, and which files came
#: with a distribution of Python.
_KEPT = lazy_pattern(
    r"""/var/lib/dpkg/(?:status|status\.d/.*|info/.*\.list)
    |(?:/usr)?/lib/apk/db/installed
    |/var/lib/apt/extended_states|/etc/apk/world
    |/etc/(?:passwd|group|shadow|gshadow)
    |.*\.dist-info/RECORD""",
    re.VERBOSE,
)
#: Where engines put them in a tar stream (capabilities(7), "File capabilities").
_CAPABILITIES = "SCHILY.xattr.security.capability"
_CHUNK = 1024 * 1024
#: Bytes of the largest file that is kept: dpkg's database of a large image has 2 MB.
_MOST_KEPT = 64 * _CHUNK
#: Links that are followed on the way to one file: Linux gives up behind as many.
_MOST_LINKS = 40


class File(NamedTuple):
    """One entry of an image. ``digest`` is a file's SHA-256, a link's target, or a device's numbers.

    ``capabilities`` are what a program may do beside what its user may, as the file system has them.
    """

    kind: FileKind
    mode: int
    uid: int
    gid: int
    size: int
    digest: str
    capabilities: str = ""


class Listing(NamedTuple):
    """The entries of an image by absolute path, and the bytes of a few files (``kept``)."""

    files: Mapping[str, File]
    kept: Mapping[str, bytes]

    def real(self, path: str) -> str | None:
        """The path with all links in it followed; None where that leads to nothing in the image."""
        return _real(self.files, path)

    def holds(self, path: str) -> bool:
        """Whether there is something at *path*, links followed."""
        return self.real(path) is not None


def read_files(engine: Engine, image: str) -> Listing:
    """The files of an image. Raises EngineProblem."""
    return engine.files(image, read_listing)


def read_listing(stream: IO[bytes]) -> Listing:
    """The files in a tar stream, in one pass. Raises EOFError where the stream is cut short."""
    files: dict[str, File] = {}
    kept: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                path = _absolute(member.name)
                if member.islnk():
                    # A hard link stands behind the entry whose bytes it shares.
                    shared = _absolute(member.linkname)
                    files[path] = files[shared]
                    if shared in kept and _KEPT.fullmatch(path):
                        kept[path] = kept[shared]
                elif member.isreg():
                    files[path] = _file(tar, member, path, kept)
                else:
                    files[path] = _other(member)
                # Else it would hold all that it has read (Python's documentation, "tarfile"). The stubs
                # do not know the attribute.
                tar.members = []  # type: ignore[attr-defined]
    except (tarfile.TarError, KeyError) as error:
        raise EOFError(f"the list of files is cut short: {error}") from error
    files.setdefault("/", File("folder", 0o755, 0, 0, 0, ""))
    return Listing(files, kept)


def _absolute(name: str) -> str:
    # Names need not be UTF-8 in an image, and must be to be shown.
    text = name.encode(errors="surrogateescape").decode(errors="backslashreplace")
    return "/" + text.removeprefix("./").strip("/") if text not in (".", "./") else "/"


def _file(tar: tarfile.TarFile, member: tarfile.TarInfo, path: str, kept: dict[str, bytes]) -> File:
    digest = hashlib.sha256()
    whole = bytearray() if _KEPT.fullmatch(path) and member.size <= _MOST_KEPT else None
    data = tar.extractfile(member)
    while data is not None and (chunk := data.read(_CHUNK)):
        digest.update(chunk)
        if whole is not None:
            whole += chunk
    if whole is not None:
        kept[path] = bytes(whole)
    own = (S_IMODE(member.mode), member.uid, member.gid)
    capabilities = member.pax_headers.get(_CAPABILITIES, "").encode(errors="surrogateescape").hex()
    return File("file", *own, member.size, digest.hexdigest(), capabilities)


def _other(member: tarfile.TarInfo) -> File:
    # Podman's stream has the kind in the mode, too.
    own = (S_IMODE(member.mode), member.uid, member.gid)
    if member.isdir():
        return File("folder", *own, 0, "")
    if member.issym():
        return File("link", *own, 0, member.linkname)
    return File("device", *own, 0, f"{member.devmajor}:{member.devminor}")


def _real(files: Mapping[str, File], path: str) -> str | None:
    """As Linux follows links (path_resolution(7)): so many in all, however they lead to each other."""
    here, links = "", 0
    ahead = path.split("/")[::-1]
    while ahead:
        name = ahead.pop()
        if name == "..":
            here = here.rpartition("/")[0]
        elif name not in ("", "."):
            found = files.get(f"{here}/{name}")
            if found is None:
                return None
            if found.kind != "link":
                here = f"{here}/{name}"
                continue
            links += 1
            if links > _MOST_LINKS:
                return None
            here = "" if found.digest.startswith("/") else here
            ahead += found.digest.split("/")[::-1]
    return here or "/"

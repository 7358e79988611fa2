"""The files of two images outside their Python environments: which there are, whose, and what is in them."""

from __future__ import annotations

import csv
import io
import posixpath
import re
from typing import TYPE_CHECKING

from uvmigrate.source import NamedTuple, lazy_pattern
from uvmigrate.verify.compare.rows import Difference, folded
from uvmigrate.verify.meaning import alike, counted, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from uvmigrate.verify.compare.packages import SystemPackage, SystemPackages
    from uvmigrate.verify.listing import File, Listing
    from uvmigrate.verify.meaning import Meaning
    from uvmigrate.verify.ours import Ours
    from uvmigrate.verify.verdict import Row
    from uvmigrate.verify.writes import Ids

_KIND = "file"
#: What is made anew in each build or at each start, caches, logs and the databases of package managers: what
#: lies in the folders, and the files. Only tools' own caches: a build may put models into ~/.cache.
_ANEW = lazy_pattern(
    r"""/(?:tmp|var/tmp|run|proc|sys|dev|var/cache|var/log|var/lib/(?:apt|dpkg|rpm|ucf|pam|systemd))/.+
    |/usr/lib/sysimage/rpm/.+
    |(?:/usr)?/lib/apk/.+ | /etc/apk/world
    |.*/\.cache(?:/(?:uv|pip|pip-tools|pypoetry|pipenv|virtualenv|pipx)(?:/.*)?)?
    |/root/\.npm(?:/.*)?
    |.*/__pycache__(?:/.*)?
    |/\.dockerenv
    |/etc/(?:hosts|hostname|resolv\.conf|mtab|machine-id|ld\.so\.cache|mailcap|\.pwd\.lock|sub[ug]id-)
    |/etc/(?:passwd|group|shadow|gshadow)-
    |/usr/share/(?:mime/.+|info/dir)
    |.*/(?:gschemas\.compiled|icon-theme\.cache|mimeinfo\.cache|loaders\.cache|giomodule\.cache|fonts\.(?:dir|scale))
    """,
    re.VERBOSE,
)
#: What a base image or a package manager puts there is the same in every build.
_SYSTEM = lazy_pattern(r"/(?:usr|bin|sbin|lib\w*)/.*")
#: Each build makes it anew from what was asked for.
_LOCALES = "/usr/lib/locale/locale-archive"
#: Where folders wait for what is written at run time: caches and logs in them are anew, they themselves not.
_WAITING = lazy_pattern(r"/(?:var/log|(?:var/)?run)/.+")
_SHADOWS = ("/etc/shadow", "/etc/gshadow")
_ACCOUNTS = ("/etc/passwd", "/etc/group")
#: Those below are the system's (useradd(8)).
_FIRST_ID = 1000
#: Installers that have brought nothing but themselves.
_ALONE = frozenset({"pip", "setuptools", "uv", "wheel"})
_BECAUSE = {
    "lost": "no longer in the image",
    "added": "new in the image",
    "content": "other contents",
    "mode": "other permissions",
    "owner": "another owner",
    "capabilities": "other capabilities",
}


class Image(NamedTuple):
    """What is known of the files of one image."""

    listing: Listing
    packages: SystemPackages


def made_anew(listing: Listing, path: str) -> bool:
    """Whether a path is a cache, bytecode or the like, so that two builds need not agree about it."""
    if path.endswith((".pyc", ".pyo")):
        # Without its source it is a program.
        return "/__pycache__/" in path or f"{path[:-1]}" in listing.files
    return _ANEW.fullmatch(path) is not None


def compare_files(
    before: Image,
    after: Image,
    is_environment: Callable[[str], bool],
    meaning: Meaning,
    ours: Ours,
    user: Ids | None = None,
) -> Iterator[Row]:
    """A row for each file, or folder of files, that differs and lies in no environment of either image.

    A codemod means a file by its path, an empty folder that goes, one that comes, a mode, or *user*, who the
    image starts as, as the owner, by words before the path: ``folder /a``, ``new folder /a``, ``mode /a``,
    ``owner /a``. What a distribution of another environment brought is meant where its metadata are, and it
    came with a tool or is in another place now.
    """
    packaged = _packaged(before, after)
    old, new = before.listing.files, after.listing.files

    def skipped(path: str) -> bool:
        if path == _LOCALES and path in old and path in new:
            return True
        if path in old and path not in new and old[path].kind == "folder" and _WAITING.fullmatch(path):
            return path in packaged
        return (
            path in packaged
            or is_environment(path)
            or made_anew(before.listing if path in old else after.listing, path)
        )

    recorded = _recorded(after.listing) | _recorded(before.listing)
    going = _going(before.listing, after.listing, meaning)
    judge = _Judge(before.listing, after.listing, meaning, ours, recorded, going, user)
    same, found = 0, []
    filled = {path.rpartition("/")[0] for files in (old, new) for path in files}
    for path in sorted(old.keys() | new.keys()):
        if skipped(path):
            continue
        was, now = old.get(path), new.get(path)
        if was is None or now is None:
            there = was or now
            # A folder comes and goes with what is in it; of one that waits, logs are passed over.
            alone = path not in filled or _WAITING.fullmatch(path)
            if there and (there.kind != "folder" or alone):
                found.append(judge.alone(path, was, now))
            continue
        differences = list(judge.both(path, was, now))
        found += differences
        same += not differences and was.kind != "folder"
    yield from folded(_KIND, found)
    if same:
        yield alike(_KIND, counted(same, "file"))


class _Judge(NamedTuple):
    """Says of single files in what they differ, and who means that.

    ``recorded`` are the files of distributions, with the RECORD that names them, ``going`` those records of
    which it is right that they go. ``user`` is who the image after starts as.
    """

    before: Listing
    after: Listing
    meaning: Meaning
    ours: Ours
    recorded: Mapping[str, str]
    going: frozenset[str]
    user: Ids | None

    def alone(self, path: str, was: File | None, now: File | None) -> Difference:
        """A file that only one of the images has."""
        there = was or now
        digest = there.digest if there else ""
        is_folder = there is not None and there.kind == "folder"
        record = self.recorded.get(path)
        called = f"{'folder' if was else 'new folder'} {path}" if is_folder else record or path
        by, because = self.meaning.by(_KIND, called), ""
        if was and record and record not in self.going:
            by, because = (), "no tool has brought it, and it is in no other place"
        if mine := (self.ours.deleted if was else self.ours.created).get(digest):
            by, because = mine, f"the migration {'removes' if was else 'writes'} it"
        what = "lost" if was else "added"
        top = _site(record) if record else _topmost(path, self.after if was else self.before)
        return Difference(path, top, what, _shown(was), _shown(now), by, because or _BECAUSE[what])

    def both(self, path: str, was: File, now: File) -> Iterator[Difference]:
        """What differs in a file that both images have."""
        if (was.kind, was.digest) != (now.kind, now.digest) and not self._only_dates(path):
            yield self._content(path, was, now)
        if was.kind == now.kind != "link" and was.mode != now.mode:
            modes = (f"mode {was.mode:04o}", f"mode {now.mode:04o}")
            by = self.meaning.by(_KIND, f"mode {path}")
            yield Difference(path, path, "mode", *modes, by, _BECAUSE["mode"])
        if (was.uid, was.gid) != (now.uid, now.gid):
            owners = (f"owner {was.uid}:{was.gid}", f"owner {now.uid}:{now.gid}")
            word = "owner" if self.user is not None and now.uid == self.user.uid else "another owner"
            by = self.meaning.by(_KIND, f"{word} {path}")
            yield Difference(path, path, "owner", *owners, by, _BECAUSE["owner"])
        if was.capabilities != now.capabilities:
            old, new = ("capabilities" if one.capabilities else "none" for one in (was, now))
            by = self.meaning.by(_KIND, f"capabilities {path}")
            yield Difference(path, path, "capabilities", old, new, by, _BECAUSE["capabilities"])

    def _content(self, path: str, was: File, now: File) -> Difference:
        record = self.recorded.get(path)
        by, because = self.meaning.by(_KIND, record or path), _BECAUSE["content"]
        if mine := self.ours.edited.get((was.digest, now.digest)):
            by, because = mine, "the migration edits it"
        lost = self._lost_accounts(path) if path in _ACCOUNTS else []
        if lost:
            by, because = (), f"without {listed(lost)}"
        of_somebody = by or lost or was.digest in self.ours.sources or _SYSTEM.fullmatch(path)
        unknown = not of_somebody and was.kind == now.kind == "file"
        if unknown:
            because = "no file of the repository: what makes it while building may make another each time"
        top = _site(record) if record else path
        return Difference(path, top, "content", _shown(was), _shown(now), by, because, unknown)

    def _lost_accounts(self, path: str) -> list[str]:
        """The users or groups that are not in the file any more, or are others.

        Packages bring some, with numbers below 1000, and take them along.
        """
        old, new = (_accounts(listing.kept.get(path, b"")) for listing in (self.before, self.after))
        return [name for name, number in old.items() if number >= _FIRST_ID and new.get(name) != number]

    def _only_dates(self, path: str) -> bool:
        """Whether passwords differ in nothing but the day when they were last changed: that of the build."""
        if path not in _SHADOWS:
            return False
        lines = [_undated(listing.kept.get(path, b"")) for listing in (self.before, self.after)]
        return lines[0] == lines[1]


def _packaged(before: Image, after: Image) -> frozenset[str]:
    """The paths of packages that have a row of their own, and the links that lead to them.

    update-alternatives(1) makes links that are no package's: ``/usr/bin/cc``.
    """
    old, new = before.packages.packages, after.packages.packages
    differing = {name for name in old.keys() | new.keys() if _version(old, name) != _version(new, name)}
    paths: set[str] = set()
    for packages in (old, new):
        for name in differing & packages.keys():
            paths |= packages[name].files
    for listing in (before.listing, after.listing):
        for path, file in listing.files.items():
            if file.kind == "link" and path not in paths and file.digest.startswith("/etc/alternatives/"):
                through, real = file.digest, listing.real(path)
                if real in paths:
                    paths |= {path, through}
    # What the packages that stay have in common with them is theirs.
    for packages in (old, new):
        for name in packages.keys() - differing:
            paths -= packages[name].files
    return frozenset(paths)


def _recorded(listing: Listing) -> dict[str, str]:
    """The files that distributions say are theirs ("Recording installed projects", the RECORD file)."""
    found = {}
    for record, data in listing.kept.items():
        if record.endswith("/RECORD"):
            site = _site(record)
            for fields in csv.reader(io.StringIO(data.decode(errors="replace"))):
                if fields:
                    found[posixpath.normpath(f"{site}/{fields[0]}")] = record
    return found


def _going(before: Listing, after: Listing, meaning: Meaning) -> frozenset[str]:
    """The records of distributions that may go: those of tools and of what is beside one, and of what the
    image has in another place now."""
    old, new = ([path for path in each.kept if path.endswith("/RECORD")] for each in (before, after))
    tools = {record for record in old if meaning.by("distribution", _named(record))}
    beside = {_site(record) for record in tools - after.kept.keys() if _named(record) not in _ALONE}
    there = set(map(_named, new))
    return frozenset(
        record
        for record in old
        # What setuptools carries along is no distribution of its own.
        if record in tools or "/_vendor/" in record or _site(record) in beside or _named(record) in there
    )


def _named(record: str) -> str:
    """The normalised name of the distribution that a RECORD is of."""
    name = record.rsplit("/", 2)[1].removesuffix(".dist-info").rpartition("-")[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def _site(record: str) -> str:
    return record.rsplit("/", 2)[0]


def _version(packages: Mapping[str, SystemPackage], name: str) -> str | None:
    return packages[name].version if name in packages else None


def _topmost(path: str, other: Listing) -> str:
    """The topmost folder above a path that the *other* image does not have, or the path itself."""
    top = path
    while (above := top.rpartition("/")[0]) and above not in other.files:
        top = above
    return top


def _shown(file: File | None) -> str:
    if file is None:
        return ""
    if file.kind == "file":
        return f"{counted(file.size, 'byte')}, sha256 {file.digest[:12]}"
    return f"link to {file.digest}" if file.kind == "link" else file.kind


def _accounts(data: bytes) -> dict[str, int]:
    """The users or groups of a file, each with its number."""
    lines = (line.split(":") for line in data.decode(errors="replace").splitlines())
    return {fields[0]: int(fields[2]) for fields in lines if len(fields) > 2 and fields[2].isdecimal()}


def _undated(shadow: bytes) -> list[list[bytes]]:
    fields = [line.split(b":") for line in shadow.splitlines()]
    return sorted(one[:2] + one[3:] for one in fields)

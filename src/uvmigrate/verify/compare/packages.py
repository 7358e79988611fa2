"""The packages of an image's system, as dpkg's and apk's databases say: which, and what files are theirs.

``/var/lib/dpkg/status`` (deb-control(5), dpkg-query(1)), ``status.d`` of images that are put together without
dpkg, and apk's ``installed`` (Alpine's wiki, "Apk spec"). rpm's database is binary and is not read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from uvmigrate.verify.meaning import alike, counted, listed, unknown
from uvmigrate.verify.verdict import Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from uvmigrate.verify.listing import Listing
    from uvmigrate.verify.meaning import Meaning

_KIND = "system-package"
_RPM = re.compile(r"(?:/var/lib/rpm|/usr/lib/sysimage/rpm)/(?:Packages(?:\.db)?|rpmdb\.sqlite)")
_INFO = "/var/lib/dpkg/info/"


class SystemPackage(NamedTuple):
    """A package: its version, the names that it needs and those that it answers to, and its files."""

    version: str
    needs: frozenset[str]
    provides: frozenset[str]
    files: frozenset[str]


class SystemPackages(NamedTuple):
    """The packages of an image by name. ``unread`` are the digests of databases that cannot be read."""

    packages: Mapping[str, SystemPackage]
    unread: frozenset[str]


def system_packages(listing: Listing) -> SystemPackages:
    """The system packages of an image; none where it has no database."""
    found: dict[str, SystemPackage] = {}
    owned: dict[str, set[str]] = {}
    folders: dict[str, str] = {}
    for path, data in listing.kept.items():
        text = data.decode(errors="replace")
        if path.startswith(_INFO):
            # Several architectures of a package may be installed: `libc6:amd64.list`.
            name = path.removeprefix(_INFO).removesuffix(".list").partition(":")[0]
            owned.setdefault(name, set()).update(text.splitlines())
        elif path.endswith("/apk/db/installed"):
            found.update(_apk(text))
        elif path.startswith("/var/lib/dpkg/"):
            found.update(_dpkg(text))
    packages = {
        name: package._replace(
            files=frozenset(
                _placed(listing, path, folders) for path in package.files | owned.get(name, set())
            )
        )
        for name, package in found.items()
    }
    unread = frozenset(file.digest for path, file in listing.files.items() if _RPM.fullmatch(path))
    return SystemPackages(packages, unread)


def compare_packages(before: SystemPackages, after: SystemPackages, meaning: Meaning) -> Iterator[Row]:
    """A row for each package that is lost, new or of another version and that nobody means.

    Those that are meant are one row for each way in which they differ, with their names as its detail.
    """
    if before.unread != after.unread:
        yield unknown(_KIND, "the database of rpm is not read: what it holds differs")
    old, new = before.packages, after.packages
    meant: dict[tuple[tuple[str, ...], str], list[str]] = {}
    lost = gone(before, after, meaning)
    for name in sorted(old.keys() | new.keys()):
        was, now = _version(old, name), _version(new, name)
        if was == now:
            continue
        because = "no longer installed" if not now else "another version" if was else "new in the image"
        row = meaning.row(_KIND, name, was, now, because)
        by = lost.get(name) or row.by
        if by:
            meant.setdefault((by, because), []).append(name)
        else:
            yield row
    for (by, because), names in meant.items():
        detail = "\n".join(_line(name, _version(old, name), _version(new, name)) for name in names)
        one = names[0] if len(names) == 1 else ""
        was = listed(names) if because != "new in the image" else ""
        now = listed(names) if because != "no longer installed" else ""
        yield Row(_KIND, one, "meant", was, now, by, because, detail)
    if same := sum(_version(old, name) == _version(new, name) for name in old):
        yield alike(_KIND, counted(same, "package"))


def gone(before: SystemPackages, after: SystemPackages, meaning: Meaning) -> Mapping[str, tuple[str, ...]]:
    """The packages that an image no longer has though it had, each with the codemods that mean that.

    What only such a package had brought is meant with it: the package manager installs what a package needs
    or recommends, and a codemod that leaves out a compiler says nothing of its parts.
    """
    answers: dict[str, set[str]] = {}
    for name, package in before.packages.items():
        for known_as in (name, *package.provides):
            answers.setdefault(known_as, set()).add(name)
    lost = before.packages.keys() - after.packages.keys()
    meant = {name: by for name in sorted(lost) if (by := meaning.by(_KIND, name))}
    left = list(meant)
    for name in left:
        for need in sorted(before.packages[name].needs):
            for other in sorted(answers.get(need, set()) & lost - meant.keys()):
                meant[other] = meant[name]
                left.append(other)
    return meant


def _version(packages: Mapping[str, SystemPackage], name: str) -> str:
    return packages[name].version if name in packages else ""


def _line(name: str, was: str, now: str) -> str:
    return f"{name} {was} → {now}" if was and now else f"{name} {was or now}"


def _dpkg(text: str) -> Iterator[tuple[str, SystemPackage]]:
    """The installed packages of a status file; in `status.d` there is no field that says so."""
    for block in text.split("\n\n"):
        pairs = (line.partition(": ") for line in block.splitlines() if not line.startswith(" "))
        fields = {name: value for name, _, value in pairs}
        if "Package" not in fields or fields.get("Status", "ok installed").split()[-1] != "installed":
            continue
        needs = _names(",".join(fields.get(key, "") for key in ("Depends", "Pre-Depends", "Recommends")))
        provides = _names(fields.get("Provides", ""))
        yield fields["Package"], SystemPackage(fields.get("Version", ""), needs, provides, frozenset())


def _names(relations: str) -> frozenset[str]:
    """The packages that a field of relations names, whatever versions it asks for."""
    each = (relation.split("(")[0].split(":")[0].strip() for relation in re.split(r"[,|]", relations))
    return frozenset(name for name in each if name)


def _apk(text: str) -> Iterator[tuple[str, SystemPackage]]:
    for block in text.split("\n\n"):
        lines = [line.partition(":") for line in block.splitlines()]
        fields = {key: value for key, _, value in lines}
        if "P" not in fields:
            continue
        folder, files = "", set()
        for key, _, value in lines:
            if key == "F":
                folder = f"/{value}".rstrip("/")
                files.add(folder)
            elif key == "R":
                files.add(f"{folder}/{value}")
        needs, provides = (
            frozenset(re.split(r"[<>=~]", word)[0] for word in fields.get(key, "").split())
            for key in ("D", "p")
        )
        yield fields["P"], SystemPackage(fields.get("V", ""), needs, provides, frozenset(files))


def _placed(listing: Listing, path: str, folders: dict[str, str]) -> str:
    """Where a package's file lies: its own list says /lib where the system has it in /usr/lib."""
    above, _, name = path.rpartition("/")
    if above not in folders:
        folders[above] = listing.real(above) or above
    return f"{folders[above].rstrip('/')}/{name}"

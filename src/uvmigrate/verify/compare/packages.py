"""The packages of an image's system, as dpkg's and apk's databases say: which, and what files are theirs.

``/var/lib/dpkg/status`` (deb-control(5), dpkg-query(1)), ``status.d`` of images that are put together without
dpkg, and apk's ``installed`` (Alpine's wiki, "Apk spec"). rpm's database is binary and is not read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.source import NamedTuple, lazy_pattern
from uvmigrate.verify.meaning import alike, counted, listed, unknown
from uvmigrate.verify.verdict import Row

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from uvmigrate.verify.listing import Listing
    from uvmigrate.verify.meaning import Meaning

_KIND = "system-package"
_RPM = lazy_pattern(r"(?:/var/lib/rpm|/usr/lib/sysimage/rpm)/(?:Packages(?:\.db)?|rpmdb\.sqlite)")
_LOST, _NEW = "no longer installed", "new in the image"
_INFO = "/var/lib/dpkg/info/"


class SystemPackage(NamedTuple):
    """A package: its version, the names that it needs and those that it answers to, and its files.

    ``source`` is what it was built from, with other packages: apt upgrades those of one source together.
    """

    version: str
    source: str
    needs: frozenset[str]
    provides: frozenset[str]
    files: frozenset[str]


class SystemPackages(NamedTuple):
    """The packages of an image by name. ``unread`` are the digests of databases that cannot be read.

    ``brought`` are those that came only because another needs or recommends them.
    """

    packages: Mapping[str, SystemPackage]
    brought: frozenset[str]
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
    return SystemPackages(packages, _brought(listing, packages.keys()), unread)


def compare_packages(before: SystemPackages, after: SystemPackages, meaning: Meaning) -> Iterator[Row]:
    """A row for each package that is lost, new or of another version and that nobody means.

    Those that are meant are one row for each way in which they differ, with their names as its detail. A
    newer version is unknown: what is installed without one is what the distribution has on that day.
    """
    if before.unread != after.unread:
        yield unknown(_KIND, "the database of rpm is not read: what it holds differs")
    old, new = before.packages, after.packages
    meant: dict[tuple[tuple[str, ...], str], list[str]] = {}
    parts = left_out(before, after, meaning)
    for name in sorted(old.keys() | new.keys()):
        was, now = _version(old, name), _version(new, name)
        if was == now:
            continue
        because = _LOST if not now else "another version" if was else _NEW
        row = meaning.row(_KIND, name, was, now, because)
        by = parts.get(name) or row.by
        if by:
            meant.setdefault((by, because), []).append(name)
        elif was and now and _order(was) < _order(now):
            yield row._replace(status="unknown", because="the newer one of the day when it was built")
        else:
            yield row
    for (by, because), names in meant.items():
        yield _folded(old, new, names)._replace(by=by, because=because)
    if same := sum(_version(old, name) == _version(new, name) for name in old):
        yield alike(_KIND, counted(same, "package"))


def _folded(old: Mapping[str, SystemPackage], new: Mapping[str, SystemPackage], names: Sequence[str]) -> Row:
    """One row for several packages that differ in the same way."""
    if len(names) == 1:
        name = names[0]
        return Row(_KIND, name, "meant", _version(old, name), _version(new, name))
    # The number first: long lists are cut where they are shown.
    some = f"{len(names)} packages: {listed(names)}"
    was = some if names[0] in old else ""
    now = "" if names[0] not in new else "other versions" if was else some
    versions = ((name, _version(old, name), _version(new, name)) for name in names)
    lines = (
        f"{name} {was} → {now}" if was and now else f"{name} {was or now}" for name, was, now in versions
    )
    return Row(_KIND, "", "meant", was, now, detail="\n".join(lines))


def left_out(
    before: SystemPackages, after: SystemPackages, meaning: Meaning
) -> Mapping[str, tuple[str, ...]]:
    """The packages that a codemod means to leave out, and what differs because of that, with its id.

    That is what such a package had brought, or brought to another version: the package manager installs what
    a package needs or recommends, and a codemod that leaves out a compiler says nothing of its parts.
    """
    old, new = before.packages, after.packages
    differing = {name for name in old if _version(old, name) != _version(new, name)}
    answers: dict[str, set[str]] = {}
    for name in differing:
        for known_as in (name, f"source {old[name].source}", *old[name].provides):
            answers.setdefault(known_as, set()).add(name)
    meant = {name: by for name in sorted(differing - new.keys()) if (by := meaning.by(_KIND, name))}
    found = list(meant)
    for name in found:
        for need in (*sorted(old[name].needs), f"source {old[name].source}"):
            for other in sorted(answers.get(need, set()) - meant.keys()):
                # Of one source, only versions go together.
                if other in new or (other in before.brought and not need.startswith("source ")):
                    meant[other] = meant[name]
                    found.append(other)
    return meant


def _version(packages: Mapping[str, SystemPackage], name: str) -> str:
    return packages[name].version if name in packages else ""


def _order(version: str) -> list[tuple[int, int, str]]:
    """A key that sorts versions as deb-version(7) does, and apk's near enough: a tilde is before the end."""
    epoch, _, rest = version.rpartition(":")
    key = [(0, int(epoch or 0), "")] if (epoch or "0").isdigit() else []
    for digits, letter in re.findall(r"(\d+)|(.)", rest):
        if digits:
            key.append((1, int(digits), ""))
        else:
            key.append(
                (-1, 0, "") if letter == "~" else (2, 0, letter) if letter.isalpha() else (3, 0, letter)
            )
    return [*key, (0, 0, "")]


def _dpkg(text: str) -> Iterator[tuple[str, SystemPackage]]:
    """The installed packages of a status file; in `status.d` there is no field that says so."""
    for block in text.split("\n\n"):
        pairs = (line.partition(": ") for line in block.splitlines() if not line.startswith(" "))
        fields = {name: value for name, _, value in pairs}
        if "Package" not in fields or fields.get("Status", "ok installed").split()[-1] != "installed":
            continue
        needs = _names(",".join(fields.get(key, "") for key in ("Depends", "Pre-Depends", "Recommends")))
        provides = _names(fields.get("Provides", ""))
        source = fields.get("Source", fields["Package"]).split(" ")[0]
        yield (
            fields["Package"],
            SystemPackage(fields.get("Version", ""), source, needs, provides, frozenset()),
        )


def _brought(listing: Listing, names: Collection[str]) -> frozenset[str]:
    """What nobody asked for: apt marks it (apt-mark(8)), apk has a list of what somebody did ask for."""
    states = listing.kept.get("/var/lib/apt/extended_states", b"").decode(errors="replace")
    marked = re.findall(r"^Package: (\S+)\n(?:.+\n)*?Auto-Installed: 1$", states, re.MULTILINE)
    world = listing.kept.get("/etc/apk/world")
    if world is None:
        return frozenset(marked)
    asked = {re.split(r"[<>=~@]", word)[0] for word in world.decode(errors="replace").split()}
    return frozenset(names) - asked


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
        yield (
            fields["P"],
            SystemPackage(
                fields.get("V", ""), fields.get("o", fields["P"]), needs, provides, frozenset(files)
            ),
        )


def _placed(listing: Listing, path: str, folders: dict[str, str]) -> str:
    """Where a package's file lies: its own list says /lib where the system has it in /usr/lib."""
    above, _, name = path.rpartition("/")
    if above not in folders:
        folders[above] = listing.real(above) or above
    return f"{folders[above].rstrip('/')}/{name}"

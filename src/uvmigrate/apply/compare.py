"""Whether a new lock holds what was pinned before, name by name."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from uvmigrate.project import LockedPackage, normalise, read_lock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import LockRequest


def differences(request: LockRequest, lock: bytes) -> tuple[str, ...]:
    """What *lock*, the bytes of a uv.lock, holds otherwise than *request* demands, one clause a package.

    A version is the same by PEP 440's ``==`` (``1.0`` and ``1.0.0`` are, and ``2.1+cpu`` is a ``2.1``). Of
    several pinned versions each must be there, and no other. A pinned version may be missing only where a
    marker excludes its package for every Python that the project allows.
    Of the hashes that were accepted for a package at least one must belong to each of its locked versions.
    Raises ValueError where *lock* is no lock file.
    """
    packages = read_lock(lock)
    excluded = _excluded(lock)
    found = []
    for name, pinned in request.pins.items():
        locked = packages.get(normalise(name), ())
        others = [
            package.version or "dynamic"
            for package in locked
            if not any(_same(version, package.version) for version in pinned)
        ]
        missing = [
            version for version in pinned if not any(_same(version, package.version) for package in locked)
        ]
        if others:
            found.append(f"{name}: pinned {', '.join(pinned)}, locked {', '.join(others)}")
        elif missing and normalise(name) not in excluded:
            found.append(f"{name}: pinned {', '.join(missing)}, not locked")
    for name, hashes in request.hashes.items():
        found += [
            f"{name}: locked {package.version} has none of the hashes that were accepted for it"
            for package in packages.get(normalise(name), ())
            if not _accepted(package, hashes)
        ]
    return tuple(found)


def _same(pinned: str, locked: str | None) -> bool:
    from packaging.specifiers import InvalidSpecifier, Specifier
    from packaging.version import InvalidVersion

    if locked is None:
        return False
    try:
        return Specifier(f"=={pinned}").contains(locked, prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return pinned == locked


def _accepted(package: LockedPackage, hashes: tuple[str, ...]) -> bool:
    return not set(hashes).isdisjoint(package.hashes)


def _excluded(lock: bytes) -> set[str]:
    """The names that the lock's own projects require under a marker each time.

    uv resolves for every environment that the project allows, so one of these that has no entry is one that
    its markers exclude.
    """
    conditional: dict[str, bool] = {}
    for entry in _required(tomllib.loads(lock.decode())):
        name = str(entry.get("name"))
        conditional[name] = conditional.get(name, True) and "marker" in entry
    return {name for name, always_marked in conditional.items() if always_marked}


def _required(lock: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for group in lock.get("manifest", {}).get("dependency-groups", {}).values():
        yield from group
    for package in lock.get("package", []):
        metadata = package.get("metadata", {})
        yield from metadata.get("requires-dist", [])
        for group in metadata.get("requires-dev", {}).values():
            yield from group

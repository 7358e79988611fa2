"""The versions that a uv.lock holds."""

from __future__ import annotations

import tomllib
from typing import Any

from uvmigrate.source import NamedTuple


class LockedPackage(NamedTuple):
    """One version of one package. ``version`` is None where it is dynamic.

    ``source`` is the kind of its source: registry, git, url, path, directory, editable or virtual.
    ``hashes`` are those of all its files, each as ``sha256:…``.
    """

    name: str
    version: str | None
    source: str
    hashes: tuple[str, ...]


def read_lock(data: bytes) -> dict[str, tuple[LockedPackage, ...]]:
    """The packages of a uv.lock by name; a name has several where they differ by marker.

    Raises ValueError where *data* is no lock file.
    """
    packages: dict[str, tuple[LockedPackage, ...]] = {}
    listed = tomllib.loads(data.decode()).get("package", [])
    try:
        for table in listed:
            package = _package(table)
            packages[package.name] = (*packages.get(package.name, ()), package)
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"no uv.lock: {error!r}") from error
    return packages


def _package(table: dict[str, Any]) -> LockedPackage:
    source = next((kind for kind in table.get("source", {}) if kind != "subdirectory"), "registry")
    sdist = [table["sdist"]] if "sdist" in table else []
    hashes = tuple(file["hash"] for file in [*sdist, *table.get("wheels", [])] if "hash" in file)
    return LockedPackage(table["name"], table.get("version"), source, hashes)

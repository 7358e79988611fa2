"""What a Pipfile.lock holds: versions, hashes, commits and indexes by package."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from uvmigrate.project.pep508 import InvalidSpecifierError, normalise, read_specifier
from uvmigrate.project.pipfile_entries import MARKER_KEYS
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

_NO_CATEGORIES = frozenset({"source", "packages", "dev-packages", "requires", "scripts", "pipfile", "pipenv"})


class InvalidLockError(ValueError):
    """A text that is no Pipfile.lock; ``line`` is 0 where it is the whole."""

    def __init__(self, why: str, line: int) -> None:
        super().__init__(why)
        self.why, self.line = why, line


class Locked(NamedTuple):
    """A Pipfile.lock. ``pins``, ``hashes``, ``refs`` (commits) and ``indexes`` go by normalised name.

    ``constraints`` are PEP 508 texts. Where categories hold several versions of a package it is the first
    category's, which is the one that images install; ``differing`` are the others, as people read them.
    ``made_from`` is the digest of the Pipfile that it was made from.
    """

    pins: Mapping[str, tuple[str, ...]]
    hashes: Mapping[str, tuple[str, ...]]
    constraints: tuple[str, ...]
    refs: Mapping[str, str]
    indexes: Mapping[str, str]
    differing: tuple[str, ...]
    made_from: str | None


def read_pipfile_lock(data: bytes) -> Locked:
    """The lock. Raises InvalidLockError where it is none."""
    import json

    text = data.decode(errors="replace")
    try:
        read = json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidLockError(f"it is not JSON: {error.msg}", error.lineno) from None
    except RecursionError:
        raise InvalidLockError("it is nested too deeply", 0) from None
    if not isinstance(read, dict):
        raise InvalidLockError("it is no table of packages", 0)
    pins: dict[str, str] = {}
    hashes: dict[str, tuple[str, ...]] = {}
    constraints: dict[str, None] = {}
    refs: dict[str, str] = {}
    indexes: dict[str, str] = {}
    differing = []
    for category, packages in _categories(read):
        for key, entry in packages.items():
            if not isinstance(entry, dict):
                raise InvalidLockError(f"{key} is no table", line_of(text, category, key))
            name = normalise(key.partition("[")[0])
            if isinstance(entry.get("index"), str):
                indexes[name] = entry["index"]
            if isinstance(entry.get("ref"), str):
                refs.setdefault(name, entry["ref"])
            version = _version(entry)
            if version is None:
                continue
            if pins.setdefault(name, version) != version:
                differing.append(f"{name} {version} in {category}")
                continue
            try:
                constraints[_constraint(name, version, entry)] = None
            except InvalidSpecifierError as error:
                raise InvalidLockError(f"{name}: {error}", line_of(text, category, key)) from None
            hashed = entry.get("hashes")
            found = [one for one in hashed if isinstance(one, str)] if isinstance(hashed, list) else []
            if found:
                hashes[name] = tuple(dict.fromkeys((*hashes.get(name, ()), *found)))
    meta = read.get("_meta")
    digest = meta.get("hash") if isinstance(meta, dict) else None
    return Locked(
        {name: (version,) for name, version in pins.items()},
        hashes,
        tuple(constraints),
        refs,
        indexes,
        tuple(differing),
        digest.get("sha256") if isinstance(digest, dict) else None,
    )


def _categories(read: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """The categories, first the one that is always installed."""
    ordered = sorted((name for name in read if name != "_meta"), key=lambda name: name != "default")
    for name in ordered:
        if not isinstance(read[name], dict):
            raise InvalidLockError(f"{name} is no table of packages", 0)
    return [(name, read[name]) for name in ordered]


def _version(entry: Mapping[str, Any]) -> str | None:
    """The version that an index's package is pinned to; files, folders and checkouts have none."""
    version = entry.get("version")
    elsewhere = any(key in entry for key in ("git", "path", "file"))
    if elsewhere or not isinstance(version, str) or not re.fullmatch(r"==\s*[^*\s,=]+", version):
        return None
    return version[2:].strip()


def _constraint(name: str, version: str, entry: Mapping[str, Any]) -> str:
    given = [f"{key} {entry[key]}" for key in MARKER_KEYS if key in entry]
    if entry.get("markers"):
        given.append(f"({entry['markers']})" if given else str(entry["markers"]))
    marker = " and ".join(given)
    if re.search(r"\bextra\b", marker):
        # It names an extra of whoever requires the package; outside of that it is never true.
        marker = ""
    return read_specifier(f"{name}=={version}" + (f" ; {marker}" if marker else "")).text


def line_of(text: str, category: str, name: str) -> int:
    """The line on which *category* has *name*, 0 where pipenv's own layout is lost."""
    import json

    inside = False
    for number, line in enumerate(text.splitlines(), start=1):
        opened = re.match(r'\s*("(?:[^"\\]|\\.)*")\s*:\s*\{', line)
        key = json.loads(opened[1]) if opened else None
        if inside and key == name:
            return number
        inside = inside or key == category
    return 0


def pipfile_digest(pipfile: Mapping[str, Any]) -> str:
    """The digest of a Pipfile that pipenv writes into a lock (``Pipfile.get_hash`` of its plette)."""
    import hashlib
    import json

    data: dict[str, Any] = {
        "_meta": {"sources": pipfile["source"], "requires": pipfile.get("requires", {})},
        "default": pipfile.get("packages", {}),
        "develop": pipfile.get("dev-packages", {}),
    }
    data |= {name: value for name, value in pipfile.items() if name not in _NO_CATEGORIES}
    content = json.dumps(data, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(content.encode()).hexdigest()

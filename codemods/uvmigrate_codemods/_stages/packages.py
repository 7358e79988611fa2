"""What the table of system packages says: which are for building only, and what they bring to a container.

The table is packages.toml beside this file; its head names the keys and the sources.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from uvmigrate.codemod import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from uvmigrate.codemod import BaseImage

Manager = Literal["apt", "apk"]
Distribution = Literal["debian", "ubuntu", "alpine"]

#: The releases that the table has names for, by distribution.
RELEASES: dict[Distribution, tuple[str, ...]] = {
    "debian": ("bullseye", "bookworm", "trixie"),
    "ubuntu": ("focal", "jammy", "noble"),
    "alpine": ("alpine",),
}
#: Tags call a release by its name or by its number; what stands in neither list says nothing about it.
_NUMBERS: dict[Distribution, dict[str, str]] = {
    "debian": {"10": "buster", "11": "bullseye", "12": "bookworm", "13": "trixie", "14": "forky"},
    "ubuntu": {"18.04": "bionic", "20.04": "focal", "22.04": "jammy", "24.04": "noble"},
    "alpine": {},
}
#: What may follow a name: apt's version, apk's comparison or repository.
_PIN = lazy_pattern(r"[=<>~@].*", re.DOTALL)


class System(NamedTuple):
    """The packages of a base image, as far as its name tells."""

    manager: Manager
    #: "bookworm", "jammy", "alpine"; None where the name does not tell.
    release: str | None
    distribution: Distribution
    #: An official Python image: it holds the libraries that Python itself needs.
    python_image: bool


class SystemPackage(NamedTuple):
    """A package that the table knows, on one system."""

    name: str
    role: Literal["build", "both", "runtime"]
    #: The run-time packages of a build package; None: the release decides, and is not known.
    brings: tuple[str, ...] | None
    #: The commands that a build package puts on PATH, without those that its ``brings`` put there, too.
    programs: frozenset[str]


def system_of(base: BaseImage | None) -> System | None:
    """The packages of *base*; None where it is not known to be Debian, Ubuntu or Alpine."""
    if base is None or base.windows or base.kind not in ("python", "distribution"):
        return None
    if base.alpine:
        return System("apk", "alpine", "alpine", base.kind == "python")
    distribution: Distribution
    match base.kind, base.name.lower().rpartition("/")[2]:
        case ("python", _) | (_, "debian"):
            distribution = "debian"
        case (_, "ubuntu"):
            distribution = "ubuntu"
        case _:
            return None
    return System("apt", _release(base, distribution), distribution, base.kind == "python")


def find_package(name: str, system: System) -> SystemPackage | None:
    """The package that *name* asks for, whatever its version and architecture; None: not in the table."""
    bare, colon, architecture = _PIN.sub("", name).partition(":")
    table = _table()[system.manager]
    if bare in table["build"]:
        brings = _brings(table["build"][bare], system)
        if brings is not None and colon:
            brings = tuple(f"{brought}:{architecture}" for brought in brings)
        return SystemPackage(bare, "build", brings, _programs(bare, system.manager))
    if bare in table["both"]:
        return SystemPackage(bare, "both", (), frozenset())
    family = bare.startswith(tuple(table["runtime-prefixes"])) and not bare.endswith("-dev")
    if family or bare in table["runtime"] or bare in _brought(system.manager):
        return SystemPackage(bare, "runtime", (), frozenset())
    return None


def _release(base: BaseImage, distribution: Distribution) -> str | None:
    tag = (base.tag or "").lower()
    numbers = _NUMBERS[distribution]
    for word in re.split(r"[-_]", tag):
        if word in numbers.values():
            return word
    # In the tag of a Python image the number is Python's.
    found = re.match(r"\d+\.\d+" if distribution == "ubuntu" else r"\d+", tag)
    return numbers.get(found[0]) if found and base.kind == "distribution" else None


def _brings(entry: dict[str, Any], system: System) -> tuple[str, ...] | None:
    if system.python_image and "python-image" in entry:
        return tuple(entry["python-image"])
    brings: list[str] | dict[str, list[str]] = entry.get("brings", [])
    if isinstance(brings, list):
        return tuple(brings)
    known = RELEASES[system.distribution]
    whole = brings.get(system.distribution)
    if system.release in known:
        named = brings.get(system.release, whole)
        return None if named is None else tuple(named)
    # The name does not tell, or tells one that the table has nothing for: then all that it has must agree.
    lists = [brings.get(release, whole) for release in known]
    return None if lists[0] is None or any(other != lists[0] for other in lists) else tuple(lists[0])


@cache
def _programs(name: str, manager: Manager) -> frozenset[str]:
    entry = _table()[manager]["build"][name]
    others = (_programs(other, manager) for other in entry.get("installs", []))
    return frozenset(entry.get("programs", [])).union(*others)


@cache
def _brought(manager: Manager) -> frozenset[str]:
    """Every package that a build package of the table brings, in any release."""
    entries = _table()[manager]["build"].values()
    brings = [entry.get(key, []) for entry in entries for key in ("brings", "python-image")]
    lists = [names for one in brings for names in (one.values() if isinstance(one, dict) else [one])]
    return frozenset(name for names in lists for name in names)


@cache
def _table() -> dict[str, dict[str, Any]]:
    # Few images install system packages, and both take their time to import.
    import tomllib
    from importlib.resources import files

    return tomllib.loads((files(__package__) / "packages.toml").read_text(encoding="utf-8"))

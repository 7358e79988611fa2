"""Whether two requirements on one package can ever hold together."""

from __future__ import annotations

from itertools import combinations, product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from uvmigrate.project.lines import Requirement

# Two markers are taken as disjoint where none of these environments fulfils both; that a set is refused
# which uv could lock is the worst that a missing one does.
_PYTHONS = tuple(f"3.{minor}" for minor in range(7, 16))
_SYSTEMS = (("linux", "Linux", "posix"), ("darwin", "Darwin", "posix"), ("win32", "Windows", "nt"))
_MACHINES = ("x86_64", "aarch64", "arm64", "AMD64")
_IMPLEMENTATIONS = (("cpython", "CPython"), ("pypy", "PyPy"))


def contradiction(requirements: Iterable[Requirement]) -> tuple[Requirement, Requirement] | None:
    """The first two that no one version fulfils: a pin, and another pin or a range that leaves it out."""
    by_name: dict[str, dict[str, Requirement]] = {}
    for requirement in requirements:
        by_name.setdefault(requirement.name, {}).setdefault(requirement.text, requirement)
    for same in by_name.values():
        if not any(requirement.pinned or requirement.url for requirement in same.values()):
            continue
        for one, other in combinations(same.values(), 2):
            if _exclusive(one, other) and _meet(one.marker, other.marker):
                return one, other
    return None


def _exclusive(one: Requirement, other: Requirement) -> bool:
    if one.url or other.url:
        return one.url != other.url
    if one.specifier == other.specifier:
        return False
    from packaging.specifiers import SpecifierSet

    pins = [version for version in (one.pinned, other.pinned) if version is not None]
    both = SpecifierSet(one.specifier) & SpecifierSet(other.specifier)
    return bool(pins) and not any(both.contains(version, prereleases=True) for version in pins)


def _meet(one: str | None, other: str | None) -> bool:
    """Whether some environment fulfils both markers; no marker is fulfilled everywhere."""
    if one is None or other is None or one == other:
        return True
    from packaging.markers import Marker, UndefinedComparison, UndefinedEnvironmentName

    first, second = Marker(one), Marker(other)
    try:
        return any(first.evaluate(env) and second.evaluate(env) for env in _environments())
    except (UndefinedComparison, UndefinedEnvironmentName):
        return True


def _environments() -> Iterator[dict[str, str]]:
    for python, system, machine, implementation in product(_PYTHONS, _SYSTEMS, _MACHINES, _IMPLEMENTATIONS):
        yield {
            "python_version": python,
            "python_full_version": f"{python}.0",
            "sys_platform": system[0],
            "platform_system": system[1],
            "os_name": system[2],
            "platform_machine": machine,
            "implementation_name": implementation[0],
            "platform_python_implementation": implementation[1],
            "implementation_version": f"{python}.0",
            "platform_release": "",
            "platform_version": "",
            "extra": "",
        }

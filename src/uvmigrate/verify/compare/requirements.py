"""What the distributions of an environment require, and whether that is there.

The rules are those of "Dependency specifiers", evaluated for the image's own Python.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from uvmigrate.source import NamedTuple
from uvmigrate.verify.meaning import alike, counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from uvmigrate.verify.environment import Distribution, Environment
    from uvmigrate.verify.meaning import Meaning
    from uvmigrate.verify.verdict import Row

#: How what is required by no distribution is told.
PROJECT = "the project"


class Need(NamedTuple):
    """A requirement that holds in an environment, and who has it: a distribution's name, or PROJECT."""

    by: str
    requirement: Requirement

    @property
    def name(self) -> str:
        """The normalised name of what is required."""
        return canonicalize_name(self.requirement.name)

    def unmet(self, distributions: Mapping[str, Distribution]) -> str:
        """Why none of the distributions satisfies it; empty where one does."""
        found = distributions.get(self.name)
        if found is None:
            return f"{self.name} is not there"
        try:
            version = Version(found.version)
        except InvalidVersion:
            # Nothing that can be compared: whoever made such a version meant nobody to.
            return ""
        fits = self.requirement.specifier.contains(version, prereleases=True)
        return "" if fits else f"{self.name} is {found.version}"


def needs(environment: Environment, project: Iterable[str] = ()) -> tuple[Need, ...]:
    """All requirements that hold in an environment: those of its distributions, and the *project*'s own.

    An extra's requirements hold where something asks for the extra.
    """
    extras: dict[str, set[str]] = {}
    while True:
        found = tuple(_needs(environment, project, extras))
        wanted: dict[str, set[str]] = {}
        for need in found:
            wanted.setdefault(need.name, set()).update(need.requirement.extras)
        if all(names <= extras.get(name, set()) for name, names in wanted.items()):
            return found
        extras = wanted


def _needs(
    environment: Environment, project: Iterable[str], extras: Mapping[str, Iterable[str]]
) -> Iterator[Need]:
    for text in project:
        yield from _need(PROJECT, text, environment, ())
    for name, one in sorted(environment.distributions.items()):
        for text in one.requires:
            yield from _need(name, text, environment, extras.get(name, ()))


def _need(by: str, text: str, environment: Environment, extras: Iterable[str]) -> Iterator[Need]:
    requirement = _read(text)
    if requirement is not None and any(_holds(requirement, environment, extra) for extra in ("", *extras)):
        yield Need(by, requirement)


@cache
def _read(text: str) -> Requirement | None:
    """A requirement; None for what is none by today's rules, which installers pass over as well."""
    try:
        return Requirement(text)
    except InvalidRequirement:
        return None


def _holds(requirement: Requirement, environment: Environment, extra: str) -> bool:
    if requirement.marker is None:
        return True
    try:
        return requirement.marker.evaluate({**environment.markers, "extra": extra})
    except (UndefinedComparison, UndefinedEnvironmentName):
        return False


def reached(found: Sequence[Need], name: str) -> frozenset[str]:
    """All that the distribution *name* requires, and what that requires, and so on."""
    seen = {name}
    todo = [name]
    while todo:
        by = todo.pop()
        new = {need.name for need in found if need.by == by} - seen
        seen |= new
        todo += new
    return frozenset(seen - {name})


def compare_requirements(
    before: Environment, after: Environment, meaning: Meaning, project: Sequence[str] = ()
) -> Iterator[Row]:
    """A row for each requirement that was satisfied, or was not there, and is not satisfied now.

    *project* are the project's own requirements, which no distribution may hold.
    """
    old = {
        (need.by, str(need.requirement))
        for need in needs(before, project)
        if need.unmet(before.distributions)
    }
    satisfied = 0
    for need in needs(after, project):
        why = need.unmet(after.distributions)
        satisfied += not why
        if why and (need.by, str(need.requirement)) not in old:
            was = before.distributions.get(need.name)
            name = f"{need.by}: {need.requirement}"
            shown = f"{need.name} {was.version}" if was is not None else ""
            yield meaning.row("requirement", name, shown, why)
    if satisfied:
        yield alike("requirement", f"{counted(satisfied, 'requirement')} satisfied")

"""Compares the environments of two images: Python, distributions, what they require, and what works of it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from uvmigrate.verify.compare.requirements import compare_requirements, needs, reached
from uvmigrate.verify.compare.working import compare_imports, compare_libraries, compare_scripts
from uvmigrate.verify.meaning import alike, counted, unknown
from uvmigrate.verify.verdict import Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import PurePosixPath

    from uvmigrate.verify.environment import Distribution, Environment, Seen
    from uvmigrate.verify.meaning import Meaning


def compare_environments(
    before: Seen | None,
    after: Seen | None,
    meaning: Meaning,
    project: Sequence[str] = (),
    imported: Mapping[str, PurePosixPath] = MappingProxyType({}),
) -> Iterator[Row]:
    """All rows about what is installed.

    *project* are the requirements of the project in the image, which no distribution may hold: those of the
    original manifest, so that one which the migration lost is missed. *imported* are the modules that the
    repository's sources import, each with one that does.
    """
    yield from compare_python(before and before.environment, after and after.environment, meaning)
    if before is not None and after is not None:
        old, new = before.environment, after.environment
        yield from compare_distributions(old, new, meaning, project, imported)
        yield from compare_requirements(old, new, meaning, project)
        yield from compare_imports(old, new, before.failing, after.failing)
        yield from compare_libraries(before.missing, after.missing)
        yield from compare_scripts(old, new, meaning)


def compare_python(before: Environment | None, after: Environment | None, meaning: Meaning) -> Iterator[Row]:
    """The row about the interpreter that the image starts with."""
    if before is None:
        yield unknown("python", "no Python starts in the image as it is")
    elif after is None:
        because = "no Python starts in the image any more"
        yield Row("python", "", "regression", _python(before), because=because)
    elif _python(before) == _python(after):
        yield alike("python", _python(before))
    else:
        yield meaning.row("python", "", _python(before), _python(after))


def _python(environment: Environment) -> str:
    kind = environment.markers.get("platform_python_implementation", "Python")
    return f"{kind} {environment.version}"


def compare_distributions(
    before: Environment,
    after: Environment,
    meaning: Meaning,
    project: Sequence[str] = (),
    imported: Mapping[str, PurePosixPath] = MappingProxyType({}),
) -> Iterator[Row]:
    """A row for each distribution that is gone, new, of another version, or no longer editable.

    What only an old tool brought along goes with it: what the tool requires, and nothing that is left does.
    It is unknown whether that does harm where a source imports it, which may be one of tests alone.
    """
    old, new = before.distributions, after.distributions
    gone = _gone(before, after, meaning, project, imported)
    same = 0
    for name in sorted({*old, *new}):
        if name in gone:
            yield gone[name]
        elif name not in old:
            yield meaning.row("distribution", name, "", _shown(new[name]), "it was not there before")
        elif _alike(old[name], new[name]):
            same += 1
        else:
            yield meaning.row("distribution", name, _shown(old[name]), _shown(new[name]))
    if same:
        yield alike("distribution", counted(same, "distribution"))


def _gone(
    before: Environment,
    after: Environment,
    meaning: Meaning,
    project: Sequence[str],
    imported: Mapping[str, PurePosixPath],
) -> Mapping[str, Row]:
    """The rows of the distributions that are gone, by name."""
    names = sorted(before.distributions.keys() - after.distributions.keys())
    wanted = {need.name: need.by for need in needs(after, project)}
    brought = _brought(before, [name for name in names if name not in wanted], meaning, project)
    found = {}
    for name in names:
        row = meaning.row("distribution", name, _shown(before.distributions[name]), "")
        if name in wanted:
            row = row._replace(status="regression", by=(), because=f"{wanted[name]} requires it")
        elif row.status == "regression" and name in brought:
            tool, by = brought[name]
            row = row._replace(status="meant", by=by, because=f"{tool} brought it")
            user = next(
                (imported[one] for one in before.distributions[name].imports if one in imported), None
            )
            if user is not None:
                because = f"{tool} brought it, and {user} imports it: declare it as a requirement"
                row = row._replace(status="unknown", because=because)
        found[name] = row
    return found


def _brought(
    before: Environment, names: Sequence[str], meaning: Meaning, project: Sequence[str]
) -> Mapping[str, tuple[str, tuple[str, ...]]]:
    """Which of the *names* came along with a tool that goes by intent: the tool, and who means that."""
    required = needs(before, project) if names else ()
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for tool in names:
        by = meaning.by("distribution", tool)
        for name in reached(required, tool) if by else ():
            # What somebody asked for by name is no mere companion.
            if name in names and not before.distributions[name].requested:
                found.setdefault(name, (tool, by))
    return found


def _alike(old: Distribution, new: Distribution) -> bool:
    """Whether two installs are of one version, and of the same kind: a mounted source counts or does not."""
    if bool(old.editable) != bool(new.editable):
        return False
    try:
        return Version(old.version) == Version(new.version)
    except InvalidVersion:
        return old.version == new.version


def _shown(one: Distribution) -> str:
    return f"{one.version}, editable" if one.editable else one.version

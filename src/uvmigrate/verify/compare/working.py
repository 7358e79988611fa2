"""Compares what works of two environments: imports, shared libraries, and console scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.verify.meaning import alike, counted, listed, unknown
from uvmigrate.verify.verdict import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from uvmigrate.verify.environment import Distribution, Environment, Script
    from uvmigrate.verify.meaning import Meaning

#: A library that is missing, behind the file that needs it.
Missing = frozenset[tuple[str, str]]


def compare_imports(
    before: Environment,
    after: Environment,
    failing: Mapping[str, str] | None,
    failing_now: Mapping[str, str] | None,
) -> Iterator[Row]:
    """A row for each module that imported before and fails now; both images were asked about all of before.

    No codemod means that. Of a distribution that is gone as a whole there is a row already.
    """
    if failing is None or failing_now is None:
        yield unknown("import", "the imports took too long, or could not be tried")
        return
    kept = set(_modules(_kept(before, after)))
    tried = sorted(name for name in kept if name not in failing)
    for name in tried:
        if name in failing_now:
            yield Row("import", name, "regression", "imports", "fails", because=failing_now[name])
    fine = sum(name not in failing_now for name in tried)
    if fine:
        never = len(kept) - len(tried)
        yield alike("import", counted(fine, "module") + (f", {never} import neither way" if never else ""))


def _kept(before: Environment, after: Environment) -> Iterable[Distribution]:
    return (one for name, one in before.distributions.items() if name in after.distributions)


def _modules(distributions: Iterable[Distribution]) -> Iterator[str]:
    return (name for one in distributions for name in one.imports)


def compare_libraries(before: Missing | None, after: Missing | None) -> Iterator[Row]:
    """A row for each library that a file of the environment misses, and did not miss before."""
    if before is None or after is None:
        yield unknown("library", "there is no ldd in the image that could tell, or it took too long")
        return
    files: dict[str, list[str]] = {}
    for path, library in sorted(after - before):
        files.setdefault(library, []).append(path)
    for library, paths in files.items():
        because = f"{listed(paths, 3)} cannot load it"
        yield Row("library", library, "regression", "found", "not found", because=because)
    if not files:
        yield alike("library", f"{len(after)} missing, as before" if after else "none is missing")


def compare_scripts(before: Environment, after: Environment, meaning: Meaning) -> Iterator[Row]:
    """A row for each program of a distribution that could be started before, and cannot be now.

    Another distribution may have brought it. Those of distributions that are gone have a row there.
    """
    there = [script for one in after.distributions.values() for script in one.scripts]
    # Where several distributions bring it, one that works is enough.
    now = {script.name: script for script in sorted(there, key=lambda script: not script.fault)}
    same = 0
    for name, old in sorted((one.name, one) for dist in _kept(before, after) for one in dist.scripts):
        if old.fault:
            continue
        fault = _fault(old, now.get(name))
        same += not fault
        if fault:
            path = now[name].path if name in now else ""
            yield meaning.row("console-script", name, old.path, path, fault)
    if same:
        yield alike("console-script", counted(same, "program"))


def _fault(old: Script, new: Script | None) -> str:
    """Why a program cannot be started as it was; empty where it can."""
    if new is None:
        return "it is not there"
    if new.fault:
        return new.fault
    return "PATH does not lead to it any more" if old.on_path and not new.on_path else ""

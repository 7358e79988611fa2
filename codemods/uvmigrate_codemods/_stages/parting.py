"""The packages of one ``apt-get install`` or ``apk add``: which the build stage needs, which stay.

A header package leaves the runtime stage only where packages.toml knows what it brings for the container;
that is then installed in its place. Wheels load system libraries, too, so it does not matter whether the
lock has one (docs/multi-stage.md, "System packages").
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from uvmigrate.codemod import NamedTuple
from uvmigrate_codemods._stages.packages import find_package, system_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from uvmigrate_codemods._stages.called import Called
    from uvmigrate_codemods._stages.candidates import Candidate
    from uvmigrate_codemods._stages.packages import SystemPackage
    from uvmigrate_codemods._stages.statements import Statement


class Parting(NamedTuple):
    """What becomes of the words of one command.

    ``build`` are the words that the build stage's copy keeps, none where it needs no copy. ``runtime`` says
    what takes the place of a word in the runtime stage, nothing for one that goes. ``left`` are the names
    that are gone there; ``brought`` has to be installed outside of the virtual package ``group``, which is
    deleted again. ``keeps`` says that the command still installs something there, ``holds`` that it installs
    something that it did before. ``notes`` tell why something stays.
    """

    build: frozenset[int]
    runtime: Mapping[int, tuple[str, ...]] = MappingProxyType({})
    left: frozenset[str] = frozenset()
    group: str | None = None
    brought: tuple[str, ...] = ()
    keeps: bool = True
    holds: bool = True
    notes: tuple[str, ...] = ()


class Packages:
    """The packages of a stage as they are parted, command by command."""

    def __init__(
        self, candidate: Candidate, called: Called, temporary: frozenset[str], present: set[str]
    ) -> None:
        """*temporary* are virtual packages of apk that are deleted again; *present*, what the runtime stage
        installs by name."""
        self.candidate = candidate
        self.called = called
        self.temporary = temporary
        self.present = present

    def part(self, statement: Statement, *, everything: bool) -> Parting:
        """How one command is parted; with *everything*, the build stage needs all of its packages."""
        packages = statement.packages
        if packages is None:
            raise ValueError("only commands of a package manager have packages")
        system = system_of(self.candidate.stage.base)
        words = {
            index: [find_package(name, system) if system else None for name in names]
            for index, names in packages.names
        }
        problem = self._problem(statement, words)
        if problem:
            return Parting(frozenset(words), notes=(problem,))
        found = {index: [one for one in some if one is not None] for index, some in words.items()}
        roles = {index: {package.role for package in some} for index, some in found.items()}
        needed = frozenset(i for i, some in roles.items() if everything or some & {"build", "both"})
        going = {
            index: some
            for index, some in found.items()
            if roles[index] == {"build"} and not any(map(self._is_called, some))
        }
        notes = tuple(
            f"{package.name} stays in the image: {self._caller(package)} calls it, or may"
            for index, some in found.items()
            for package in some
            if index not in going and package.role == "build" and self._is_called(package)
        )
        pinned = [packages.command.words[i].raw for i in going if "=" in packages.command.words[i].raw]
        if any(package.brings for some in going.values() for package in some):
            notes += tuple(f"{raw} is pinned, what it brings for the container is not" for raw in pinned)
        return self._parted(statement, needed, going, notes)

    def _problem(self, statement: Statement, words: Mapping[int, list[SystemPackage | None]]) -> str:
        """Why all packages of a command have to stay in both stages; empty where they can be parted."""
        packages, base = statement.packages, self.candidate.stage.base
        if "apt-mark" in self.called.programs:
            return "apt-mark decides which packages stay: all of them do"
        line = self.candidate.build.line(statement.span.start)
        unknown = [index for index, some in words.items() if not some or None in some]
        if unknown and packages is not None:
            word = packages.command.words[unknown[0]].raw
            why = f"line {line} installs {word}, which the table of packages does not know"
            return f"{why}: all of its packages stay in the image"
        known = [package for some in words.values() for package in some if package is not None]
        floating = [package.name for package in known if package.role == "build" and package.brings is None]
        if floating:
            name = base.reference if base else "the base image"
            why = f"what {floating[0]} brings depends on the release, and that of {name} is not known"
            return f"{why}: the packages of line {line} stay in the image"
        return ""

    def _parted(
        self,
        statement: Statement,
        needed: frozenset[int],
        going: Mapping[int, list[SystemPackage]],
        notes: tuple[str, ...],
    ) -> Parting:
        brought: dict[int, tuple[str, ...]] = {}
        for index, some in going.items():
            names = dict.fromkeys(name for package in some for name in package.brings or ())
            brought[index] = tuple(name for name in names if name not in self.present)
            self.present.update(brought[index])
        together = tuple(name for new in brought.values() for name in new)
        left = frozenset(package.name for some in going.values() for package in some)
        packages = statement.packages
        holds = packages is None or len(going) < len(packages.names)
        group = packages.group if packages is not None and packages.group in self.temporary else None
        runtime = brought
        if group is not None:
            # What is brought must not be deleted with the group.
            first = min(going, default=0)
            runtime = {index: together if index == first and not holds else () for index in going}
        return Parting(needed, runtime, left, group, together, holds or bool(together), holds, notes)

    def _is_called(self, package: SystemPackage) -> bool:
        return bool(self.called.compiling or package.programs & self.called.programs)

    def _caller(self, package: SystemPackage) -> str:
        found = sorted(package.programs & self.called.programs)
        return found[0] if found else self.called.compiling[0]

"""What the codemods of a series mean to change in an image, by what they declare (`Codemod.means`)."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from uvmigrate.source import NamedTuple
from uvmigrate.verify.verdict import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uvmigrate.codemod import Codemod
    from uvmigrate.verify.verdict import Kind


class Meaning(NamedTuple):
    """The codemods that had a hand in an image, in the order of the series."""

    codemods: tuple[Codemod, ...]

    def by(self, kind: Kind, name: str) -> tuple[str, ...]:
        """The ids of the codemods that mean to change *name*, one of its *kind*; names are globs there."""
        return tuple(
            codemod.id
            for codemod in self.codemods
            if any(fnmatchcase(name, pattern) for pattern in codemod.means.get(kind, ()))
        )

    def row(self, kind: Kind, name: str, before: str, after: str, because: str = "", detail: str = "") -> Row:
        """The row of a difference: meant where a codemod of the series means it, else a regression."""
        by = self.by(kind, name)
        return Row(kind, name, "meant" if by else "regression", before, after, by, because, detail)


def alike(kind: Kind, what: str) -> Row:
    """The row of what is the same: *what* says how much of it, or what it is."""
    return Row(kind, "", "same", what, what)


def unknown(kind: Kind, because: str, detail: str = "") -> Row:
    """The row of what could not be compared."""
    return Row(kind, "", "unknown", because=because, detail=detail)


def counted(number: int, noun: str) -> str:
    """``1 distribution``, ``3 distributions``: *noun* is the word for one."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def listed(names: Sequence[str], most: int = 5) -> str:
    """A list for people: the first *most* names and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")

"""What the prefixes of a series say about an image: who made which difference, and who failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uvmigrate.verify.verdict import Row

#: The codemod that is the last of a prefix, and the rows of its image against the original's.
Prefix = tuple[str, "Sequence[Row]"]


def judged(prefixes: Sequence[Prefix]) -> tuple[tuple[str, tuple[Row, ...]], ...]:
    """The prefixes, each difference with the codemod that made it: the one after which it first was there.

    Without prefixes a difference is meant where any codemod of the series means it; here it has to be the
    one that made it.
    """
    made: dict[tuple[str, str], Row] = {}
    found = []
    for codemod, rows in prefixes:
        now = tuple(_judged(row, codemod, made.get((row.kind, row.name))) for row in rows)
        made = {(row.kind, row.name): row for row in now if row.status in ("meant", "regression")}
        found.append((codemod, now))
    return tuple(found)


def _judged(row: Row, codemod: str, earlier: Row | None) -> Row:
    """A row, where *earlier* is that of the prefix before, if there was such a difference."""
    if row.status not in ("meant", "regression"):
        return row
    if earlier is not None and (earlier.after == row.after or codemod not in row.by):
        # It was there before this codemod ran, whose doing it is not.
        if earlier.status == "regression" and row.status == "meant":
            row = row._replace(status="regression", because=earlier.because)
        return row._replace(by=earlier.by)
    if row.status == "meant" and codemod not in row.by:
        because = f"{codemod} does not mean to change it"
        return row._replace(status="regression", by=(codemod,), because=because)
    return row._replace(by=(codemod,))


def failing(prefixes: Sequence[Prefix]) -> tuple[str, ...]:
    """The codemods after which a regression is there that was not there one step before."""
    found, known = [], set[tuple[str, str]]()
    for codemod, rows in prefixes:
        now = {(row.kind, row.name) for row in rows if row.status == "regression"}
        if now - known:
            found.append(codemod)
        known = now
    return tuple(dict.fromkeys(found))

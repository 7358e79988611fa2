"""What the prefixes of a series say about an image: who made which difference, and who failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uvmigrate.verify.verdict import Row

#: The codemod that is the last of a prefix, and the rows of its image against the original's.
Prefix = tuple[str, "Sequence[Row]"]


#: Of these, what a row shows is all that there is, and not a number or a sum that others change as well.
_WHOLE = frozenset(
    (
        *("python", "distribution", "entrypoint", "command", "user", "workdir", "environment", "port"),
        *("volume", "label", "healthcheck", "stop-signal"),
    )
)


def judged(prefixes: Sequence[Prefix]) -> tuple[tuple[str, tuple[Row, ...]], ...]:
    """The prefixes, each difference with the codemod that made it: the one after which it first was there.

    Without prefixes a difference is meant where any codemod of the series means it; here it has to be the
    one that made it.
    """
    made: dict[tuple[str, ...], Row] = {}
    found = []
    for codemod, rows in prefixes:
        now = tuple(_judged(row, codemod, made.get(_difference(row))) for row in rows)
        made = {_difference(row): row for row in now if row.status in ("meant", "regression")}
        found.append((codemod, now))
    return tuple(found)


def _difference(row: Row) -> tuple[str, ...]:
    """What tells one difference from another: a file may have another owner, and other contents as well."""
    # Behind the colon stands how many files they are.
    in_what = row.because.partition(":")[0] if row.kind in ("file", "distribution-file") else ""
    return row.kind, row.name, in_what


def _judged(row: Row, codemod: str, earlier: Row | None) -> Row:
    """A row, where *earlier* is that of the prefix before, if there was such a difference."""
    if row.status not in ("meant", "regression"):
        return row
    passed_on = codemod not in row.by and row.kind not in _WHOLE
    if earlier is not None and (earlier.after == row.after or passed_on):
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
    found, known = [], set[tuple[str, ...]]()
    for codemod, rows in prefixes:
        now = {_difference(row) for row in rows if row.status == "regression"}
        if now - known:
            found.append(codemod)
        known = now
    return tuple(dict.fromkeys(found))

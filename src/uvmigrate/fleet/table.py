"""The state of many repositories as one page: a table that is sorted and filtered where it is read."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from uvmigrate.fleet.outcome import STATUSES
from uvmigrate.report.html import render
from uvmigrate.report.words import spoken
from uvmigrate.source.mask import mask

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from uvmigrate.fleet.store import Row

#: What a link may lead to: nothing that a browser would carry out.
_LINKED = ("https://", "http://")


def as_html(rows: Iterable[Row]) -> Iterator[str]:
    """The page, which needs nothing but itself; without its script it is a plain table."""
    shown = [_shown(row) for row in rows]
    counts = Counter(row["status"] for row in shown)
    codes = Counter(code for row in shown for code in row["codes"])
    yield render(
        "table",
        title=f"{len(shown)} repositor{'y' if len(shown) == 1 else 'ies'}",
        counts=[(status, counts[status]) for status in (*STATUSES, "waiting") if counts[status]],
        codes=codes.most_common(),
        rows=shown,
    )


def _shown(row: Row) -> dict[str, Any]:
    outcome = row.outcome
    refusals = outcome.refusals if outcome else ()
    return {
        "name": row.target.name,
        "address": _link(row.target.source),
        "status": outcome.status if outcome else "waiting",
        "why": outcome.why if outcome else "",
        "codemods": len(outcome.codemods) if outcome else 0,
        "codes": sorted({one.code for one in refusals}),
        "refusals": refusals,
        "pull": _link(row.pull),
        "branch": outcome.branch if outcome else "",
        "seconds": f"{outcome.seconds:.1f}" if outcome else "",
        "finished": row.finished,
        "log": "\n".join(spoken(outcome.log)) if outcome and outcome.log else "",
    }


def _link(address: str) -> str:
    """An address to follow; none that a browser would carry out, and none with a credential."""
    return address if address.startswith(_LINKED) and mask(address) == address else ""

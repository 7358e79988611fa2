"""The ratchet: the figures of a run may get better, never worse.

The file holds the totals of an accepted run, the tool's version and the names of the checkouts, nothing of
what is in them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from corpus.tables import total

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from corpus.measure import Checkout

FEWER = ("crashed", "broken", "comments_lost", "outside", "not_idempotent", "refused")
MORE = ("migrated", "score", "manifest")


def worse(checkouts: Sequence[Checkout], accepted: Path) -> list[str]:
    """A sentence for each figure that is worse than accepted; one if the checkouts are not the same.

    ``manifest`` is among the figures: fewer Dockerfiles that count would raise the shares.
    """
    data = json.loads(accepted.read_text())
    names = sorted(checkout.name for checkout in checkouts)
    if names != data["names"]:
        return ["the checkouts are not those that the figures were accepted for"]
    now, then = total(checkouts)._asdict(), data["totals"]
    return [
        f"{figure}: {then[figure]} accepted, {now[figure]} now"
        for figure in (*FEWER, *MORE)
        if (now[figure] > then[figure] if figure in FEWER else now[figure] < then[figure])
    ]


def accept(checkouts: Sequence[Checkout], accepted: Path) -> None:
    """Write the figures of a run as the accepted ones."""
    data = {
        "totals": total(checkouts)._asdict(),
        "names": sorted(checkout.name for checkout in checkouts),
    }
    accepted.write_text(json.dumps(data, indent=2) + "\n")

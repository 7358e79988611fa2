"""When the tide is high: a moon that moves evenly, over a sea without wind."""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST = datetime(2026, 1, 1, 3, 40)
BETWEEN = timedelta(hours=12, minutes=25)


def high_tides(count: int, since: datetime = FIRST) -> list[datetime]:
    """The first high tides that are not before a time."""
    passed = -((FIRST - since) // BETWEEN)
    return [FIRST + number * BETWEEN for number in range(passed, passed + count)]

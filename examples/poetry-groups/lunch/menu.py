"""The menu."""

from __future__ import annotations

from datetime import date, timedelta

import humanize
from tabulate import tabulate

DISHES = ("Lentil soup", "Dumplings", "Ratatouille", "Rice pudding")


def table(today: date) -> str:
    """The dishes of the next days, as plain text."""
    days = (humanize.naturalday(today + timedelta(days=number)) for number in range(len(DISHES)))
    return tabulate(zip(days, DISHES, strict=True), ("day", "dish"))

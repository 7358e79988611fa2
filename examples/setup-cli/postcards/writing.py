"""Writing postcards."""

from __future__ import annotations

from importlib.resources import files

import humanize

CARDS = files("postcards") / "cards"


def write(card: str, name: str, day: int) -> str:
    """The text of a card, to someone, on a day of the journey. Raises KeyError where there is no such one."""
    text = {path.name: path for path in CARDS.iterdir()}[f"{card}.txt"].read_text(encoding="utf-8")
    return text % {"name": name, "day": humanize.ordinal(day)}

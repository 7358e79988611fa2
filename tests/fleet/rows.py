"""Rows of a state, written by hand."""

from __future__ import annotations

from typing import Any

from uvmigrate.fleet.outcome import STATUSES, Outcome, SavedRefusal
from uvmigrate.fleet.store import Row
from uvmigrate.fleet.targets import Target


def row(number: int, **more: Any) -> Row:
    """The repository of a number: names, outcomes and times go round in circles of different lengths."""
    status = STATUSES[number % len(STATUSES)]
    refusals = (SavedRefusal("Dockerfile:3", f"code-{number % 7}", "because", "instead"),)
    outcome = Outcome(
        status,
        f"why {number % 11}",
        codemods=("uv-switch", "layer-split")[: number % 3],
        refusals=refusals if status in ("refused", "partial") else (),
        seconds=(number * 37 % 100) / 10,
        log="Traceback\nlast words" if status == "failed" else "",
    )
    target = Target(f"forge.example/shop/{number:05}", f"https://forge.example/shop/{number:05}.git")
    return Row(target, outcome, "", "", "0.1.0", "2026-11-21T10:00:00Z")._replace(**more)

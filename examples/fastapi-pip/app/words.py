"""Counting words."""

from __future__ import annotations

import re
from collections import Counter

WORD = re.compile(r"\w+")


def count(text: str) -> dict[str, int]:
    """How often each word occurs in a text, whatever its case, the most frequent first."""
    return dict(Counter(WORD.findall(text.lower())).most_common())

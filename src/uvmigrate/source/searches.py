"""What sources are looked through for: each file is read once for all of it, and none is kept."""

from __future__ import annotations

from typing import ClassVar


class Search:
    """Words of which a file whose name ends so may hold one. Made as a module is imported, and then known."""

    known: ClassVar[list[Search]] = []

    def __init__(self, ending: str, *words: bytes) -> None:
        self.ending = ending
        self.words = words
        Search.known.append(self)

    def finds(self, data: bytes) -> bool:
        """Whether one of the words stands in the bytes."""
        return any(word in data for word in self.words)

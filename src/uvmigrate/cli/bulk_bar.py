"""A bar on a terminal: how far many repositories are, what they came to, how fast it goes, how long yet."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from uvmigrate.fleet.outcome import STATUSES, Outcome

if TYPE_CHECKING:
    from typing import Self

    from rich.progress import Task

    from uvmigrate.fleet.outcome import Unchanged

_COLOURS = {"migrated": "green", "partial": "yellow", "refused": "red", "failed": "bold red"}


class _Counts(TextColumn):
    """The counts by outcome; rich markup in them would be obeyed, so it is text that knows its colour."""

    def __init__(self) -> None:
        super().__init__("")
        self.counts: Counter[str] = Counter()

    def render(self, _: Task) -> Text:
        words = [
            Text(f"{self.counts[name]} {name}", style=_COLOURS.get(name, "dim"))
            for name in (*STATUSES, "unchanged")
            if self.counts[name]
        ]
        return Text("  ").join(words)


class _Rate(TextColumn):
    """Repositories a second, over the last ones."""

    def __init__(self) -> None:
        super().__init__("")

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f}/s" if task.speed else "", style="dim")


class Bar:
    """The bar, shown while the context is open."""

    def __init__(self, total: int, *, is_ascii: bool) -> None:
        self._counts = _Counts()
        parts = (
            BarColumn(20),
            MofNCompleteColumn(),
            self._counts,
            _Rate(),
            TimeRemainingColumn(compact=True),
        )
        console = Console(stderr=True, legacy_windows=is_ascii)
        self._progress = Progress(*parts, console=console)
        self._task = self._progress.add_task("", total=total)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def tell(self, outcome: Outcome | Unchanged) -> None:
        """One more is done."""
        self._counts.counts[outcome.status if isinstance(outcome, Outcome) else "unchanged"] += 1
        self._progress.advance(self._task)

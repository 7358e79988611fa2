"""A spinner on a terminal, for what takes longer than people wait without wondering."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from uvmigrate.cli.terminal import in_ascii
from uvmigrate.report.words import cut

if TYPE_CHECKING:
    from rich.status import Status

#: Seconds. rich takes longer to be imported than click: most runs are over before it would be of use.
DELAY = 0.5


class Spinner:
    """Says behind a turning sign what is going on, from half a second after it was made until it stops."""

    def __init__(self, message: str, *, is_ascii: bool) -> None:
        self._message = message
        self._is_ascii = is_ascii
        self._status: Status | None = None
        self._timer = threading.Timer(DELAY, self._start)
        self._timer.daemon = True
        self._timer.start()

    def tell(self, message: str) -> None:
        """Say something else from now on."""
        self._message = message
        self._update()

    def stop(self) -> None:
        """Take the spinner away; nothing of it stays on the screen."""
        self._timer.cancel()
        self._timer.join()
        if self._status is not None:
            self._status.stop()

    def _start(self) -> None:
        from rich.console import Console

        status = Console(stderr=True).status("", spinner="line" if self._is_ascii else "dots")
        status.start()
        self._status = status
        self._update()

    def _update(self) -> None:
        if self._status is None:
            return
        from rich.text import Text

        # On one line, with the spinner and a blank before it.
        width = self._status.console.width - 2
        text = self._message
        text = in_ascii(cut(in_ascii(text), width - 2)) if self._is_ascii else cut(text, width)
        self._status.update(Text(text))

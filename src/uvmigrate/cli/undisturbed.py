"""Ends a run that uses an engine: whatever ends it, nothing is left behind."""

from __future__ import annotations

import contextlib
import signal
import tempfile
from typing import TYPE_CHECKING

from uvmigrate.source.scratch import remove_folder
from uvmigrate.verify import EngineProblem
from uvmigrate.verify.engine.leftovers import remove_folders, temporary_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.verify import Engine


@contextlib.contextmanager
def undisturbed() -> Iterator[contextlib.ExitStack]:
    """Whatever ends the run, what is given to the stack is called, and nothing temporary is left.

    The first Ctrl-C ends the run (so do SIGTERM and SIGHUP), and further ones do not disturb the cleaning.
    """

    def ignore(*_: object) -> None:
        # Commands inherit that a signal is ignored, but no handler.
        for number in before:
            signal.signal(number, lambda *_: None)

    def interrupt(*_: object) -> None:
        ignore()
        raise KeyboardInterrupt

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    # What is ignored already, by nohup for example, stays so.
    before = {n: found for n in numbers if (found := signal.getsignal(n)) is not signal.SIG_IGN}
    with contextlib.ExitStack() as cleaning:
        cleaning.callback(lambda: [signal.signal(*one) for one in before.items()])
        remove_folders()
        for number in before:
            signal.signal(number, interrupt)
        folder, usual = temporary_folder(), tempfile.tempdir
        cleaning.callback(remove_folder, folder)
        tempfile.tempdir = str(folder)
        try:
            yield cleaning
        finally:
            ignore()
            tempfile.tempdir = usual


def clean(engine: Engine) -> None:
    """Remove what was made on the engine; one that is gone cannot be asked for anything."""
    with contextlib.suppress(EngineProblem):
        engine.remove_all()

"""What ends a run: one line on standard error, and the exit code of the table in the manual."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes. Where both hold, WOULD_CHANGE wins over REFUSED."""

    DONE = 0
    WOULD_CHANGE = 1
    USAGE = 2
    REFUSED = 3
    ENVIRONMENT = 4
    INTERRUPTED = 130


class CommandError(Exception):
    """Something that a person can mend: the message names the place and what to do; *code* ends the run."""

    def __init__(self, message: str, code: Exit = Exit.USAGE) -> None:
        """The message is one line."""
        super().__init__(message)
        self.code = code

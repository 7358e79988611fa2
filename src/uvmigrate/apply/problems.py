"""What may be wrong around the program when a migration is applied: each message is one line for people."""

from __future__ import annotations

from uvmigrate.source.mask import mask


class EnvironmentProblem(Exception):  # noqa: N818 - something around the program is missing; it did not err
    """Something around the program is missing or stands in the way; nothing was changed unless it says so.

    The message is put on one line, without control characters and with the credentials of URLs masked.
    """

    def __init__(self, message: str) -> None:
        """*message* may be of several lines."""
        super().__init__(one_line(message))


class LockError(EnvironmentProblem):
    """The lock cannot be made, or would change a version."""


class WriteError(EnvironmentProblem):
    """The files cannot be written, or git cannot commit them."""


def one_line(text: str) -> str:
    """*text* with every run of blanks, line ends and control characters as one blank, credentials masked."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return mask(" ".join(printable.split()))

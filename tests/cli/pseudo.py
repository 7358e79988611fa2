"""A pseudo-terminal with ``uvmigrate`` in it: what it shows, and what is typed."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

#: Opens the terminal by its name, which makes it the one that Ctrl-C comes from (tty_ioctl(4), TIOCSCTTY).
_INSIDE = 'terminal=$1; shift; exec "$@" <"$terminal" >"$terminal" 2>&1'


#: A spinner, from where it hides the cursor to where its line is empty again; or so much of it as is there.
_SPINNER = re.compile(r"\x1b\[\?25l.*?(?:\x1b\[\?25h\r\x1b\[1A\x1b\[2K|\Z)", re.DOTALL)


class Terminal:
    """A terminal in whose session one command runs.

    `written` is all that it has written so far, `shown` the same without spinners that have come and gone:
    how long something takes on the machine at hand is no matter of most tests.
    """

    def __init__(
        self, command: list[str], cwd: Path, env: dict[str, str], size: tuple[int, int] = (24, 80)
    ) -> None:
        self.shown = self.written = ""
        self._raw = b""
        self._read = 0
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        self._process = subprocess.Popen(
            ["sh", "-c", _INSIDE, "sh", os.ttyname(slave), *command],
            cwd=cwd,
            env={"TERM": "xterm"} | env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        # As long as somebody has it open: the command opens it for itself.
        self._slave = slave

    @classmethod
    def of(
        cls, *arguments: str, cwd: Path, env: dict[str, str], size: tuple[int, int] = (24, 80)
    ) -> Terminal:
        """A terminal with ``uvmigrate``."""
        return cls([sys.executable, "-m", "uvmigrate", *arguments], cwd, env, size)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._slave)
        os.close(self._master)

    def until(self, text: str) -> str:
        """Wait until *text* is shown behind what was waited for before; return what stands before it."""
        deadline = time.monotonic() + 60
        while (found := self.shown.find(text, self._read)) < 0:
            assert time.monotonic() < deadline, f"{text!r} is not shown in {self.shown[self._read :]!r}"
            ended = self._process.poll() is not None
            assert self._more() or not ended, f"ended without {text!r}: {self.shown[self._read :]!r}"
        before, self._read = self.shown[self._read : found], found + len(text)
        return before

    def type(self, text: str) -> None:
        """Type it; a line is taken at its end."""
        os.write(self._master, text.encode())

    def end(self) -> tuple[int, str]:
        """Wait for the end: the exit code, and what was shown since what was last waited for."""
        deadline = time.monotonic() + 60
        while self._process.poll() is None:
            assert time.monotonic() < deadline, f"does not end: {self.shown!r}"
            self._more()
        while self._more():
            pass
        return self._process.returncode, self.shown[self._read :]

    def _more(self) -> bool:
        """Read what is there now, or comes within a moment; whether there was anything."""
        if not select.select([self._master], [], [], 0.1)[0]:
            return False
        self._raw += os.read(self._master, 65536)
        self.written = self._raw.decode(errors="replace").replace("\r\n", "\n")
        self.shown = _SPINNER.sub("", self.written)
        return True

"""A pager for what is longer than the screen."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess

#: What less does where nobody says otherwise, as git has it: colours, and what was read stays on the screen.
_LESS = "FRX"


def page(data: bytes) -> bool:
    """Hand *data* to ``$PAGER``, else to less, and wait for its end; False where there is none to hand it to.

    ``$PAGER`` is words, quoted as for a shell, and not run by one.
    """
    command = _command()
    if not command:
        return False
    environment = {"LESS": _LESS, "LV": "-c"} | os.environ
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment)
    except OSError:
        return False
    # Ctrl-C is the pager's, which has the terminal: were it ours, the terminal would be left as it is now.
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process.communicate(data)
    finally:
        signal.signal(signal.SIGINT, usual)
    return True


def _command() -> list[str]:
    if os.environ.get("TERM") == "dumb":
        return []
    wished = os.environ.get("PAGER")
    if wished is None:
        return ["less", f"-{_LESS}"] if shutil.which("less") else []
    try:
        return shlex.split(wished)
    except ValueError:
        return []

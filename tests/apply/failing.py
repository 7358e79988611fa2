"""Processes that are killed, and calls that fail, at any point of what they do to files."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: All that changes files, or may; pathlib and our own code call them by these names.
_CALLS = (
    *(
        "open",
        "write",
        "fsync",
        "close",
        "mkdir",
        "rmdir",
        "unlink",
        "remove",
        "rename",
        "replace",
        "symlink",
    ),
    *("link", "chmod", "fchmod", "chown", "fchown", "truncate", "ftruncate"),
)
#: A write that is cut off has written so much of its bytes.
_SOME = 3


class Calls:
    """Counts the calls that may change files, and hands each to *before* with its number, from 1 on."""

    def __init__(self, before: Callable[[int, str], None]) -> None:
        self.names: list[str] = []
        self._before = before

    def made(self, name: str) -> None:
        self.names.append(name)
        self._before(len(self.names), name)


@contextlib.contextmanager
def counted(before: Callable[[int, str], None]) -> Iterator[Calls]:
    """Meanwhile, calls are counted; what *before* raises is raised by the call."""
    calls = Calls(before)
    usual: dict[tuple[Any, str], Any] = {(os, name): getattr(os, name) for name in _CALLS}
    usual[subprocess, "run"] = subprocess.run

    def wrapped(name: str, call: Any) -> Any:
        def wrapper(*arguments: Any, **options: Any) -> Any:
            if name == "write":
                # Cut off in the middle, too.
                number, data = arguments
                calls.made("write")
                done = call(number, data[:_SOME])
                if done < len(data):
                    calls.made("write on")
                    done += call(number, data[_SOME:])
                return done
            calls.made(name)
            return call(*arguments, **options)

        return wrapper

    for (module, name), call in usual.items():
        setattr(module, name, wrapped(name, call))
    try:
        yield calls
    finally:
        for (module, name), call in usual.items():
            setattr(module, name, call)


def killed_at(number: int, work: Callable[[], object]) -> bool:
    """Do the work in a process that is killed before its call of that number; whether it came so far."""
    child = os.fork()
    if not child:
        code = 1

        def kill(at: int, _: str) -> None:
            if at == number:
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            with counted(kill):
                work()
            code = 0
        finally:
            os._exit(code)
    _, ended = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(ended)
    assert code in (0, -signal.SIGKILL), code
    return code != 0


def failing(
    number: int, work: Callable[[], object], error: Callable[[], BaseException], calls: frozenset[str]
) -> str:
    """Do the work while its call of that number fails; what came of it, or "" where all went well.

    Only *calls* fail.
    """

    def fail(at: int, name: str) -> None:
        if at == number and name in calls:
            raise error()

    try:
        with counted(fail):
            work()
    except (Exception, KeyboardInterrupt) as raised:  # noqa: BLE001 - whatever it is, the test looks at it
        return f"{type(raised).__name__}: {raised}"
    return ""

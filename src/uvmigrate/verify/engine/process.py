"""Runs an engine's commands: argument lists only, with a limit of time, and ended where the run is."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections import deque
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeVar

from uvmigrate.verify.engine.model import Ended, EngineProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_Result = TypeVar("_Result")
#: Seconds that commands which were told to end have for it. A build ends at once; who runs a container hands
#: the signal on and waits for it, which a program that is the first of its container need not heed.
_GRACE = 2
#: Seconds between two looks at commands that are expected to end.
_LOOK = 0.1
#: Characters that are kept of what a command prints, and bytes of a line that are read at a time.
_MOST, _LONGEST = 64 * 1024 * 1024, 64 * 1024


class TimedOut(Exception):  # noqa: N818 - the limit is part of what is asked for
    """A command took longer than it may. ``said`` is what it had printed until then."""

    def __init__(self, seconds: float, said: str = "") -> None:
        super().__init__(f"took more than {seconds:.0f} s")
        self.seconds = seconds
        self.said = said


class Processes:
    """The commands that run now. Several threads may start some; `stop` ends them all, for good."""

    def __init__(self, environment: dict[str, str]) -> None:
        """*environment* is what the commands have beside the environment of this process."""
        self._environment = environment
        #: How long each may take to end by itself.
        self._running: dict[subprocess.Popen[bytes], float] = {}
        self._lock = threading.Lock()
        self._stopped = False

    def run(
        self,
        argv: Sequence[str],
        timeout: float,
        given: str = "",
        tell: Callable[[str], None] | None = None,
        *,
        folder: str | None = None,
        patience: float = 0,
    ) -> Ended:
        """Run a command, in *folder*, and return how it ended; each line it prints goes to *tell* at once.

        Where it has to be ended, what it runs in sessions of their own is ended first, and then it has
        *patience* seconds to end by itself. Raises TimedOut after *timeout* seconds, and EngineProblem where
        it cannot be started.
        """
        with self._started(argv, folder, patience) as process:
            said, out = Tail(), Tail()
            # Three pipes are open at a time, and one that nobody reads stops the command.
            aside = [
                threading.Thread(target=_listen, args=(_open(process.stderr), said, tell), daemon=True),
                threading.Thread(target=_listen, args=(_open(process.stdout), out, tell), daemon=True),
                threading.Thread(target=_feed, args=(_open(process.stdin), given), daemon=True),
            ]
            for thread in aside:
                thread.start()
            late = time.monotonic() + timeout
            # What ends closes its pipes. To wait for the process itself would be to look every 50 ms, and
            # builds that take 200 are timed.
            for thread in aside:
                thread.join(max(late - time.monotonic(), 0))
            try:
                process.wait(max(late - time.monotonic(), 0))
            except subprocess.TimeoutExpired:
                raise TimedOut(timeout, said.text) from None
            if any(thread.is_alive() for thread in aside):
                # Something that it started holds its pipes.
                raise TimedOut(timeout, said.text)
            return Ended(process.returncode, out.text, said.text)

    def stream(
        self, argv: Sequence[str], timeout: float, read: Callable[[IO[bytes]], _Result]
    ) -> tuple[Ended, _Result | None]:
        """Let *read* read what a command prints, and return how it ended and what that returned.

        The result is None where the command failed. Raises as `run` does.
        """
        with self._started(argv) as process:
            said = Tail()
            listener = threading.Thread(target=_listen, args=(_open(process.stderr), said, None), daemon=True)
            listener.start()
            _open(process.stdin).close()
            late = threading.Timer(timeout, process.kill)
            late.start()
            result, problem = None, None
            try:
                result = read(_open(process.stdout))
            except (OSError, EOFError, ValueError) as error:
                # What is cut short is the command's failure, which its exit code tells.
                problem = error
            except BaseException:
                # Nobody waits for the rest.
                _end({process: 0})
                raise
            finally:
                _drain(_open(process.stdout))
                process.wait()
                _open(process.stdout).close()
                listener.join()
                in_time = late.is_alive()
                late.cancel()
            if not in_time:
                raise TimedOut(timeout, said.text)
            if problem is not None and process.returncode == 0:
                raise problem
            ended = Ended(process.returncode, "", said.text)
            return ended, result if process.returncode == 0 else None

    def stop(self) -> None:
        """End all commands that run, and start no more but through `last`."""
        with self._lock:
            self._stopped = True
            running = dict(self._running)
        _end(running)

    def resume(self) -> None:
        """Commands may be started again: those that clean up."""
        with self._lock:
            self._stopped = False

    @contextlib.contextmanager
    def _started(
        self, argv: Sequence[str], folder: str | None = None, patience: float = 0
    ) -> Iterator[subprocess.Popen[bytes]]:
        """A command in a process group of its own, so that Ctrl-C in a terminal goes through us only."""
        with self._lock:
            if self._stopped:
                raise KeyboardInterrupt
            try:
                process = subprocess.Popen(
                    argv,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    env=os.environ | self._environment,
                    cwd=folder,
                    start_new_session=True,
                )
            except OSError as error:
                raise EngineProblem(f"{argv[0]} does not run: {error.strerror}") from error
            self._running[process] = patience
        try:
            yield process
        finally:
            _end({process: patience})
            with self._lock:
                self._running.pop(process, None)
                stopped = self._stopped
        if stopped:
            # It did not end by itself, whatever its exit code says.
            raise KeyboardInterrupt


def _open(stream: IO[bytes] | None) -> IO[bytes]:
    """A pipe that was asked for, and is there."""
    if stream is None:
        raise ValueError("the command has no such pipe")
    return stream


class Tail:
    """The end of what a command prints: programs of images may print without end."""

    def __init__(self) -> None:
        self._parts: deque[str] = deque()
        self._size = 0

    @property
    def text(self) -> str:
        """What is kept of it."""
        return "".join(self._parts)

    def append(self, part: str) -> None:
        """Add what was printed next."""
        self._parts.append(part)
        self._size += len(part)
        while self._size > _MOST:
            self._size -= len(self._parts.popleft())


def _listen(stream: IO[bytes], said: Tail, tell: Callable[[str], None] | None) -> None:
    with stream:
        for line in iter(partial(stream.readline, _LONGEST), b""):
            text = line.decode(errors="replace")
            said.append(text)
            if tell is not None:
                tell(text.rstrip())


def _drain(stream: IO[bytes]) -> None:
    """Read what nobody wants: a command that cannot print does not end."""
    with contextlib.suppress(OSError), stream:
        while stream.read(1024 * 1024):
            pass


def _feed(stream: IO[bytes], given: str) -> None:
    with contextlib.suppress(OSError), stream:
        stream.write(given.encode())


def _end(processes: Mapping[subprocess.Popen[bytes], float]) -> None:
    """End commands and what they started: what is in sessions of its own, then all, first asking, then not.

    For each it is said how many seconds it has between these.
    """
    began = time.monotonic()
    while waiting := [one for one, patience in processes.items() if began + patience > time.monotonic()]:
        waiting = [one for one in waiting if one.poll() is None]
        for process in waiting:
            _kill_strays(process.pid)
        if not waiting:
            break
        time.sleep(_LOOK)
    for number in (signal.SIGTERM, signal.SIGKILL):
        running = [process for process in processes if process.poll() is None]
        for process in running:
            _kill_strays(process.pid)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
        late = time.monotonic() + _GRACE
        for process in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(late - time.monotonic(), 0))


def _kill_strays(leader: int) -> None:
    """Kill what a process has started and what is not in its session: no signal to its group reaches that.

    Only Linux lists processes as files, and only there engines run what they run below their command.
    """
    parents: dict[int, tuple[int, int]] = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            # proc_pid_stat(5): behind the name in parentheses are its state, parent, group and session.
            _, parent, _, session, *_ = file.read_text(errors="replace").rpartition(")")[2].split()
            parents[int(file.parent.name)] = int(parent), int(session)
    below, size = {leader}, 0
    while len(below) > size:
        size = len(below)
        below |= {pid for pid, (parent, _) in parents.items() if parent in below}
    for pid in below:
        if pid in parents and parents[pid][1] != leader:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)

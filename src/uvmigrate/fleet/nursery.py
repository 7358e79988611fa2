"""Does repositories one after the other, each in a process of its own, and survives whatever they do."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from typing import TYPE_CHECKING

from uvmigrate.fleet.job import job_json
from uvmigrate.fleet.outcome import Outcome, from_json
from uvmigrate.report import words
from uvmigrate.source.scratch import scratch

if TYPE_CHECKING:
    from typing import IO, Self

    from uvmigrate.fleet.job import Job
    from uvmigrate.fleet.outcome import Unchanged

#: How much of what a repository's process printed is kept: lines, and bytes that are looked at.
_LINES, _BYTES = 40, 16_384


class Nursery:
    """A process that forks for every repository; a context manager, which ends it and all that it started.

    It leads a process group, so that what git or uv start ends with it, too. `stop` may be called from any
    thread, and makes `do` return.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None
        self._stopped = False
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._end()
        if self._log is not None:
            self._log.close()

    def stop(self) -> None:
        """Kill everything, for good."""
        with self._lock:
            self._stopped = True
            self._kill()

    def do(self, job: Job) -> Outcome | Unchanged | None:
        """What the repository came to; None where `stop` was called meanwhile.

        A process that takes longer than the job's seconds is killed, and one that crashes costs no other.
        """
        process = self._started()
        # Its start is no fault of the repository's.
        began = time.monotonic()
        with scratch("bulk-") as folder:
            line = _asked(process, job, str(folder), began + job.seconds) if process else b""
        if self._stopped:
            return None
        took = round(time.monotonic() - began, 3)
        if line is None:
            self._end()
            outcome: Outcome | Unchanged = Outcome("failed", f"took longer than {job.seconds:g} seconds")
        else:
            try:
                outcome = from_json(line)
            except (ValueError, KeyError, TypeError):
                self._end()
                outcome = Outcome("failed", "the process that worked on it was killed")
        if isinstance(outcome, Outcome):
            return outcome._replace(seconds=took, log=self._printed())
        return outcome._replace(seconds=took)

    def _started(self) -> subprocess.Popen[bytes] | None:
        """The process that forks, started where there is none; None after `stop`."""
        if self._log is None:
            self._log = tempfile.TemporaryFile()  # noqa: SIM115 - it is open for as long as this is
            # So that it can be emptied under those who write to it.
            fcntl.fcntl(self._log, fcntl.F_SETFL, fcntl.fcntl(self._log, fcntl.F_GETFL) | os.O_APPEND)
        os.ftruncate(self._log.fileno(), 0)
        with self._lock:
            if self._stopped:
                return None
            is_new = self._process is None
            if self._process is None:
                # -P: nothing is imported from the folder that happens to be the current one.
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "uvmigrate.fleet.worker"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=self._log,
                    bufsize=0,
                    start_new_session=True,
                )
            process = self._process
        if is_new and process.stdout is not None:
            # It says when it has read all that it needs.
            process.stdout.read(1)
        return process

    def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _end(self) -> None:
        """Kill the process and all that it started; the next repository gets another."""
        with self._lock:
            self._kill()
            process, self._process = self._process, None
        if process is not None:
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
            process.wait()

    def _printed(self) -> str:
        """The last of what was printed, as a terminal would show it, without credentials."""
        if self._log is None:
            return ""
        size = os.fstat(self._log.fileno()).st_size
        text = os.pread(self._log.fileno(), _BYTES, max(0, size - _BYTES)).decode(errors="replace")
        return "\n".join(words.spoken(text)[-_LINES:]) if text.strip() else ""


def _asked(process: subprocess.Popen[bytes], job: Job, folder: str, until: float) -> bytes | None:
    """The line that the process answers with: cut off where it was killed, None where it takes too long."""
    answer = b""
    if process.stdin is None or process.stdout is None:
        return answer
    try:
        process.stdin.write(json.dumps([folder, job_json(job)]).encode() + b"\n")
        # select(2) knows no number beyond 1023, which many repositories at a time take.
        answering = select.poll()
        answering.register(process.stdout, select.POLLIN)
        while not answer.endswith(b"\n"):
            left = until - time.monotonic()
            if left <= 0 or not answering.poll(left * 1000):
                return None
            chunk = os.read(process.stdout.fileno(), 1 << 16)
            if not chunk:
                break
            answer += chunk
    except BrokenPipeError:
        pass
    return answer

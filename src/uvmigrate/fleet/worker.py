"""The process in which repositories are done: ``python -m uvmigrate.fleet.worker``, which a nursery starts.

It has read all that it needs once, and forks for each repository: a new interpreter would take longer to
start than most repositories take. Jobs come as lines on standard input, outcomes go to standard output as
lines; whatever is printed on the way goes to standard error. Where nobody waits any more, it ends, and
everything that it started with it.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import sys
import tempfile
import traceback
from pathlib import Path, PurePosixPath

from uvmigrate import plan
from uvmigrate.codemod import Settings
from uvmigrate.fleet.doing import do
from uvmigrate.fleet.job import read_job
from uvmigrate.fleet.limits import limit_memory
from uvmigrate.fleet.outcome import Outcome, to_json
from uvmigrate.source import Repo

_SMALL = {
    "Dockerfile": b'FROM python:3.13-slim\nCOPY . .\nRUN pip install -r requirements.txt\nCMD ["python"]\n',
    "requirements.txt": b"six==1.17.0\n",
    "compose.yaml": b"services:\n  web:\n    build: .\n",
}


def main() -> None:
    """Do one job after the other until standard input ends."""
    _warm_up()
    jobs, outcomes = 0, os.dup(1)
    os.dup2(2, 1)
    gc.collect()
    gc.freeze()
    # Ready: the time of the first repository begins.
    _write(outcomes, b"\n")
    waiting = b""
    while True:
        while b"\n" not in waiting:
            read = os.read(jobs, 1 << 16)
            if not read:
                return
            waiting += read
        line, _, waiting = waiting.partition(b"\n")
        _write(outcomes, _forked(line, jobs, outcomes) + b"\n")


def _warm_up() -> None:
    """Import what most plans need, by making one."""
    plan.plan(Repo.of(_SMALL), PurePosixPath(), Settings(), plan.load_catalogue())


def _forked(line: bytes, jobs: int, outcomes: int) -> bytes:
    """The outcome of one job, done in a process of its own; also where that process is killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        # Who waits sees that this process' parent is gone by the end of what it writes.
        os.close(outcomes)
        _child(line, writing)
    os.close(writing)
    chunks = []
    while True:
        ready, _, _ = select.select([reading, jobs], [], [])
        if reading not in ready:
            # No second job comes before the first one is done: the input has ended.
            os.killpg(0, signal.SIGKILL)
        chunk = os.read(reading, 1 << 16)
        if not chunk:
            break
        chunks.append(chunk)
    os.close(reading)
    _, ended = os.waitpid(child, 0)
    if not ended and chunks:
        return b"".join(chunks)
    code = os.waitstatus_to_exitcode(ended)
    how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    return to_json(Outcome("failed", f"the process crashed: {how}")).encode()


def _child(line: bytes, writing: int) -> None:
    """Do the job and end the process."""
    code = 1
    try:
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        tempfile.tempdir, text = json.loads(line)
        job = read_job(text)
        limit_memory(job.memory)
        _write(writing, to_json(do(job, Path(tempfile.gettempdir()))).encode())
        sys.stdout.flush()
        code = 0
    except BaseException:  # noqa: BLE001 - the process ends with it, and says why
        traceback.print_exc()
    finally:
        os._exit(code)


def _write(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


if __name__ == "__main__":
    main()

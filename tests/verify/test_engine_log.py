"""Whose fault it is that a command of the engine failed, by what it printed."""

from __future__ import annotations

import pytest

from uvmigrate.verify.engine import EngineProblem
from uvmigrate.verify.engine.trouble import blame

#: How a build's log begins.
BEGIN = '#0 building with "default" instance using docker driver\n\n#4 [1/2] FROM docker.io/library/base\n'
DAEMON = "at tcp://10.0.0.1:2375. Is the docker daemon running?"
PING = 'Head "http://10.0.0.1:2375/_ping": dial tcp 10.0.0.1:2375: connect: no route to host'


def run_failed(command: str, said: str) -> str:
    """The log of a build where a RUN printed something and failed."""
    error = f'process "/bin/sh -c {command}" did not complete successfully: exit code: 1'
    excerpt = f"------\n > [2/2] RUN {command}:\n0.196 {said}\n------\nDockerfile:2\n"
    excerpt += f"--------------------\n   1 |     FROM base\n   2 | >>> RUN {command}\n--------------------\n"
    step = f"#5 [2/2] RUN {command}\n#5 0.196 {said}\n#5 ERROR: {error}\n"
    return f"{BEGIN}{step}{excerpt}ERROR: failed to solve: {error}\n"


@pytest.mark.parametrize(
    ("log", "said"),
    [
        # killed while it builds, runs, exports or is asked
        (
            f"{BEGIN}#5 [2/2] RUN sleep 9\n#5 0.1 started\n"
            "ERROR: failed to receive status: rpc error: code = Unavailable desc = error reading from "
            "server: EOF\n",
            "error reading from server: EOF",
        ),
        (
            "ERROR: failed to solve: Unavailable: error reading from server: EOF\n",
            "Unavailable: error reading from server: EOF",
        ),
        (
            'time="2026-01-01T00:00:00Z" level=error msg="error waiting for container: unexpected EOF"\n',
            "error waiting for container: unexpected EOF",
        ),
        ("unexpected EOF\n", "unexpected EOF"),
        # gone since
        (f"Cannot connect to the Docker daemon {DAEMON}\n", "Cannot connect to the Docker daemon"),
        (f"ERROR: Cannot connect to the Docker daemon {DAEMON}\n", "(Cannot connect to the Docker daemon"),
        (
            f"docker: Cannot connect to the Docker daemon {DAEMON}\n\nRun 'docker run --help' for more\n",
            "(Cannot connect to the Docker daemon",
        ),
        # its machine is gone
        (f"ERROR: error during connect: {PING}\n", "no route to host"),
        (f"docker: error during connect: {PING}\n\nRun 'docker run --help' for more\n", "no route to host"),
        ('error during connect: Get "http://10.0.0.1:2375/v1.50/containers/json": dial tcp\n', "dial tcp"),
        # it hangs
        ('ERROR: Get "http://10.0.0.1:2375/_ping": context canceled\n', "context canceled"),
        ("ERROR: failed to list workers: Unavailable: connection error\n", "failed to list workers"),
        (
            "permission denied while trying to connect to the Docker daemon socket at unix:///docker.sock\n",
            "permission denied",
        ),
    ],
)
def test_an_engine_that_does_not_answer_is_the_problem(log: str, said: str) -> None:
    with pytest.raises(EngineProblem, match=r"^the engine stopped answering \(.*see that it runs") as problem:
        blame(log)
    assert said in str(problem.value)


@pytest.mark.parametrize(
    ("log", "said"),
    [
        (run_failed("make", "make: error writing 'x': No space left on device"), "(make: error writing"),
        (run_failed("pip install x", "ERROR: [Errno 28] No Space Left On Device"), "([Errno 28] No Space"),
        (
            f"{BEGIN}#5 [internal] load build context\n#5 ERROR: write /big.bin: no space left on device\n"
            "------\n > [internal] load build context:\n------\n"
            "ERROR: failed to solve: write /big.bin: no space left on device\n",
            "(write /big.bin: no space",
        ),
        (
            f"{BEGIN}#6 exporting to image\n#6 ERROR: write /tar-split: no space left on device\n",
            "(write /tar-split",
        ),
        (
            "docker: Error response from daemon: write /x-init/.tmp-link1: no space left on device\n\n"
            "Run 'docker run --help' for more information\n",
            "(Error response from daemon: write",
        ),
        (
            "Error response from daemon: write /.tmp-repositories.json: disk quota exceeded\n",
            "quota exceeded",
        ),
    ],
)
def test_an_engine_without_room_is_the_problem(log: str, said: str) -> None:
    with pytest.raises(EngineProblem, match=r"^the engine has no room left \(.*docker system df") as problem:
        blame(log)
    assert said in str(problem.value)


@pytest.mark.parametrize(
    "log",
    [
        "",
        run_failed("./configure", "no compiler"),
        run_failed("ping db", "error during connect: db: connection refused"),
        run_failed("ping db", "Cannot connect to the Docker daemon. Is the docker daemon running?"),
        run_failed("curl db || echo error during connect, code = Unavailable", "no"),
        run_failed("df || echo No space left on device", "no"),
        # a registry that does not answer
        f"{BEGIN}ERROR: failed to solve: base: failed to resolve source metadata for example.com/base: "
        'failed to do request: Head "https://example.com/v2/base": dial tcp: connection refused\n',
        f"{BEGIN}ERROR: failed to solve: base: failed to copy: httpReadSeeker: failed open: unexpected EOF\n",
        f"{BEGIN}ERROR: failed to solve: base: example.com/base: not found\n",
        "docker: Error response from daemon: failed to create task: exec: no such file or directory\n",
        # what a program in a container printed
        "Traceback (most recent call last):\nConnectionRefusedError: [Errno 111] Connection refused\n",
    ],
)
def test_what_was_built_or_run_is_the_problem(log: str) -> None:
    blame(log)

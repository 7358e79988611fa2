"""A Dask cluster on loopback: a scheduler, and workers that are processes of their own."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from fleet.servers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Cluster:
    """A scheduler at *address* and its workers."""

    def __init__(self, address: str, workers: list[subprocess.Popen[bytes]]) -> None:
        self.address = address
        self.workers = workers


@contextlib.contextmanager
def cluster(workers: int, environment: Mapping[str, str]) -> Iterator[Cluster]:
    """A scheduler with workers of one thread each, without nannies, which would start them again."""
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    with contextlib.ExitStack() as stack:

        def start(*command: str) -> subprocess.Popen[bytes]:
            process = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", *command],
                    env=environment,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
            stack.callback(process.kill)
            return process

        start("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
        until = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert time.monotonic() < until
            time.sleep(0.1)
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1")
        yield Cluster(
            address, [start("distributed.cli.dask_worker", address, *options) for _ in range(workers)]
        )

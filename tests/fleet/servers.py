"""Servers on loopback: git's own, and one that never answers."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextlib.contextmanager
def git_daemon(root: Path, *options: str) -> Iterator[str]:
    """The address of a git server for the repositories below *root*, which takes pushes, too."""
    port = free_port()
    command = ["git", "daemon", "--export-all", "--reuseaddr", "--listen=127.0.0.1", f"--port={port}"]
    with subprocess.Popen(
        [*command, f"--base-path={root}", "--enable=receive-pack", *options, str(root)],
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            for _ in range(200):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.05)
            yield f"git://127.0.0.1:{port}"
        finally:
            server.terminate()


@contextlib.contextmanager
def silent_server() -> Iterator[str]:
    """The address of a server that takes connections and says nothing."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(16)
        yield f"git://127.0.0.1:{server.getsockname()[1]}"

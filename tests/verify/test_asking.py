"""The program that looks for ports and asks addresses, as it is handed to an image's Python; smoke tests."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from uvmigrate.verify.inside import read
from uvmigrate.verify.running import address_of

if TYPE_CHECKING:
    from collections.abc import Iterator


class Handler(BaseHTTPRequestHandler):
    """Answers with the status that the path names."""

    def do_GET(self) -> None:
        status = int(self.path.strip("/") or 200)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/500")
        self.end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@contextmanager
def served(host: str = "127.0.0.1") -> Iterator[int]:
    """A server, usually on the loopback alone: its port."""
    server = HTTPServer((host, 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def words(*arguments: str) -> list[str]:
    return [sys.executable, "-I", "-c", read("ask"), *arguments]


def got(address: str, follow: str = "") -> dict[str, object]:
    """What ``get`` prints of an address, asked for a moment."""
    done = subprocess.run(words("get", "0.3", address, follow), capture_output=True, text=True, check=True)
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_an_address_is_asked_for_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    # A proxy that the image is set to knows nothing of the container's own network.
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with served() as port:
        address = f"http://127.0.0.1:{port}"
        assert got(f"{address}/204") == {"status": 204, "error": ""}
        assert got(f"{address}/302") == {"status": 302, "error": ""}
        assert got(f"{address}/302", "follow") == {"status": 500, "error": ""}
        assert got(f"{address}/404") == {"status": 404, "error": ""}
    nobody = got(address)
    assert nobody["status"] == 0
    assert "refused" in str(nobody["error"])


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="ports are looked for as Linux lists them")
def test_a_port_is_asked_as_soon_as_it_is_listened_on() -> None:
    with (
        served() as earlier,
        subprocess.Popen(words("watch", "20"), stdout=subprocess.PIPE, text=True) as watching,
        socket.socket() as silent,
    ):
        assert watching.stdout is not None
        try:
            assert json.loads(watching.stdout.readline()) == {"ready": True}
            with served() as port:
                found: list[dict[str, float]] = []
                # Other programs of this machine open ports, too.
                while not found or "status" not in found[-1]:
                    line = json.loads(watching.stdout.readline())
                    assert line["port"] != earlier
                    found += [line] if line["port"] == port else []
                opened, answered = found
                assert answered["status"] == 200
                assert opened["time"] <= answered["time"]
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            number = silent.getsockname()[1]
            while json.loads(watching.stdout.readline())["port"] != number:
                pass
            accepted = silent.accept()[0]
            accepted.sendall(b"no HTTP\r\n")
            accepted.close()
            while (line := json.loads(watching.stdout.readline())).get("port") != number:
                pass
            assert line["status"] == 0
        finally:
            watching.kill()


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="ports are looked for as Linux lists them")
@pytest.mark.parametrize(("host", "local"), [("127.0.0.1", True), ("0.0.0.0", False)])  # noqa: S104 - a test
def test_a_port_that_nobody_else_gets_to_is_told(host: str, local: bool) -> None:
    with subprocess.Popen(words("watch", "20"), stdout=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        try:
            watching.stdout.readline()
            with served(host) as port:
                while (line := json.loads(watching.stdout.readline())).get("port") != port:
                    pass
                assert line["local"] is local
        finally:
            watching.kill()


@pytest.mark.parametrize(
    ("said", "address", "follow"),
    [
        ("http://localhost:8000/x?a=1", "http://localhost:8000/x?a=1", False),
        (":8000", "http://localhost:8000", False),
        (":8000/health", "http://localhost:8000/health", False),
        ("curl localhost:8000/x", "http://localhost:8000/x", False),
        ("curl -fsS 'http://localhost/'", "http://localhost/", False),
        ("curl -fL --silent https://localhost", "https://localhost", True),
        ("curl --location localhost", "http://localhost", True),
        ("curl -o /dev/null localhost", "", False),
        ("curl -X POST localhost", "", False),
        ("curl a b", "", False),
        ("curl localhost | grep ok", "", False),
        ("curl localhost:$PORT", "", False),
        ("curl 'localhost", "", False),
        ("python check.py", "", False),
        ("", "", False),
    ],
)
def test_a_smoke_test_is_an_address_where_nothing_else_is_meant(
    said: str, address: str, follow: bool
) -> None:
    assert address_of(said) == (address, follow)

"""Tells which ports begin to be listened on in its network, and what answers there; or asks one address.

``watch SECONDS`` prints a line at once, one for each port that is listened on later (``local`` where only the
container itself gets there), and one for what answers ``GET /`` there. It looks for ports for so many seconds
and then stays, for the network is its own and others live in it. ``get SECONDS ADDRESS FOLLOW`` asks until a
status below 400 comes or the time is over; it follows redirections where FOLLOW is not empty. Each line is a
JSON object; ``time`` is in seconds since 1970.
"""

import http.client
import json
import socket
import struct
import sys
import threading
import time

#: The fourth word of a line for a socket that listens: TCP_LISTEN of the kernel's net/tcp_states.h.
LISTENS = "0A"
#: Where what listens on any address is asked.
ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - nothing is bound
#: The engine's own name server.
NAME_SERVER = "127.0.0.11"
PAUSE = 0.02
#: Seconds after which a server that accepts and says nothing speaks another protocol than HTTP.
SILENCE = 15
#: So often a connection may be closed without an answer: a server that starts does that, too.
CLOSED = 20
LOCK = threading.Lock()


def tell(**found: object) -> None:
    """Print what was found, on one line and at once."""
    with LOCK:
        sys.stdout.write(json.dumps(found, sort_keys=True) + "\n")
        sys.stdout.flush()


def host_of(address: str) -> str:
    """An address of ``/proc/net/tcp``; ``0.0.0.0`` and ``::`` are any of the container's."""
    words = [int(address[at : at + 8], 16) for at in range(0, len(address), 8)]
    packed = struct.pack("=" + str(len(words)) + "I", *words)
    return socket.inet_ntop(socket.AF_INET if len(words) == 1 else socket.AF_INET6, packed)


def is_local(host: str) -> bool:
    """Whether nothing outside of the container gets there."""
    return host == "::1" or host.startswith(("127.", "::ffff:127."))


def listening() -> "dict[int, list[str]]":
    """The ports that are listened on, and the addresses at which each is."""
    found = {}  # type: dict[int, list[str]]
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table) as file:
                lines = file.read().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            words = line.split()
            if words[3] == LISTENS:
                address, port = words[1].split(":")
                host = host_of(address)
                if host != NAME_SERVER:
                    found.setdefault(int(port, 16), []).append(host)
    return found


def status_of(host: str, port: int, deadline: float) -> "int | None":
    """The status that a server answers ``GET /`` with; 0 where it speaks no HTTP, None without any answer."""
    closed = 0
    while time.time() < deadline and closed < CLOSED:
        left = max(0.1, min(SILENCE, deadline - time.time()))
        connection = http.client.HTTPConnection(host, port, timeout=left)
        try:
            headers = {"Host": "localhost:" + str(port), "Connection": "close", "User-Agent": "uvmigrate"}
            connection.request("GET", "/", headers=headers)
            return connection.getresponse().status
        except http.client.RemoteDisconnected:
            closed += 1
        except (http.client.HTTPException, socket.timeout):
            return 0
        except OSError:
            if port not in listening():
                return None
            closed += 1
        finally:
            connection.close()
        time.sleep(PAUSE * 10)
    return 0 if closed >= CLOSED else None


def ask(host: str, port: int, deadline: float, known: "set[int]") -> None:
    """Ask a port that is new, and print what came of it."""
    status = status_of(host, port, deadline)
    tell(port=port, status=status, time=time.time())
    if status is None:
        # A server that reloads comes back.
        known.discard(port)


def watch(seconds: float) -> None:
    """Ask each port that begins to be listened on within so many seconds; never returns."""
    deadline = time.time() + seconds
    known = set(listening())
    tell(ready=True)
    while time.time() < deadline:
        for port, hosts in listening().items():
            if port not in known:
                known.add(port)
                tell(port=port, time=time.time(), local=all(map(is_local, hosts)))
                host = ANY.get(hosts[0], hosts[0])
                threading.Thread(target=ask, args=(host, port, deadline, known), daemon=True).start()
        time.sleep(PAUSE)
    while True:
        time.sleep(60)


def get(seconds: float, address: str, follow: str) -> None:
    """Ask an address until it is content, and print the last answer: a status, or why there is none."""
    import urllib.error
    import urllib.request

    class Staying(urllib.request.HTTPRedirectHandler):
        """Takes a redirection for an answer."""

        def redirect_request(self, *_: object) -> None:
            """Nothing is asked instead."""

    # No proxy that the image is set to leads to the container itself.
    handlers = [urllib.request.ProxyHandler({})] + ([] if follow else [Staying()])  # type: list[object]
    # An instance and a class: it takes both, and their one type is `object`.
    opener = urllib.request.build_opener(*handlers)  # type: ignore[arg-type]
    deadline = time.time() + seconds
    while True:
        status, error = 0, ""
        try:
            status = opener.open(address, timeout=max(0.1, deadline - time.time())).status
        except urllib.error.HTTPError as answer:
            status = answer.code
        except (OSError, ValueError, http.client.HTTPException) as problem:
            error = str(problem) or type(problem).__name__
        if 0 < status < 400 or time.time() >= deadline:
            tell(status=status, error=error)
            return
        time.sleep(PAUSE * 10)


if __name__ == "__main__":
    if sys.argv[1] == "watch":
        watch(float(sys.argv[2]))
    else:
        get(float(sys.argv[2]), sys.argv[3], sys.argv[4])

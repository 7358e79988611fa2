"""A package index on loopback, for the examples whose packages cannot come from the public one.

Poetry asks the public index for JSON, which not every mirror of it gives, and somebody's private index is
none for a test. So ``serve`` answers with the simple pages of PEP 503: those of ``MIRROR`` for everybody, and
those below ``/private/``, where a package of the house's own is, too, for who knows the password.

The addresses are the same everywhere, since locks name them and hashes cover them, and yet no port has to be
free: who shall see the index has it for a proxy, a build (``Index.build``) or uv (``Index.environment``).
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import tomllib
import zipfile
from contextlib import contextmanager
from functools import cached_property, partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from engine.docker_cli import Engine

HOST = "127.0.0.1"
MIRROR = f"http://{HOST}:3141/simple/"
USER, PASSWORD = "index-reader", "open-sesame"

#: Packages that no lock of an example holds: poetry's build backend, and what private-index needs.
UNLOCKED = ("poetry-core==2.5.0", "bottle==0.13.4")
HOUSE_STYLE = '''
"""How the house writes numbers."""


def amount(cents):
    """An amount of money, as it stands in letters."""
    return f"EUR {cents // 100:,}.{cents % 100:02}"
'''

DOWNLOAD = """
FROM python:3.11-slim AS wheels
COPY *.txt ./
RUN pip download --quiet --no-deps --only-binary=:all: --dest=/wheels -r unlocked.txt
RUN pip download --quiet --no-deps --only-binary=:all: --require-hashes --dest=/wheels -r locked.txt
FROM scratch
COPY --from=wheels /wheels /
"""


class Locked(NamedTuple):
    """A package that a poetry.lock or Pipfile.lock holds, its name normalised, and its groups."""

    name: str
    version: str
    hashes: tuple[str, ...]
    groups: frozenset[str]


def locked(lock: Path) -> list[Locked]:
    """All that a poetry.lock or Pipfile.lock holds, for every platform and group."""
    text = lock.read_text(encoding="utf-8")
    if lock.name == "poetry.lock":
        packages: list[dict[str, Any]] = tomllib.loads(text)["package"]
        found = [
            (one["name"], one, one["groups"], [file["hash"] for file in one["files"]]) for one in packages
        ]
    else:
        tables: dict[str, dict[str, Any]] = json.loads(text)
        found = [
            (name, one, [group], one["hashes"])
            for group in ("default", "develop")
            for name, one in tables[group].items()
        ]
    return [
        Locked(_normal(name), one["version"].removeprefix("=="), tuple(sorted(hashes)), frozenset(groups))
        for name, one, groups, hashes in found
    ]


def download(engine: Engine, folder: Path, packages: Iterable[Locked]) -> dict[str, bytes]:
    """The wheels of packages by file name: pip fetches them in a container, and checks each lock's hashes.

    *folder* is an empty one to work in.
    """
    lines = {f"{one.name}=={one.version} --hash={' --hash='.join(one.hashes)}\n" for one in packages}
    (folder / "locked.txt").write_text("".join(sorted(lines)))
    (folder / "unlocked.txt").write_text("\n".join(UNLOCKED))
    (folder / "Dockerfile").write_text(DOWNLOAD)
    engine.export(folder, folder / "wheels")
    return {path.name: path.read_bytes() for path in (folder / "wheels").glob("*.whl")}


def make_wheel(name: str, version: str, modules: Mapping[str, str]) -> tuple[str, bytes]:
    """The file name and the bytes of a wheel of pure Python; *modules* are its files."""
    distribution = name.replace("-", "_")
    info = f"{distribution}-{version}.dist-info"
    files = {
        **modules,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in (*files, f"{info}/RECORD"))
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as wheel:
        for path, text in {**files, f"{info}/RECORD": record}.items():
            # The same bytes, and so the same hash, whenever it is made.
            wheel.writestr(zipfile.ZipInfo(path), text)
    return f"{distribution}-{version}-py3-none-any.whl", written.getvalue()


class Index(NamedTuple):
    """An index that is served: the port that it has on this machine, and a netrc file with its password."""

    port: int
    netrc: Path

    @property
    def build(self) -> tuple[str, ...]:
        """Options for ``docker build``; the password is the secret ``netrc``."""
        proxy = f"--build-arg=HTTP_PROXY=http://{HOST}:{self.port}"
        return ("--network=host", proxy, f"--secret=id=netrc,src={self.netrc}")

    @property
    def environment(self) -> dict[str, str]:
        """Variables for a process on this machine that shall see the index."""
        proxy = f"http://{HOST}:{self.port}"
        variables = {"HTTP_PROXY": proxy, "http_proxy": proxy, "NO_PROXY": "", "no_proxy": ""}
        return variables | {"NETRC": str(self.netrc)}


class _Pages:
    """The pages and files of the index, by path."""

    def __init__(self, wheels: Mapping[str, bytes]) -> None:
        self.wheels = wheels

    @cached_property
    def links(self) -> dict[str, str]:
        """For each name, normalised, the links to its files: those of the same name, in any version."""
        found: dict[str, str] = {}
        for file, content in sorted(self.wheels.items()):
            name = _normal(file.partition("-")[0])
            link = f'<a href="../../files/{file}#sha256={hashlib.sha256(content).hexdigest()}">{file}</a>\n'
            found[name] = found.get(name, "") + link
        return found

    def find(self, path: str) -> bytes | None:
        """What there is at a path below one of the roots."""
        match path.strip("/").split("/"):
            case ["simple", name] if name in self.links:
                return f"<!DOCTYPE html>\n{self.links[name]}".encode()
            case ["files", file]:
                return self.wheels.get(file)
        return None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, public: _Pages, private: _Pages, *arguments: Any) -> None:
        self.public, self.private = public, private
        super().__init__(*arguments)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        # A proxy is asked for the whole address.
        path = urlsplit(self.path).path
        below = path.removeprefix("/private/")
        if below != path and not self._is_known():
            self._answer(401, b"Who are you?", {"WWW-Authenticate": 'Basic realm="packages"'})
            return
        found = self.public.find(path) if below == path else self.private.find(below)
        kind = "text/html" if "/simple/" in path else "application/octet-stream"
        self._answer(404 if found is None else 200, found or b"", {"Content-Type": kind})

    def _is_known(self) -> bool:
        expected = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        return self.headers.get("Authorization") == f"Basic {expected}"

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002  # the name of the overridden one
        """Nothing: who asked for what is no part of a test's output."""


@contextmanager
def serve_locked(engine: Engine, folder: Path, examples: Path) -> Iterator[Index]:
    """Serve what the locks of all examples hold; *folder* is an empty one to work in."""
    locks = [*examples.glob("*/poetry.lock"), *examples.glob("*/Pipfile.lock")]
    wheels = download(engine, folder, (package for lock in locks for package in locked(lock)))
    with serve(wheels, folder) as index:
        yield index


@contextmanager
def serve(wheels: Mapping[str, bytes], folder: Path) -> Iterator[Index]:
    """Serve wheels until the context ends; *folder* is where the netrc file goes."""
    netrc = folder / "netrc"
    netrc.write_text(f"machine {HOST}\nlogin {USER}\npassword {PASSWORD}\n")
    own = dict([make_wheel("house-style", "2.1.0", {"house_style.py": HOUSE_STYLE})])
    handler = partial(_Handler, _Pages(wheels), _Pages({**wheels, **own}))
    with ThreadingHTTPServer((HOST, 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield Index(server.server_port, netrc)
        finally:
            server.shutdown()


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()

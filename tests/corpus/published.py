"""Published source distributions: downloaded by name, version and hash, unpacked, and never run.

A list is a requirements file of pip's format, one exact version with its hash a line. The archives are kept
in a cache; nothing of them is stored in this repository. `unearth` downloads them, the finder of PDM: pip
and uv ask what an sdist needs by running its build backend, and that is code of somebody else.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The list that comes with the command.
LIST = Path(__file__).with_name("published.txt")
#: Seconds that one download may take, and what an archive may hold.
SECONDS, MAX_BYTES, MAX_FILES = 300, 512 * 1024 * 1024, 50_000
_LINE = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[\w.!+-]+) --hash=sha256:(?P<sha256>[0-9a-f]{64})")


class FetchError(Exception):
    """A source distribution that cannot be had as the list says: the message names it."""


class Sdist(NamedTuple):
    """One line of a list."""

    name: str
    version: str
    sha256: str

    @property
    def title(self) -> str:
        """What it is called in tables, and its folder."""
        return f"{self.name}@{self.version}"


def read_list(file: Path) -> list[Sdist]:
    """The distributions that a list names. Raises FetchError for a line that is none."""
    found = []
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        if line and not line.startswith("#"):
            match = _LINE.fullmatch(line)
            if match is None:
                raise FetchError(f"{file}:{number}: not NAME==VERSION --hash=sha256:…: {line}")
            found.append(Sdist(**match.groupdict()))
    return found


def default_cache(environment: Mapping[str, str] = os.environ) -> Path:
    """Where archives are kept (XDG Base Directory Specification)."""
    return Path(environment.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "uvmigrate-corpus"


def fetch(sdist: Sdist, cache: Path) -> Path:
    """The archive, from the cache or else downloaded into it.

    ``UV_DEFAULT_INDEX`` may name another index than the usual one. Raises FetchError where it cannot be
    downloaded, or has another hash.
    """
    kept = cache / f"{sdist.sha256}.tar.gz"
    if kept.is_file() and _hash(kept) == sdist.sha256:
        return kept
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as name:
        index = os.environ.get("UV_DEFAULT_INDEX")
        options = ["--index-url", index] if index else []
        command = [sys.executable, "-m", "unearth", "--no-binary", *options, "--download", name]
        try:
            subprocess.run(
                [*command, f"{sdist.name}=={sdist.version}"],
                capture_output=True,
                text=True,
                check=True,
                timeout=SECONDS,
            )
        except subprocess.CalledProcessError as error:
            said = (error.stderr.strip() or error.stdout.strip()).splitlines()
            raise FetchError(f"{sdist.title}: {said[-1] if said else 'no download'}") from error
        except subprocess.TimeoutExpired as error:
            raise FetchError(f"{sdist.title}: no download in {SECONDS} seconds") from error
        archives = [path for path in Path(name).iterdir() if path.is_file()]
        if [_hash(path) for path in archives] != [sdist.sha256]:
            raise FetchError(f"{sdist.title}: what was downloaded has another hash")
        archives[0].replace(kept)
    return kept


def _hash(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def unpack(sdist: Sdist, archive: Path, into: Path) -> Path:
    """The folder *into*/NAME@VERSION with the files of an archive.

    Raises FetchError for one that is too large, leads out of its folder, or is no archive with one folder.
    """
    folder = into / sdist.title
    try:
        with tarfile.open(archive) as opened:
            size = files = 0
            for member in opened:
                size, files = size + member.size, files + 1
                if size > MAX_BYTES or files > MAX_FILES:
                    raise FetchError(f"{sdist.title}: it holds too much")
            with tempfile.TemporaryDirectory(dir=into) as name:
                opened.extractall(name, filter="data")
                [inner] = Path(name).iterdir()
                inner.rename(folder)
    except (tarfile.TarError, OSError, EOFError, ValueError, zlib.error) as error:
        raise FetchError(f"{sdist.title}: it cannot be unpacked: {error}") from error
    return folder

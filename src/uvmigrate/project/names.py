"""The names and bounds that a project without metadata is given."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.project.lines import REQUIREMENT_FOLDERS
from uvmigrate.project.pep508 import normalise
from uvmigrate.source import Unreadable, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from uvmigrate.source import Repo

_REMOTE = lazy_pattern(
    r'^\s*\[remote "(?P<remote>[^"]*)"\]\s*$(?P<body>(?:\n(?!\s*\[).*)*)', re.MULTILINE, words=("[remote ",)
)
_ADDRESS = lazy_pattern(r"^\s*url\s*=\s*(\S+)\s*$", re.MULTILINE)
#: What every requirements file's name says; what is left says which one it is.
_SAYS_NOTHING = frozenset({"requirements", "requirement", "reqs", "req", "requires", ""})
_SUFFIXES = frozenset({".txt", ".pip", ".in"})


def project_name(repo: Repo, folder: PurePosixPath, taken: Collection[str] = ()) -> str:
    """A valid, normalised name (PEP 503) for the nameless project in *folder*.

    At the repository's root it is that of the git remote (``origin``, else the first), then that of the
    folder; below, that of the folder; then ``app``. *taken* are the normalised names of the dependencies: a
    project that depends on itself is an error to uv, so ``-app`` is appended to one of those.
    """
    at_root = folder == PurePosixPath()
    candidates = [_remote(repo), repo.root.name if repo.root else ""] if at_root else [folder.name]
    name = next((valid for candidate in candidates if (valid := _valid(candidate))), "app")
    while name in taken:
        name += "-app"
    return name


def requires_python(pythons: Iterable[tuple[int, int]]) -> str:
    """The narrowest ``requires-python`` that holds all these versions (major, minor); at least one is needed.

    It is narrow because uv resolves for all of it: a set pinned for one Python often has no solution on
    others.
    """
    known = sorted(set(pythons))
    (first_major, first), (last_major, last) = known[0], known[-1]
    if len(known) == 1:
        return f"=={first_major}.{first}.*"
    return f">={first_major}.{first},<{last_major}.{last + 1}"


def pinned_python(data: bytes) -> tuple[int, ...] | None:
    """The version (two or three numbers) that a ``.python-version`` file asks for; None where it names none.

    uv passes over what it cannot read, such as the name of an environment of pyenv's.
    """
    lines = (line.strip() for line in data.decode(errors="replace").splitlines())
    first = next((line for line in lines if line and not line.startswith("#")), "")
    if not first:
        return None
    found = re.fullmatch(r"(?:cpython[-@]?|python)?(\d+)\.(\d+)(?:\.(\d+))?", first)
    return tuple(int(number) for number in found.groups() if number) if found else None


def group_name(path: PurePosixPath, taken: Collection[str] = ()) -> str:
    """The dependency group that a file becomes: ``dev`` for requirements-dev.txt and requirements/dev.txt.

    Where the file's name says nothing its folder's does. Names are normalised (PEP 735) and not in *taken*.
    """
    stem = path.stem if path.suffix in _SUFFIXES else path.name
    folders = [part for part in reversed(path.parent.parts) if part.lower() not in REQUIREMENT_FOLDERS]
    name = next((valid for text in (stem, *folders) if (valid := _telling(text))), "requirements")
    unique, number = name, 2
    while unique in taken:
        unique, number = f"{name}-{number}", number + 1
    return unique


def _telling(text: str) -> str:
    words = re.split(r"[^A-Za-z0-9]+", text.lower())
    return "-".join(word for word in words if word not in _SAYS_NOTHING)


def _valid(text: str) -> str:
    return normalise(re.sub(r"[^A-Za-z0-9._-]+", "-", text)).strip("-")


def _remote(repo: Repo) -> str:
    """The last part of the git remote's address, which holds no credentials."""
    try:
        config = repo[PurePosixPath(".git/config")].decode(errors="replace")
    except (KeyError, Unreadable):
        return ""
    remotes = {found["remote"]: found["body"] for found in reversed(list(_REMOTE.finditer(config)))}
    body = remotes.get("origin", next(reversed(remotes.values()), ""))
    address = _ADDRESS.search(body)
    return re.split(r"[/:]", address[1].rstrip("/"))[-1].removesuffix(".git") if address else ""

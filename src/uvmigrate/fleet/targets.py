"""Targets: which repositories are meant, named so that the same one is the same one again."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypeAlias

from uvmigrate.fleet.git import is_repository
from uvmigrate.source import NamedTuple, Repo, lazy_pattern
from uvmigrate.source.mask import mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

#: Lists the addresses of what an organisation or a group has: the forge's name, then the organisation's.
Listing: TypeAlias = "Callable[[str, str], Iterable[str]]"

_LISTED = lazy_pattern(r"(github|gitlab):([\w.][\w./-]*)")
_SCHEMES = ("https", "http", "ssh", "git", "git+ssh", "ssh+git", "file")
_URL = lazy_pattern(rf"({'|'.join(map(re.escape, _SCHEMES))})://(?:[^/?#]*@)?([^/?#]*)/*([^?#]*)", re.DOTALL)
#: What ssh copies files by: git clone takes it where no slash stands before the colon (git-clone(1)).
_SCP = lazy_pattern(r"(?:[^/:@]+@)?(\[[^\]/]+\]|[^/:@]+):/*(.*)", re.DOTALL)


class TargetError(ValueError):
    """What was given is no target; the message says so, and what would be one."""


class Target(NamedTuple):
    """One repository: a *name* that is the same however it is reached, and the *source* git clones it from.

    The source of a folder is its absolute path; *below* is then the part of it that is meant. What has no
    git in it is read where it lies.
    """

    name: str
    source: str
    below: str = "."

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder of this machine, and no address."""
        return self.source.startswith("/")

    @property
    def file_name(self) -> str:
        """A path below which files about it can be written, the same each time, and no other target's."""
        parts = [re.sub(r"[^\w.-]", "_", part, flags=re.ASCII).lstrip(".") for part in self.name.split("/")]
        if not self.is_folder and self.name == "/".join(parts) and all(parts):
            return self.name
        digest = hashlib.sha256(self.name.encode(errors="surrogateescape")).hexdigest()[:8]
        return f"{next((part for part in reversed(parts) if part), 'repository')}-{digest}"


def expand(text: str, list_of: Listing | None = None) -> Iterator[Target]:
    """The targets that one word names: a folder, an address, or the listing of an organisation.

    *list_of* lists organisations (``github:ORG``, ``gitlab:GROUP``). Raises TargetError for what is none of
    them, and where there is nothing that lists.
    """
    listed = _LISTED.fullmatch(text)
    if listed is None:
        yield target(text)
    elif list_of is None:
        raise TargetError(f"{text}: organisations cannot be listed here: name their repositories")
    else:
        for address in list_of(listed[1], listed[2]):
            one = target(address)
            if one.is_folder or one.name.startswith("file:"):
                raise TargetError(f"{text}: {address} is a folder of this machine, and none of a forge's")
            yield one


def expand_all(texts: Iterable[str], list_of: Listing | None = None) -> tuple[Target, ...]:
    """The targets that all words name, in their order, each repository once. Raises TargetError."""
    found: dict[str, Target] = {}
    for text in texts:
        for one in expand(text, list_of):
            found.setdefault(one.name, one)
    return tuple(found.values())


def read_file(data: bytes, where: str) -> tuple[str, ...]:
    """The words of a file of targets: one a line, ``#`` begins a comment. Raises TargetError."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TargetError(f"{where}: not readable as UTF-8: {error.reason}") from error
    lines = (re.split(r"(?:^|\s)#", line, maxsplit=1)[0].strip() for line in text.splitlines())
    return tuple(line for line in lines if line)


def target(text: str) -> Target:
    """The target that a folder or an address is. Raises TargetError."""
    if not text.isprintable():
        # States, reports and file names would all have to carry it.
        raise TargetError(f"{text!a}: has characters in its name that cannot be printed")
    if not text or text.startswith("-"):
        raise TargetError(f"{text or 'nothing'}: neither a folder nor the address of a repository")
    url = _URL.fullmatch(text)
    if url is not None:
        host, path = url[2].lower(), _path(url[3])
        if not path or (not host and url[1] != "file"):
            raise TargetError(f"{mask(text)}: this address names no repository")
        return Target(f"{host}/{path}" if host else f"file:///{path}", text)
    if Path(text).is_dir():
        return _folder(Path(text).resolve())
    scp = _SCP.fullmatch(text)
    if scp is None or "::" in text or "://" in text or not _path(scp[2]):
        raise TargetError(f"{mask(text)}: neither a folder nor the address of a repository")
    return Target(f"{scp[1].lower()}/{_path(scp[2])}", text)


def _folder(folder: Path) -> Target:
    if is_repository(folder):
        return Target(str(folder), str(folder))
    root = Repo.open(folder).root or folder
    below = PurePosixPath(folder.relative_to(root))
    return Target(str(folder), str(root), str(below))


def _path(path: str) -> str:
    return path.strip("/").removesuffix(".git").strip("/")

"""What one requirements file brings into a uv project, or the line that no uv project can say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from uvmigrate.project.lines import (
    VARIABLE,
    Editable,
    Include,
    Index,
    Line,
    LocalPath,
    Option,
    Requirement,
    Unreadable,
    Url,
    has_credentials,
    project_folder,
)
from uvmigrate.project.pep508 import InvalidSpecifierError, read_specifier
from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

    from uvmigrate.project.requirements import RequirementFile
    from uvmigrate.source import Repo

_MAY_LIST = lazy_pattern(r".+\.(txt|pip)")
InstallMode = Literal["editable", "plain"]

#: uv has settings for these; `manifest` writes them.
_EXPRESSED = frozenset({"--pre", "--no-binary", "--only-binary"})
_DROPPED = {
    "--require-hashes": "",  # uv.lock holds the hashes, and uv sync always checks them.
    "--prefer-binary": "without --prefer-binary an unpinned package may come as a newer source distribution",
    "--use-feature": "pip's own features mean nothing to uv",
}
#: What to say where pip and pipenv would keep a checkout.
CLONED = "a git requirement is installed without a working copy in src/: uv knows no editable checkouts"


class NotAProject(NamedTuple):
    """Why a set of requirements cannot be a uv project: a code, one clause, and the line (0: the whole file).

    ``path`` is None for what stands on a command line.
    """

    code: str
    why: str
    path: PurePosixPath | None
    line: int


class Entry(NamedTuple):
    """A requirement as pyproject.toml will hold it; ``path`` and ``line`` say where it comes from."""

    requirement: Requirement
    path: PurePosixPath | None

    @property
    def text(self) -> str:
        """The PEP 508 text."""
        return self.requirement.text

    @property
    def name(self) -> str:
        """The normalised name."""
        return self.requirement.name

    @property
    def pinned(self) -> str | None:
        """The version where it is pinned to one."""
        return self.requirement.pinned

    @property
    def line(self) -> int:
        """The line in the file, from 1."""
        return self.requirement.line


class PathSource(NamedTuple):
    """A folder of the repository that a package is installed from, by the package's normalised name."""

    name: str
    folder: PurePosixPath
    editable: bool


class Contents(NamedTuple):
    """The file's own lines, sorted by what becomes of them; included files are not in here.

    ``paths`` are other folders of the repository than the project's own, which `path_sources` reads.
    """

    entries: tuple[Entry, ...]
    indexes: tuple[Index, ...]
    options: tuple[Option, ...]
    notes: tuple[str, ...]
    project: InstallMode | None
    extras: tuple[str, ...]
    paths: tuple[Editable | LocalPath, ...] = ()
    sources: tuple[PathSource, ...] = ()


def read_contents(file: RequirementFile) -> Contents | NotAProject:
    """What the file's own lines become, or the first line that a uv project cannot express."""
    return sorted_lines(file.lines, file.path, project_folder(file.path))


def sorted_lines(
    lines: tuple[Line, ...], path: PurePosixPath | None, folder: PurePosixPath
) -> Contents | NotAProject:
    """The same for *lines* that may stand on a command line (*path* is None then), run in *folder*."""
    entries: list[Entry] = []
    indexes: list[Index] = []
    options: list[Option] = []
    notes: list[str] = []
    project: InstallMode | None = None
    extras: list[str] = []
    paths: list[Editable | LocalPath] = []
    for line in lines:
        refused = _refusal(line)
        if refused is not None:
            return NotAProject(*refused, path, line.line)
        match line:
            case Requirement():
                entries.append(Entry(line, path))
            case Url() | Editable(vcs=True):
                named = _named(line)
                if isinstance(named, str):
                    return NotAProject("invalid-requirement", named, path, line.line)
                entries.append(Entry(named, path))
                notes += [CLONED] if isinstance(line, Editable) else []
            case Editable() | LocalPath() if line.path != folder:
                paths.append(line)
            case Editable() | LocalPath():
                project = "editable" if isinstance(line, Editable) else "plain"
                extras += line.extras
            case Index():
                indexes.append(line)
            case Option(name=name) if name in _EXPRESSED:
                options.append(line)
            case Option(name=name):
                notes += [_DROPPED[name]] if _DROPPED.get(name) else []
            case _:
                # An include is a file of its own.
                pass
    return Contents(
        tuple(entries),
        tuple(indexes),
        tuple(options),
        tuple(notes),
        project,
        tuple(dict.fromkeys(extras)),
        tuple(paths),
    )


def _refusal(line: Line) -> tuple[str, str] | None:
    """The code and the reason of a line that a uv project cannot express."""
    match line:
        case Unreadable():
            return line.code, line.why
        case Include(path=None):
            variable = VARIABLE.search(line.target)
            if variable:
                return "variable", f"it depends on {variable[0]}"
            return "outside-include", f"{line.target} is not a file of the repository"
        case Requirement(options=(option, *_)):
            return "unsupported-option", f"{line.name} is built with {option.text}"
        case Requirement(url=str(url)) | Url(url=url) | Editable(vcs=True, target=url):
            return _url_refusal(line, url)
        case LocalPath() | Editable() if line.path is None:
            return "local-path", f"{line.target} is a path, not a package of an index"
        case Index():
            return _index_refusal(line)
        case Option(name=name) if name not in _EXPRESSED and name not in _DROPPED:
            return "unsupported-option", f"uv's project settings have no {line.text}"
    return None


def _url_refusal(line: Line, url: str) -> tuple[str, str] | None:
    if url.startswith("file:"):
        return "local-path", f"{url} is a path, not a package of an index"
    if has_credentials(url):
        return "url-credentials", "the URL carries credentials"
    if isinstance(line, Url | Editable) and line.name is None:
        return "unnamed-url", f"{url} does not say which package it is"
    scheme = url.partition("://")[0].lower()
    if scheme not in ("http", "https") and not scheme.startswith("git+"):
        return "unsupported-url", f"uv cannot install from {scheme} URLs"
    return None


def _index_refusal(line: Index) -> tuple[str, str] | None:
    if line.has_credentials:
        return "index-credentials", "the index's URL carries credentials"
    variable = VARIABLE.search(line.url)
    if variable:
        return "variable", f"it depends on {variable[0]}"
    if line.kind != "no-index" and not line.url.startswith(("http://", "https://")):
        return "local-find-links", f"{line.url} is a path, not an index"
    return None


def _named(line: Url | Editable) -> Requirement | str:
    """The URL as ``name @ url``, or why it is none; ``#egg=`` and extras move in front."""
    url = line.url if isinstance(line, Url) else line.target
    marker = line.marker if isinstance(line, Url) else None
    base, _, fragment = url.partition("#")
    kept = "&".join(part for part in fragment.split("&") if part and not part.startswith("egg="))
    text = f"{line.name}{_bracketed(line.extras)} @ {base}{'#' + kept if kept else ''}"
    try:
        read = read_specifier(f"{text} ; {marker}" if marker else text)
    except InvalidSpecifierError as error:
        return str(error)
    return Requirement(
        line.line,
        line.raw,
        name=read.name,
        text=read.text,
        specifier="",
        pinned=None,
        extras=read.extras,
        marker=read.marker,
        url=read.url,
        hashes=line.hashes if isinstance(line, Url) else (),
        options=(),
    )


def _bracketed(extras: tuple[str, ...]) -> str:
    return f"[{','.join(extras)}]" if extras else ""


def find_requirements(repo: Repo, folder: PurePosixPath | None) -> Iterator[PurePosixPath]:
    """The files that look like those that pip installs the project of a folder from, in order."""
    for path in repo.matching(_MAY_LIST):
        if project_folder(path) == folder and is_requirements_name(path):
            yield path


def is_requirements_name(path: PurePosixPath) -> bool:
    """Whether this looks like a file that pip installs from: no constraints, not what pip-compile reads."""
    name = path.name.lower()
    telling = re.search(r"requirement|requires|\breqs?\b", name) or project_folder(path) != path.parent
    return path.suffix in (".txt", ".pip") and bool(telling) and "constraint" not in name

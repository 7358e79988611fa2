"""What ``uv pip install -r`` reads differently from pip in requirement files.

Tried line by line with uv 0.13.8: some lines are errors, some are passed over with a warning, an extra index
is searched first (uv docs, "Compatibility with pip"), and hashes are only checked on the lines that have one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.project.lines import Editable, Include, Index, Line, Option, Requirement, Unreadable
from uvmigrate.project.requirements import closure, constraints
from uvmigrate.source import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import PurePosixPath

    from uvmigrate.source import Repo

#: An option behind a requirement; uv knows none there but hashes.
_OPTION = lazy_pattern(r"\s(--(?!hash\b)[a-z][\w-]*|-[a-zA-Z])")
_COMMENT = lazy_pattern(r"(^|\s+)#.*$")
#: What uv takes in a file, or passes over without harm.
_TAKEN = frozenset(
    "--pre --no-binary --only-binary --require-hashes --trusted-host --prefer-binary --use-feature".split()
)


def uv_pip_problem(repo: Repo, paths: Iterable[PurePosixPath]) -> tuple[PurePosixPath, int, str] | None:
    """The first line that uv stops at where pip does not: its file, its number and one clause; or None."""
    for path, line in _lines(repo, paths):
        why = _problem(line)
        if why is not None:
            return path, line.line, why
    return None


def uv_pip_flags(repo: Repo, paths: Iterable[PurePosixPath], given: Iterable[str] = ()) -> tuple[str, ...]:
    """The options by which ``uv pip install`` does with these files what pip does.

    *given* are the options that the command has already, by their long names.
    """
    lines = [line for _, line in _lines(repo, paths)]
    options, have = [line for line in lines if isinstance(line, Option)], set(given)
    flags: list[str] = []
    hashed = any(isinstance(line, Requirement) and line.hashes for line in lines)
    if hashed and "--require-hashes" not in have:
        # One hash makes pip ask for all.
        flags.append("--require-hashes")
    if "--extra-index-url" in have or any(isinstance(line, Index) and line.kind == "extra" for line in lines):
        flags.append("--index-strategy unsafe-best-match")
    if "--pre" not in have and any(option.name == "--pre" for option in options):
        flags.append("--pre")
    hosts = [option.value for option in options if option.name == "--trusted-host" and option.value]
    flags += [f"--trusted-host {host}" for host in dict.fromkeys(hosts)]
    return tuple(flags)


def unpinned(repo: Repo, paths: Iterable[PurePosixPath]) -> tuple[str, ...] | None:
    """The names that an upgrade of these files may move; None where a line of them is not known."""
    names: list[str] = []
    for file in dict.fromkeys(file for path in paths for file in closure(repo, path)):
        for line in file.lines:
            if isinstance(line, Unreadable) or (isinstance(line, Include) and line.path is None):
                return None
            if isinstance(line, Requirement) and line.pinned is None and line.url is None:
                names.append(line.name)
    return tuple(dict.fromkeys(names))


def _lines(repo: Repo, paths: Iterable[PurePosixPath]) -> Iterator[tuple[PurePosixPath, Line]]:
    files = [file for path in paths for file in (*closure(repo, path), *constraints(repo, path))]
    for file in dict.fromkeys(files):
        for line in file.lines:
            yield file.path, line


def _problem(line: Line) -> str | None:
    match line:
        case Unreadable(code="missing-file" | "unreadable-file"):
            return None
        case Unreadable(why=why):
            return why
        case Editable(vcs=True):
            return f"{line.target} is editable, and uv knows no editable checkouts"
        case Requirement(options=(option, *_)):
            return f"{line.name} is built with {option.text}, which uv does not take from a file"
        case Requirement(name=name, raw=raw) if found := _OPTION.search(_COMMENT.sub("", raw)):
            return f"uv takes {found[1]} on a line of its own, and not behind {name}"
        case Option(name="--no-binary" | "--only-binary", value=str(value)) if "," in value:
            return f"{line.text}: uv takes one name a line from a file"
        case Option(name=name) if name not in _TAKEN:
            return f"uv does not take {name} from a file"
        case _:
            return None

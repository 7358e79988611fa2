"""pip requirement files, and the files that they include."""

from __future__ import annotations

import codecs
from functools import lru_cache
from typing import TYPE_CHECKING

from uvmigrate import source
from uvmigrate.project.lines import Include, Line, Unreadable, read_line
from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import PurePosixPath

    from uvmigrate.source import Repo

# The order matters: UTF-32's little-endian mark begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: Thirty hashes for each of five hundred packages are not as much; the time for more is minutes.
MAX_BYTES = 2 * 1024 * 1024
_CODING = lazy_pattern(rb"coding[:=]\s*([-\w.]+)", words=(b"coding",))
_COMMENT = lazy_pattern(r"(^|\s)#.*$", words=("#",))


class RequirementFile(NamedTuple):
    """A requirements file and what its lines say, in order; comments and blank lines are left out."""

    path: PurePosixPath
    lines: tuple[Line, ...]


def read_requirements(repo: Repo, path: PurePosixPath) -> RequirementFile:
    """The requirements file at *path*. Never raises: what cannot be read is an `Unreadable` line.

    A file that is not there or cannot be read as a whole is one `Unreadable` at line 0.
    """
    try:
        data = repo[path]
    except KeyError:
        return _whole(path, "there is no such file", "missing-file")
    except source.Unreadable as error:
        return _whole(path, error.why, "unreadable-file")
    if len(data) > MAX_BYTES:
        return _whole(path, f"is larger than {MAX_BYTES // 1024 // 1024} MiB", "unreadable-file")
    return _read(data, path)


@lru_cache(maxsize=256)
def _read(data: bytes, path: PurePosixPath) -> RequirementFile:
    """The file, read once for all the steps of a plan."""
    try:
        text = _decoded(data)
    except (UnicodeError, LookupError):
        return _whole(path, "its encoding is not what it says, or not UTF-8", "unreadable-file")
    lines = [
        line
        for number, raw in _joined(text)
        if (bare := _COMMENT.sub("", raw).strip())
        for line in read_line(bare, path=path, number=number, raw=raw.strip())
    ]
    return RequirementFile(path, tuple(lines))


def closure(repo: Repo, path: PurePosixPath) -> tuple[RequirementFile, ...]:
    """The file and all that it includes with ``-r``: depth first, in order, each once."""
    return tuple(file for file, constraint in _reach(repo, [(path, False)]) if not constraint)


def constraints(repo: Repo, path: PurePosixPath) -> tuple[RequirementFile, ...]:
    """The constraint files that the file and its includes name with ``-c``, in order, each once."""
    return tuple(file for file, constraint in _reach(repo, [(path, False)]) if constraint)


def constraint_closure(repo: Repo, paths: Iterable[PurePosixPath]) -> tuple[RequirementFile, ...]:
    """The constraint files *paths* (named by ``-c`` on a command line) and those that they name."""
    return tuple(file for file, constraint in _reach(repo, [(path, True) for path in paths]) if constraint)


def _reach(repo: Repo, start: list[tuple[PurePosixPath, bool]]) -> Iterator[tuple[RequirementFile, bool]]:
    """Each file, with whether it holds constraints; ``-r`` in a constraints file names requirements (pip)."""
    seen: set[tuple[PurePosixPath, bool]] = set()
    waiting = start[::-1]
    while waiting:
        path, constraint = waiting.pop()
        if (path, constraint) in seen:
            continue
        seen.add((path, constraint))
        file = read_requirements(repo, path)
        yield file, constraint
        named = [line for line in file.lines if isinstance(line, Include)]
        waiting += [(line.path, line.constraint) for line in reversed(named) if line.path is not None]


def _whole(path: PurePosixPath, why: str, code: str) -> RequirementFile:
    return RequirementFile(path, (Unreadable(0, "", why, code),))


def _decoded(data: bytes) -> str:
    """The text as pip decodes it: by its mark, by a ``coding:`` comment, else as UTF-8."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding)
    for line in data.split(b"\n")[:2]:
        named = _CODING.search(line) if line.startswith(b"#") else None
        if named:
            return data.decode(named[1].decode("ascii"))
    return data.decode()


def _joined(text: str) -> Iterator[tuple[int, str]]:
    """Logical lines with the number of their first line, as pip's ``join_lines`` makes them.

    A comment line ends a continuation, and a backslash at its end continues nothing.
    """
    first = 0
    pieces: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        first = first if pieces else number
        comment = line.lstrip().startswith("#")
        if line.endswith("\\") and not comment:
            pieces.append(line.strip("\\"))
            continue
        # The blank keeps the comment apart from the text that it ends.
        yield first, "".join([*pieces, " " + line if comment else line])
        pieces = []
    if pieces:
        yield first, "".join(pieces)

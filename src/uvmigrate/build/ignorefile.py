""".dockerignore: which files of the context reach the builder (moby's patternmatcher)."""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from uvmigrate.source import lazy_pattern

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from uvmigrate.source import Repo


class IgnoreFile(NamedTuple):
    """The patterns of one ``.dockerignore``; ``path`` is None where there is none: nothing is ignored."""

    path: PurePosixPath | None
    patterns: tuple[str, ...]

    def ignores(self, path: PurePosixPath) -> bool:
        """Whether *path*, relative to the context, is left out: the last pattern that matches decides.

        A pattern matches a file also through one of the folders that the file lies in.
        """
        ignored = False
        candidates = [str(path), *(str(parent) for parent in path.parents if str(parent) != ".")]
        for pattern in self.patterns:
            negated = pattern.startswith("!")
            expression = _compiled(pattern.removeprefix("!"))
            if negated == ignored and any(expression.fullmatch(candidate) for candidate in candidates):
                ignored = not negated
        return ignored


def read_ignorefile(repo: Repo, dockerfile: PurePosixPath, context: PurePosixPath) -> IgnoreFile:
    """The ignore file of a build: ``<Dockerfile>.dockerignore`` beside it, else the context's own."""
    for path in (dockerfile.with_name(dockerfile.name + ".dockerignore"), context / ".dockerignore"):
        data = repo.get(path)
        if data is not None:
            return IgnoreFile(path, _patterns(data))
    return IgnoreFile(None, ())


def _patterns(data: bytes) -> tuple[str, ...]:
    """The patterns, cleaned as moby's ignorefile does: ``#`` in the first column, Go's filepath.Clean."""
    found = []
    for line in data.decode(errors="surrogateescape").removeprefix("\ufeff").split("\n"):
        if line.startswith("#"):
            continue
        text = line.strip()
        cleaned = posixpath.normpath(text.removeprefix("!").strip()).lstrip("/")
        if cleaned not in ("", "."):
            found.append(f"!{cleaned}" if text.startswith("!") else cleaned)
    return tuple(found)


_SPECIAL = lazy_pattern(r"[*?\[\]\\]")


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    """The pattern as a regular expression over a whole path, as moby translates it: ``*`` and ``?`` stop at
    slashes, ``**`` is any number of folders, and at the pattern's end, or before a plain ending, any text."""
    out, index = [], 0
    while index < len(pattern):
        rest = pattern[index:]
        if rest.startswith("**"):
            index += 3 if rest.startswith("**/") else 2
            ending = index == 2 and not _SPECIAL.search(pattern, index)
            out.append(".*" if index == len(pattern) or ending else "(?:.*/)?")
        elif rest[0] == "*":
            out.append("[^/]*")
            index += 1
        elif rest[0] == "?":
            out.append("[^/]")
            index += 1
        elif rest[0] == "[" and "]" in rest[1:]:
            end = rest.index("]", 1)
            out.append("[" + rest[1:end] + "]")
            index += end + 1
        elif rest[0] == "\\" and len(rest) > 1:
            out.append(re.escape(rest[1]))
            index += 2
        else:
            out.append(re.escape(rest[0]))
            index += 1
    try:
        return re.compile("".join(out), re.DOTALL)
    except re.error:
        return re.compile(re.escape(pattern))

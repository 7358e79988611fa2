""".dockerignore: which files of the context reach the builder (moby's patternmatcher)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from uvmigrate.source import Repo


@dataclass(frozen=True, slots=True)
class IgnoreFile:
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
    lines = data.decode(errors="surrogateescape").removeprefix("\ufeff").splitlines()
    found = []
    for line in (line.strip() for line in lines if not line.startswith("#")):
        if not line:
            continue
        mark, pattern = ("!", line[1:].strip()) if line.startswith("!") else ("", line)
        cleaned = "/".join(part for part in pattern.split("/") if part not in ("", "."))
        if cleaned:
            found.append(mark + cleaned)
    return tuple(found)


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    """The pattern as an expression over a whole path: ``*`` and ``?`` stop at slashes, ``**`` does not."""
    out, index = [], 0
    while index < len(pattern):
        rest = pattern[index:]
        if rest.startswith("**/"):
            out.append("(?:.*/)?")
            index += 3
        elif rest.startswith("**"):
            out.append(".*")
            index += 2
        elif rest[0] == "*":
            out.append("[^/]*")
            index += 1
        elif rest[0] == "?":
            out.append("[^/]")
            index += 1
        elif rest[0] == "[" and "]" in rest[1:]:
            end = rest.index("]", 1)
            out.append("[" + rest[1:end].replace("\\", "\\\\") + "]")
            index += end + 1
        elif rest[0] == "\\" and len(rest) > 1:
            out.append(re.escape(rest[1]))
            index += 2
        else:
            out.append(re.escape(rest[0]))
            index += 1
    try:
        return re.compile("".join(out))
    except re.error:
        return re.compile(re.escape(pattern))

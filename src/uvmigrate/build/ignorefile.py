""".dockerignore: which files of the context reach the builder (moby's patternmatcher)."""

from __future__ import annotations

import posixpath
import re
import warnings
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

from uvmigrate.source import NamedTuple, lazy_pattern

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
        text = str(path)
        return next((ignored for ignored, rule in _rules(self.patterns) if rule.fullmatch(text)), False)


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


#: Parts of a pattern that match texts of several lengths: within a folder, any folders, and any text.
_STAR, _FOLDERS, _REST = "[^/]*", "(?:.*/)?", ".*"
#: With so many of them a regular expression takes the square of a path's length at most.
_FEW = 2


@lru_cache(maxsize=64)
def _rules(patterns: tuple[str, ...]) -> tuple[tuple[bool, re.Pattern[str] | _Steps], ...]:
    """Whether what a rule matches is left out, the last rule first; neighbours that say the same are one."""
    rules: list[tuple[bool, re.Pattern[str] | _Steps]] = []
    said = [(not text.startswith("!"), _pattern(text.removeprefix("!"))) for text in reversed(patterns)]
    for (ignored, _), some in groupby(said, key=lambda one: (one[0], isinstance(one[1], _Steps))):
        kinds = [pattern for _, pattern in some]
        rules += [(ignored, pattern) for pattern in kinds if isinstance(pattern, _Steps)]
        texts = [pattern for pattern in kinds if isinstance(pattern, str)]
        if texts:
            # A pattern that matches a folder matches what lies in it.
            rules.append((ignored, _regular(f"(?:{'|'.join(texts)})(?:/.*)?")))
    return tuple(rules)


def _pattern(text: str) -> str | _Steps:
    """A pattern as a regular expression, or in steps where that would take too long."""
    parts = _parts(text)
    try:
        if sum(part in (_STAR, _FOLDERS, _REST) for part in parts) > _FEW:
            return _Steps(parts)
        return _regular("".join(parts)).pattern
    except re.error:
        return re.escape(text)


def _regular(text: str) -> re.Pattern[str]:
    with warnings.catch_warnings():
        # What Python may read otherwise one day (``[[a]``) is no matter of the user's.
        warnings.simplefilter("ignore", FutureWarning)
        return re.compile(text, re.DOTALL)


def _parts(pattern: str) -> list[str]:
    """The pattern as regular expressions that follow each other, as moby translates it: ``*`` and ``?`` stop
    at slashes, ``**`` is any number of folders, and at the pattern's end, or before a plain ending, any text.
    """
    out, index = [], 0
    while index < len(pattern):
        char, closing = pattern[index], pattern.find("]", index + 1)
        if pattern.startswith("**", index):
            index += 3 if pattern.startswith("**/", index) else 2
            ending = index == 2 and not _SPECIAL.search(pattern, index)
            out.append(_REST if index == len(pattern) or ending else _FOLDERS)
            continue
        width = 1
        if char == "*":
            out.append(_STAR)
        elif char == "?":
            out.append("[^/]")
        elif char == "[" and closing >= 0:
            out.append("[" + pattern[index + 1 : closing] + "]")
            width = closing + 1 - index
        elif char == "\\" and index + 1 < len(pattern):
            out.append(re.escape(pattern[index + 1]))
            width = 2
        else:
            out.append(re.escape(char))
        index += width
    return out


class _Steps:
    """A pattern with many wildcards, matched part by part.

    A regular expression would take a time that grows with the power of their number.
    """

    def __init__(self, parts: list[str]) -> None:
        """*parts* as `_parts` makes them. Raises ``re.error`` where one is no regular expression."""
        self._parts = [(part, _regular(part)) for part in parts]

    def fullmatch(self, path: str) -> bool:
        """Whether the pattern matches a path, or a folder that it lies in."""
        return any(path[end : end + 1] in ("", "/") for end in self.ends(path))

    def ends(self, path: str) -> set[int]:
        """How much of the path's beginning the pattern may match."""
        reached = {0}
        for part, expression in self._parts:
            if not reached:
                break
            first = min(reached)
            if part == _REST:
                reached = set(range(first, len(path) + 1))
            elif part == _FOLDERS:
                reached |= {at + 1 for at in range(first, len(path)) if path[at] == "/"}
            elif part == _STAR:
                for at in range(first, len(path)):
                    if at in reached and path[at] != "/":
                        reached.add(at + 1)
            else:
                reached = {at + 1 for at in reached if expression.match(path, at)}
        return reached

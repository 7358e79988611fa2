"""Patches that ``git apply`` takes, byte for byte.

difflib's own output is not one: a patch is split at ``\\n`` only, says where a file has no newline at its
end, and names files and modes in git's extended header (git-diff(1), "Generating patch text with -p").
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import PurePosixPath

    from uvmigrate.source.repo import Repo

NO_NEWLINE = b"\\ No newline at end of file\n"


def patch(before: Repo, after: Repo, paths: Iterable[PurePosixPath] | None = None) -> bytes:
    """The change from one repository to the other as one git patch, its files in order of their paths.

    *paths* limits it to these files; without it, every file that either overlay touches is compared.
    Empty where nothing differs.
    """
    chosen = sorted(set(paths) if paths is not None else before.touched | after.touched)
    return b"".join(_file(before, after, path) for path in chosen)


def _file(before: Repo, after: Repo, path: PurePosixPath) -> bytes:
    old, new = before.get(path), after.get(path)
    if old == new:
        return b""
    header = [b"diff --git " + _quoted("a/", path) + b" " + _quoted("b/", path) + b"\n"]
    if old is None:
        header.append(f"new file mode {after.mode(path)}\n".encode())
    if new is None:
        header.append(f"deleted file mode {before.mode(path)}\n".encode())
    lines = difflib.diff_bytes(
        difflib.unified_diff,
        lines_of(old or b""),
        lines_of(new or b""),
        _quoted("a/", path) if old is not None else b"/dev/null",
        _quoted("b/", path) if new is not None else b"/dev/null",
    )
    return b"".join(header) + b"".join(_ended(lines))


def lines_of(data: bytes) -> list[bytes]:
    """The lines of a file with their ends, split as git splits them: at ``\\n`` only."""
    lines = [line + b"\n" for line in data.split(b"\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _ended(lines: Iterable[bytes]) -> Iterator[bytes]:
    for line in lines:
        yield line
        if not line.endswith(b"\n"):
            yield b"\n" + NO_NEWLINE


def _quoted(prefix: str, path: PurePosixPath) -> bytes:
    """A path as git prints it: in C quotes where a byte of it is a control, a quote or beyond ASCII."""
    raw = (prefix + str(path)).encode(errors="surrogateescape")
    if all(0x20 <= byte < 0x7F and byte not in b'"\\' for byte in raw):
        # git ends a name that contains a blank with a tab in ---/+++ lines, but reads it without, too.
        return raw
    named = {0x22: b'\\"', 0x5C: b"\\\\", 0x09: b"\\t", 0x0A: b"\\n", 0x0D: b"\\r"}
    body = b"".join(
        named.get(byte) or (bytes([byte]) if 0x20 <= byte < 0x7F else b"\\%03o" % byte) for byte in raw
    )
    return b'"' + body + b'"'

"""The fix of a SARIF log: what makes the files of the whole series of those that are there (3.55 to 3.57)."""

from __future__ import annotations

import base64
import codecs
from typing import TYPE_CHECKING, Any

from uvmigrate.report.regions import Hunk, hunks
from uvmigrate.source import lines_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import PurePosixPath

    from uvmigrate.plan import Migration


def is_utf8(data: bytes) -> bool:
    """Whether a file is UTF-8, so that what is written into it can be said as text."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _marked(data: bytes) -> bool:
    """Whether a file has a byte order mark, of which text knows nothing (3.30.2)."""
    return data.startswith(codecs.BOM_UTF8)


def fix_of(migration: Migration, location: Callable[[PurePosixPath], dict[str, str]]) -> list[dict[str, Any]]:
    """The changes of all files, in order of their paths; none where a fix cannot say all of them.

    A file cannot be deleted by a fix, and half of a series would break what the whole keeps.
    """
    paths = sorted({path for step in migration.steps for path in step.paths})
    if any(path not in migration.after for path in paths):
        return []
    changes = []
    for path in paths:
        before, after = migration.before.get(path) or b"", migration.after[path]
        old = lines_of(before)
        as_text = is_utf8(before) and is_utf8(after) and _marked(before) == _marked(after)
        made = [_text(old, one) if as_text else _binary(old, one) for one in hunks(old, lines_of(after))]
        if made:
            changes.append({"artifactLocation": location(path), "replacements": made})
    return changes


def _text(old: Sequence[bytes], hunk: Hunk) -> dict[str, Any]:
    """A replacement by lines and columns, which count from behind a byte order mark."""
    start, end = _position(old, hunk.start), _position(old, hunk.end)
    region = {"startLine": start[0], "startColumn": start[1], "endLine": end[0], "endColumn": end[1]}
    # The mark stays where it is.
    new = b"".join(hunk.new).decode("utf-8-sig" if not hunk.start else "utf-8")
    return {"deletedRegion": region, **({"insertedContent": {"text": new}} if new else {})}


def _position(old: Sequence[bytes], line: int) -> tuple[int, int]:
    """Line and column of where a line begins; behind the last one its end, its newline included."""
    if line < len(old):
        return line + 1, 1
    return (len(old), len(old[-1].decode("utf-8-sig")) + 1) if old else (1, 1)


def _binary(old: Sequence[bytes], hunk: Hunk) -> dict[str, Any]:
    """A replacement by bytes, for files whose encoding nobody knows."""
    region = {
        "byteOffset": sum(map(len, old[: hunk.start])),
        "byteLength": sum(map(len, old[hunk.start : hunk.end])),
    }
    new = base64.b64encode(b"".join(hunk.new)).decode()
    return {"deletedRegion": region, **({"insertedContent": {"binary": new}} if new else {})}

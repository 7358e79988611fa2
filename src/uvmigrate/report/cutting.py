"""Markdown that is cut where too long: what is open there is closed, so that nothing after it changes."""

from __future__ import annotations

from uvmigrate.source import lazy_pattern

_FENCE = lazy_pattern(r"(`{3,})([^`]*)$")
#: What our Markdown opens and closes on lines of their own; cells and rows are lines, too.
_BLOCKS = ("details", "table")
_NOTE = "The rest is too long for this place: `uvmigrate --format markdown` has all."


def cut_markdown(text: str, limit: int) -> str:
    """*text* in at most *limit* bytes: whole lines from its start, and a note where some are missing.

    A block of code, a folded part and a table that are open at the cut are closed. Where not even the note
    fits, the result is empty.
    """
    if len(text.encode()) <= limit:
        return text
    room = limit - len(f"\n\n{_NOTE}\n".encode())
    if room < 0:
        return ""
    fence = ""
    opened: list[str] = []
    kept, end, taken = "", 0, 0
    for line in text.splitlines(keepends=True):
        taken += len(line.encode())
        end += len(line)
        if taken > room:
            break
        fence = _fence_after(fence, line.rstrip("\n"))
        if not fence:
            _track(opened, line)
        closing = (f"{fence}\n" if fence else "") + "".join(f"\n</{block}>\n" for block in reversed(opened))
        if taken + len(closing.encode()) <= room:
            kept = text[:end] + closing
    return f"{kept.rstrip()}\n\n{_NOTE}\n"


def _fence_after(fence: str, line: str) -> str:
    """The delimiter of the block of code that is open after a line (CommonMark 0.31, 4.5)."""
    found = _FENCE.match(line)
    if found is None:
        return fence
    if not fence:
        return found[1]
    return "" if not found[2].strip() and len(found[1]) >= len(fence) else fence


def _track(opened: list[str], line: str) -> None:
    for block in _BLOCKS:
        if line.startswith(f"<{block}>"):
            opened.append(block)
        elif line.startswith(f"</{block}>") and block in opened:
            opened.remove(block)

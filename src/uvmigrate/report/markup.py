"""Markdown in which nothing foreign is markup: code spans, cells of HTML tables, and fenced blocks.

CommonMark 0.31, 4.5, 4.6 and 6.1. In a table of HTML without blank lines no Markdown is read.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from uvmigrate.report.words import shown

if TYPE_CHECKING:
    from collections.abc import Sequence


def code(text: str) -> str:
    """A code span: nothing in it is markup. Its delimiter is longer than any run of backticks in it."""
    words = shown(text)
    ticks = _ticks([words], 1)
    # A blank on both sides is taken away again; without it a backtick at an end would join the delimiter.
    blank = " " if "`" in words else ""
    return f"{ticks}{blank}{words}{blank}{ticks}" if words else ""


def cell(text: str) -> str:
    """Code in a table of HTML, or another place where HTML is read."""
    return f"<code>{html.escape(shown(text))}</code>" if text else ""


def fenced(lines: Sequence[str], language: str) -> str:
    """A block of code. The lines must hold no end of a line, a carriage return neither."""
    fence = _ticks(lines, 3)
    return "\n".join([f"{fence}{language}", *lines, fence])


def _ticks(lines: Sequence[str], least: int) -> str:
    """More backticks than stand side by side in any of the lines."""
    longest = max((len(run) for line in lines for run in re.findall(r"`+", line)), default=0)
    return "`" * max(longest + 1, least)

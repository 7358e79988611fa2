"""Where new flags of a RUN go."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.codemod import Edit, Span

if TYPE_CHECKING:
    from uvmigrate.codemod import Dockerfile, Instruction


def add_flags(dockerfile: Dockerfile, run: Instruction, flags: list[bytes]) -> list[Edit]:
    """New flags, each on a line of its own, unless it is one before a heredoc."""
    text = run.text_span.of(dockerfile.data)
    indent = re.search(rb"[\\`][ \t]*\r?\n([ \t]+)", text)
    separator = b" " + dockerfile.escape + dockerfile.newline + (indent[1] if indent else b"    ")
    separator = b" " if run.heredocs and len(flags) == 1 else separator
    joined = separator.join(flags)
    before = run.flags[-1].span if run.flags else run.keyword_span
    gap = Span(before.end, run.args_span.start)
    first = separator if run.flags else b" "
    if b"\n" in gap.of(dockerfile.data):
        return [Edit.insert(gap.start, first + joined)]
    if not run.flags:
        return [Edit.insert(gap.end, joined + separator)]
    return [Edit(gap, separator + joined + separator)]

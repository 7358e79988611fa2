"""Reads the cases out of a codemod's page, and writes their expectations back.

A case is a section whose heading begins with "## It ". Its fenced blocks are

    ```dockerfile Dockerfile     a file of the repository: a language, then its path
    ```diff                      the exact patch that the codemod alone must make
    ```refused                   what it must refuse, one `path:line code: because` a line
    ```locks                     the locks that it asks for, one a line

Without `diff` it must change nothing, without `refused` refuse nothing. `locks` may be left out of a case
with a `diff`. A file `uvmigrate.toml` works as the settings. `{no twins: reason}` at a heading's end says why
the case is not also run with other line ends, without a final newline and with lower-case keywords.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from uvmigrate.codemod.page import CASE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

EXPECTATIONS = ("diff", "refused", "locks")
_FENCE = re.compile(r"(?P<ticks>`{3,})(?P<language>[\w-]+)(?: (?P<path>\S+))?\s*")
_NO_TWINS = re.compile(r"\s*\{no twins: (?P<reason>[^}]+)\}$")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its 0-based lines ``first:last``, fences included, and the text between them."""

    language: str
    path: str | None
    text: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Case:
    """One example. ``expected`` holds the texts of the diff, refused and locks blocks that are there."""

    claim: str
    line: int
    files: Mapping[str, bytes]
    expected: Mapping[str, str]
    no_twins: str | None
    blocks: tuple[Block, ...] = field(repr=False)


def read_cases(page: str) -> tuple[Case, ...]:
    """The cases of a page, in order. Raises ValueError for a page that cannot be meant so."""
    lines = page.splitlines()
    blocks = tuple(_blocks(lines))
    inside = {at for block in blocks for at in range(block.first, block.last)}
    headings = [at for at, line in enumerate(lines) if line.startswith("## ") and at not in inside]
    cases = []
    for start, end in zip(headings, [*headings[1:], len(lines)], strict=True):
        if lines[start].startswith(CASE):
            own = tuple(block for block in blocks if start < block.first < end)
            cases.append(_case(lines[start], start + 1, own))
        elif cases:
            raise ValueError(f'line {start + 1}: below the first case, every heading begins with "{CASE}"')
    return tuple(cases)


def _case(heading: str, line: int, blocks: tuple[Block, ...]) -> Case:
    files: dict[str, bytes] = {}
    expected: dict[str, str] = {}
    for block in blocks:
        if block.path is not None:
            files[block.path] = block.text.encode()
        elif block.language in EXPECTATIONS and block.language not in expected:
            expected[block.language] = block.text
        else:
            raise ValueError(f"line {block.first + 1}: neither a file nor an expectation: {block.language}")
    if not files:
        raise ValueError(f"line {line}: a case without files")
    marked = _NO_TWINS.search(heading)
    claim = heading.removeprefix("## ")
    if marked:
        claim = claim.removesuffix(marked[0])
    return Case(claim, line, files, expected, marked["reason"] if marked else None, blocks)


def _blocks(lines: list[str]) -> Iterator[Block]:
    at = 0
    while at < len(lines):
        fence = _FENCE.fullmatch(lines[at])
        if fence is None:
            at += 1
            continue
        try:
            end = lines.index(fence["ticks"], at + 1)
        except ValueError:
            raise ValueError(f"line {at + 1}: this block has no end") from None
        text = "".join(line + "\n" for line in lines[at + 1 : end])
        yield Block(fence["language"], fence["path"], text, at, end + 1)
        at = end + 1


def rewritten(page: str, actual: Mapping[int, Mapping[str, str]]) -> str:
    """The page with other expectations: for each case, by its line, the blocks that it is to have."""
    lines = page.splitlines()
    for case in reversed(read_cases(page)):
        new: list[str] = []
        for language, text in actual[case.line].items():
            if text:
                new += ["", f"```{language}", *text.removesuffix("\n").split("\n"), "```"]
        old = [block for block in case.blocks if block.path is None]
        at = max(block.last for block in case.blocks if block.path is not None)
        for block in reversed(old):
            # The new ones stand where the first old one stood, or else below the last file.
            at = block.first - (not lines[block.first - 1])
            del lines[at : block.last]
        lines[at:at] = new
    return "\n".join(lines) + "\n"


def shown(patch: str) -> str:
    """A patch as a page shows it: a blank context line without its one blank, which editors strip."""
    return "\n".join("" if line == " " else line for line in patch.split("\n"))

"""What must hold of files after each change: they read back as they did, except where they were edited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.dockerfile import Instruction, Unknown, parse
from uvmigrate.source import Relocation, apply_edits

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import PurePosixPath

    from uvmigrate.compose import ComposeFile
    from uvmigrate.source import Edit, Repo


def damage(before: bytes, edits: Iterable[Edit]) -> str | None:
    """What the edits would break, or None: every item that they leave alone must be read again, same bytes,
    same keyword, at the place where it now lies; one that they change must begin where its keyword now lies;
    and nothing may be unreadable that was not."""
    made = tuple(edits)
    after = apply_edits(before, made)
    old, new = parse(before), parse(after)
    found, relocation = {item.span: item for item in new.items}, Relocation(made)
    for item in old.items:
        # What is put at the end of a file without a final newline continues its last line.
        unended = item.span.end == len(before) and not before.endswith(b"\n")
        if relocation.touching(item.span) or (unended and any(e.span.start == len(before) for e in made)):
            continue
        span = relocation.of(item.span)
        again = found.get(span) if span is not None else None
        if again is None or type(again) is not type(item):
            return f"line {old.line(item.span.start)} is read differently afterwards"
        if isinstance(item, Instruction) and isinstance(again, Instruction) and item.keyword != again.keyword:
            return f"line {old.line(item.span.start)} is another instruction afterwards"
    keywords = {instruction.keyword_span: instruction.keyword for instruction in new.instructions}
    for instruction in old.instructions:
        keyword = relocation.of(instruction.keyword_span)
        if keyword is not None and keywords.get(keyword) != instruction.keyword:
            return f"line {old.line(instruction.span.start)} is no instruction of its own afterwards"
    unknown = sum(isinstance(item, Unknown) for item in new.items)
    if unknown > sum(isinstance(item, Unknown) for item in old.items):
        return "a line cannot be read afterwards"
    return None


def compose_damage(
    repo: Repo, files: Iterable[ComposeFile], edits: Mapping[PurePosixPath, Sequence[Edit]]
) -> str | None:
    """What the edits would break in compose files, or None: only what they write may differ afterwards.

    *files* are those of *repo*. What extends services of an edited file, or is laid over it, is read again.
    """
    from uvmigrate.compose import load, stray

    known = tuple(files)
    if not any(file.path in edits for file in known):
        return None
    seen = [
        file
        for file in known
        if file.path in edits or b"extends" in file.data or file.path.stem.endswith(".override")
    ]
    after = repo.replace({path: apply_edits(repo[path], some) for path, some in edits.items()})
    return stray(seen, [load(after, file.path) for file in seen], edits)

"""dockerfile-parse as a second opinion on which instructions a file has and where they start."""

from __future__ import annotations

import importlib
import io
from typing import TYPE_CHECKING

from uvmigrate.dockerfile.lines import BOM
from uvmigrate.dockerfile.nodes import Instruction, Unknown
from uvmigrate.dockerfile.parser import parse

if TYPE_CHECKING:
    from uvmigrate.dockerfile.nodes import Dockerfile


def second_reader_disagrees(data: bytes) -> str | None:
    """Why dockerfile-parse reads other instructions than `parse` does; None where both agree.

    It is not asked about files with heredocs or a byte order mark, nor about those that are not UTF-8: it is
    known to misread them.
    """
    ours = parse(data)
    if data.startswith(BOM) or any(found.heredocs for found in ours.instructions) or not _is_utf8(data):
        return None
    mine, theirs = _instructions(ours), _read(data)
    for (keyword, line), (other, other_line) in zip(mine, theirs, strict=False):
        if (keyword, line) != (other, other_line):
            return (
                f"dockerfile-parse reads {other} at line {other_line}, this reader {keyword} at line {line}"
            )
    if len(mine) != len(theirs):
        return f"dockerfile-parse reads {len(theirs)} instructions, this reader {len(mine)}"
    return None


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _instructions(dockerfile: Dockerfile) -> list[tuple[str, int]]:
    found = (item for item in dockerfile.items if isinstance(item, Instruction | Unknown))
    return [(item.keyword, dockerfile.line(item.text_span.start)) for item in found]


def _read(data: bytes) -> list[tuple[str, int]]:
    # Imported by name because it is slow to import and has no types.
    reader = importlib.import_module("dockerfile_parse")
    structure = reader.DockerfileParser(fileobj=io.BytesIO(data)).structure
    return [
        (str(found["instruction"]).upper(), int(found["startline"]) + 1)
        for found in structure
        if found["instruction"] != "COMMENT"
    ]

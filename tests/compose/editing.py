"""Edits of compose files in memory, and what may have come of them, for tests."""

from __future__ import annotations

from pathlib import PurePosixPath
from textwrap import dedent
from typing import TYPE_CHECKING, Any

from compose.reading import read
from uvmigrate.compose import AddItems, SetKey, edit_services, stray
from uvmigrate.compose.tree import Scalar, Table
from uvmigrate.source import apply_edits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uvmigrate.compose import ComposeFile, Wish
    from uvmigrate.compose.tree import Value

PATH = PurePosixPath("compose.yaml")
#: What most tests wish for: a key with a text, and an item of a list.
READ_ONLY, TMP = SetKey("read_only", True), AddItems("tmpfs", ("/tmp",))
BOTH = (READ_ONLY, TMP)


def edited(text: str | bytes, *wishes: Wish, services: Sequence[str] = ("web",)) -> str:
    """The file with what is wished for each of the services; nothing else differs."""
    data = text if isinstance(text, bytes) else dedent(text).encode()
    return edited_apart(data, dict.fromkeys(services, wishes))


def edited_apart(text: str | bytes, wishes: dict[str, Sequence[Wish]]) -> str:
    """As `edited`, with wishes of its own for each service."""
    file = usable(text)
    edits = edit_services(file, wishes)
    assert not isinstance(edits, str), edits
    after = usable(apply_edits(file.data, edits))
    assert stray([file], [after], {PATH: edits}) is None
    return after.data.decode()


def reason(text: str | bytes, *wishes: Wish, services: Sequence[str] = ("web",)) -> str:
    """Why there are no edits."""
    edits = edit_services(usable(text), dict.fromkeys(services, wishes))
    assert isinstance(edits, str), edits
    return edits


def usable(text: str | bytes) -> ComposeFile:
    """The compose file of this text, which has no problem."""
    file = read(text)
    assert file.problem is None, file.problem
    return file


def plain(value: Value) -> Any:
    """A value without its places."""
    if isinstance(value, Scalar):
        return (value.text, value.tag)
    if isinstance(value, Table):
        return {key: plain(entry) for key, entry in value.entries.items()}
    return [plain(item) for item in value.values]

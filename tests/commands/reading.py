"""One command of a RUN, read and rewritten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.commands import read_pip, read_pipenv, read_poetry, read_uv, uv_pip_edits
from uvmigrate.shell import parse
from uvmigrate.source import apply_edits

if TYPE_CHECKING:
    from uvmigrate.commands import ManagerCommand, PipCommand, UvCommand


def pip(text: str) -> PipCommand:
    """The one call of pip that a shell text is."""
    [command] = parse(text.encode()).commands
    found = read_pip(command)
    assert found is not None
    return found


def uv(text: str) -> UvCommand:
    """The one call of uv that a shell text is."""
    [command] = parse(text.encode()).commands
    found = read_uv(command)
    assert found is not None
    return found


def poetry(text: str) -> ManagerCommand:
    """The one call of poetry that a shell text is."""
    [command] = parse(text.encode()).commands
    found = read_poetry(command)
    assert found is not None
    return found


def pipenv(text: str) -> ManagerCommand:
    """The one call of pipenv that a shell text is."""
    [command] = parse(text.encode()).commands
    found = read_pipenv(command)
    assert found is not None
    return found


def in_uv(text: str, *extra: str, system: bool = False) -> str:
    """A call of pip, said in uv."""
    data = text.encode()
    return apply_edits(data, uv_pip_edits(pip(text), data, *extra, system=system)).decode()

"""What can be wished for a service of a compose file."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from uvmigrate.compose.written import Plain
    from uvmigrate.source import Span


class SetKey(NamedTuple):
    """A key is to have this value, which stands for itself: a ``$`` is no variable."""

    key: str
    value: Plain


class AddItems(NamedTuple):
    """A list is to have these texts, those that it has already left out; a single text becomes a list."""

    key: str
    items: tuple[str, ...]


class AddVariables(NamedTuple):
    """``environment`` is to have these variables, in the form that it is written in."""

    values: tuple[tuple[str, str], ...]


class DropItem(NamedTuple):
    """The item at this span of the file is to go from a list; with the last one, its key."""

    key: str
    at: Span
    because: str


class ChangeItem(NamedTuple):
    """The item at this span of the file is to be this text."""

    key: str
    at: Span
    text: str


class DropKey(NamedTuple):
    """A key that the service itself has is to go."""

    key: str
    because: str


Wish: TypeAlias = SetKey | AddItems | AddVariables | DropItem | ChangeItem | DropKey

"""Python files that start other programs: their calls, each word at its place in the file."""

from uvmigrate.pycode.launches import read_launches
from uvmigrate.pycode.literals import Text
from uvmigrate.pycode.model import Element, Launch, Launches, Unread

__all__ = ["Element", "Launch", "Launches", "Text", "Unread", "read_launches"]

"""Reads a Python file without running it: what is certain whatever happens, and nothing else.

The statements are followed one by one on values that are known from the files of the repository. Where the
way depends on what only a run could tell (the Python at hand, the environment), each way is followed, and
what they do not agree on is unknown from there on. A call that is not known may have changed what it was
handed.
"""

from uvmigrate.project.static.machine import CannotReadError
from uvmigrate.project.static.modules import Given, Modules, parse
from uvmigrate.project.static.statements import INSTALLED
from uvmigrate.project.static.values import HERE, FileText, Unknown, unknown_in

__all__ = [
    "HERE",
    "INSTALLED",
    "CannotReadError",
    "FileText",
    "Given",
    "Modules",
    "Unknown",
    "parse",
    "unknown_in",
]

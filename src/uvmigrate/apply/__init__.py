"""Applies a migration: makes its locks, writes it atomically, commits it, or lays out every step of it."""

from uvmigrate.apply.committing import check_committable, commit, undo_hint
from uvmigrate.apply.locking import lock
from uvmigrate.apply.prefixes import prefix_names, write_prefixes
from uvmigrate.apply.problems import EnvironmentProblem, LockError, WriteError
from uvmigrate.apply.writing import write

__all__ = [
    "EnvironmentProblem",
    "LockError",
    "WriteError",
    "check_committable",
    "commit",
    "lock",
    "prefix_names",
    "undo_hint",
    "write",
    "write_prefixes",
]

"""Applies a migration: makes its locks, writes its files atomically, commits it step by step."""

from uvmigrate.apply.committing import check_committable, commit, undo_hint
from uvmigrate.apply.locking import lock
from uvmigrate.apply.problems import EnvironmentProblem, LockError, WriteError
from uvmigrate.apply.writing import write

__all__ = [
    "EnvironmentProblem",
    "LockError",
    "WriteError",
    "check_committable",
    "commit",
    "lock",
    "undo_hint",
    "write",
]

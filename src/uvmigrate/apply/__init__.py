"""Applies a migration: makes its locks, writes it atomically, commits it, or lays out every step of it."""

from uvmigrate.apply.atomic import settle
from uvmigrate.apply.committing import SERIES, check_committable, commit, undo_hint
from uvmigrate.apply.lockers import Locker, lock_failed
from uvmigrate.apply.locking import lock
from uvmigrate.apply.prefixes import prefix_names, write_prefixes
from uvmigrate.apply.problems import EnvironmentProblem, LockError, WriteError, one_line
from uvmigrate.apply.writing import write

__all__ = [
    "SERIES",
    "EnvironmentProblem",
    "LockError",
    "Locker",
    "WriteError",
    "check_committable",
    "commit",
    "lock",
    "lock_failed",
    "one_line",
    "prefix_names",
    "settle",
    "undo_hint",
    "write",
    "write_prefixes",
]

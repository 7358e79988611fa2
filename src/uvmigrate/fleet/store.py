"""The state of many repositories: an SQLite file, one row a repository, which outlives every kill.

Only the process that runs the work writes, and one at a time: a file beside the state is locked for as long.
Others read meanwhile, since the journal is a write-ahead log (sqlite.org, "Write-Ahead Logging"). Each row
is written in a transaction of its own when its repository is done, so what was done is never done again.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import sqlite3
from typing import TYPE_CHECKING, Any

from uvmigrate.fleet.outcome import Built, Outcome, SavedRefusal
from uvmigrate.fleet.targets import Target
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import Self

    from uvmigrate.fleet.outcome import Unchanged

#: In the file's header: whose file it is ("uvmg"), and which tables it has.
_APPLICATION, _SCHEMA = 0x75766D67, 1
_TABLES = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    wish TEXT NOT NULL,
    started TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')),
    finished TEXT
);
CREATE TABLE repositories (
    name TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    below TEXT NOT NULL,
    run INTEGER NOT NULL REFERENCES runs,
    done INTEGER NOT NULL DEFAULT 0,
    made_in INTEGER REFERENCES runs,
    status TEXT,
    why TEXT NOT NULL DEFAULT '',
    base TEXT NOT NULL DEFAULT '',
    default_branch TEXT NOT NULL DEFAULT '',
    plan TEXT NOT NULL DEFAULT '',
    codemods TEXT NOT NULL DEFAULT '[]',
    builds TEXT NOT NULL DEFAULT '[]',
    refusals TEXT NOT NULL DEFAULT '[]',
    patch TEXT NOT NULL DEFAULT '',
    branch TEXT NOT NULL DEFAULT '',
    tip TEXT NOT NULL DEFAULT '',
    remote TEXT NOT NULL DEFAULT '',
    pull TEXT NOT NULL DEFAULT '',
    seconds REAL NOT NULL DEFAULT 0,
    finished TEXT,
    log TEXT NOT NULL DEFAULT ''
);
"""
_COLUMNS = (
    *("name", "source", "below", "status", "why", "base", "default_branch", "plan", "codemods", "builds"),
    *(
        "refusals",
        "patch",
        "branch",
        "tip",
        "remote",
        "pull",
        "seconds",
        "repositories.finished",
        "log",
        "wish",
    ),
)
#: S608: the names are those above, and nobody's words.
_ROWS = f"SELECT {', '.join(_COLUMNS)} FROM repositories LEFT JOIN runs ON runs.id = made_in"  # noqa: S608


class StateError(Exception):
    """The state cannot be used or written: the message says why, and what to do."""


class Row(NamedTuple):
    """What the state knows of one repository; *outcome* is None while it waits for its turn.

    *patch* is where the series was written, *pull* the address of the pull request, *version* the tool's,
    *finished* when it was done, in UTC.
    """

    target: Target
    outcome: Outcome | None
    patch: str
    pull: str
    version: str
    finished: str


class Waiting(NamedTuple):
    """A repository that is to be done, or to be asked whether it changed since *known*, its base then."""

    target: Target
    known: str


class Store:
    """An open state; a context manager, which closes it."""

    def __init__(self, file: Path, connection: sqlite3.Connection, lock: int | None) -> None:
        self._file = file
        self._connection = connection
        self._lock = lock

    @classmethod
    def open(cls, file: Path) -> Self:
        """Open the state to write to it; made where it is not there, readable by its owner alone.

        Raises StateError where it is no such file, and where another process writes to it.
        """
        with contextlib.ExitStack() as failing:
            try:
                lock = os.open(f"{file}-lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                failing.callback(os.close, lock)
                if not _locks(lock):
                    raise StateError(f"{file}: another run is at work on it: wait, or name another --state")
                # SQLite gives what lies beside it the same mode.
                os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
                connection = sqlite3.connect(file, isolation_level=None)
                failing.callback(connection.close)
                _prepare(connection, file)
            except (OSError, sqlite3.Error) as error:
                raise StateError(f"{file}: {_reason(error)}") from error
            failing.pop_all()
        return cls(file, connection, lock)

    @classmethod
    def reopen(cls, file: Path) -> Self:
        """Open the state to write to it, as `open` does, but where it is not there. Raises StateError."""
        _there(file)
        return cls.open(file)

    @classmethod
    def read(cls, file: Path) -> Self:
        """Open the state to read from it, also while a run writes. Raises StateError."""
        _there(file)
        with contextlib.ExitStack() as failing:
            try:
                connection = sqlite3.connect(file, isolation_level=None)
                failing.callback(connection.close)
                connection.execute("PRAGMA query_only = ON")
                _check(connection, file)
            except sqlite3.Error as error:
                raise StateError(f"{file}: {_reason(error)}") from error
            failing.pop_all()
        return cls(file, connection, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        if self._lock is not None:
            os.close(self._lock)

    def begin(self, wish: Mapping[str, Any], targets: Iterable[Target]) -> tuple[Waiting, ...]:
        """Begin a run, or go on with the last one where that was not finished and had the same *wish*.

        *wish* is all that the outcomes depend on beside the repositories, the tool's version included.
        Returns what is to be done, in the order of *targets*: not what that run has done already.
        """
        text = json.dumps(wish, sort_keys=True)
        targets = tuple(targets)
        with self._writing():
            last = self._one("SELECT id, wish, finished FROM runs ORDER BY id DESC LIMIT 1")
            if last and last[1] == text and last[2] is None:
                run = last[0]
            else:
                run = self._connection.execute("INSERT INTO runs (wish) VALUES (?)", (text,)).lastrowid
            self._connection.executemany(
                "INSERT INTO repositories (name, source, below, run) VALUES (?, ?, ?, ?) ON CONFLICT (name) "
                "DO UPDATE SET source = excluded.source, below = excluded.below, run = excluded.run, "
                "done = CASE WHEN run = excluded.run THEN done ELSE 0 END",
                [(one.name, one.source, one.below, run) for one in targets],
            )
        rows = self._connection.execute(
            "SELECT name, done, CASE WHEN wish = ? AND status IS NOT NULL THEN base ELSE '' END "
            "FROM repositories LEFT JOIN runs ON runs.id = made_in WHERE run = ?",
            (text, run),
        )
        known = {name: base for name, done, base in rows if not done}
        return tuple(Waiting(one, known[one.name]) for one in targets if one.name in known)

    def record(self, name: str, outcome: Outcome | Unchanged, patch: str = "", pull: str = "") -> None:
        """Keep what a repository of the run came to, in one transaction."""
        with self._writing():
            if not isinstance(outcome, Outcome):
                self._connection.execute("UPDATE repositories SET done = 1 WHERE name = ?", (name,))
                return
            values = {
                **{key: getattr(outcome, key) for key in ("status", "why", "base", "default_branch", "plan")},
                **{key: getattr(outcome, key) for key in ("branch", "tip", "remote", "seconds", "log")},
                **{key: json.dumps(getattr(outcome, key)) for key in ("codemods", "builds", "refusals")},
                "patch": patch,
                "pull": pull,
            }
            # S608: the keys are those above.
            self._connection.execute(
                f"UPDATE repositories SET {', '.join(f'{key} = :{key}' for key in values)}, done = 1, "  # noqa: S608
                "finished = strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), "
                "made_in = run WHERE name = :name",
                values | {"name": name},
            )

    def finish(self) -> None:
        """The run is over: the next one asks every repository whether it changed."""
        with self._writing():
            self._connection.execute(
                "UPDATE runs SET finished = strftime('%Y-%m-%dT%H:%M:%SZ', 'now') "
                "WHERE id = (SELECT max(id) FROM runs)"
            )

    def forget(self, names: Iterable[str]) -> None:
        """Have the next run do these again; what they came to is told until then."""
        with self._writing():
            self._connection.executemany(
                "UPDATE repositories SET made_in = NULL, done = 0 WHERE name = ?", [(n,) for n in names]
            )

    def wish(self) -> dict[str, Any]:
        """What the last run was asked for. Raises StateError where there was none."""
        last = self._one("SELECT wish FROM runs ORDER BY id DESC LIMIT 1")
        if last is None:
            raise StateError("nothing was run on this state yet")
        found: dict[str, Any] = json.loads(last[0])
        return found

    def rows(self) -> Iterator[Row]:
        """All repositories by name, read one by one. Raises StateError."""
        try:
            for row in self._connection.execute(f"{_ROWS} ORDER BY name"):
                yield _row(dict(zip(_COLUMNS, row, strict=True)))
        except sqlite3.Error as error:
            raise StateError(
                f"{self._file}: cannot be read: {_reason(error)}: name another --state"
            ) from error

    def row(self, name: str) -> Row | None:
        """One repository."""
        found = self._one(f"{_ROWS} WHERE name = ?", name)
        return _row(dict(zip(_COLUMNS, found, strict=True))) if found else None

    def _one(self, query: str, *values: object) -> tuple[Any, ...] | None:
        found: tuple[Any, ...] | None = self._connection.execute(query, values).fetchone()
        return found

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                # Where the disk is full, SQLite may have done so itself.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise StateError(f"{self._file}: cannot be written: {_reason(error)}") from error


def _there(file: Path) -> None:
    if not file.is_file():
        raise StateError(f"{file}: there is no such state: `uvmigrate bulk` makes it")


def _prepare(connection: sqlite3.Connection, file: Path) -> None:
    """Make the tables where there are none."""
    # A kill loses nothing that way, and a power failure the last rows at most.
    connection.execute("PRAGMA synchronous = NORMAL")
    if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        connection.execute("PRAGMA journal_mode = WAL")
        script = f"PRAGMA application_id = {_APPLICATION}; PRAGMA user_version = {_SCHEMA};"
        connection.executescript(f"BEGIN IMMEDIATE; {_TABLES} {script} COMMIT;")
    _check(connection, file)


def _check(connection: sqlite3.Connection, file: Path) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    schema = connection.execute("PRAGMA user_version").fetchone()[0]
    if application != _APPLICATION:
        raise StateError(f"{file}: is no state of `uvmigrate bulk`: name another --state")
    if schema != _SCHEMA:
        raise StateError(
            f"{file}: was made by another version of uvmigrate (schema {schema}): name another --state"
        )


def _row(row: Mapping[str, Any]) -> Row:
    target = Target(row["name"], row["source"], row["below"])
    outcome = None
    if row["status"] is not None:
        plain = (
            "status",
            "why",
            "base",
            "default_branch",
            "plan",
            "branch",
            "tip",
            "remote",
            "seconds",
            "log",
        )
        outcome = Outcome(
            **{key: row[key] for key in plain},
            codemods=tuple(json.loads(row["codemods"])),
            builds=tuple(Built(*one) for one in json.loads(row["builds"])),
            refusals=tuple(map(SavedRefusal._make, json.loads(row["refusals"]))),
        )
    version = json.loads(row["wish"])["version"] if row["wish"] else ""
    return Row(target, outcome, row["patch"], row["pull"], version, row["repositories.finished"] or "")


def _locks(lock: int) -> bool:
    """Whether the lock is ours now; it is let go of when the process ends, however it does."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)

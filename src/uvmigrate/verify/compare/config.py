"""The configurations of two images: what they start, as whom, where, and with which environment."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from uvmigrate.source.mask import mask
from uvmigrate.verify.compare.starting import other_start
from uvmigrate.verify.meaning import alike, counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from uvmigrate.verify.engine import Config
    from uvmigrate.verify.meaning import Meaning
    from uvmigrate.verify.verdict import Kind, Row

#: What stands for a value that is masked as a whole.
_MASKED = "***"


def compare_config(
    before: Config, after: Config, holds: Callable[[str], bool], meaning: Meaning
) -> Iterator[Row]:
    """A row for each setting that differs, and one for each kind of those that are the same.

    *holds* says whether there is something at a path in the image after the migration.
    """
    # Words may go from the one to the other.
    other = other_start((*before.entrypoint, *before.command), (*after.entrypoint, *after.command))
    for kind, old, new in (
        ("entrypoint", before.entrypoint, after.entrypoint),
        ("command", before.command, after.command),
    ):
        yield from _proven(_one(kind, *_commands(old, new), meaning), other)
    users = _user(before.user), _user(after.user)
    # Who means a user means another one than root, where it was root.
    yield from _proven(_one("user", *users, meaning), "" if users[0] == "root" else "it was not root before")
    yield from _one("workdir", _folder(before.workdir), _folder(after.workdir), meaning)
    yield from _environment(before.environment, after.environment, holds, meaning)
    yield from _pairs("port", _names(before.ports), _names(after.ports), meaning)
    yield from _pairs("volume", _names(before.volumes), _names(after.volumes), meaning)
    yield from _pairs("label", before.labels, after.labels, meaning)
    checks = _commands(before.healthcheck, after.healthcheck)
    other = other_start(_check(before.healthcheck), _check(after.healthcheck))
    yield from _proven(_one("healthcheck", *checks, meaning), other)
    for row in _pairs("healthcheck", before.health_options, after.health_options, meaning):
        if row.status != "same":
            yield row
    yield from _one("stop-signal", before.stop_signal, after.stop_signal, meaning)


def _one(kind: Kind, was: str, now: str, meaning: Meaning) -> Iterator[Row]:
    if was != now:
        yield meaning.row(kind, "", mask(was), mask(now), _because(was, now))
    elif was:
        yield alike(kind, mask(was))


def _proven(rows: Iterator[Row], fault: str) -> Iterator[Row]:
    """The rows, where what is meant is not what was done: *fault* says what is wrong with it."""
    for row in rows:
        wrong = fault and row.status == "meant"
        yield row._replace(status="regression", by=(), because=fault) if wrong else row


def _check(words: Sequence[str]) -> Sequence[str]:
    """The command of a health check."""
    match tuple(words):
        case ("CMD-SHELL", text):
            return ("sh", "-c", text)
        case ("CMD", *command):
            return command
    return words


def _commands(old: Sequence[str], new: Sequence[str]) -> tuple[str, str]:
    """Words as one line each: quoted, so that other words make another line."""
    return shlex.join(old), shlex.join(new)


def _user(user: str) -> str:
    """A user as an engine takes it: without one it is root."""
    return "root" if user in ("", "0", "0:0", "root:root", "root:0", "0:root") else user


def _folder(path: str) -> str:
    return path.rstrip("/") or "/"


def _because(was: str, now: str) -> str:
    return "another than before" if was and now else "no longer set" if was else "new in the image"


def _environment(
    old: Mapping[str, str], new: Mapping[str, str], holds: Callable[[str], bool], meaning: Meaning
) -> Iterator[Row]:
    for row in _pairs("environment", old, new, meaning):
        if row.name == "PATH":
            missing = _missing(old.get("PATH", ""), new.get("PATH", ""), holds)
            if missing:
                row = row._replace(status="regression", by=(), because=missing)
        yield row


def _missing(was: str, now: str, holds: Callable[[str], bool]) -> str:
    """Why a program that PATH led to before may not be found, or another in its place; empty if it is.

    What the image does not have any more needs no place on PATH.
    """
    kept = [folder for folder in was.split(":") if folder and holds(folder)]
    left = iter(folders := list(dict.fromkeys(now.split(":"))))
    for folder in dict.fromkeys(kept):
        if folder not in folders:
            return f"{folder} is in the image and no longer on PATH"
        if folder not in left:
            return f"{folder} has another place in the order of PATH"
    return ""


def _pairs(kind: Kind, old: Mapping[str, str], new: Mapping[str, str], meaning: Meaning) -> Iterator[Row]:
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            was, now = _value(name, old.get(name)), _value(name, new.get(name))
            # A variable may be set to nothing.
            because = _because(*(name if name in pairs else "" for pairs in (old, new)))
            yield meaning.row(kind, name, was, now, because)
    if same := sum(new.get(name) == value for name, value in old.items()):
        yield alike(kind, counted(same, "variable" if kind == "environment" else kind))


def _value(name: str, value: str | None) -> str:
    """A value as it may be shown: not at all where its name says that it is a secret."""
    if value is None:
        return ""
    secret = f"{name.upper()}=x"
    return _MASKED if value and mask(secret) != secret else mask(value)


def _names(names: Sequence[str]) -> Mapping[str, str]:
    return {name: name for name in names}

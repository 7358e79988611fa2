"""Migrations of a real folder, made of changes that a test writes down."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.codemod import Change, Codemod, Context, LockRequest
from uvmigrate.plan import Migration, Step
from uvmigrate.source import Repo

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A user without powers.
NOBODY = 65534
#: The files that a step writes; None deletes one.
Files = dict[str, bytes | None]


def git(root: Path, *arguments: str) -> str:
    """The output of a git command, which must succeed."""
    done = subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True, text=True)
    return done.stdout


def files_of(root: Path) -> dict[str, bytes]:
    """All files of a folder, git's own aside."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(root).parts
    }


def request(
    folder: str = ".",
    *,
    python: str | None = None,
    pins: dict[str, str | tuple[str, ...]] | None = None,
    hashes: dict[str, tuple[str, ...]] | None = None,
    constraints: tuple[str, ...] = (),
) -> LockRequest:
    """A request for the lock of a folder; a pin is one version or several."""
    several = {name: (pin,) if isinstance(pin, str) else pin for name, pin in (pins or {}).items()}
    return LockRequest(PurePosixPath(folder), python, several, hashes or {}, constraints)


def migration(
    root: Path, *steps: Files, locks: tuple[LockRequest, ...] = (), notes: tuple[str, ...] = ()
) -> Migration:
    """A migration of *root* with a step for each of *steps*; the first one asks for *locks*."""
    before = repo = Repo.open(root)
    made = []
    for number, files in enumerate(steps, start=1):
        change = Change(
            writes={PurePosixPath(path): data for path, data in files.items() if data is not None},
            deletes=frozenset(PurePosixPath(path) for path, data in files.items() if data is None),
            notes=notes,
            locks=locks if number == 1 else (),
        )
        after = repo.replace({PurePosixPath(path): data for path, data in files.items()})
        paths = tuple(sorted(path for path in map(PurePosixPath, files) if repo.get(path) != after.get(path)))
        made.append(Step(_codemod(number), "safe", (change,), repo, after, paths, notes))
        repo = after
    return Migration(before, repo, (), tuple(made), (), (), locks, ())


def _codemod(number: int) -> Codemod:
    def run(context: Context) -> list[Change]:
        return []

    return Codemod(
        f"acme-{number}",
        f"Do the {number}. thing",
        "Because Acme's images are to be small, and a reason that is longer than one line is wrapped.",
        "https://acme.example/docs",
        "safe",
        run,
    )


@contextmanager
def bound_by_permissions() -> Iterator[None]:
    """What runs in here is not done by root, whom permissions do not bind."""
    if os.geteuid() != 0:
        yield
        return
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)

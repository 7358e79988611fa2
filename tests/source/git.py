"""A real git repository in a folder, for tests that let git itself judge."""

from __future__ import annotations

import os
import stat
import subprocess
from typing import TYPE_CHECKING

from uvmigrate.source import Repo

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def git(folder: Path, *arguments: str, stdin: bytes = b"") -> str:
    """Run git in *folder*, on no settings but the repository's own; its output, or an AssertionError."""
    environment = {
        **os.environ,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@example.org",
    }
    done = subprocess.run(
        ["git", "-c", "core.autocrlf=false", *arguments],
        cwd=folder,
        input=stdin,
        capture_output=True,
        env=environment,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout.decode(errors="surrogateescape")


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the files below *folder*."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def committed(folder: Path, files: Mapping[str, bytes]) -> Repo:
    """A git repository of these files in *folder*, all committed."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q")
    write(folder, files)
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "--allow-empty", "-m", "files")
    return Repo.open(folder)


def files_in(folder: Path) -> dict[str, bytes]:
    """The files on disk: name to bytes."""
    return {name: data for name, (data, _) in tree(folder).items()}


def tree(folder: Path) -> dict[str, tuple[bytes, bool]]:
    """The files on disk: name to bytes and whether it may be executed."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), bool(path.stat().st_mode & stat.S_IXUSR))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }

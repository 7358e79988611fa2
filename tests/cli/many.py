"""Little repositories of every kind, as bare ones that a git server serves."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from source.git import committed, git
from uvmigrate.source.disk import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

MIGRATES = {
    "Dockerfile": b"FROM python:3.11-slim\nWORKDIR /app\nCOPY requirements.txt .\n"
    b'RUN pip install -r requirements.txt\nCOPY . .\nCMD ["python", "-m", "six"]\n',
    "requirements.txt": b"six==1.17.0\n",
}
CONDA = b"FROM continuumio/miniconda3:24.1.2-0\nRUN conda install -y numpy\nRUN pip install six\n"
#: The kinds, each with the outcome of a run that pushes.
KINDS = {
    "migrates": "migrated",
    "crlf": "migrated",
    "huge": "migrated",
    "pushed": "migrated",
    "noop": "noop",
    "no-dockerfile": "noop",
    "empty": "noop",
    "refused": "refused",
    "broken": "refused",
    "loop": "refused",
    "missing-branch": "failed",
    "rejecting": "failed",
    "person": "failed",
    "bad-settings": "failed",
}


def serve(root: Path, name: str, kind: str) -> None:
    """Make ``root/name.git``, a bare repository of a kind."""
    work = root.parent / "work" / name
    files = dict(MIGRATES)
    if kind == "crlf":
        files = {path: data.replace(b"\n", b"\r\n") for path, data in files.items()}
    elif kind == "noop":
        files = {"Dockerfile": b"FROM scratch\n"}
    elif kind == "no-dockerfile":
        files = {"README.md": b"nothing\n"}
    elif kind == "refused":
        files["Dockerfile"] = CONDA
    elif kind == "broken":
        files["Dockerfile"] = b"FROM python\0\xff\xfe"
    elif kind == "bad-settings":
        files["uvmigrate.toml"] = b"nonsense = 1\n"
    committed(work, files)
    if kind == "loop":
        (work / "Dockerfile").unlink()
        (work / "Dockerfile").symlink_to("Dockerfile.other")
        (work / "Dockerfile.other").symlink_to("Dockerfile")
    if kind == "huge":
        with (work / "huge.bin").open("wb") as file:
            file.truncate(4 * MAX_BYTES)
    if kind in ("loop", "huge"):
        git(work, "add", "-A")
        git(work, "commit", "-q", "-m", "more")
    if kind == "person":
        git(work, "branch", "uvmigrate/migrate")
    bare = root / f"{name}.git"
    if kind == "empty":
        git(root, "init", "-q", "--bare", str(bare))
    else:
        git(root, "clone", "-q", "--bare", str(work), str(bare))
    git(bare, "config", "uploadpack.allowFilter", "true")
    if kind == "missing-branch":
        git(bare, "symbolic-ref", "HEAD", "refs/heads/gone")
    if kind == "rejecting":
        (bare / "hooks").mkdir(exist_ok=True)
        (bare / "hooks" / "pre-receive").write_text("#!/bin/sh\nexit 1\n")
        (bare / "hooks" / "pre-receive").chmod(0o755)


def killed_and_continued(
    arguments: Sequence[str], kills: Sequence[int], folder: Path, environment: Mapping[str, str]
) -> tuple[list[int], list[str]]:
    """Run uvmigrate until it ends by itself: SIGKILL comes when it has said so many lines in all.

    Returns the exit codes of all runs, and what they said.
    """
    codes: list[int] = []
    said: list[str] = []
    for most in (*kills, None):
        with subprocess.Popen(
            [sys.executable, "-m", "uvmigrate", *arguments],
            cwd=folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as run:
            assert run.stderr is not None
            for line in run.stderr:
                said.append(line)
                if len(said) == most:
                    run.send_signal(signal.SIGKILL)
        codes.append(run.returncode)
    return codes, said

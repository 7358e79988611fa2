"""``uvmigrate verify`` as a process of its own, which may be disturbed, and what it leaves behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import zipfile
from contextlib import suppress
from typing import TYPE_CHECKING

from cli.conftest import tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SECONDS = 90.0

#: `before` stands above the install and `after` below it.
DOCKERFILE = """
FROM python:3.11-slim
{before}
COPY wheels wheels
RUN pip install --no-index --find-links=wheels shop==1.0
{after}
CMD {command}
"""
ENDS = '["python", "-c", "import shop"]'
RUNS = '["python", "-c", "import time; time.sleep(9999)"]'
#: Writes down each docker command with the number of its process, and becomes it.
NOTING = '#!/bin/sh\necho "$$ $1" >>"$UVMIGRATE_TEST_NOTES"\nexec {docker} "$@"\n'


def application(root: Path, *, before: str = "", after: str = "", command: str = ENDS) -> Path:
    """A repository whose image installs one package, without any network."""
    (root / "wheels").mkdir(parents=True)
    text = DOCKERFILE.format(before=before, after=after, command=command)
    (root / "Dockerfile").write_text(text.lstrip(), "utf-8")
    name = "shop-1.0.dist-info"
    files = {
        "shop.py": "NAME = 'shop'\n",
        f"{name}/METADATA": "Metadata-Version: 2.1\nName: shop\nVersion: 1.0\n",
        f"{name}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{name}/RECORD"] = "".join(f"{path},,\n" for path in (*files, f"{name}/RECORD"))
    with zipfile.ZipFile(root / "wheels" / "shop-1.0-py3-none-any.whl", "w") as wheel:
        for path, data in files.items():
            # With the same time in each, the builder's cache knows them again.
            wheel.writestr(zipfile.ZipInfo(path), data)
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    identity = ["-c", "user.name=A. Tester", "-c", "user.email=tester@acme.example"]
    git(root, *identity, "commit", "--quiet", "--message=first")
    return root


def git(root: Path, *arguments: str) -> str:
    """What git prints, with nobody's settings."""
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(
        ["git", *arguments], cwd=root, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


class Started:
    """A run that was started. *own* is a folder for what is noted, *temporary* that of temporary files."""

    def __init__(
        self, root: Path, own: Path, temporary: Path, environment: dict[str, str], *options: str
    ) -> None:
        self.root = root
        self.before = tree(root)
        self.temporary, self.notes, self.log = temporary, own / "notes", own / "log"
        for folder in (self.temporary, own / "bin"):
            folder.mkdir(parents=True, exist_ok=True)
        noting = own / "bin" / "docker"
        noting.write_text(NOTING.format(docker=shutil.which("docker")), "utf-8")
        noting.chmod(0o755)
        self.notes.write_text("")
        more = {
            "PATH": f"{noting.parent}{os.pathsep}{os.environ['PATH']}",
            "TMPDIR": str(self.temporary),
            "UVMIGRATE_TEST_NOTES": str(self.notes),
        }
        command = [sys.executable, "-m", "uvmigrate", "verify", str(root), "--engine=docker", *options]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, env=environment | more, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    @property
    def said(self) -> str:
        """All that it printed."""
        return self.log.read_text("utf-8")

    @property
    def errors(self) -> list[str]:
        """The lines that it printed about what is wrong."""
        prefixes = ("uvmigrate: error: ", "uvmigrate: interrupted", "Traceback")
        return [line for line in self.said.splitlines() if line.startswith(prefixes)]

    def until(self, what: Callable[[], bool]) -> None:
        """Wait for something to be so while it runs."""
        late = time.monotonic() + SECONDS
        while not what():
            assert self.process.poll() is None, f"it ended too early:\n{self.said}"
            assert time.monotonic() < late, f"it takes too long:\n{self.said}"
            time.sleep(0.02)

    def until_said(self, text: str) -> None:
        self.until(lambda: text in self.said)

    def until_asked(self, command: str) -> None:
        """Wait until docker is asked to do that."""
        self.until(lambda: f" {command}\n" in self.notes.read_text("utf-8"))

    def ended(self) -> int:
        """Its exit code."""
        try:
            return self.process.wait(SECONDS)
        finally:
            self.process.kill()

    def left(self) -> dict[str, list[str]]:
        """What it left behind on this machine: files, running commands, and differences in the repository."""
        running = []
        for line in self.notes.read_text("utf-8").splitlines():
            number, _, command = line.partition(" ")
            # Each command leads a group of its own, of which none may be left either.
            with suppress(ProcessLookupError):
                os.killpg(int(number), 0)
                running.append(command)
        found = {
            "files": [path.name for path in self.temporary.iterdir()],
            "commands": running,
            "changes": git(self.root, "status", "--porcelain").splitlines(),
        }
        found["changes"] += [] if tree(self.root) == self.before else ["the files differ"]
        return {kind: things for kind, things in found.items() if things}

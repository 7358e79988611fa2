"""Copies of the applications in ``examples/``, to build, migrate and change."""

from __future__ import annotations

import shutil
import subprocess
import sys
import uuid
from pathlib import Path
from typing import NamedTuple

from uv import find_uv_bin

FOLDER = Path(__file__).parents[2] / "examples"
LOCK_SECONDS = 120
MIGRATE_SECONDS = 600


class Example(NamedTuple):
    """What has to be known of an example to migrate it, to build and ask it, and to change it.

    ``answers`` are parts of the answers at some paths. ``python`` is that of the environment that answers.
    ``install`` tells the step that installs its dependencies with uv from others, and ``source`` is a file
    that is no part of them. ``options`` are for ``docker run``, ``migrate`` for ``uvmigrate``.
    """

    name: str
    answers: dict[str, str]
    source: str
    install: str = "uv sync"
    python: str = "python"
    options: tuple[str, ...] = ()
    migrate: tuple[str, ...] = ()
    keeps_uv: bool = False


EXAMPLES = (
    Example("fastapi-pip", {"/health": '"ok"', "/?text=a+b+a": '"a":2'}, "app/main.py"),
    Example(
        "django-psycopg",
        # The name of a collected static file has its hash in it.
        {"/health": "psycopg2", "/": "/static/shop/prices."},
        "config/settings.py",
        options=("--env=SECRET_KEY=test",),
    ),
    Example(
        "flask-uwsgi",
        # uWSGI itself sends the second on, by a regular expression.
        {"/health": '"ok"', "/old/Hello%20World": "hello-world"},
        "src/slugs/app.py",
        install="--no-install-project",
        migrate=("--allow-build",),
    ),
    Example(
        "already-uv",
        {"/health": '"ok"', "/": "buy milk"},
        "src/notes/main.py",
        install="--no-install-project",
        python="/app/.venv/bin/python",
        keeps_uv=True,
    ),
)


def copied(example: Example, parent: Path) -> Path:
    """A fresh copy of an example below *parent* that builds as it is: one that is on uv has its lock."""
    folder = copy_example(example.name, parent)
    if example.keeps_uv:
        lock(folder)
    return folder


def copy_example(name: str, parent: Path) -> Path:
    """A fresh copy of an example below *parent*, without what trying it out may have left in it."""
    leftovers = shutil.ignore_patterns(".venv", "__pycache__", "uv.lock", "staticfiles", "*.sqlite3")
    return shutil.copytree(FOLDER / name, parent / name, ignore=leftovers)


def lock(folder: Path) -> None:
    """Make *folder*'s uv.lock, with the uv on PATH or else the one that is installed as a package."""
    uv = shutil.which("uv") or find_uv_bin()
    subprocess.run([uv, "lock", "--quiet"], cwd=folder, check=True, timeout=LOCK_SECONDS)


def change(source: Path) -> None:
    """End a Python file with a comment that no build has seen yet: no cache holds a layer made from it."""
    with source.open("a", encoding="utf-8") as file:
        file.write(f"# changed: {uuid.uuid4().hex}\n")


def uvmigrate(folder: Path, *arguments: str) -> str:
    """What ``uvmigrate`` with *arguments* prints for *folder*; it must end well."""
    command = [sys.executable, "-m", "uvmigrate", *arguments, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=MIGRATE_SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout

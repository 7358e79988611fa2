"""Copies of the applications in ``examples/``, to build, migrate and change."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from uv import find_uv_bin

from engine.index import MIRROR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.docker_cli import Engine, Image
    from engine.index import Index

FOLDER = Path(__file__).parents[2] / "examples"
LOCK_SECONDS = 120
SOURCE_FROM_MIRROR = f"""
FROM python:3.11-slim AS lock
RUN pip install --no-cache-dir poetry==2.5.1
WORKDIR /project
COPY pyproject.toml poetry.lock ./
RUN poetry source add --priority=primary mirror {MIRROR} && poetry lock
FROM scratch
COPY --from=lock /project/pyproject.toml /project/poetry.lock /
"""
MIGRATE_SECONDS = 600


class Example(NamedTuple):
    """What has to be known of an example to migrate it, to build and ask it, and to change it.

    ``answers`` are parts of the answers at some paths. ``python`` is that of the environment that answers.
    ``install`` tells the step that installs its dependencies with uv from others, and ``source`` is a file
    that is no part of them. ``options`` are for ``docker run``, ``migrate`` for ``uvmigrate``. ``indexed``
    are those whose packages come from the tests' own index. ``tool`` installed the rest, and itself, into one
    environment: what it brings along is no part of the application.
    """

    name: str
    answers: dict[str, str]
    source: str
    dockerfile: str = "Dockerfile"
    install: str = "uv sync"
    python: str = "python"
    options: tuple[str, ...] = ()
    migrate: tuple[str, ...] = ()
    keeps_uv: bool = False
    indexed: bool = False
    tool: str = ""

    @property
    def title(self) -> str:
        """The name, and the folder of the Dockerfile where the example has several."""
        folder = Path(self.dockerfile).parent.name
        return f"{self.name}-{folder}" if folder else self.name


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
    Example(
        "monorepo-services",
        {"/health": '"ok"', "/price/car": "21,999.00"},
        "services/shop/shop/web.py",
        dockerfile="services/shop/Dockerfile",
        install="--no-install-local",
    ),
    Example(
        "monorepo-services",
        {"/health": '"ok"', "/": "bread: 4.20"},
        "services/board/board/__init__.py",
        dockerfile="services/board/Dockerfile",
        install="uv pip install",
    ),
    Example(
        "setup-cli",
        {"/health": '"ok"', "/sea/Ada/3": "It is my 3rd day here."},
        "postcards/web.py",
        install="--no-install-project",
    ),
    Example(
        "private-index",
        {"/health": '"ok"', "/199900": "EUR 1,999.00"},
        "invoices/__init__.py",
        indexed=True,
    ),
    Example(
        "poetry-packaged",
        {"/health": '"ok"', "/": "2026-01-01T16:05:00"},
        "tides/clock.py",
        install="--no-install-project",
        python="/app/.venv/bin/python",
        indexed=True,
    ),
    Example(
        "poetry-groups",
        {"/health": '"ok"', "/": "Dumplings"},
        "lunch/menu.py",
        indexed=True,
        tool="poetry==2.5.1",
    ),
    Example(
        "fastapi-poetry-readonly",
        {"/health": '"ok"', "/": "A comet, at last."},
        "guestbook/main.py",
        indexed=True,
        tool="poetry==2.5.1",
    ),
    Example(
        "pipenv-flask",
        {"/health": '"ok"', "/mix/ff0000/0000ff": "7f007f"},
        "colours.py",
        indexed=True,
        tool="pipenv==2026.10.3",
    ),
)


class Workshop(NamedTuple):
    """Where an example is copied, migrated and built: with the index, where its packages come from there."""

    example: Example
    engine: Engine
    packages: Index | None

    def copy(self, parent: Path) -> Path:
        """A fresh copy below *parent* that builds: one on uv has its lock, one of poetry the mirror."""
        folder = copy_example(self.example.name, parent)
        if self.example.keeps_uv:
            lock(folder)
        if self.packages and (folder / "poetry.lock").exists():
            source_from_mirror(self.engine, self.packages, folder)
        return folder

    def migrate(self, folder: Path, *arguments: str) -> str:
        """What ``uvmigrate`` with *arguments*, and those of the example, prints for a copy."""
        environment = self.packages.environment if self.packages else None
        return uvmigrate(folder, *arguments, *self.example.migrate, environment=environment)

    def build(self, folder: Path) -> Image:
        """The image of a copy. Raises DockerError where the build fails."""
        more = self.packages.build if self.packages else ()
        return self.engine.build(folder, self.example.dockerfile, more=more)


def copy_example(name: str, parent: Path) -> Path:
    """A fresh copy of an example below *parent*, without what trying it out may have left in it."""
    leftovers = shutil.ignore_patterns(".venv", "__pycache__", "uv.lock", "staticfiles", "*.sqlite3")
    return shutil.copytree(FOLDER / name, parent / name, ignore=leftovers)


def lock(folder: Path) -> None:
    """Make *folder*'s uv.lock, with the uv on PATH or else the one that is installed as a package."""
    uv = shutil.which("uv") or find_uv_bin()
    subprocess.run([uv, "lock", "--quiet"], cwd=folder, check=True, timeout=LOCK_SECONDS)


def source_from_mirror(engine: Engine, index: Index, folder: Path) -> None:
    """Give a poetry project the mirror for a source: poetry says so in pyproject.toml, and locks again."""
    lock_again = folder.parent / f"{folder.name}-lock"
    shutil.copytree(folder, lock_again)
    (lock_again / "Dockerfile").write_text(SOURCE_FROM_MIRROR)
    (lock_again / ".dockerignore").unlink()
    engine.export(lock_again, folder, index.build)


def change(source: Path) -> None:
    """End a Python file with a comment that no build has seen yet: no cache holds a layer made from it."""
    with source.open("a", encoding="utf-8") as file:
        file.write(f"# changed: {uuid.uuid4().hex}\n")


def uvmigrate(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """What ``uvmigrate`` with *arguments* prints for *folder*; it must end well.

    *environment* is what its environment has beside the one of this process.
    """
    done = subprocess.run(
        [sys.executable, "-m", "uvmigrate", *arguments, str(folder)],
        capture_output=True,
        text=True,
        timeout=MIGRATE_SECONDS,
        check=False,
        env=os.environ | (environment or {}),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout

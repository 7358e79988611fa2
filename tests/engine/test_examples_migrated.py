"""The examples after ``uvmigrate --write``: each builds, answers, and holds what it held before."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from engine.examples import change, copy_example, lock

if TYPE_CHECKING:
    from pathlib import Path

    from engine.docker_cli import Engine

pytestmark = pytest.mark.engine

WRITE_SECONDS = 300


def write(folder: Path, *options: str) -> None:
    """Migrate *folder* as a user would."""
    command = [sys.executable, "-m", "uvmigrate", "--write", *options, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=WRITE_SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_fastapi_pip_holds_the_same_versions_and_keeps_its_dependency_layer(
    engine: Engine, tmp_path: Path
) -> None:
    folder = copy_example("fastapi-pip", tmp_path)
    before = engine.build(folder).distributions()
    write(folder)
    image = engine.build(folder)
    assert image.distributions() == before
    with image.run() as container:
        assert container.get("/health").status == 200
    with image.run("--read-only", "--user", "10001") as container:
        assert container.get("/health").status == 200

    change(folder / "app" / "main.py")
    again = engine.build(folder)
    assert again.step("uv sync").cached
    assert not again.step("COPY . .").cached


def test_django_psycopg_holds_the_same_versions_and_keeps_its_dependency_layer(
    engine: Engine, tmp_path: Path
) -> None:
    folder = copy_example("django-psycopg", tmp_path)
    before = engine.build(folder).distributions()
    write(folder)
    image = engine.build(folder)
    assert image.distributions() == before
    with image.run("--env", "SECRET_KEY=test") as container:
        assert container.get("/health").status == 200
        assert "/static/shop/prices." in container.get("/").body

    change(folder / "config" / "settings.py")
    again = engine.build(folder)
    assert again.step("uv sync").cached
    assert not again.step("collectstatic").cached


def test_flask_uwsgi_holds_the_same_versions_and_compiles_once(engine: Engine, tmp_path: Path) -> None:
    folder = copy_example("flask-uwsgi", tmp_path)
    before = engine.build(folder).distributions()
    write(folder, "--allow-build")
    image = engine.build(folder)
    assert image.distributions() == before
    with image.run() as container:
        assert container.get("/health").status == 200
        moved = container.get("/old/Hello%20World")
    assert json.loads(moved.body) == {"slug": "hello-world"}
    libraries = image.output("ldd", "/app/bin/uwsgi")
    assert "libpython3.11.so.1.0 => /" in libraries
    assert "libpcre.so.3 => /" in libraries

    change(folder / "src" / "slugs" / "app.py")
    again = engine.build(folder)
    assert again.step("--no-install-project").cached
    assert not again.step("<<EOT (uv sync").cached


def test_already_uv_starts_without_syncing(engine: Engine, tmp_path: Path) -> None:
    folder = copy_example("already-uv", tmp_path)
    lock(folder)
    before = engine.build(folder).distributions("/app/.venv/bin/python")
    write(folder)
    image = engine.build(folder)
    assert image.distributions("/app/.venv/bin/python") == before
    with image.run("--read-only", "--tmpfs", "/tmp") as container:
        assert container.get("/health").status == 200
        assert "Installed" not in container.log

    change(folder / "src" / "notes" / "main.py")
    again = engine.build(folder)
    assert again.step("--no-install-project").cached

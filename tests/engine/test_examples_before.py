"""The examples as they are: each builds and answers, and has the fault that its migration takes away."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from engine.docker_cli import DockerError
from engine.examples import change, copy_example, lock

if TYPE_CHECKING:
    from pathlib import Path

    from engine.docker_cli import Engine

pytestmark = pytest.mark.engine


def test_fastapi_pip_answers_and_installs_again_after_a_change(engine: Engine, tmp_path: Path) -> None:
    folder = copy_example("fastapi-pip", tmp_path)
    image = engine.build(folder)
    with image.run() as container:
        assert container.get("/health").status == 200
        counted = container.get("/?text=the+cat+and+the+dog")
    assert json.loads(counted.body)["the"] == 2
    assert image.distributions()["fastapi"] == "0.165.0"

    change(folder / "app" / "main.py")
    again = engine.build(folder)
    assert "WORKDIR /app" in again.cached_steps
    assert not again.step("pip install").cached


def test_django_psycopg_answers_and_keeps_its_compiler(engine: Engine, tmp_path: Path) -> None:
    folder = copy_example("django-psycopg", tmp_path)
    image = engine.build(folder)
    with image.run("--env", "SECRET_KEY=test") as container:
        prices = container.get("/")
        health = json.loads(container.get("/health").body)
    assert (prices.status, "Espresso" in prices.body) == (200, True)
    # The name of a collected static file has its hash in it.
    assert "/static/shop/prices." in prices.body
    assert health["psycopg2"].startswith(image.distributions()["psycopg2"])
    with image.run("--entrypoint", "gcc", command=("--version",)) as compiler:
        assert "gcc" in compiler.output()


def test_flask_uwsgi_answers_and_compiles_again_after_a_change(engine: Engine, tmp_path: Path) -> None:
    folder = copy_example("flask-uwsgi", tmp_path)
    image = engine.build(folder)
    with image.run() as container:
        assert container.get("/health").status == 200
        moved = container.get("/old/Hello%20World")
    assert json.loads(moved.body) == {"slug": "hello-world"}
    libraries = image.output("ldd", "/app/bin/uwsgi")
    assert "libpython3.11.so.1.0 => /" in libraries
    assert "libpcre.so.3 => /" in libraries

    change(folder / "src" / "slugs" / "app.py")
    again = engine.build(folder)
    assert again.step("apt-get update").cached
    assert not again.step("/app/bin/pip install").cached


def test_already_uv_answers_after_installing_its_development_tools(engine: Engine, tmp_path: Path) -> None:
    folder = copy_example("already-uv", tmp_path)
    lock(folder)
    image = engine.build(folder)
    assert "ruff" not in image.distributions("/app/.venv/bin/python")
    with image.run() as container:
        assert container.get("/").body == '["buy milk","call the plumber"]'
        assert container.get("/health").status == 200
        assert "Installed 1 package" in container.log
    with image.run("--read-only") as container, pytest.raises(DockerError, match="Read-only file system"):
        container.get("/health")

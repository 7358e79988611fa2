"""The examples as they are: each builds and answers, and has the fault that its migration takes away."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from engine.docker_cli import DockerError
from engine.examples import FOLDER, change, copy_example, lock, source_from_mirror
from engine.index import HOUSE_STYLE, PASSWORD, locked

if TYPE_CHECKING:
    from pathlib import Path

    from engine.docker_cli import Engine
    from engine.index import Index

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


def versions(lock: Path) -> dict[str, str]:
    """Name and version of all that a lock holds."""
    return {package.name: package.version for package in locked(lock)}


def test_a_poetry_project_locks_the_same_versions_from_the_mirror(
    engine: Engine, index: Index, tmp_path: Path
) -> None:
    for name in ("poetry-packaged", "poetry-groups"):
        folder = copy_example(name, tmp_path)
        source_from_mirror(engine, index, folder)
        assert "127.0.0.1" in (folder / "poetry.lock").read_text()
        assert versions(folder / "poetry.lock") == versions(FOLDER / name / "poetry.lock")


def test_poetry_packaged_answers_and_starts_through_poetry(
    engine: Engine, index: Index, tmp_path: Path
) -> None:
    folder = copy_example("poetry-packaged", tmp_path)
    source_from_mirror(engine, index, folder)
    image = engine.build(folder, more=index.build)
    assert image.distributions("/app/.venv/bin/python") == {
        "click": "8.5.1",
        "tides": "0.3.0",
        "waitress": "3.0.2",
    }
    assert image.output("poetry", "run", "tides", "next", "1") == "2026-01-01 03:40:00\n"
    with image.run() as container:
        assert json.loads(container.get("/").body)["high"][1] == "2026-01-01T16:05:00"
        assert container.get("/health").status == 200


def test_poetry_groups_answers_and_carries_poetry_into_its_last_stage(
    engine: Engine, index: Index, tmp_path: Path
) -> None:
    folder = copy_example("poetry-groups", tmp_path)
    source_from_mirror(engine, index, folder)
    image = engine.build(folder, more=index.build)
    with image.run() as container:
        assert "Dumplings" in container.get("/").body
        assert container.get("/health").status == 200
    held = image.distributions()
    assert {"humanize", "tabulate", "flask", "waitress", "poetry", "virtualenv"} <= held.keys()
    assert not {"lunch", "pytest", "pyyaml"} & held.keys()


def test_pipenv_flask_answers_and_keeps_pipenv(engine: Engine, index: Index, tmp_path: Path) -> None:
    folder = copy_example("pipenv-flask", tmp_path)
    image = engine.build(folder, more=index.build)
    with image.run() as container:
        assert json.loads(container.get("/mix/ff0000/0000ff").body) == {"colour": "7f007f"}
        assert container.get("/health").status == 200
    held = image.distributions()
    assert {"flask", "waitress", "pipenv", "virtualenv"} <= held.keys()
    assert "pytest" not in held


def test_setup_cli_answers_and_installs_again_after_a_change(engine: Engine, tmp_path: Path) -> None:
    folder = copy_example("setup-cli", tmp_path)
    image = engine.build(folder)
    assert image.output("postcards", "Ada").splitlines()[0] == "Dear Ada,"
    with image.run() as container:
        assert "my 3rd day" in container.get("/sea/Ada/3").body
        assert container.get("/health").status == 200
    assert image.distributions()["postcards"] == "1.4.0"

    change(folder / "postcards" / "web.py")
    assert not engine.build(folder).step("pip install").cached


def test_monorepo_services_answer_and_share_a_library(engine: Engine, tmp_path: Path) -> None:
    folder = copy_example("monorepo-services", tmp_path)
    shop, board = (engine.build(folder, f"services/{name}/Dockerfile") for name in ("shop", "board"))
    with shop.run() as container:
        assert json.loads(container.get("/price/car").body) == {"car": "21,999.00 €"}
        assert container.get("/health").status == 200
    with board.run() as container:
        assert "bread: 4.20 €" in container.get("/").body
        assert container.get("/health").status == 200
    assert shop.distributions()["prices"] == board.distributions()["prices"] == "1.0.0"

    # Whatever changes in the library installs all of the service's dependencies again.
    change(folder / "libs" / "prices" / "src" / "prices" / "__init__.py")
    assert not engine.build(folder, "services/shop/Dockerfile").step("pip install").cached


def test_private_index_answers_and_holds_no_password(engine: Engine, index: Index, tmp_path: Path) -> None:
    folder = copy_example("private-index", tmp_path)
    image = engine.build(folder, more=index.build)
    with image.run() as container:
        assert "EUR 1,999.00" in container.get("/199900").body
        assert container.get("/health").status == 200
    assert image.distributions() == {"bottle": "0.13.4", "house-style": "2.1.0"}
    assert image.contains(HOUSE_STYLE)
    assert not image.contains(PASSWORD)

    without_secret = [option for option in index.build if not option.startswith("--secret")]
    with pytest.raises(DockerError, match="401"):
        engine.build(folder, more=[*without_secret, "--no-cache"])

"""Services start by the compose files that come out: read-only, without privileges, and write nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.compose import up
from engine.docker_cli import DockerError, docker
from engine.examples import copy_example, lock, uvmigrate

if TYPE_CHECKING:
    from pathlib import Path

    from engine.docker_cli import Container, Engine

pytestmark = pytest.mark.engine

READ_ONLY = "    read_only: true\n    tmpfs: [/tmp]\n"


def written(container: Container) -> set[str]:
    """The paths that a container has changed, made or removed in its own file system."""
    return {line.partition(" ")[2] for line in docker("diff", container.id).stdout.splitlines()}


def host_config(container: Container, name: str) -> str:
    """What the engine was told about a container."""
    return docker("inspect", f"--format={{{{json .HostConfig.{name}}}}}", container.id).stdout.strip()


def test_a_poetry_service_runs_read_only_after_its_migration(engine: Engine, tmp_path: Path) -> None:
    folder = copy_example("fastapi-poetry-readonly", tmp_path)
    uvmigrate(folder, "--write")
    with up(engine, folder) as container:
        assert "A comet, at last." in container.get("/").body
        # It is made in a temporary file.
        assert "Caroline" in container.get("/table").body
        assert host_config(container, "ReadonlyRootfs") == "true"
        assert host_config(container, "CapDrop") == '["ALL"]'
        assert host_config(container, "SecurityOpt") == '["no-new-privileges:true"]'
        assert written(container) <= {"/tmp"}


def test_uv_itself_starts_a_service_that_runs_read_only(engine: Engine, tmp_path: Path) -> None:
    folder = copy_example("fastapi-poetry-readonly", tmp_path)
    uvmigrate(folder, "--write", "--keep-uv")
    command = "[uv, run, --no-sync, uvicorn, 'guestbook.main:app', --host, 0.0.0.0]"
    with up(engine, folder, f"    command: {command}\n") as container:
        assert "A comet, at last." in container.get("/").body
        assert host_config(container, "ReadonlyRootfs") == "true"
        assert written(container) <= {"/tmp"}


def test_an_image_on_uv_runs_read_only_only_after_its_migration(engine: Engine, tmp_path: Path) -> None:
    folder = copy_example("already-uv", tmp_path)
    lock(folder)
    with up(engine, folder, READ_ONLY) as container, pytest.raises(DockerError, match="has ended"):
        container.get("/health")

    uvmigrate(folder, "--write")
    assert "read_only: true" in (folder / "compose.yaml").read_text()
    with up(engine, folder) as container:
        assert container.get("/health").status == 200
        assert "buy milk" in container.get("/").body
        assert written(container) <= {"/tmp"}

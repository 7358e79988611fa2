"""Projects of ``docker compose``, for tests of what compose files say after a migration."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

from engine.docker_cli import BUILD_SECONDS, Container, docker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.docker_cli import Engine

#: Two tests may run at a time, and nothing asks from the host.
UNPUBLISHED = "services:\n  web:\n    ports: !reset []\n"


@contextmanager
def up(engine: Engine, folder: Path, over: str = "") -> Iterator[Container]:
    """The container of the service ``web`` of ``compose.yaml``, built and started; all is removed in the end.

    *over* is laid over the service: lines of YAML, indented by four. Raises DockerError where the build fails
    or the service cannot be created.
    """
    above = folder.parent / f"{folder.name}.over.yaml"
    above.write_text(UNPUBLISHED + over)
    project = ("compose", f"--project-name=uvmigrate-{uuid.uuid4().hex[:12]}")
    files = (f"--project-directory={folder}", f"--file={folder / 'compose.yaml'}", f"--file={above}")
    try:
        docker(*project, *files, "up", "--detach", "--build", "web", timeout=BUILD_SECONDS)
        found = docker(*project, *files, "ps", "--all", "--quiet", "web").stdout.strip()
        image = docker("inspect", "--format={{.Config.Image}}", found).stdout.strip()
        yield Container(engine.image(image), found)
    finally:
        docker(*project, *files, "down", "--volumes", "--rmi=local", "--remove-orphans")

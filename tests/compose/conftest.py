"""`docker compose`, the judge of what compose files say."""

from __future__ import annotations

import os

import pytest

from engine.docker_cli import DockerError, docker


@pytest.fixture(scope="session")
def needs_compose() -> None:
    """Skips where docker has no compose, or fails where UVMIGRATE_ENGINE=required says that it must."""
    try:
        docker("compose", "version")
    except (DockerError, FileNotFoundError) as error:
        if os.environ.get("UVMIGRATE_ENGINE") == "required":
            pytest.fail(f"UVMIGRATE_ENGINE=required, but `docker compose` does not answer: {error}")
        pytest.skip(f"`docker compose` does not answer: {error}")

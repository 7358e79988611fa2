"""The engine as ``uvmigrate verify`` uses it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from uvmigrate.verify.engine import Docker, EngineProblem

if TYPE_CHECKING:
    from collections.abc import Iterator

BUILD_SECONDS = 600


@pytest.fixture(scope="session")
def verifier() -> Iterator[Docker]:
    """An engine; what is built and run with it is removed in the end.

    Without one the test is skipped, or fails where ``UVMIGRATE_ENGINE=required`` says that there must be one.
    """
    docker = Docker(BUILD_SECONDS)
    try:
        docker.version()
    except EngineProblem as problem:
        if os.environ.get("UVMIGRATE_ENGINE") == "required":
            pytest.fail(f"UVMIGRATE_ENGINE=required, but no container engine answers: {problem}")
        pytest.skip(f"no container engine answers; start one or set DOCKER_HOST ({problem})")
    yield docker
    docker.remove_all()

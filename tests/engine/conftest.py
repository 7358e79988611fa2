"""The engine of the tests that need one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from engine.docker_cli import Engine, why_unavailable
from engine.examples import FOLDER
from engine.index import Index, serve_locked

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """A container engine; what is built and run with it is removed in the end.

    Without one the test is skipped, or fails where ``UVMIGRATE_ENGINE=required`` says that there must be one.
    """
    if reason := why_unavailable():
        if os.environ.get("UVMIGRATE_ENGINE") == "required":
            pytest.fail(f"UVMIGRATE_ENGINE=required, but no container engine answers: {reason}")
        pytest.skip(f"no container engine answers; start one or set DOCKER_HOST ({reason})")
    found = Engine()
    yield found
    found.remove_all()


@pytest.fixture(scope="session")
def index(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """A package index on loopback with all that the examples' locks hold."""
    with serve_locked(engine, tmp_path_factory.mktemp("index"), FOLDER) as served:
        yield served

"""Every example is verified as its README would have it: nothing is lost, and it runs read-only."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import resources
from typing import TYPE_CHECKING, Any

import jsonschema  # type: ignore[import-untyped]  # it brings no type hints
import pytest

from engine.examples import EXAMPLES, Example, Workshop

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from engine.docker_cli import Engine

pytestmark = pytest.mark.engine

VERIFY_SECONDS = 900
SCHEMA = resources.files("uvmigrate.report") / "schema" / "verdict-v1.json"
#: One of each name: the Dockerfiles of an example are verified together.
EVERY = list({example.name: example for example in EXAMPLES}.values())


def verify(workshop: Workshop, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What ``uvmigrate verify`` with *arguments*, and those of the example, says about a copy of it."""
    packages, example = workshop.packages, workshop.example
    given = [*(packages.build if packages else ()), *example.options, *example.migrate, *arguments]
    return subprocess.run(
        [sys.executable, "-m", "uvmigrate", "verify", "--engine=docker", *given, str(folder)],
        capture_output=True,
        text=True,
        timeout=VERIFY_SECONDS,
        check=False,
        env=os.environ | (packages.environment if packages else {}),
    )


def rows(verdict: dict[str, Any], *statuses: str) -> Iterable[dict[str, Any]]:
    """The rows of all images that have one of the statuses."""
    return [row for image in verdict["images"] for row in image["rows"] if row["status"] in statuses]


@pytest.mark.parametrize("example", EVERY, ids=lambda example: example.name)
def test_nothing_is_lost_and_it_runs_read_only(
    request: pytest.FixtureRequest, engine: Engine, example: Example, tmp_path: Path
) -> None:
    packages = request.getfixturevalue("index") if example.indexed else None
    workshop = Workshop(example, engine, packages)
    folder = workshop.copy(tmp_path)
    done = verify(workshop, folder, "--read-only", "--format=json")
    assert done.stdout, done.stderr
    verdict = json.loads(done.stdout)
    jsonschema.validate(verdict, json.loads(SCHEMA.read_text("utf-8")))
    assert rows(verdict, "regression", "unknown") == []
    assert done.returncode == 0, done.stderr
    images = verdict["images"]
    assert len(images) == sum(other.name == example.name for other in EXAMPLES)
    tried = {row["kind"] for row in rows(verdict, "same")}
    assert {"build", "python", "distribution", "import", "library", "run", "read-only"} <= tried
    assert [written["works"] for image in images for written in image["written"]] == [True] * len(images)

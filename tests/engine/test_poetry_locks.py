"""The poetry examples as they stand in ``examples/``: without the tests' index, images against poetry.lock.

Poetry cannot install them in every place (see ``engine.index``), so that there may be no image to compare
with; uv can. What the image must hold is what the lock says, name by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.examples import EXAMPLES, FOLDER, Workshop
from engine.index import locked

if TYPE_CHECKING:
    from pathlib import Path

    from engine.docker_cli import Engine

pytestmark = pytest.mark.engine

#: Groups that are in each example's image, extras among them, and the project where it is, too.
GROUPS = {"poetry-packaged": {"main"}, "poetry-groups": {"main", "web"}, "fastapi-poetry-readonly": {"main"}}
PROJECTS = {"poetry-packaged": {"tides": "0.3.0"}, "poetry-groups": {}, "fastapi-poetry-readonly": {}}


@pytest.mark.parametrize("name", GROUPS)
def test_the_image_holds_what_poetry_lock_says(name: str, engine: Engine, tmp_path: Path) -> None:
    [example] = [example for example in EXAMPLES if example.name == name]
    workshop = Workshop(example, engine, None)
    folder = workshop.copy(tmp_path)
    workshop.migrate(folder, "--write")
    said = {
        package.name: package.version
        for package in locked(FOLDER / name / "poetry.lock")
        if package.groups & GROUPS[name]
    }
    assert workshop.build(folder).distributions(example.python) == said | PROJECTS[name]

"""Images are timed on a real engine: what is cold is cold, and what changes is all that is built again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from uvmigrate.verify.engine import Docker, Launch
from uvmigrate.verify.options import Options
from uvmigrate.verify.speed import time_images
from uvmigrate.verify.subjects import Subject, Use
from uvmigrate.verify.verdict import TIMED
from verify.touching import side_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from uvmigrate.verify.engine import Built, Order

pytestmark = pytest.mark.engine

#: The second finds in its cache what the first has put there, unless that cache is another one each time.
FULL_AGAIN = "if [ -e /cache/full ]; then echo 'the cache is full'; exit 1; fi; touch /cache/full"
FILES = {
    "requirements.txt": "six==1.16.0\n",
    "web.py": "import six\n",
    ".dockerignore": "notes.py\n",
    "notes.py": "",
}
ONE_LAYER = "FROM python:3.11-slim\nCOPY . .\nRUN pip install --no-cache-dir -r requirements.txt\n"
SERVER = 'CMD ["python", "-m", "http.server", "8000"]\n'
LAYERS = (
    f"FROM python:3.11-slim\nRUN --mount=type=cache,target=/cache,id={{name}} \\\n    {FULL_AGAIN}\n"
    "COPY requirements.txt .\nRUN pip install --no-cache-dir -r requirements.txt\nCOPY web.py .\n"
)


class Noting(Docker):
    """An engine that notes the steps of its builds that were carried out, without those of the cache."""

    def __init__(self) -> None:
        super().__init__(timeout=600)
        self.done: list[tuple[str, ...]] = []

    def build(self, order: Order, tell: Callable[[str], None]) -> Built:
        built = super().build(order, tell)
        self.done.append(tuple(step.instruction.split()[0] for step in built.steps if not step.cached))
        return built


@pytest.mark.usefixtures("verifier")
def test_what_is_timed_is_what_the_round_is_about(tmp_path: Path) -> None:
    engine = Noting()
    sides = []
    trees = tmp_path / "before", tmp_path / "after"
    for tree, text in zip(trees, (ONE_LAYER, LAYERS.format(name=engine.run_id)), strict=True):
        tree.mkdir()
        named = {"Dockerfile": text + SERVER, **FILES}
        for name, content in named.items():
            (tree / name).write_text(content)
        sides.append(side_of(named)._replace(uses=(Use(None, "", Launch()),)))
    told: list[str] = []
    try:
        found = time_images(engine, Subject("web", tuple(sides), ()), trees, Options(repeat=1), told.append)
    finally:
        engine.remove_all()
    assert [(timing.what, timing.because) for timing in found] == [(what, "") for what in TIMED]
    assert all(len(timing.before) == len(timing.after) == 1 for timing in found)
    again, nothing = ("COPY", "RUN"), ()
    full = ("RUN", "COPY", "RUN", "COPY")
    assert [tuple(word for word in done if word != "FROM") for done in engine.done[2:]] == [
        *(again, full),
        *(nothing, nothing),
        *((again, ("COPY",)) * 2),
        *(nothing, nothing),
        *((again, ("COPY", "RUN", "COPY")) * 2),
        *(nothing, nothing),
    ]
    assert any("RUN pip install" in line for line in told)

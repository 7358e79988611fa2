"""uv is there while it installs, and nothing of it is left in the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.test_bases import HELD, switch

if TYPE_CHECKING:
    from pathlib import Path

    from engine.docker_cli import Engine

pytestmark = pytest.mark.engine

#: What of uv lies anywhere in an image: its programs, what a mount stood on, its cache.
LEFT = ("/", "-xdev", "(", "-name", "uv", "-o", "-name", "uvx", ")")


@pytest.mark.parametrize("user", ["root", "1000"])
def test_an_image_that_somebody_built_gets_packages_and_no_uv(
    engine: Engine, user: str, tmp_path: Path
) -> None:
    folder = tmp_path / "base"
    folder.mkdir()
    held = f"RUN python -m venv /opt/base && /opt/base/bin/pip install {HELD} && chown -R {user} /opt/base\n"
    (folder / "Dockerfile").write_text(
        f"FROM python:3.11-slim\n{held}ENV PATH=/opt/base/bin:$PATH HOME=/tmp\n"
    )
    base = engine.build(folder).tag
    project = tmp_path / "project"
    project.mkdir()
    text = (
        f"FROM {base}\nUSER {user}\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n"
        'COPY app.py .\nRUN python app.py\nCMD ["python", "app.py"]\n'
    )
    images = switch(engine, project, text)
    assert "--mount=type=bind,from=ghcr.io/astral-sh/uv:" in images.dockerfile
    assert "COPY --from" not in images.dockerfile
    assert images.after.output("find", *LEFT) == ""
    found = images.after.distributions()
    assert found == images.before.distributions()
    assert (found["six"], found["jinja2"]) == ("1.16.0", "3.1.4")
    with images.after.run() as container:
        assert container.output() == "42\n"

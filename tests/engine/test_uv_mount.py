"""uv is there while it installs, and nothing of it is left in the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.examples import uvmigrate
from engine.test_bases import HELD, switch

if TYPE_CHECKING:
    from pathlib import Path

    from engine.docker_cli import Engine, Image

pytestmark = pytest.mark.engine

UV = "ghcr.io/astral-sh/uv:0.13.8"


def programs(image: Image) -> str:
    """Where files named uv or uvx lie in an image, also the empty ones that a mount stood on."""
    return image.output("find", "/", "-xdev", "-type", "f", "(", "-name", "uv", "-o", "-name", "uvx", ")")


def test_an_image_that_somebody_built_gets_packages_and_no_uv(engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "base"
    folder.mkdir()
    (folder / "Dockerfile").write_text(f"FROM python:3.11-slim\nRUN pip install {HELD}\n")
    base = engine.build(folder).tag
    project = tmp_path / "project"
    project.mkdir()
    images = switch(
        engine,
        project,
        f"FROM {base}\nUSER root\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n"
        'COPY app.py .\nRUN python app.py\nCMD ["python", "app.py"]\n',
    )
    assert f"--mount=type=bind,from={UV},source=/uv,target=/bin/uv" in images.dockerfile
    assert programs(images.after) == ""
    found = images.after.distributions()
    assert found == images.before.distributions()
    assert (found["six"], found["jinja2"]) == ("1.16.0", "3.1.4")
    with images.after.run() as container:
        assert container.output() == "42\n"


def test_any_user_calls_a_mounted_uv_and_uvx_finds_it(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(
        "FROM python:3.11-slim\nRUN python -m venv /opt/base && chown -R 1000 /opt/base\n"
        f"COPY --from={UV} /uv /uvx /usr/local/bin/\n"
        "ENV UV_CACHE_DIR=/tmp/uv-cache UV_LINK_MODE=copy\nUSER 1000\n"
        "RUN --mount=type=cache,target=/tmp/uv-cache,uid=1000 \\\n"
        "    uv pip install --python /opt/base/bin/python six==1.16.0 && uvx --version\n"
        'RUN ["/usr/local/bin/uv", "pip", "check", "--no-cache", "--python", "/opt/base/bin/python"]\n'
        "USER root\n"
    )
    before = engine.build(tmp_path)
    assert sorted(programs(before).split()) == ["/usr/local/bin/uv", "/usr/local/bin/uvx"]
    uvmigrate(tmp_path, "--write", "--select", "uv-mount")
    after = engine.build(tmp_path)
    assert programs(after) == ""
    python = "/opt/base/bin/python"
    assert after.distributions(python) == before.distributions(python) == {"six": "1.16.0"}

"""``read-only``: what becomes a tmpfs belongs to the user of the service, whatever the image has there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.compose import up
from engine.docker_cli import docker
from engine.examples import lock, uvmigrate

if TYPE_CHECKING:
    from pathlib import Path

    from engine.docker_cli import Engine

pytestmark = pytest.mark.engine

DOCKERFILE = """
FROM python:3.11-slim
COPY --from=ghcr.io/astral-sh/uv:0.13.8 /uv /uvx /bin/
ENV UV_PROJECT_ENVIRONMENT=/opt/venv
WORKDIR /app
COPY . .
RUN uv sync --locked --no-cache
RUN groupadd --gid 1001 app && useradd --uid 1001 --gid app --create-home app
RUN mkdir -p /run/app && chown app /run/app
ENV MPLCONFIGDIR=/opt/plots
USER app
CMD ["uv", "run", "--no-sync", "python", "serve.py"]
"""
#: It writes where a tmpfs has to be, and says so.
SERVE = """
import http.server, os, pathlib
for folder in ("/tmp", "/run/app", "/opt/plots", "/home/app/.cache/uv"):
    pathlib.Path(folder, "mark").write_text(folder)
    print("wrote", folder, flush=True)
http.server.test(http.server.SimpleHTTPRequestHandler, port=8000)
"""
PROJECT = '[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = []\n'
TMPFS = """    tmpfs:
      - /tmp
      - /opt/plots:uid=1001,gid=1001
      - /home/app/.cache/uv:uid=1001,gid=1001
      - /run/app:uid=1001,gid=1001
"""


def test_a_user_writes_to_what_became_a_tmpfs(engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    files = {
        "Dockerfile": DOCKERFILE,
        "pyproject.toml": PROJECT,
        "serve.py": SERVE,
        "compose.yaml": "services:\n  web:\n    build: .\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    lock(folder)
    uvmigrate(folder, "--write", "--select", "read-only")
    assert TMPFS in (folder / "compose.yaml").read_text()
    with up(engine, folder) as container:
        assert container.get("/serve.py").status == 200
        assert container.log.count("wrote /") == 4
        changed = {line.partition(" ")[2] for line in docker("diff", container.id).stdout.splitlines()}
        places = {"/tmp", "/opt/plots", "/home/app/.cache/uv", "/run/app"}
        assert all(any(place.startswith(path) for place in places) for path in changed)

"""Sources that are mounted over the working directory: the service finds its packages, and sees edits."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from engine.docker_cli import DockerError, docker
from engine.examples import lock, uvmigrate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.docker_cli import Container, Engine, Image

pytestmark = pytest.mark.engine

FILES = {
    "Dockerfile": """\
FROM python:3.11-slim
COPY --from=ghcr.io/astral-sh/uv:0.13.8 /uv /uvx /bin/
WORKDIR /app
COPY . .
RUN uv sync --locked
ENV PATH="/app/.venv/bin:$PATH"
CMD ["python", "manage.py", "runserver", "0.0.0.0:8000"]
""",
    "compose.yaml": """\
services:
  web:
    build: .
    volumes:
      - .:/app
      - /app/.venv
""",
    "pyproject.toml": """\
[project]
name = "moon"
version = "1.0"
requires-python = "==3.11.*"
dependencies = ["django==5.2.8"]

[build-system]
requires = ["uv_build>=0.13.8,<0.14"]
build-backend = "uv_build"
""",
    "manage.py": """\
import os
import sys

from django.core.management import execute_from_command_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "moon.settings")
execute_from_command_line(sys.argv)
""",
    "src/moon/__init__.py": "",
    "src/moon/settings.py": """\
ALLOWED_HOSTS = ["*"]
DEBUG = True
ROOT_URLCONF = "moon.urls"
SECRET_KEY = "only for tests"
""",
    "src/moon/urls.py": """\
from django.http import HttpResponse
from django.urls import path

from moon.phase import PHASE

urlpatterns = [path("", lambda request: HttpResponse(PHASE))]
""",
    "src/moon/phase.py": 'PHASE = "waxing"\n',
}
EDIT = "printf 'PHASE = \"full\"\\n' > /app/src/moon/phase.py\n"
SECONDS = 30


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with its lock."""
    folder = tmp_path_factory.mktemp("moon")
    for path, text in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    lock(folder)
    return folder


@pytest.fixture
def mounted(engine: Engine, project: Path) -> Iterator[str]:
    """An option by which a container sees the sources at /app, as by a bind mount: nothing of the image."""
    # An engine elsewhere has no folder of this host: the files are in a volume, which docker does not fill.
    name = docker("volume", "create", f"--label={engine.label}").stdout.strip()
    option = f"--mount=type=volume,source={name},target=/app,volume-nocopy"
    for path in (*FILES, "uv.lock"):
        write = f"mkdir -p $(dirname /app/{path}) && cat > /app/{path}"
        docker(
            *("run", "--rm", "--interactive", f"--label={engine.label}", option, "python:3.11-slim"),
            *("sh", "-c", write),
            given=(project / path).read_text(),
        )
    yield option
    docker("volume", "rm", "--force", name)


def edit_is_seen(image: Image, container: Container, mounted: str) -> None:
    """Asserts that the server answers, and answers otherwise after an edit of what is mounted."""
    assert container.get("/").body == "waxing"
    docker("run", "--rm", mounted, "python:3.11-slim", "sh", "-c", EDIT)
    deadline = time.monotonic() + SECONDS
    while (body := container.get("/").body) != "full" and time.monotonic() < deadline:
        time.sleep(0.5)
    assert body == "full"


def test_before_a_volume_keeps_the_environment(engine: Engine, project: Path, mounted: str) -> None:
    image = engine.build(project)
    with image.run(mounted) as container, pytest.raises(DockerError, match="No module named 'django'"):
        container.get("/")
    with image.run(mounted, "--volume=/app/.venv") as container:
        edit_is_seen(image, container, mounted)


@pytest.mark.parametrize("selected", [("--select=compose-venv",), ()], ids=["alone", "all"])
def test_after_it_needs_none(
    engine: Engine, project: Path, mounted: str, selected: tuple[str, ...], tmp_path: Path
) -> None:
    folder = tmp_path / "after"
    for path in (*FILES, "uv.lock"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text((project / path).read_text())
    uvmigrate(folder, "--write", *selected)
    assert (folder / "compose.yaml").read_text() == FILES["compose.yaml"].replace("      - /app/.venv\n", "")
    image = engine.build(folder)
    assert "django" in image.distributions()
    with image.run(mounted) as container:
        edit_is_seen(image, container, mounted)

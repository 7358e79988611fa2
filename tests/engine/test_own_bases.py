"""An image of the repository on another of its own: each holds what it held, and starts as the same user."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, NamedTuple

import pytest

from engine.examples import uvmigrate

if TYPE_CHECKING:
    from pathlib import Path

    from engine.docker_cli import Engine, Image

pytestmark = pytest.mark.engine

PUBLISH = """\
#!/bin/sh
docker build -t tides:${TAG} .
docker build -t tides:${TAG}_plot --build-arg BASE=tides:${TAG} -f plot.Dockerfile .
"""
#: The base: installs as its user at home, or as root in the image's own Python.
AT_HOME = """\
FROM python:3.11-slim
ENV PATH=/home/sailor/.local/bin:$PATH
RUN useradd --create-home sailor && install -d -o sailor /srv/tides
WORKDIR /srv/tides
USER sailor
COPY requirements.txt .
RUN pip install --user --no-cache-dir -r requirements.txt
COPY app.py .
CMD ["python", "app.py"]
"""
AS_ROOT = """\
FROM python:3.11-slim
WORKDIR /srv/tides
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY app.py .
CMD ["python", "app.py"]
"""
#: What is built on it: more packages, one of them older than what the base would allow.
PLOT = """\
ARG BASE=harbour/tides:main
FROM ${BASE}
COPY requirements-plot.txt .
RUN pip install --user --no-cache-dir -r requirements-plot.txt
RUN python -m pip install gunicorn==23.0.0
RUN gunicorn --version > version.txt
"""


class Pair(NamedTuple):
    """The image of the base and the one on it."""

    base: Image
    plot: Image


def build(engine: Engine, folder: Path) -> Pair:
    """Build both Dockerfiles of a folder."""
    base = engine.build(folder)
    return Pair(base, engine.build(folder, "plot.Dockerfile", build_args={"BASE": base.tag}))


@pytest.mark.parametrize(
    ("base", "plot", "user"),
    [(AT_HOME, PLOT, "sailor"), (AS_ROOT, PLOT.replace("--user ", ""), "root")],
    ids=["another user", "root"],
)
def test_what_is_built_on_a_base_of_the_repository_is_switched_with_it(
    engine: Engine, tmp_path: Path, base: str, plot: str, user: str
) -> None:
    files = {
        "Dockerfile": base,
        "plot.Dockerfile": plot,
        "publish.sh": PUBLISH,
        "requirements.txt": "jinja2==3.1.4\nmarkupsafe==2.1.5\n",
        "requirements-plot.txt": "six==1.16.0\nmarkupsafe\n",
        "app.py": "import jinja2\nprint(jinja2.Template('{{ 6 * 7 }}').render())\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    before = build(engine, tmp_path)
    uvmigrate(tmp_path, "--write")
    assert "pip install" not in (tmp_path / "plot.Dockerfile").read_text().replace("uv pip install", "")
    after = build(engine, tmp_path)
    for old, new in zip(before, after, strict=True):
        assert new.distributions() == old.distributions()
        assert new.output("id", "-un") == old.output("id", "-un") == f"{user}\n"
        with new.run() as container:
            assert container.output() == "42\n"
    assert {"six", "jinja2", "gunicorn"} <= after.plot.distributions().keys()
    assert after.plot.output("stat", "-c", "%U", "version.txt") == f"{user}\n"
    assert "23.0.0" in after.plot.output("gunicorn", "--version")

"""What a base brings stays there, whatever Python its pip belongs to, and a distribution's own serves."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, NamedTuple

import pytest

from engine.examples import uvmigrate
from uvmigrate.project import read_lock

if TYPE_CHECKING:
    from pathlib import Path

    from engine.docker_cli import Engine, Image

pytestmark = pytest.mark.engine

APT = "RUN apt-get update && apt-get install -y --no-install-recommends"
#: What the bases hold, older than what an upgrade would bring: jinja2 needs markupsafe.
HELD = "markupsafe==2.1.5 six==1.16.0"
BASES = {
    "official": f"FROM python:3.11-slim\nRUN pip install {HELD}\n",
    "environment on PATH": (
        f"FROM python:3.11-slim\nRUN python -m venv /opt/base && /opt/base/bin/pip install {HELD}\n"
        "ENV PATH=/opt/base/bin:$PATH\n"
    ),
    "environment beside PATH": (
        "FROM python:3.11-slim\nRUN python -m venv /opt/other\nENV VIRTUAL_ENV=/opt/other\n"
        f"RUN pip install {HELD}\n"
    ),
    "distribution": (
        f"FROM debian:bookworm-slim\n{APT} python3-pip\nENV PIP_BREAK_SYSTEM_PACKAGES=1\n"
        f"RUN pip install {HELD}\n"
    ),
}
LAMPS = """\
[tool.poetry]
name = "lamps"
version = "1.0"
description = ""
authors = []

[tool.poetry.dependencies]
python = "^3.11"
jinja2 = "3.1.4"

[tool.poetry.group.dev.dependencies]
pytest = "*"

[tool.poetry.scripts]
lamps = "lamps:light"
"""
REQUIREMENTS = "jinja2==3.1.4\nitsdangerous\n"


class Switched(NamedTuple):
    """The images of a folder before and after its migration, and the Dockerfile that it then has."""

    before: Image
    after: Image
    dockerfile: str


def switch(engine: Engine, folder: Path, dockerfile: str) -> Switched:
    """Build *folder* with pip and, migrated, with uv."""
    (folder / "requirements.txt").write_text(REQUIREMENTS)
    (folder / "app.py").write_text("import jinja2\nprint(jinja2.Template('{{ 6 * 7 }}').render())\n")
    (folder / "Dockerfile").write_text(dockerfile)
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    before = engine.build(folder)
    uvmigrate(folder, "--write")
    after = (folder / "Dockerfile").read_text()
    assert "pip install" not in after.replace("uv pip install", "")
    return Switched(before, engine.build(folder), after)


@pytest.fixture(params=BASES)
def base(request: pytest.FixtureRequest, engine: Engine, tmp_path: Path) -> str:
    """The tag of an image that somebody built, which bears a name of no known image."""
    folder = tmp_path / "base"
    folder.mkdir()
    (folder / "Dockerfile").write_text(BASES[request.param])
    return engine.build(folder).tag


def test_uv_installs_where_the_pip_of_a_base_did(engine: Engine, base: str, tmp_path: Path) -> None:
    text = f"FROM {base}\nUSER root\nCOPY requirements.txt .\nRUN pip install -U -r requirements.txt\n"
    images = switch(engine, tmp_path, text + 'COPY app.py .\nCMD ["python3", "app.py"]\n')
    found = images.after.distributions("python3")
    assert found == images.before.distributions("python3")
    assert (found["six"], found["markupsafe"], found["jinja2"]) == ("1.16.0", "2.1.5", "3.1.4")
    with images.after.run() as container:
        assert container.output() == "42\n"


def test_uv_installs_what_is_locked_where_poetry_did(engine: Engine, base: str, tmp_path: Path) -> None:
    (tmp_path / "lamps").mkdir()
    (tmp_path / "lamps" / "__init__.py").write_text("def light():\n    import jinja2, six\n    print(42)\n")
    (tmp_path / "pyproject.toml").write_text(LAMPS)
    (tmp_path / "Dockerfile").write_text(
        f"FROM {base}\nUSER root\nRUN pip install poetry && poetry config virtualenvs.create false\n"
        "WORKDIR /srv\nCOPY pyproject.toml ./\nRUN poetry install --no-root --only main\nCOPY lamps ./lamps\n"
        'RUN poetry install --only main\nCMD ["poetry", "run", "lamps"]\n'
    )
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    uvmigrate(tmp_path, "--write")
    image = engine.build(tmp_path)
    found = image.distributions("python3")
    locked = read_lock((tmp_path / "uv.lock").read_bytes())
    named = {
        "six": "1.16.0",
        "jinja2": "3.1.4",
        "lamps": "1.0",
        "markupsafe": locked["markupsafe"][0].version,
    }
    assert {name: found[name] for name in named} == named
    assert "pytest" not in found
    with image.run() as container:
        assert container.output() == "42\n"


def test_a_distribution_s_python_gets_an_environment(engine: Engine, tmp_path: Path) -> None:
    text = (
        f"FROM debian:bookworm-slim\n{APT} python3 python3-pip\nWORKDIR /app\nCOPY requirements.txt .\n"
        "RUN pip install --break-system-packages -r requirements.txt\nCOPY . .\n"
        'CMD ["/usr/bin/python3", "app.py"]\n'
    )
    images = switch(engine, tmp_path, text)
    assert "uv sync --locked" in images.dockerfile
    assert images.after.distributions("/opt/venv/bin/python3") == images.before.distributions("python3")
    with images.after.run() as container:
        assert container.output() == "42\n"


def test_packages_of_a_distribution_stay_beside_those_of_uv(engine: Engine, tmp_path: Path) -> None:
    text = (
        f"FROM debian:bookworm-slim\n{APT} python3-pip python3-yaml\nCOPY requirements.txt .\n"
        "RUN pip install --break-system-packages -r requirements.txt\nCOPY app.py .\n"
        'CMD ["python3", "app.py"]\n'
    )
    images = switch(engine, tmp_path, text)
    found = images.after.distributions("python3")
    assert found == images.before.distributions("python3")
    assert {"pyyaml", "jinja2"} <= found.keys()
    with images.after.run() as container:
        assert container.output() == "42\n"


def test_an_environment_of_debian_s_python_links_to_what_distroless_has(
    engine: Engine, tmp_path: Path
) -> None:
    text = (
        f"FROM debian:bookworm-slim\n{APT} python3-venv\nWORKDIR /app\nCOPY requirements.txt .\n"
        "RUN python3 -m venv /venv && /venv/bin/pip install -r requirements.txt\nCOPY app.py .\n"
    )
    images = switch(engine, tmp_path, text)
    links = [image.output("readlink", "/venv/bin/python") for image in images[:2]]
    # Debian 12 and its distroless image both have these two.
    assert {*links} <= {"/usr/bin/python3\n", "/usr/bin/python3.11\n", "python3\n"}

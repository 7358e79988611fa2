"""However pip was told of an index, the migrated image gets the same packages from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.examples import uvmigrate
from engine.index import HOST, HOUSE_STYLE, MIRROR, PASSWORD, USER, make_wheel, serve

if TYPE_CHECKING:
    from pathlib import Path

    from engine.docker_cli import Engine, Image
    from engine.index import Index

pytestmark = pytest.mark.engine

PRIVATE = MIRROR.replace("/simple/", "/private/simple/")
NETRC = "--mount=type=secret,id=netrc,target=/root/.netrc"
INSTALL = "WORKDIR /app\nCOPY requirements.txt .\nRUN {} pip install --no-cache-dir -r requirements.txt\n"
#: Dockerfiles below their FROM, and the strategy of each.
SHAPES = {
    "build argument": (f"ARG PIP_INDEX_URL\n{INSTALL.format(NETRC)}", "uv pip"),
    "variables": (
        f"ENV PIP_INDEX_URL={MIRROR} PIP_EXTRA_INDEX_URL={PRIVATE}\n{INSTALL.format(NETRC)}",
        "uv sync",
    ),
    "file": (
        f"COPY pip.conf /etc/pip.conf\nRUN {NETRC} pip install --no-cache-dir scales house-style",
        "uv pip",
    ),
    "secret": (
        INSTALL.format('--mount=type=secret,id=index PIP_INDEX_URL="$(cat /run/secrets/index)"'),
        "uv pip",
    ),
}


def build(engine: Engine, folder: Path, index: Index) -> Image:
    secret = f"--secret=id=index,src={folder.parent / 'index'}"
    return engine.build(folder, build_args={"PIP_INDEX_URL": PRIVATE}, more=[*index.build, secret])


@pytest.mark.parametrize("shape", SHAPES)
def test_the_packages_come_from_the_same_indexes(engine: Engine, tmp_path: Path, shape: str) -> None:
    text, strategy = SHAPES[shape]
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Dockerfile").write_text(f'FROM python:3.11-slim\n{text}\nCMD ["python", "-m", "this"]\n')
    (folder / "requirements.txt").write_text("scales\nhouse-style\n")
    (folder / "pip.conf").write_text(f"[global]\nindex-url = {MIRROR}\nextra-index-url =\n    {PRIVATE}\n")
    (tmp_path / "index").write_text(PRIVATE.replace(HOST, f"{USER}:{PASSWORD}@{HOST}"))
    scales = dict(
        [make_wheel("scales", "1.0", {"scales.py": ""}), make_wheel("scales", "2.0", {"scales.py": ""})]
    )
    with serve(scales, tmp_path) as index:
        before = build(engine, folder, index)
        assert before.distributions() == {"house-style": "2.1.0", "scales": "2.0"}
        printed = uvmigrate(folder, environment=index.environment)
        assert f"Dockerfile: migrated ({strategy})" in printed
        printed += uvmigrate(folder, "--diff", environment=index.environment)
        printed += uvmigrate(folder, "--write", environment=index.environment)
        after = build(engine, folder, index)
    assert after.distributions() == before.distributions()
    assert (
        after.output("python", "-c", "import house_style; print(house_style.amount(1250))") == "EUR 12.50\n"
    )
    assert after.contains(HOUSE_STYLE)
    assert not after.contains(PASSWORD)
    texts = [printed, *(path.read_text() for path in folder.rglob("*") if path.is_file())]
    assert not any(PASSWORD in text for text in texts)

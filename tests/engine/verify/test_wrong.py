"""Codemods that are wrong on purpose are caught, each by its own row, named, and left out when asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from engine.examples import copy_example

if TYPE_CHECKING:
    from engine.docker_cli import Engine

pytestmark = pytest.mark.engine

TESTS = Path(__file__).parents[2]
VERIFY_SECONDS = 900
WRONG = "--select=wrong-library,wrong-package,wrong-file,wrong-user"
#: The shortest series that has all that the wrong codemods change.
ALWAYS = (
    "--engine=docker",
    "--env=SECRET_KEY=test",
    "--format=json",
    "--select=uv-switch,multi-stage",
)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Variables with which Python finds the wrong codemods as an installed package's."""
    info = tmp_path / "site" / "wrong-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: wrong\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[uvmigrate.codemods]\nwrong = engine.verify.wrong:CATALOGUE\n")
    paths = [str(info.parent), str(TESTS), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def verify(folder: Path, environment: dict[str, str], *arguments: str) -> tuple[int, dict[str, Any], str]:
    """The exit code, the verdict of one image, and standard error."""
    done = subprocess.run(
        [sys.executable, "-m", "uvmigrate", "verify", *ALWAYS, *arguments, str(folder)],
        capture_output=True,
        text=True,
        timeout=VERIFY_SECONDS,
        check=False,
        env=environment,
    )
    assert done.stdout, done.stderr
    verdict: dict[str, Any] = json.loads(done.stdout)
    assert len(verdict["images"]) == 1
    return done.returncode, verdict, done.stderr


def regressions(verdict: dict[str, Any], codemod: str) -> set[tuple[str, str]]:
    """The kinds and names of the rows that a codemod made a regression."""
    found = [row for row in verdict["images"][0]["rows"] if row["status"] == "regression"]
    return {(row["kind"], row["name"]) for row in found if row["by"] == [codemod]}


def test_each_wrong_codemod_is_caught_and_named(
    engine: Engine, environment: dict[str, str], tmp_path: Path
) -> None:
    folder = copy_example("django-psycopg", tmp_path)
    code, verdict, _ = verify(folder, environment, "--each", WRONG)
    assert code == 1
    wrong = ["wrong-library", "wrong-package", "wrong-file", "wrong-user"]
    assert verdict["images"][0]["failed"] == wrong
    library = regressions(verdict, "wrong-library")
    assert ("import", "psycopg2") in library
    assert {"library", "run"} <= {kind for kind, _ in library}
    package = regressions(verdict, "wrong-package")
    assert ("distribution", "whitenoise") in package
    assert ("file", "/site/shop/views.py") in regressions(verdict, "wrong-file")
    assert ("user", "") in regressions(verdict, "wrong-user")


def test_what_fails_is_left_out_until_the_rest_holds(
    engine: Engine, environment: dict[str, str], tmp_path: Path
) -> None:
    folder = copy_example("django-psycopg", tmp_path)
    wrong = "--select=wrong-file,wrong-user"
    code, verdict, _ = verify(folder, environment, "--drop-failing", wrong)
    assert [one["because"].split()[0] for one in verdict["dropped"]] == ["wrong-file", "wrong-user"]
    assert "USER" not in verdict["dropped"][0]["because"]
    assert verdict["holds"]
    assert verdict["images"][0]["failed"] == []
    assert code == 1


SERVER = """\
import sys
from http.server import HTTPServer, SimpleHTTPRequestHandler

host = sys.argv[2] if len(sys.argv) > 2 else "127.0.0.1"
HTTPServer((host, 8000), SimpleHTTPRequestHandler).serve_forever()
"""
DOCKERFILE = """\
FROM python:3.11-slim
WORKDIR /app
COPY requirements.txt app.py ./
RUN pip install --no-index -r requirements.txt
RUN mkdir /var/log/shop
HEALTHCHECK --interval=5s CMD python -c pass
CMD ["python", "app.py", "--host", "0.0.0.0"]
"""


def test_what_still_answers_may_be_wrong_all_the_same(
    engine: Engine, environment: dict[str, str], tmp_path: Path
) -> None:
    """Without the prefixes it is not known who did it: what others mean must not excuse it."""
    files = {"Dockerfile": DOCKERFILE, "app.py": SERVER, "requirements.txt": "\n"}
    for name, text in files.items():
        (tmp_path / "shop" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "shop" / name).write_text(text)
    wrong = "--select=wrong-argument,wrong-interval,wrong-folder"
    code, verdict, _ = verify(tmp_path / "shop", environment, wrong)
    assert code == 1
    found = {(row["kind"], row["name"]): row for row in verdict["images"][0]["rows"]}
    wrongs = [("command", ""), ("healthcheck", "Interval"), ("file", "/var/log/shop"), ("run", "")]
    assert [found[one]["status"] for one in wrongs] == ["regression"] * 4
    assert found["run", ""]["after"] == "answers on 8000 (200, for itself alone)"
    assert sum(row["status"] == "regression" for row in found.values()) == 4

"""What a RUN touches of a folder: nothing, only files in it, or nobody knows."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from build.reading import build
from uvmigrate.build import reach

APP = frozenset({PurePosixPath("/app")})

OUTSIDE = [
    "apt-get update && apt-get install -y --no-install-recommends gcc && rm -rf /var/lib/apt/lists/*",
    "apt-get install -y $PACKAGES",
    "useradd --create-home --uid 1000 clerk && mkdir -p /data && chown clerk:clerk /data",
    "echo 'deb http://packages.example stable main' > /etc/apt/sources.list.d/extra.list",
    "curl -fsSL https://packages.example/setup.sh | bash -",
    "curl -fsSLo /usr/local/bin/tool https://packages.example/tool && chmod +x /usr/local/bin/tool",
    "wget -qO- https://packages.example/key | gpg --dearmor -o /usr/share/keyrings/extra.gpg",
    'if [ "$DEBUG" = 1 ]; then apt-get install -y gdb; fi',
    "pip install --upgrade pip setuptools",
    "python -m venv /opt/venv",
    "uv venv /opt/venv && uv pip install gunicorn 'celery[redis]>=5'",
    "rm -rf ~/.cache",
]

INSIDE = [
    "chmod +x start.sh",
    "mkdir -p /app/static media && touch static/.keep",
    "chown -R clerk:clerk /app",
    "sed -i s/DEBUG=1/DEBUG=0/ settings.ini",
    "cp settings.sample.ini settings.ini",
    "cd web && rm -rf node_modules/.cache",
    "echo 1 > version.txt",
]

UNKNOWN = [
    "python manage.py collectstatic",
    "./install.sh",
    "make",
    "npm ci",
    "cp docker/sources.list /etc/apt/sources.list",
    "xargs apt-get install -y < packages.txt",
    "apt-get install -y $(cat packages.txt)",
    "apt-get install -y ./tool.deb",
    "curl -O https://packages.example/tool",
    "wget https://packages.example/tool",
    "chown -R clerk /",
    'cp "$THING" /data/',
    "if [ -f packages.txt ]; then apt-get update; fi",
    "uv pip install -r requirements.txt",
    "uv pip install .",
    "uv run pytest",
    "git rev-parse HEAD > /version",
    "bash -c 'make'",
    "$TOOL",
]


@pytest.mark.parametrize("text", OUTSIDE)
def test_it_touches_nothing_of_the_folder(text: str) -> None:
    assert _reach(text) == "outside"


@pytest.mark.parametrize("text", INSIDE)
def test_it_touches_only_files_in_the_folder(text: str) -> None:
    assert _reach(text) == "inside"


@pytest.mark.parametrize("text", UNKNOWN)
def test_nobody_knows_what_it_touches(text: str) -> None:
    assert _reach(text) == "unknown"


def test_a_heredoc_is_read_like_a_line() -> None:
    assert _reach("<<EOF\napt-get update\napt-get install -y gcc\nEOF") == "outside"
    assert _reach("<<EOF\nchmod +x start.sh\nmake\nEOF") == "unknown"


def test_what_is_no_shell_text_is_unknown() -> None:
    assert _reach('["apt-get", "update"]') == "unknown"
    assert _reach("<<EOF\n#!/usr/bin/env python3\nprint()\nEOF") == "unknown"
    assert _reach("--mount=type=bind,source=.,target=/src apt-get update") == "unknown"


def test_a_single_file_is_touched_by_its_own_path_only() -> None:
    manifest = frozenset({PurePosixPath("/app/pyproject.toml")})
    assert _reach("chmod +x start.sh", manifest) == "outside"
    assert _reach("cat pyproject.toml", manifest) == "inside"
    assert _reach("chmod -R 755 /app", manifest) == "unknown"


def _reach(text: str, folders: frozenset[PurePosixPath] = APP) -> str:
    stage = build(f"FROM python:3.13-slim\nWORKDIR /app\nRUN {text}\n").stages[0]
    return reach(stage, stage.instructions[-1], folders)

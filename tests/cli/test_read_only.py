"""``--select read-only``, alone, on an image that needs no migration."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from cli.conftest import Console

FILES = {
    "Dockerfile": "FROM python:3.12-slim\n"
    "COPY --from=ghcr.io/astral-sh/uv:0.13.8 /uv /uvx /bin/\n"
    "ENV UV_PROJECT_ENVIRONMENT=/opt/venv\n"
    "WORKDIR /app\n"
    "COPY . .\n"
    "RUN uv sync --locked --no-dev\n"
    "USER 10001\n"
    'CMD ["/opt/venv/bin/gunicorn", "shop:app"]\n',
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\ndependencies = ["gunicorn"]\n',
    "uv.lock": "version = 1\n",
    "compose.yaml": "services:\n  web:\n    build: .\n  dev:\n    build: .\n    volumes: [.:/app]\n",
}
KEYS = b"    read_only: true\n    tmpfs:\n      - /tmp\n    cap_drop:\n      - ALL\n"


def test_it_works_alone_and_once(uvmigrate: Console, tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    compose = tmp_path / "compose.yaml"

    done = uvmigrate("--select=read-only", "--write", "--strict", ".", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert b"compose.yaml:6 development-service: dev is for development" in done.stderr
    written = compose.read_bytes()
    assert written.startswith(b"services:\n  web:\n    build: .\n" + KEYS)
    assert written.endswith(b"\n  dev:\n    build: .\n    volumes: [.:/app]\n")
    changed = {name for name, text in FILES.items() if (tmp_path / name).read_text() != text}
    assert changed == {"compose.yaml"}

    assert uvmigrate("--select=read-only", "--check", ".", cwd=tmp_path).returncode == 0
    assert uvmigrate("--select=read-only", "--write", ".", cwd=tmp_path).returncode == 0
    assert compose.read_bytes() == written

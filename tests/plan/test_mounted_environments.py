"""What a migration makes of environments that services mount something over, and of their build."""

from __future__ import annotations

from pathlib import PurePosixPath
from textwrap import dedent

import pytest

from uvmigrate.codemod import Settings
from uvmigrate.plan import load_catalogue, plan
from uvmigrate.source import Repo

MANIFEST = """
[tool.poetry]
name = "shop"
version = "1.0"
description = ""
authors = []
package-mode = false

[tool.poetry.dependencies]
python = "^3.12"
flask = "3.0.3"

[tool.poetry.group.dev.dependencies]
honcho = "2.0.0"
"""
MOUNTED = "services:\n  web:\n    build: .\n    volumes:\n      - .:/app\n      - /app/.venv\n"


def migrated(files: dict[str, str], *left_out: str, refused: tuple[str, ...] = ()) -> dict[str, str]:
    """The files after the migration, which *refused* these codes; some codemods are left out.

    `read-only` is among them: it has its own say in services, which others do not change.
    """
    repo = Repo.of({path: dedent(text).lstrip("\n").encode() for path, text in files.items()})
    migration = plan(repo, PurePosixPath(), Settings(ignore=("read-only", *left_out)), load_catalogue())
    assert tuple(one.code for one in migration.refusals) == refused
    return {str(path): migration.after[path].decode() for path in migration.after}


def test_poetrys_environment_beside_the_sources_moves_out_of_their_mount() -> None:
    dockerfile = """
        FROM python:3.12-slim
        ENV POETRY_VIRTUALENVS_IN_PROJECT=1
        RUN pip install poetry==1.8.3
        WORKDIR /app
        COPY pyproject.toml ./
        RUN poetry install
        COPY . .
        CMD ["poetry", "run", "flask", "run"]
    """
    after = migrated({"Dockerfile": dockerfile, "pyproject.toml": MANIFEST, "compose.yaml": MOUNTED})
    assert "/app/.venv" not in after["Dockerfile"]
    assert 'PATH="/opt/venv/bin:$PATH"' in after["Dockerfile"]
    assert after["compose.yaml"] == MOUNTED.replace("      - /app/.venv\n", "")
    stays = migrated(
        {"Dockerfile": dockerfile, "pyproject.toml": MANIFEST, "compose.yaml": MOUNTED}, "compose-venv"
    )
    assert "UV_PROJECT_ENVIRONMENT=/app/.venv" in stays["Dockerfile"]
    assert stays["compose.yaml"] == MOUNTED


@pytest.mark.parametrize("lines", ["RUN python -m venv /app/.venv", "RUN python -m venv .venv"])
def test_an_environment_that_the_build_made_moves_out_of_the_mount(lines: str) -> None:
    dockerfile = f"""
        FROM python:3.12-slim
        WORKDIR /app
        {lines}
        ENV PATH="/app/.venv/bin:$PATH"
        COPY requirements.txt ./
        RUN pip install -r requirements.txt
        COPY . .
        CMD ["flask", "run"]
    """
    after = migrated(
        {"Dockerfile": dockerfile, "requirements.txt": "flask==3.0.3\n", "compose.yaml": MOUNTED}
    )
    assert "/app/.venv" not in after["Dockerfile"]
    assert 'PATH="/opt/venv/bin:$PATH"' in after["Dockerfile"]
    assert after["compose.yaml"] == MOUNTED.replace("      - /app/.venv\n", "")


def stage(dockerfile: str, name: str) -> str:
    """The instructions of the stage with a name, without its FROM."""
    [text] = [
        part for part in dockerfile.split("FROM ")[1:] if part.partition("\n")[0].endswith(f" AS {name}")
    ]
    return text.partition("\n")[2]


def test_a_target_goes_on_naming_a_stage_with_the_packages_that_it_had() -> None:
    dockerfile = """
        FROM python:3.12-slim AS base
        RUN pip install poetry==1.8.3 && poetry config virtualenvs.create false
        WORKDIR /app
        COPY pyproject.toml ./

        FROM base AS dev
        RUN poetry install
        COPY . .
        CMD ["honcho", "start"]

        FROM base AS prod
        RUN poetry install --only main
        COPY . .
        CMD ["flask", "run"]
    """
    compose = """
        services:
          web:
            build: {context: ., target: dev}
            volumes: [".:/app"]
          worker:
            build: {context: ., target: prod}
    """
    after = migrated({"Dockerfile": dockerfile, "pyproject.toml": MANIFEST, "compose.yaml": compose})
    dev, prod = (stage(after["Dockerfile"], name) for name in ("dev", "prod"))
    assert "COPY --from=dev-build /opt/venv /opt/venv" in dev
    assert "COPY --from=prod-build /opt/venv /opt/venv" in prod
    assert "uv sync --locked\n" in stage(after["Dockerfile"], "dev-build")
    assert "uv sync --locked --no-dev\n" in stage(after["Dockerfile"], "prod-build")
    assert 'CMD ["honcho", "start"]' in dev
    assert after["compose.yaml"] == dedent(compose).lstrip("\n")


ARGS = """
    services:
      web:
        build:
          context: .
          args:
            ENVIRONMENT: local
      prod:
        build:
          context: .
          args:
            - ENVIRONMENT=production
"""


def test_an_argument_goes_on_choosing_the_requirements() -> None:
    dockerfile = """
        FROM python:3.12-slim
        ARG ENVIRONMENT=production
        WORKDIR /app
        COPY requirements requirements
        RUN pip install -r requirements/${ENVIRONMENT}.txt
        COPY . .
        CMD ["flask", "run"]
    """
    files = {f"requirements/{name}.txt": "flask==3.0.3\n" for name in ("local", "production")}
    after = migrated({"Dockerfile": dockerfile, "compose.yaml": ARGS, **files})
    build = stage(after["Dockerfile"], "build")
    assert "ARG ENVIRONMENT=production\n" in build
    assert "uv pip install -r requirements/${ENVIRONMENT}.txt\n" in build
    assert "uv.lock" not in after
    assert after["compose.yaml"] == dedent(ARGS).lstrip("\n")


def test_an_argument_goes_on_choosing_the_groups() -> None:
    install = 'if [ "$ENVIRONMENT" = "local" ]; then poetry install; else poetry install --only main; fi'
    dockerfile = f"""
        FROM python:3.12-slim
        ARG ENVIRONMENT=production
        RUN pip install poetry==1.8.3 && poetry config virtualenvs.create false
        WORKDIR /app
        COPY pyproject.toml ./
        RUN {install}
        COPY . .
        CMD ["flask", "run"]
    """
    files = {"Dockerfile": dockerfile, "pyproject.toml": MANIFEST, "compose.yaml": ARGS}
    after = migrated(files, refused=("opaque-shell",))
    kept = 'if [ "$ENVIRONMENT" = "local" ]; then uv sync --locked; else uv sync --locked --no-dev; fi\n'
    assert kept in after["Dockerfile"]
    assert "ARG ENVIRONMENT=production\n" in after["Dockerfile"]


def test_groups_that_an_argument_names_are_refused() -> None:
    dockerfile = """
        FROM python:3.12-slim
        ARG ENVIRONMENT=main
        RUN pip install poetry==1.8.3 && poetry config virtualenvs.create false
        WORKDIR /app
        COPY pyproject.toml ./
        RUN poetry install --only ${ENVIRONMENT}
    """
    files = {"Dockerfile": dockerfile, "pyproject.toml": MANIFEST, "compose.yaml": ARGS}
    after = migrated(files, refused=("manager-option",))
    assert after["Dockerfile"] == dedent(dockerfile).lstrip("\n")

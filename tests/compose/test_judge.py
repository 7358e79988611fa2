"""`docker compose config` is the judge of what services say, and of how files are put together."""

from __future__ import annotations

import json
import os
import re
import shlex
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest

from compose.reading import repository
from engine.docker_cli import DockerError, docker
from uvmigrate.compose import Service, Words, load, services_of

if TYPE_CHECKING:
    from uvmigrate.source import Repo

pytestmark = pytest.mark.engine

SHARED = """
    x-python: &python
      build: &build
        context: .
        args: {EXTRAS: "${EXTRAS:-dev}"}
      volumes: [".:/app", "/app/.venv", "cache:/cache:ro"]
      environment: &environment
        DEBUG: "0"
        LEVEL:

    volumes: {cache: }

    services:
      web:
        <<: *python
        command: gunicorn "app:app" --bind 0.0.0.0:${PORT:-8000}
        environment: {<<: *environment, DEBUG: 1}
        healthcheck: {test: python check.py}
      worker:
        <<: *python
        build: {<<: *build, target: worker, dockerfile: docker/Dockerfile}
        entrypoint: [celery, -A, app]
        command: ["worker", "$$LEVEL"]
        user: "1000"
        read_only: true
      task:
        <<: [{working_dir: /a, image: a}, {working_dir: /b, user: b}]
        tmpfs: /run
"""

EXTENDING = """
    services:
      base:
        build: .
        command: python -m app
        user: "1"
        environment: [A=1, B=2, C]
        healthcheck: {test: [CMD, check]}
        volumes: ["./src:/app", "./data:/data"]
      web:
        extends: base
        build: {dockerfile: Dockerfile.dev}
        environment: {B: "3", A: }
        user:
        volumes: ["./web:/app:ro", {type: volume, target: /v}]
      bare:
        extends: base
        command: !reset null
        environment: !override [D=4]
        healthcheck: {disable: true}
      plain:
        extends: temporary
        command:
        entrypoint: []
      temporary:
        extends: base
        tmpfs: /run
      more:
        extends: temporary
        tmpfs: /tmp
      far:
        extends: {file: common/base.yaml, service: far}
        build: {args: [X=1]}
"""

DOCUMENTS = """
    services:
      web: {build: ., command: [a], image: a}
    ---
    services:
      web: {build: {target: dev}, command: b c, volumes: [/x]}
"""

FAR = "services:\n  far:\n    build: .\n    command: [far]\n"


def judged(folder: Path, repo: Repo, *files: str) -> dict[str, Any]:
    """The services as Compose sees them, the repository written to *folder*."""
    for path in repo:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(repo[path])
    named = [f"--file={folder / file}" for file in files]
    services = json.loads(docker("compose", *named, "config", "--format=json").stdout)["services"]
    return {name: theirs(folder, service) for name, service in services.items()}


def theirs(folder: Path, service: dict[str, Any]) -> dict[str, Any]:
    """What Compose printed of a service, in the words of `ours`; it prints `$` as `$$`."""
    build = service.get("build")
    mounts = service.get("volumes", [])
    check = service.get("healthcheck", {})
    return {
        "image": service.get("image"),
        "build": build
        and [
            os.path.relpath(build["context"], folder),
            build["dockerfile"],
            build.get("target"),
            build.get("args", {}),
        ],
        "command": unescaped(service["command"]),
        "entrypoint": unescaped(service["entrypoint"]),
        "healthcheck": None if check.get("disable") else unescaped(check.get("test")),
        "mounts": sorted([mount["type"], mount["target"], mount.get("read_only", False)] for mount in mounts),
        "tmpfs": service.get("tmpfs", []),
        "environment": service.get("environment", {}),
        "user": service.get("user"),
        "working_dir": service.get("working_dir"),
        "read_only": service.get("read_only", False),
    }


def unescaped(words: list[str] | None) -> list[str] | None:
    return None if words is None else [word.replace("$$", "$") for word in words]


def ours(service: Service) -> dict[str, Any]:
    build = service.build
    mounts = [mount for mount in service.volumes if mount.kind != "tmpfs"]
    return {
        "image": service.image,
        "build": build and [str(build.folder()), build.dockerfile or "Dockerfile", build.target, build.args],
        "command": split(service.command),
        "entrypoint": split(service.entrypoint),
        "healthcheck": checked(service.healthcheck),
        "mounts": sorted([re.sub("anonymous", "volume", m.kind), m.target, m.read_only] for m in mounts),
        "tmpfs": [mount.target for mount in service.volumes if mount.kind == "tmpfs"],
        "environment": service.environment,
        "user": service.user,
        "working_dir": service.working_dir,
        "read_only": service.read_only,
    }


def split(words: Words | None) -> list[str] | None:
    if words is None:
        return None
    return list(words.argv) if words.argv is not None else shlex.split(words.text or "")


def checked(words: Words | None) -> list[str] | None:
    return ["CMD-SHELL", words.text] if words is not None and words.text is not None else split(words)


@pytest.mark.parametrize("text", [SHARED, EXTENDING, DOCUMENTS], ids=["merge keys", "extends", "documents"])
def test_compose_reads_the_same(needs_compose: None, tmp_path: Path, text: str) -> None:
    repo = repository({"compose.yaml": text, "common/base.yaml": FAR})
    file = load(repo, PurePosixPath("compose.yaml"))
    assert file.problem is None, file.problem
    assert {service.name: ours(service) for service in file.services} == judged(
        tmp_path, repo, "compose.yaml"
    )


def test_compose_lays_an_override_over_the_same_build(needs_compose: None, tmp_path: Path) -> None:
    repo = repository(
        {
            "compose.yaml": """
                services:
                  web: {build: {context: ./app, dockerfile: Dockerfile.web, args: {A: 1, B: 2}}}
                  api: {build: .}
            """,
            "compose.override.yaml": """
                services:
                  web: {build: {target: dev, args: [B=3]}}
                  api: {image: api, command: serve}
            """,
        }
    )
    names = ["compose.yaml", "compose.override.yaml"]
    files = [load(repo, PurePosixPath(name)) for name in names]
    compose = judged(tmp_path, repo, *names)
    for dockerfile, name in (("app/Dockerfile.web", "web"), ("Dockerfile", "api")):
        users = services_of(files, PurePosixPath(dockerfile))
        assert [service.name for _, service in users] == [name, name]
        assert ours(users[-1][1])["build"] == compose[name]["build"]


@pytest.mark.parametrize(
    "text",
    [
        "services:\n  web:\n    image: a\n    image: b\n",
        "services:\n  web:\n    extends: base\n",
        "web:\n  image: a\n",
        "services:\n  web: [a]\n",
        "services:\n  web: {image: a, command: [{a: b}]}\n",
    ],
)
def test_compose_refuses_what_has_a_problem(needs_compose: None, tmp_path: Path, text: str) -> None:
    repo = repository({"compose.yaml": text})
    assert load(repo, PurePosixPath("compose.yaml")).problem is not None
    with pytest.raises(DockerError):
        judged(tmp_path, repo, "compose.yaml")

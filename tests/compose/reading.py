"""Compose files in memory, for tests."""

from __future__ import annotations

from pathlib import PurePosixPath
from textwrap import dedent

from uvmigrate.compose import ComposeFile, Service, load
from uvmigrate.source import Repo


def repository(files: dict[str, str]) -> Repo:
    """A repository with these files, their common indentation taken away."""
    return Repo.of({path: dedent(text).encode() for path, text in files.items()})


def read(text: str | bytes, path: str = "compose.yaml", **others: str) -> ComposeFile:
    """A compose file of this text. *others* are files beside it, ``.yaml`` added to their names."""
    data = text if isinstance(text, bytes) else dedent(text).encode()
    repo = repository({f"{name}.yaml": other for name, other in others.items()})
    return load(repo.replace({PurePosixPath(path): data}), PurePosixPath(path))


def services(text: str | bytes, **others: str) -> dict[str, Service]:
    """The services of a compose file that has no problem, by name."""
    file = read(text, **others)
    assert file.problem is None, file.problem
    return {service.name: service for service in file.services}


def service(body: str, **others: str) -> Service:
    """The service ``web`` of a compose file; *body* is what stands below its name."""
    lines = "".join(f"    {line}\n" for line in dedent(body).strip("\n").split("\n"))
    return services(f"services:\n  web:\n{lines}", **others)["web"]

"""`docker compose config` judges each case that changes a compose file: only what was meant differs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cases.running import cases_of, run
from engine.docker_cli import docker
from uvmigrate.compose import find, load
from uvmigrate_codemods import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path, PurePosixPath

    from cases.pages import Case
    from uvmigrate.codemod import Codemod
    from uvmigrate.source import Repo

pytestmark = pytest.mark.engine

#: The keys that hold commands.
RUNS = {"command", "entrypoint", "healthcheck", "post_start", "pre_stop", "develop"}
#: The keys of a service that a codemod may change.
MEANT = {
    "uv-switch": RUNS,
    "no-sync": RUNS,
    "compose-venv": {"volumes", "environment", "command", "entrypoint", "healthcheck"},
    "compose-watch": {"volumes", "develop"},
    "read-only": {"read_only", "tmpfs", "security_opt", "cap_drop"},
}
COMPOSED = [
    pytest.param(codemod, case, id=f"{codemod.id}: {case.claim}")
    for codemod in CATALOGUE
    for case in cases_of(codemod)
    if any(b"services:" in data and path.endswith((".yaml", ".yml")) for path, data in case.files.items())
]


def config(repo: Repo, files: Iterable[PurePosixPath], folder: Path) -> dict[str, Any]:
    """What Compose makes of files, one laid over the other, their variables as they are.

    Raises DockerError where it rejects them.
    """
    for name in repo:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(repo[name])
    named = [f"--file={folder / path}" for path in files]
    options = ("--project-name=case", *named, "--profile=*")
    read = docker("compose", *options, "config", "--format=json", "--no-interpolate")
    found: dict[str, Any] = json.loads(read.stdout)
    return found


def changed(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """The keys of services that differ, and those of the top level."""
    # What an extension holds counts where a service takes it from there.
    for key in before.keys() | after.keys():
        if key != "services" and not key.startswith("x-") and before.get(key) != after.get(key):
            yield key
    old, new = before.get("services", {}), after.get("services", {})
    if old.keys() != new.keys():
        yield "services"
    for name in old.keys() & new.keys():
        yield from (
            key for key in old[name].keys() | new[name].keys() if old[name].get(key) != new[name].get(key)
        )


@pytest.mark.parametrize(("codemod", "case"), COMPOSED)
def test_compose_reads_nothing_else_differently(codemod: Codemod, case: Case, tmp_path: Path) -> None:
    outcome = run(codemod, case.files)
    for files in together(outcome.before):
        if all(outcome.before[path] == outcome.after.get(path, b"") for path in files):
            continue
        before = config(outcome.before, files, tmp_path / "before")
        after = config(outcome.after, files, tmp_path / "after")
        found = set(changed(_unplaced(before, tmp_path / "before"), _unplaced(after, tmp_path / "after")))
        assert found
        assert found <= MEANT[codemod.id]


def together(repo: Repo) -> Iterator[tuple[PurePosixPath, ...]]:
    """The files that Compose reads together: each alone, or over the ones beside it that it is a part of."""
    files = [load(repo, path) for path in find(repo)]
    for file in files:
        names = {service.name for service in file.services if not service.image and not service.build}
        below = [
            other.path
            for other in files
            if other.path.parent == file.path.parent
            and other is not file
            and ".override." not in other.path.name
            and any(service.name in names and (service.build or service.image) for service in other.services)
        ]
        yield from ((path, file.path) for path in below)
        if not below:
            yield (file.path,)


def _unplaced(found: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The same without the folder that its paths begin with."""
    unplaced: dict[str, Any] = json.loads(json.dumps(found).replace(str(folder), ""))
    return unplaced

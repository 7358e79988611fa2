"""``read-only``: what Compose itself makes of the files that come out, beside the cases of its pages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cases.running import cases_of, run
from engine.docker_cli import docker
from uvmigrate_codemods.read_only import CODEMOD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cases.pages import Case
    from uvmigrate.source import Repo

KEYS = ("read_only", "tmpfs", "cap_drop", "security_opt")
CASES = [case for case in cases_of(CODEMOD) if "diff" in case.expected]


def services(folder: Path, repo: Repo, *named: str) -> dict[str, dict[str, Any]]:
    """The services as Compose sees them, the repository written to *folder*; without names, as by default."""
    for path in repo:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(repo[path])
    files = [f"--file={folder / name}" for name in named]
    options = [f"--project-directory={folder}", "--project-name=case", *files]
    found = docker("compose", *options, "--profile=*", "config", "--format=json")
    result: dict[str, dict[str, Any]] = json.loads(found.stdout)["services"]
    return result


def sets(case: Case) -> Iterator[tuple[str, ...]]:
    """The files that Compose may read together: by default, each other one alone, or laid over the first.

    A README.md says of the other one that it is used alone.
    """
    yield tuple(path for path in ("compose.yaml", "compose.override.yaml") if path in case.files)
    for path, data in case.files.items():
        if path.endswith("compose.yaml") or path.startswith("compose."):
            extends = b"extends" in data
            if path in ("compose.yaml", "compose.override.yaml"):
                continue
            if extends or b"build:" in data:
                yield (path,)
            if not extends and "README.md" not in case.files:
                yield ("compose.yaml", path)


@pytest.mark.engine
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.claim)
def test_nothing_but_its_keys_differs_for_compose(case: Case, tmp_path: Path) -> None:
    outcome = run(CODEMOD, case.files)
    changed = False
    for number, named in enumerate(sets(case)):
        folder = tmp_path / str(number)
        before = services(folder, outcome.before, *named)
        after = services(folder, outcome.after, *named)
        assert before.keys() == after.keys()
        for name, service in after.items():
            kept = {key: value for key, value in service.items() if key not in KEYS}
            assert kept == {key: value for key, value in before[name].items() if key not in KEYS}
            for key in ("tmpfs", "cap_drop", "security_opt"):
                assert set(before[name].get(key, ())) <= set(service.get(key, ()))
            if service != before[name]:
                changed = True
                assert service["read_only"] is True
    assert changed

"""What holds of every plan of the real catalogue, whatever shape of repository it is made for."""

from __future__ import annotations

import importlib.util
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings

from corpus.judge import compare
from plan.shapes import damaged, repositories
from source.git import committed, files_in, git
from uvmigrate.codemod import Settings
from uvmigrate.dockerfile import Unknown, parse
from uvmigrate.plan import load_catalogue, plan
from uvmigrate.source import Repo, patch

if TYPE_CHECKING:
    from uvmigrate.plan import Migration

CATALOGUE = load_catalogue()
GENERATED = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def planned(files: dict[str, bytes]) -> Migration:
    return plan(Repo.of(files), PurePosixPath(), Settings(), CATALOGUE)


@GENERATED
@given(repositories())
def test_a_second_run_changes_nothing(files: dict[str, bytes]) -> None:
    first = planned(files)
    again = planned({str(path): first.after[path] for path in first.after})
    assert patch(again.before, again.after).decode(errors="replace") == ""


@GENERATED
@given(damaged())
def test_no_damage_to_the_files_keeps_the_plan_from_being_made(files: dict[str, bytes]) -> None:
    migration = planned(files)
    assert planned({str(path): migration.after[path] for path in migration.after}).after == migration.after


@GENERATED
@given(repositories())
def test_no_codemod_of_ours_fails_a_check(files: dict[str, bytes]) -> None:
    assert [str(refusal) for refusal in planned(files).refusals if refusal.code == "check-failed"] == []


@GENERATED
@given(repositories())
def test_every_prefix_of_the_series_is_a_plan_of_its_own(files: dict[str, bytes]) -> None:
    migration = planned(files)
    names = [step.codemod.id for step in migration.steps]
    assert len(set(names)) == len(names)
    for step in migration.steps:
        selected = tuple(name for name in names if names.index(name) <= names.index(step.codemod.id))
        alone = plan(Repo.of(files), PurePosixPath(), Settings(select=selected), CATALOGUE)
        assert {path: alone.after[path] for path in alone.after} == {
            path: step.after[path] for path in step.after
        }


@GENERATED
@given(repositories())
def test_a_dockerfile_that_is_refused_stays_byte_for_byte(files: dict[str, bytes]) -> None:
    migration = planned(files)
    for build in migration.builds:
        if build.status in ("refused", "noop"):
            assert migration.after[build.path] == migration.before[build.path], build


@GENERATED
@given(repositories())
def test_the_ledger_names_every_instruction_of_a_dockerfile_that_changed(files: dict[str, bytes]) -> None:
    migration = planned(files)
    for path in {entry.path for entry in migration.ledger}:
        kept = [entry for entry in migration.ledger if entry.path == path and entry.kind == "instruction"]
        assert len(kept) == len(parse(migration.before[path]).instructions)
        assert all(entry.because for entry in kept if entry.fate == "dropped")


@settings(GENERATED, max_examples=15)
@given(repositories())
def test_git_applies_the_steps_one_after_another(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]
) -> None:
    migration, folder = planned(files), tmp_path_factory.mktemp("repository")
    committed(folder, files)
    before = migration.before
    for step in migration.steps:
        git(folder, "apply", "--allow-empty", "-", stdin=patch(before, step.after))
        before = step.after
    written = files_in(folder)
    assert written == {str(path): migration.after[path] for path in migration.after}


@pytest.mark.skipif(
    importlib.util.find_spec("dockerfile") is None,
    reason="the package dockerfile has wheels for Linux x86-64 only",
)
@settings(GENERATED, max_examples=15)
@given(repositories())
def test_buildkit_s_own_parser_reads_every_result_as_we_do(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]
) -> None:
    migration = planned(files)
    folder = tmp_path_factory.mktemp("results")
    paths = []
    for step in migration.steps:
        for path in (path for path in step.paths if path.name.startswith("Dockerfile")):
            assert not any(isinstance(item, Unknown) for item in parse(step.after[path]).items)
            paths.append(folder / f"{step.codemod.id}.{path}")
            paths[-1].write_bytes(step.after[path])
    if paths:
        assert [verdict.difference for verdict in compare(paths)] == [""] * len(paths)

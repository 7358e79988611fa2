"""Whatever is edited: the edits stay inside their spans, and real git makes the same of their patch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz import properties
from fuzz.profile import fuzzed
from fuzz.strategies import dockerfiles, shell_texts
from source.git import committed, files_in, git
from uvmigrate.dockerfile import delete_instruction, parse
from uvmigrate.source import Repo, apply_edits, patch

if TYPE_CHECKING:
    import pytest


@fuzzed
@given(dockerfiles)
def test_an_edit_of_an_instruction_stays_inside_it(data: bytes) -> None:
    properties.edits(data)


@fuzzed
@given(shell_texts, st.integers(0, 9))
def test_a_command_that_goes_takes_nothing_around_its_text_along(data: bytes, offset: int) -> None:
    properties.drops(data, offset)


@settings(fuzzed, max_examples=max(fuzzed.max_examples // 20, 2))
@given(st.lists(dockerfiles, min_size=10, max_size=20))
def test_git_makes_of_a_patch_what_the_edits_made(
    tmp_path_factory: pytest.TempPathFactory, files: list[bytes]
) -> None:
    before = {f"Dockerfile.{number}": data for number, data in enumerate(files)}
    after = {name: _without_every_other(data) for name, data in before.items()}
    changes = patch(Repo.of(before), Repo.of(after))
    folder = tmp_path_factory.mktemp("repository")
    committed(folder, before)
    if changes:
        git(folder, "apply", "-", stdin=changes)
    assert files_in(folder) == after


def _without_every_other(data: bytes) -> bytes:
    parsed = parse(data)
    edits = [edit for one in parsed.instructions[::2] for edit in delete_instruction(parsed, one, "why")]
    return apply_edits(data, edits)

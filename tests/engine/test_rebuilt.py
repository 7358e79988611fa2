"""What the model says is built again when a source file changes is what BuildKit builds again."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest

from engine.examples import EXAMPLES, Example, Workshop, change
from uvmigrate.build import build_of, rebuilt
from uvmigrate.compose import find, load
from uvmigrate.source import Repo

if TYPE_CHECKING:
    from pathlib import Path

    from engine.docker_cli import Engine
    from engine.index import Index
    from uvmigrate.build import Again, StageFacts
    from uvmigrate.dockerfile import Instruction

pytestmark = pytest.mark.engine

#: The instructions that the engine says nothing of: they add no files.
SETTINGS = frozenset(
    {"ARG", "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "SHELL", "USER", "VOLUME"}
)


@pytest.mark.parametrize("migrated", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_what_a_change_rebuilds(
    example: Example, migrated: bool, engine: Engine, index: Index, tmp_path: Path
) -> None:
    workshop = Workshop(example, engine, index if example.indexed else None)
    folder = workshop.copy(tmp_path)
    if migrated:
        workshop.migrate(folder, "--write")
    expected = told(folder, example)
    workshop.build(folder)
    change(folder / example.source)
    steps = workshop.build(folder).steps
    found = {(step.stage, " ".join(step.instruction.split())): step.cached for step in steps}
    assert "rebuilt" in expected.values()
    for (stage, text), again in expected.items():
        cached = found[stage, text]
        assert again == "perhaps" or cached == (again == "kept"), (stage, text)


def told(folder: Path, example: Example) -> dict[tuple[str, str], Again]:
    """The fate of every step, by its stage and text as BuildKit's log has them."""
    repo = Repo.open(folder)
    compose = tuple(load(repo, path) for path in find(repo))
    build = build_of(repo, PurePosixPath(example.dockerfile), compose)
    fates = rebuilt(build, build.stages[-1], PurePosixPath(example.source))
    return {
        (label(stage, len(build.stages)), text_of(instruction, build.dockerfile.data)): again
        for stage in build.stages
        for instruction, again in zip(stage.instructions, fates.get(stage.index, ()), strict=False)
        if instruction.keyword not in SETTINGS
    }


def text_of(instruction: Instruction, data: bytes) -> str:
    """An instruction on one line."""
    flags = [flag.span.of(data).decode() for flag in instruction.flags]
    return " ".join(" ".join([instruction.keyword, *flags, instruction.arguments]).split())


def label(stage: StageFacts, count: int) -> str:
    """What BuildKit calls a stage."""
    return stage.name or (f"stage-{stage.index}" if count > 1 else "")

"""What the model says is built again when a source file changes is what BuildKit builds again."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

import pytest

from engine.examples import EXAMPLES, Example, Workshop, change
from uvmigrate.build import build_of
from uvmigrate.build.rebuilt import rebuilt
from uvmigrate.compose import find, load
from uvmigrate.source import Repo

if TYPE_CHECKING:
    from pathlib import Path

    from engine.docker_cli import Engine, Step
    from engine.index import Index
    from uvmigrate.build.rebuilt import Again
    from uvmigrate.dockerfile import Instruction

pytestmark = pytest.mark.engine

LAYERS = frozenset({"RUN", "COPY", "ADD"})


class Told(NamedTuple):
    """A step as BuildKit's log calls it, and what the model says of it."""

    stage: str
    text: re.Pattern[str]
    again: Again


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
    assert "rebuilt" in [one.again for one in expected]
    for one in expected:
        assert one.again == "perhaps" or is_cached(steps, one) == (one.again == "kept"), one


def is_cached(steps: tuple[Step, ...], told: Told) -> bool:
    """Whether a step came from the cache. What two stages begin with alike is one step, of the first."""
    alike = [step for step in steps if told.text.fullmatch(" ".join(step.instruction.split()))]
    return next((step for step in alike if step.stage == told.stage), alike[0]).cached


def told(folder: Path, example: Example) -> list[Told]:
    """The fate of every layer of the image."""
    repo = Repo.open(folder)
    compose = tuple(load(repo, path) for path in find(repo))
    build = build_of(repo, PurePosixPath(example.dockerfile), compose)
    fates = rebuilt(build, build.stages[-1], PurePosixPath(example.source))
    return [
        Told(
            # BuildKit names a stage only where there are several.
            stage.name or (f"stage-{stage.index}" if len(build.stages) > 1 else ""),
            pattern(instruction, build.dockerfile.data),
            again,
        )
        for stage in build.stages
        for instruction, again in zip(stage.instructions, fates.get(stage.index, ()), strict=False)
        if instruction.keyword in LAYERS
    ]


def pattern(instruction: Instruction, data: bytes) -> re.Pattern[str]:
    """An instruction on one line: ARGs are resolved, and the first letters of a heredoc stand behind it."""
    flags = [flag.span.of(data).decode() for flag in instruction.flags]
    text = " ".join(" ".join([instruction.keyword, *flags, instruction.arguments]).split())
    found = re.sub(r"\\\$(?:\w+|\\\{.*?\\\})", ".*", re.escape(text))
    for heredoc in instruction.heredocs:
        first = heredoc.body.of(data).decode().split()[0]
        found += rf" \({re.escape(first)}.*\)"
    return re.compile(found)

"""COPY and ADD above an install: which of them the build stage needs."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from uvmigrate.codemod import ROOT, as_copy, join
from uvmigrate_codemods._layers.sources import written
from uvmigrate_codemods._pin.images import is_uv_image
from uvmigrate_codemods._stages.mentions import meet
from uvmigrate_codemods._stages.statements import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from uvmigrate.codemod import Copy, Instruction
    from uvmigrate_codemods._stages.candidates import Candidate

Side = Literal["build", "both", "runtime"]


def side_of_copy(candidate: Candidate, instruction: Instruction, reads: Iterable[PurePosixPath]) -> Side:
    """Where a COPY or ADD belongs; *reads* are further folders that the build stage's commands look into."""
    copy = as_copy(instruction)
    if copy is None:
        return "both"
    if brings_uv(candidate, copy) or instruction.span in candidate.manifests:
        return "both" if candidate.keeps_uv else "build"
    if _is_overwritten(candidate, instruction, copy):
        return "build"
    state = candidate.stage.state(instruction)
    copied = candidate.stage.copied(instruction)
    if copied is None:
        known = copy.dest.text.startswith("/") and "$" not in copy.dest.text
        filled = frozenset({join(ROOT, copy.dest.text.lstrip("/") or ".")}) if known else frozenset({ROOT})
    else:
        filled = written(candidate.stage.context, copied)
    # From another image come toolchains, and what the application serves.
    served = state.workdir not in (None, ROOT) and all(path.is_relative_to(state.workdir) for path in filled)
    if candidate.everything or (copy.from_ is not None and not served):
        return "both"
    return "both" if meet(filled, {*reads, *candidate.reads, *SETTINGS}) else "runtime"


def _is_overwritten(candidate: Candidate, instruction: Instruction, copy: Copy) -> bool:
    """Whether a COPY brings the environment, from another stage, and that of the build stage comes on top
    before anything runs: the image would hold it twice."""
    paths = [word.text.rstrip("/") for word in (*copy.sources, copy.dest)]
    between = [
        item
        for item in candidate.stage.instructions
        if item.keyword == "RUN" and instruction.span.start < item.span.start < candidate.first.span.start
    ]
    return copy.from_ is not None and paths == [str(candidate.venv)] * 2 and not between


def brings_uv(candidate: Candidate, copy: Copy) -> bool:
    """Whether a COPY takes uv, and nothing else, from uv's image or from a stage that is FROM it."""
    if copy.from_ is None or not {PurePosixPath(word.text).name for word in copy.sources} <= {"uv", "uvx"}:
        return False
    stage = candidate.stage.find(copy.from_)
    reference = stage.base.reference if stage is not None and stage.base is not None else copy.from_
    return stage is not None or is_uv_image(reference)

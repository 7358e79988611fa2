"""Programs called by their old absolute path: in the environment they have another."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.codemod import Edit, Span, carried, installs, made_venvs

if TYPE_CHECKING:
    from uvmigrate.codemod import StageFacts
    from uvmigrate_codemods._switch.draft import Draft

_OLD = re.compile(rb"(?<![\w./-])(?:/usr/local/bin|/root/\.local/bin|/home/[\w-]+/\.local/bin)/([\w.-]+)")
_PYTHON = re.compile(rb"python[0-9.]*")


def switch_paths(draft: Draft, tools: frozenset[bytes]) -> None:
    """In RUN, CMD, ENTRYPOINT and HEALTHCHECK below the first install, ``/usr/local/bin/python`` and the
    packages' own programs are called where they now are. *tools* are the programs' names in lower case."""
    if draft.target.system or made_venvs(draft.build):
        return
    found = installs(draft.build)
    parts = carried(draft.build, found, ())
    for stage in draft.build.stages:
        first = _first(
            stage,
            [i.call.instruction.span.start for i in found if i.stage in stage.lineage]
            + [part.copied.instruction.span.start for part in parts if part.stage in stage.lineage],
        )
        for instruction in stage.instructions if first is not None else ():
            if instruction.keyword not in (
                "RUN",
                "CMD",
                "ENTRYPOINT",
                "HEALTHCHECK",
            ) or instruction.span.start <= (first or 0):
                continue
            start, end = instruction.args_span.start, instruction.span.end
            for match in _OLD.finditer(draft.data, start, end):
                span = Span(match.start(), match.end())
                program = match[1].lower()
                if (_PYTHON.fullmatch(program) or program in tools) and not draft.touched(span):
                    name = match[1] if not _PYTHON.fullmatch(program) else match[1]
                    draft.add(Edit(span, f"{draft.target.venv}/bin/".encode() + name))


def _first(stage: StageFacts, starts: list[int]) -> int | None:
    """Where the environment is first there: above the stage, where a stage it is FROM brings it."""
    return min(starts, default=None)

"""Which instruction starts the container of a stage, and which services run that.

Which of several instructions counts is Docker's reference, "Understand how CMD and ENTRYPOINT interact".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.dockerfile import as_cmd, as_entrypoint, as_healthcheck

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.build.model import Build, StageFacts
    from uvmigrate.compose import ComposeFile, Service
    from uvmigrate.dockerfile import Command as View
    from uvmigrate.dockerfile import Instruction

_VIEWS = {"ENTRYPOINT": as_entrypoint, "CMD": as_cmd, "HEALTHCHECK": as_healthcheck}


def stage_of(build: Build, service: Service) -> StageFacts:
    """The stage whose image a service runs."""
    target = service.build.target if service.build else None
    return (build.find(target) if target else None) or build.stages[-1]


def services_of(build: Build, stage: StageFacts) -> Iterator[tuple[ComposeFile, Service]]:
    """The services that run the image of a stage, each with its compose file."""
    return ((file, service) for file, service in build.services if stage_of(build, service) is stage)


def starting(stage: StageFacts) -> tuple[tuple[Instruction, View], ...]:
    """The ENTRYPOINT, CMD and HEALTHCHECK that count in the stage's image, its parents' included.

    An ENTRYPOINT takes away the CMD of the stages before its own; one in shell form takes no CMD at all.
    """
    last: dict[str, tuple[int, Instruction, View]] = {}
    for facts in stage.lineage:
        for instruction in facts.instructions:
            keyword = instruction.keyword
            view = _VIEWS[keyword](instruction) if keyword in _VIEWS else None
            if view is not None:
                last[keyword] = (facts.index, instruction, view)
    entrypoint, cmd = last.get("ENTRYPOINT"), last.get("CMD")
    if entrypoint and cmd and (cmd[0] < entrypoint[0] or entrypoint[2].exec_form is None):
        del last["CMD"]
    return tuple((instruction, view) for _, instruction, view in last.values())

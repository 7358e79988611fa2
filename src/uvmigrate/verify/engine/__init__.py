"""A container engine through its command line: what it is asked for, and what it answers."""

from uvmigrate.verify.engine.choose import choose
from uvmigrate.verify.engine.docker import Docker
from uvmigrate.verify.engine.model import (
    BuildFailed,
    BuildStep,
    Built,
    Config,
    Ended,
    EngineProblem,
    Launch,
    Layer,
    NotStarted,
    Order,
    State,
)
from uvmigrate.verify.engine.process import TimedOut

#: What is asked of an engine: podman answers the same (`podman.py`).
Engine = Docker

__all__ = [
    "BuildFailed",
    "BuildStep",
    "Built",
    "Config",
    "Docker",
    "Ended",
    "Engine",
    "EngineProblem",
    "Launch",
    "Layer",
    "NotStarted",
    "Order",
    "State",
    "TimedOut",
    "choose",
]

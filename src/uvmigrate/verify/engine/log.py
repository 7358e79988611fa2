"""What the plain log of a BuildKit build says: its steps, and where and why it failed.

BuildKit prints ``#8 [build 2/5] RUN …`` and below it ``#8 CACHED`` (``util/progress/progressui``), and at
the end, where a step failed, its last output, an excerpt of the Dockerfile, and the error.
"""

from __future__ import annotations

import re

from uvmigrate.source import lazy_pattern
from uvmigrate.source.mask import mask
from uvmigrate.verify.engine.model import BuildFailed, BuildStep

_STEP = lazy_pattern(
    r"^#(?P<vertex>\d+) (?P<name>\[(?:\S+ +| *)\d+/\d+\] (?P<instruction>.*))$", re.MULTILINE
)
_CACHED = lazy_pattern(r"^#(?P<vertex>\d+) CACHED$", re.MULTILINE)
#: The excerpt's head: the Dockerfile's name and the first failing line.
_PLACE = lazy_pattern(r"^\S.*?:(?P<line>\d+)\r?\n-{10,}$", re.MULTILINE)
#: The error, without what BuildKit says in front of it of its own work.
_ERROR = lazy_pattern(
    r"^ERROR:? (?:failed to solve: )?(?:failed to compute cache key: )?"
    r"(?:failed to calculate checksum of ref \S+: )?(?P<said>.*)$",
    re.MULTILINE,
)
#: What the step that failed had printed last.
_OUTPUT = lazy_pattern(r"^------\n > .*\n(?P<said>(?:.*\n)*?)------$", re.MULTILINE)
_STAMP = lazy_pattern(r"^\d+\.\d+ ", re.MULTILINE)
#: Lines of a step's output that are kept: the reason is mostly among the last.
_LINES = 20


def steps(log: str) -> tuple[BuildStep, ...]:
    """What the build carried out, in the log's order; ENV, CMD and the like are no steps."""
    cached = {found["vertex"] for found in _CACHED.finditer(log)}
    # A step that runs beside others is named again each time when the log comes back to it.
    named = {found["vertex"]: found["instruction"] for found in _STEP.finditer(log)}
    return tuple(BuildStep(instruction, vertex in cached) for vertex, instruction in named.items())


def step_of(line: str) -> str:
    """The step that a line of the log names, with its stage and number; empty where it names none."""
    found = _STEP.match(line)
    return found["name"] if found else ""


def failure(log: str) -> BuildFailed:
    """Why the build failed: the end of the failing step's output and the engine's error, masked."""
    place = _PLACE.search(log)
    output = _OUTPUT.search(log)
    lines = _STAMP.sub("", output["said"]).splitlines()[-_LINES:] if output else []
    errors = [found["said"] for found in _ERROR.finditer(log)]
    said = "\n".join([*lines, *errors[-1:]]) or "\n".join(log.splitlines()[-_LINES:])
    return BuildFailed(mask(said), int(place["line"]) if place else None)

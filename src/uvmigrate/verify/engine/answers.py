"""What engines list of images and containers, read."""

from __future__ import annotations

import datetime
import re
from typing import Any

from uvmigrate.source import lazy_pattern
from uvmigrate.source.mask import mask
from uvmigrate.verify.engine.model import Config, EngineProblem

#: What all that is made on an engine carries: the run that made it.
LABEL = "uvmigrate.verify"
#: Its value says who removes what carries it (`leftovers.owner`). Images that are to be kept have none.
OWNER = "uvmigrate.verify.owner"
#: The values of all build arguments, which a history has in front of a RUN's command.
_ARGUMENTS = lazy_pattern(r"(RUN |)\|\d+ .*?(?:(?=\S*/\w*sh -)|$)", re.DOTALL)
_STAMP = lazy_pattern(r"(?P<whole>[^.Z+]+?)(?P<fraction>\.\d+)?(?P<zone>Z|[+-]\d\d:\d\d)")


def made_by(history: str) -> str:
    """What made a layer, masked, without the values of build arguments: nobody asked for those."""
    found = _ARGUMENTS.match(history)
    return mask(found[1] + history[found.end() :] if found else history)


def config_of(found: dict[str, Any]) -> Config:
    """The configuration of an image as engines list it."""
    labels = {name: text for name, text in (found.get("Labels") or {}).items() if name not in (LABEL, OWNER)}
    pairs = (text.partition("=") for text in found.get("Env") or ())
    check = found.get("Healthcheck") or {}
    return Config(
        entrypoint=tuple(found.get("Entrypoint") or ()),
        command=tuple(found.get("Cmd") or ()),
        user=found.get("User") or "",
        workdir=found.get("WorkingDir") or "",
        environment={name: value for name, _, value in pairs},
        ports=tuple(sorted(found.get("ExposedPorts") or ())),
        volumes=tuple(sorted(found.get("Volumes") or ())),
        labels=labels,
        healthcheck=tuple(check.get("Test") or ()),
        stop_signal=found.get("StopSignal") or "",
        health_options={name: _duration(value) for name, value in check.items() if name != "Test" and value},
    )


def _duration(value: object) -> str:
    """An option of a health check: engines count nanoseconds, and retries."""
    return f"{value / 1e9:g} s" if isinstance(value, int) and value >= 1000 else str(value)


def seconds_of(stamp: str) -> float:
    """A point in time as engines write it, with nanoseconds and in any time zone, in seconds since 1970."""
    found = _STAMP.fullmatch(stamp)
    if found is None:
        raise EngineProblem(f"{stamp} is no point in time")
    base = datetime.datetime.fromisoformat(found["whole"] + found["zone"].replace("Z", "+00:00"))
    return base.timestamp() + float(found["fraction"] or 0)

"""Which engine is used: the one that was named, else the first that answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.verify.engine.docker import Docker
from uvmigrate.verify.engine.model import EngineProblem

if TYPE_CHECKING:
    from collections.abc import Mapping

#: By name, in the order in which they are tried.
ENGINES: Mapping[str, type[Docker]] = {"docker": Docker}


def choose(name: str | None, timeout: float, *, keep: bool = False) -> Docker:
    """The engine called *name*, or the first that answers; *timeout* and *keep* as `Docker` has them.

    Raises EngineProblem, with what each of them says, where none answers.
    """
    reasons = []
    for engine in [ENGINES[name]] if name else ENGINES.values():
        found = engine(timeout, keep)
        try:
            found.version()
        except EngineProblem as problem:
            reasons.append(f"{engine.program}: {problem}")
        else:
            return found
    raise EngineProblem(f"no container engine answers ({'; '.join(reasons)}): start one, or set DOCKER_HOST")

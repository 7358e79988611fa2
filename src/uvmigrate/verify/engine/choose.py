"""Which engine is used: the one that was named, else the first that answers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from uvmigrate.verify.engine.docker import Docker
from uvmigrate.verify.engine.model import EngineProblem
from uvmigrate.verify.engine.podman import Buildah, Podman

if TYPE_CHECKING:
    from collections.abc import Mapping

#: By name, in the order in which they are tried.
ENGINES: Mapping[str, type[Docker]] = {"docker": Docker, "podman": Podman, "buildah": Buildah}


def choose(name: str | None, timeout: float, *, keep: bool = False) -> Docker:
    """The engine called *name*, or the first that answers; *timeout* and *keep* as `Docker` has them.

    Raises EngineProblem, with what each of them says, where none answers.
    """
    # Whoever says where docker is does not want another engine.
    names = [name] if name else ["docker"] if os.environ.get("DOCKER_HOST") else list(ENGINES)
    reasons = []
    for tried in names:
        found = ENGINES[tried](timeout, keep)
        try:
            found.version()
        except EngineProblem as problem:
            reasons.append(f"{tried}: {problem}")
        else:
            return found
    said = "; ".join(reasons)
    raise EngineProblem(f"no container engine answers ({said}): start one, or set DOCKER_HOST")

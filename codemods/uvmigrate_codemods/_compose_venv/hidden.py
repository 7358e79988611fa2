"""Which environment of a build lies where its services mount something, and where it can lie instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    VENV,
    NamedTuple,
    Refusal,
    made_venvs,
    mount_over,
    read_uv,
    uncovered,
    uv_installs,
)
from uvmigrate_codemods._compose_venv.paths import Move
from uvmigrate_codemods._run.environment import VARIABLE, Place, Syncs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

    from uvmigrate.codemod import Build, ComposeFile, Service, ServiceMount, Settings, StageFacts

#: The verbs of uv that go to the project's environment.
PROJECT_VERBS = frozenset({"sync", "run", "add", "remove"})
#: Where the environment lies if a service mounts something over the usual place.
_ELSEWHERE = "/venv"


class Covered(NamedTuple):
    """A mount of a service that decides what the container sees at an environment's place."""

    file: ComposeFile
    service: Service
    mount: ServiceMount
    venv: PurePosixPath

    @property
    def exactly(self) -> bool:
        """Whether the mount is over the environment alone."""
        return self.mount.target == str(self.venv)

    def stays(self, why: str, instead: str = "") -> Refusal:
        """The refusal to move it, at the mount's line."""
        because = f"the service {self.service.name} mounts {self.mount.target} over {self.venv}, and {why}"
        instead = instead or f"put the environment elsewhere: {VARIABLE}=/opt/venv above the first uv sync"
        return Refusal(self.mount.path, self.mount.line, "environment-hidden", because, instead)


def environments(build: Build) -> dict[PurePosixPath, list[StageFacts]]:
    """The environments that uv fills in a build, each with the stages that make it."""
    found: dict[PurePosixPath, list[StageFacts]] = {}
    if not uv_installs(build):
        return found
    for path, one in Syncs.of(build).made:
        found.setdefault(path, []).append(one.call.stage)
    for venv in made_venvs(build):
        if read_uv(venv.call.command) is not None:
            found.setdefault(venv.path, []).append(venv.call.stage)
    return found


def covered(build: Build) -> Iterator[Covered]:
    """The mounts over environments of a build, in the services that do not name another one to uv."""
    for venv in environments(build):
        for file, service in build.services:
            mount = mount_over(service, venv)
            own = service.environment.get(VARIABLE)
            if mount is not None and own in (None, str(venv)):
                yield Covered(file, service, mount, venv)


def move_for(build: Build, found: list[Covered], settings: Settings) -> Move | Refusal:
    """Where the environment under some mounts moves to, or why it stays."""
    first, venv = found[0], found[0].venv
    if _uses_another(build, venv) or any(one.venv != venv for one in found):
        return first.stays("uv may go to another environment in this build")
    if not venv.name.startswith("."):
        return first.stays(f"{venv.name} is a name that other things may have as well")
    for one in found:
        if one.exactly and one.mount.kind in ("bind", "tmpfs"):
            return one.stays("what lies there is the host's")
    chosen = settings.venv if settings.venv and settings.venv.startswith("/") else VENV
    data = build.dockerfile.data
    free = [place for place in (chosen, _ELSEWHERE) if place.encode(errors="surrogateescape") not in data]
    place = uncovered(build, free)
    if place is None:
        return first.stays(f"neither {chosen} nor {_ELSEWHERE} is free", "choose another place: --venv")
    return Move(venv, place)


def _uses_another(build: Build, venv: PurePosixPath) -> bool:
    """Whether a call of uv would, or might, go to another environment, which a variable would redirect."""
    for call in build.calls(b"uv"):
        uv = read_uv(call.command)
        if uv is not None and uv.verb in PROJECT_VERBS and Place.of(call).environment(uv) != venv:
            return True
    return False

"""Which environment a ``uv run`` uses, and which ``uv sync`` of the build made it.

uv's documentation, "Projects" and "Project environment path": the project is found from the working directory
upwards, the environment is ``.venv`` beside it (beside the root of a workspace), or UV_PROJECT_ENVIRONMENT.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import ROOT, NamedTuple, expand, join, uv_installs
from uvmigrate_codemods._workspace import MANIFEST, root_of

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from uvmigrate.codemod import Build, Call, Instruction, StageFacts, State, UvCommand, UvInstall

VARIABLE = "UV_PROJECT_ENVIRONMENT"


class Place(NamedTuple):
    """Where a uv command runs: the stage and its state, the folder, and the RUN where it is one."""

    stage: StageFacts
    state: State
    folder: PurePosixPath | None
    run: Instruction | None = None

    @classmethod
    def of(cls, call: Call) -> Place:
        """The place of a command of a RUN."""
        return cls(call.stage, call.state, call.cwd, call.instruction)

    @classmethod
    def final(cls, stage: StageFacts) -> Place:
        """The place of what starts a container."""
        return cls(stage, stage.final, stage.final.workdir)

    def value(self, name: str) -> str | None:
        """A variable that the command sees: build arguments are gone when a container starts."""
        return self.state.env.get(name) if self.run or name in self.state.exported else None

    def folder_of(self, uv: UvCommand) -> PurePosixPath | None:
        """The folder that uv starts to look from."""
        folder = self.folder
        for option in ("--directory", "--project"):
            for given in uv.values(option):
                text = expand(given, self.state.env)
                folder = join(folder, text) if folder is not None and text is not None else None
        return folder

    def project(self, uv: UvCommand) -> PurePosixPath | None:
        """The image folder that the environment lies beside; None where no project is found."""
        start = self.folder_of(uv)
        for up in (start, *start.parents) if start is not None else ():
            path = self.stage.locate(up / MANIFEST, self.state, self.run)
            if path is not None:
                own = (self.stage.context.folder / path).parent
                root = root_of(self.stage.context.repo, own)
                depth = len(own.relative_to(root).parts)
                return (up, *up.parents)[min(depth, len(up.parents))]
        return None

    def environment(self, uv: UvCommand) -> PurePosixPath | None:
        """The image path of the environment that the command uses."""
        project = self.project(uv)
        named = self.value("VIRTUAL_ENV") if uv.has("--active") else self.value(VARIABLE)
        return join(project, named or ".venv") if project is not None else None


class Syncs(NamedTuple):
    """The ``uv sync`` of a build, and where each makes its environment."""

    made: tuple[tuple[PurePosixPath, UvInstall], ...]

    @classmethod
    def of(cls, build: Build) -> Syncs:
        """All of them whose project is known."""
        syncs = [one for one in uv_installs(build) if one.uv.verb == "sync" and one.project is not None]
        placed = [(Place.of(one.call).environment(one.uv), one) for one in syncs]
        return cls(tuple((path, one) for path, one in placed if path is not None))

    def behind(self, place: Place, path: PurePosixPath) -> tuple[UvInstall, ...]:
        """Those that filled the environment at *path* by the time that something runs at *place*."""
        at = place.run.span.start if place.run is not None else None
        lineage = place.stage.lineage
        own = [
            one
            for made, one in self.made
            if made == path
            and one.call.stage in lineage
            and (at is None or one.call.instruction.span.start <= at)
        ]
        for copied in place.state.copies:
            origin = place.stage.find(copied.origin) if copied.origin else None
            if origin is not None and any(_carries(copied.dest, source, path) for source in copied.sources):
                own += self.behind(Place.final(origin), path)
        return tuple(own)


def _carries(dest: PurePosixPath, source: str, path: PurePosixPath) -> bool:
    """Whether a COPY from another stage brings the folder *path* to where it was: moved, it does not work."""
    start = join(ROOT, source.lstrip("/") or ".")
    return path.is_relative_to(dest) and start == dest

"""The decisions for the builds that install with poetry or pipenv."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from uvmigrate.build import installs
from uvmigrate.build.managed import managed_calls, manager_root
from uvmigrate.codemod import Project, Refusal, Target
from uvmigrate.plan.managed_projects import managed_projects
from uvmigrate.plan.place import place_of_venv

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import PurePosixPath

    from uvmigrate.build import Build
    from uvmigrate.codemod import Settings
    from uvmigrate.plan.managed_wishes import ManagedWish
    from uvmigrate.source import Repo


def managed_targets(
    repo: Repo,
    wishes: Sequence[ManagedWish],
    builds: Sequence[Build],
    refused: Mapping[PurePosixPath, Target | Refusal],
    settings: Settings,
) -> dict[PurePosixPath, Target | Refusal]:
    """What each of *wishes* comes to; *refused* are the decisions on other builds.

    poetry does not install from a pyproject.toml that has changed since its lock was made, so the images of
    a poetry project are switched together or not at all.
    """
    together: dict[PurePosixPath, list[ManagedWish]] = defaultdict(list)
    for wish in wishes:
        together[wish.folder].append(wish)
    decided: dict[PurePosixPath, Target | Refusal] = {}
    for folder, some in together.items():
        made = _strategy(some, settings) or managed_projects(repo, folder, some, builds, settings)
        others = {path: one for path, one in made.items() if isinstance(one, Refusal)}
        left = _left(folder, builds, {**refused, **others}) if some[0].tool == "poetry" else None
        for wish in some:
            project = made[wish.build.path]
            if isinstance(project, Project) and project.manifest is not None and left is not None:
                project = _shared(wish, left)
            decided[wish.build.path] = (
                project if isinstance(project, Refusal) else _target(wish, project, settings)
            )
    return decided


def _strategy(wishes: Sequence[ManagedWish], settings: Settings) -> dict[PurePosixPath, Project | Refusal]:
    if settings.strategy != "pip":
        return {}
    refusals: dict[PurePosixPath, Project | Refusal] = {}
    for wish in wishes:
        line = wish.build.line(wish.members[0].call.command.span.start)
        because = f"--strategy pip is not possible: {wish.tool} installs a project"
        refusals[wish.build.path] = Refusal(
            wish.build.path, line, "no-requirements", because, "leave the strategy to uvmigrate, or use sync"
        )
    return refusals


def _left(
    folder: PurePosixPath, builds: Iterable[Build], decided: Mapping[PurePosixPath, Target | Refusal]
) -> tuple[PurePosixPath, Refusal] | None:
    """A Dockerfile that goes on with poetry in *folder*, because it is refused, and that refusal."""
    for build in builds:
        refusal = decided.get(build.path)
        if isinstance(refusal, Refusal):
            roots = {manager_root(managed.call, managed.tool) for managed in managed_calls(build)}
            if folder in {build.context.folder / root for root in roots if root is not None}:
                return build.path, refusal
    return None


def _shared(wish: ManagedWish, left: tuple[PurePosixPath, Refusal]) -> Refusal:
    path, refusal = left
    line = wish.build.line(wish.members[0].call.command.span.start)
    because = f"{path} installs the same project with poetry, and is refused ({refusal.code})"
    instead = "poetry stops at a pyproject.toml that changed: mend that refusal first"
    return Refusal(wish.build.path, line, "shared-project", because, instead)


def _target(wish: ManagedWish, project: Project, settings: Settings) -> Target:
    venv = place_of_venv(wish.build, installs(wish.build), settings)
    why = f"{project.folder / 'pyproject.toml'} declares the dependencies, uv.lock holds their versions"
    return Target("sync", why, "" if wish.system else venv, project, wish.pip_stages, wish.system)

"""Finds the images that a migration changes, in snapshots of the repository."""

from __future__ import annotations

import contextlib
import tomllib
from typing import TYPE_CHECKING

from uvmigrate.plan import look
from uvmigrate.project import Pyproject, read_pyproject
from uvmigrate.source import NamedTuple
from uvmigrate.verify.engine import Launch
from uvmigrate.verify.services import healthcheck_of, launch_of, recipe_of
from uvmigrate.verify.subjects import Side, Subject, Unstarted, Use

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import PurePosixPath

    from uvmigrate.build import Build, StageFacts
    from uvmigrate.codemod import Codemod, Context, Settings
    from uvmigrate.compose import ComposeFile, Service
    from uvmigrate.plan import Migration, Step
    from uvmigrate.verify.options import Options


class _Image(NamedTuple):
    """What tells an image in every snapshot: its Dockerfile, its target, and the services that start it."""

    path: PurePosixPath
    target: str
    services: tuple[tuple[PurePosixPath, str], ...] = ()


def subjects_of(
    migration: Migration, snapshots: Sequence[Sequence[Step]], settings: Settings, options: Options
) -> tuple[Subject, ...]:
    """The images that *migration* changes, as they are in each snapshot: after no step, then after some.

    With ``options.read_only`` also those that are on uv already.
    """
    paths = [result.path for result in migration.builds]
    first = look(migration.before, paths, settings)
    others = [look(some[-1].after, paths, settings, first) for some in snapshots[1:]]
    return affected(migration, (first, *others), options)


def affected(migration: Migration, contexts: Sequence[Context], options: Options) -> tuple[Subject, ...]:
    """The images that *migration* changes; with ``options.read_only`` also those that are on uv already.

    *contexts* are looks at the snapshots, the original first. A Dockerfile makes an image for each stage that
    nothing is made of, and for each way in which services of compose build it.
    """
    tried = {
        result.path
        for result in migration.builds
        if options.read_only and result.strategy is not None and result.status != "refused"
    }
    found = []
    for build in contexts[0].builds:
        codemods = _hands(migration, build.path)
        if codemods or build.path in tried:
            images = tuple(_images(build, options))
            for image in images:
                sides = tuple(_side(context, image, options) for context in contexts)
                name = str(image.path) if len(images) == 1 else _name(image)
                found.append(Subject(name, sides, codemods))
    return tuple(found)


def _hands(migration: Migration, path: PurePosixPath) -> tuple[Codemod, ...]:
    """The codemods that had a hand in the images of a Dockerfile."""
    return tuple(
        step.codemod
        for step in migration.steps
        if any(path in change.builds or path in change.edits or not change.builds for change in step.changes)
    )


def _images(build: Build, options: Options) -> Iterator[_Image]:
    """The images of a Dockerfile: those that services build, then those that none does."""
    if not build.stages:
        return
    if options.target:
        if build.find(options.target) is not None:
            yield _Image(build.path, options.target, tuple(_keys(build.services)))
        return
    groups: dict[object, list[tuple[ComposeFile, Service]]] = {}
    for file, service in build.services:
        if service.build is not None and not _is_laid_over(file):
            target = service.build.target or ""
            groups.setdefault((target, tuple(sorted(service.build.args.items()))), []).append((file, service))
    built = set()
    for users in groups.values():
        target = (users[0][1].build.target or "") if users[0][1].build else ""
        built.add(_stage(build, target))
        yield _Image(build.path, target, tuple(_keys(users)))
    for stage in build.final_stages:
        is_last = stage is build.stages[-1]
        if stage not in built and (is_last or stage.name):
            yield _Image(build.path, "" if is_last else stage.name or "")


def _is_laid_over(file: ComposeFile) -> bool:
    """Whether Compose reads a file over another one: what starts is then told by both."""
    return ".override." in file.path.name or bool(file.below)


def _keys(users: Sequence[tuple[ComposeFile, Service]]) -> Iterator[tuple[PurePosixPath, str]]:
    yield from ((file.path, service.name) for file, service in users)


def _stage(build: Build, target: str) -> StageFacts:
    """The stage of a target. Where it is gone that does not matter: then the image cannot be built."""
    return (build.find(target) if target else None) or build.stages[-1]


def _name(image: _Image) -> str:
    """What tells the image among those of its Dockerfile."""
    names = ", ".join(dict.fromkeys(service for _, service in image.services))
    stage = f"stage {image.target}" if image.target else "last stage"
    return f"{image.path} ({names or stage})"


def _side(context: Context, image: _Image, options: Options) -> Side:
    """The image in a snapshot."""
    build = next(one for one in context.builds if one.path == image.path)
    users = [
        (file, service) for file, service in build.services if (file.path, service.name) in image.services
    ]
    section = users[0][1].build if users else None
    target = options.target or (section.target if section and section.target else image.target)
    stage = _stage(build, target)
    recipe, problems = recipe_of(build, target, users[0] if users else None, options)
    uses, unstarted = [], []
    for file, service in users:
        launch = launch_of(file, service, context.repo, options.environment)
        if isinstance(launch, str):
            unstarted.append(Unstarted(service.name, launch))
            continue
        launch = launch._replace(environment={**launch.environment, **options.environment})
        check = healthcheck_of(file, service, context.repo, options.environment)
        uses.append(Use(file.path, service.name, launch, _is_locked(service), check))
    if not users:
        uses.append(Use(None, "", Launch(environment=options.environment)))
    return Side(build, stage, recipe, tuple(uses), problems, _requirements(build), tuple(unstarted))


def _is_locked(service: Service) -> bool:
    """Whether compose starts it as it is tried: a read-only root alone is less than that."""
    drops_all = "ALL" in (name.upper() for name in service.cap_drop)
    return service.read_only and drops_all and not service.cap_add


def _requirements(build: Build) -> tuple[str, ...]:
    """What the project of a build declares that it needs; of poetry's and Pipfile's tables the names.

    It is read anew here, and not by what converts them: what a conversion loses is to be seen.
    """
    found: list[str] = []
    for folder in dict.fromkeys((build.context.folder, build.path.parent)):
        project = read_pyproject(build.context.repo, folder / "pyproject.toml")
        if isinstance(project, Pyproject):
            found += project.dependencies
            found += _names(project.tool.get("poetry"), "dependencies")
        with contextlib.suppress(KeyError, OSError, ValueError):
            pipfile = tomllib.loads(build.context.repo[folder / "Pipfile"].decode())
            found += _names(pipfile, "packages")
    return tuple(dict.fromkeys(found))


def _names(manifest: object, key: str) -> Iterator[str]:
    """The names in a manifest's table of dependencies that are installed without being asked for."""
    table = manifest.get(key) if isinstance(manifest, dict) else None
    for name, entry in table.items() if isinstance(table, dict) else ():
        if name.lower() != "python" and not (isinstance(entry, dict) and entry.get("optional")):
            yield name

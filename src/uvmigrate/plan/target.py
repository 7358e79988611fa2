"""Chooses for each build that installs with pip: ``uv sync`` from a project, ``uv pip``, or a refusal."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from uvmigrate.build import carried, installs, keeps, made_venvs, mentions_managers, version_of
from uvmigrate.codemod import Project, Refusal, Target
from uvmigrate.plan.base_packages import missing_setuptools
from uvmigrate.plan.indexes import index_conflict
from uvmigrate.plan.isolated import in_isolation
from uvmigrate.plan.obstacles import beside_uv, hidden, obstacle, stays
from uvmigrate.plan.place import place_of_venv
from uvmigrate.plan.projects import make_projects
from uvmigrate.plan.shared_starts import Around, shared_starts
from uvmigrate.plan.wishes import Wish, image_python, repo_paths, wish_for
from uvmigrate.project import uv_pip_problem
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import PurePosixPath

    from uvmigrate.build import Build
    from uvmigrate.build.installs import Install
    from uvmigrate.codemod import Settings
    from uvmigrate.plan.managed_wishes import ManagedWish
    from uvmigrate.source import Repo


#: The first Python with a setuptools that reads ``[project]`` and makes editable installs of it.
_FIRST_PYTHON = (3, 7)


class _Candidate(NamedTuple):
    """A build whose installs can be switched: in one project, or for a reason not."""

    build: Build
    wish: Wish | None
    why: str


def choose(
    repo: Repo,
    builds: Iterable[Build],
    settings: Settings,
    around: Callable[[], Around] = Around,
    plain: Collection[PurePosixPath] = (),
) -> Mapping[PurePosixPath, Target | Refusal]:
    """The decision for every Dockerfile that installs with pip; the others are not in it.

    *around* tells, where that matters, what else of the repository starts containers. *plain* are Dockerfiles
    that are known to hide no installs.
    """
    builds = tuple(builds)
    refused: dict[PurePosixPath, Refusal] = {}
    while True:
        decided = _choose(repo, builds, settings, refused, plain)
        more = shared_starts(repo, builds, decided, around)
        if not more:
            return decided
        refused |= more


def _choose(
    repo: Repo,
    builds: Sequence[Build],
    settings: Settings,
    refused: Mapping[PurePosixPath, Refusal],
    plain: Collection[PurePosixPath],
) -> dict[PurePosixPath, Target | Refusal]:
    """The decisions where those of *refused* are taken already."""
    decided: dict[PurePosixPath, Target | Refusal] = {}
    candidates: list[_Candidate] = []
    managed: list[ManagedWish] = []
    for build in builds:
        found = installs(build)
        venv = place_of_venv(build, found, settings)
        refusal = refused.get(build.path)
        if refusal is None and (found or (build.path not in plain and _hides_installs(build))):
            refusal = obstacle(build, found, venv)
        refusal = refusal or _other_python(build, found, settings)
        if refusal is not None:
            decided[build.path] = refusal
        elif (gone := _gone_project(build, found)) is not None:
            decided[build.path] = _from_gone(build, gone, found, venv)
        elif found:
            wish = _managed_wish(build, found, settings)
            if isinstance(wish, Refusal):
                decided[build.path] = wish
            elif wish is not None:
                managed.append(wish)
            else:
                candidates.append(_candidate(build, found, settings))
    if managed:
        # What only projects of other managers need is not imported for others.
        from uvmigrate.plan.managed_targets import managed_targets

        decided |= managed_targets(repo, managed, builds, decided, settings)
    for candidate, project in _with_projects(repo, builds, candidates, settings):
        decided[candidate.build.path] = _target(candidate, project, settings)
    return decided


def _gone_project(build: Build, found: tuple[Install, ...]) -> Project | Refusal | None:
    """What takes the place of requirement files that are gone: a project that somebody has locked."""
    if not build.context.repo.named("uv.lock"):
        return None
    from uvmigrate.plan.gone import gone_project

    return gone_project(build, found)


def _from_gone(
    build: Build, gone: Project | Refusal, found: tuple[Install, ...], venv: str
) -> Target | Refusal:
    if isinstance(gone, Refusal):
        return gone
    others = [install for install in found if install.call.command.span.start not in gone.selections]
    stages = frozenset(install.stage.lineage[0].index for install in others)
    why = f"{gone.folder / 'pyproject.toml'} and uv.lock took the place of the requirement files"
    return Target("sync", why, venv, gone, stages, isolated=in_isolation(build))


def _managed_wish(
    build: Build, found: tuple[Install, ...], settings: Settings
) -> ManagedWish | Refusal | None:
    if not mentions_managers(build):
        return None
    from uvmigrate.plan.managed_wishes import managed_wish

    return managed_wish(build, found, settings)


def _other_python(build: Build, found: Iterable[Install], settings: Settings) -> Refusal | None:
    """A refusal where ``--python`` names another Python than a base image brings."""
    for install in found:
        base, version = install.stage.base, version_of(build, install)
        known = ".".join(map(str, version)) if version is not None else settings.python
        if base is not None and settings.python not in (None, known):
            because = f"--python says {settings.python}, and {base.reference} brings {known}"
            return Refusal(build.path, 1, "other-python", because, "leave --python out for this image")
    return None


def _hides_installs(build: Build) -> bool:
    """Whether something else than a plain pip may be at work, so that the obstacles have a word to say."""
    return next(hidden(build, ()), None) is not None or any(
        (call.command.name or "").rpartition("/")[2] in ("pdm", "conda", "mamba", "micromamba", "pip-sync")
        or "setup.py" in call.command.argv
        for call in build.calls(b"pdm", b"conda", b"mamba", b"pip-sync", b"setup.py")
    )


def _candidate(build: Build, found: tuple[Install, ...], settings: Settings) -> _Candidate:
    if settings.strategy == "pip":
        return _Candidate(build, None, "chosen by --strategy pip")
    if beside_uv(build):
        return _Candidate(build, None, "uv installs here already, and pip's packages go where pip put them")
    wish = wish_for(build, found, settings)
    return _Candidate(build, None, wish) if isinstance(wish, str) else _Candidate(build, wish, "")


def _with_projects(
    repo: Repo, builds: Sequence[Build], candidates: list[_Candidate], settings: Settings
) -> list[tuple[_Candidate, Project | None]]:
    """Each candidate with its project; builds of one project share it, or none of them has it."""
    together: dict[PurePosixPath, list[Wish]] = defaultdict(list)
    for candidate in candidates:
        if candidate.wish is not None:
            together[candidate.wish.folder].append(candidate.wish)
    made: dict[PurePosixPath, Project | str] = {}
    too_old: dict[PurePosixPath, str] = {}
    for where, reason in _too_old(builds, settings) if together else ():
        too_old.setdefault(where, reason)
    for folder, wishes in together.items():
        projects = make_projects(repo, folder, wishes, settings)
        old = too_old.get(folder)
        for path, project in projects.items():
            package = isinstance(project, Project) and project.packaged and project.manifest is not None
            made[path] = old if package and old is not None else project
    result: list[tuple[_Candidate, Project | None]] = []
    for candidate in candidates:
        found = made.get(candidate.build.path)
        if isinstance(found, str):
            result.append((candidate._replace(wish=None, why=found), None))
        else:
            result.append((candidate, found))
    return result


def _too_old(builds: Sequence[Build], settings: Settings) -> Iterator[tuple[PurePosixPath, str]]:
    """Folders in which no ``[project]`` can be written, and why: an image's setuptools would stop at it."""
    for build in builds:
        for install in installs(build):
            named = {build.context.folder / one.folder for one in install.projects if one.folder is not None}
            python = image_python(build, install, settings) if named else None
            if python is not None and python < _FIRST_PYTHON:
                version = ".".join(map(str, python))
                why = f"{build.path} installs it with Python {version}, whose setuptools reads no [project]"
                yield from ((folder, why) for folder in named)


def _target(candidate: _Candidate, project: Project | None, settings: Settings) -> Target | Refusal:
    build, found = candidate.build, installs(candidate.build)
    venv = place_of_venv(build, found, settings)
    if project is not None and candidate.wish is not None:
        why = f"{project.folder / 'pyproject.toml'} declares the dependencies, uv.lock holds their versions"
        stages = candidate.wish.pip_stages
        return Target("sync", why, venv, project, stages, isolated=in_isolation(build))
    if settings.strategy == "sync":
        line = build.line(found[0].call.command.span.start)
        because = f"--strategy sync is not possible: {candidate.why}"
        return Refusal(build.path, line, "no-project", because, "leave the strategy to uvmigrate, or use pip")
    system = any(keeps(build, install) for install in found)
    if system and carried(build, found, made_venvs(build)):
        because = "packages of a base that brings its own are carried to another stage"
        return Refusal(build.path, 1, "base-unknown", because, "migrate this image by hand")
    system = system or stays(build, found)
    problem = _uv_stops_at(build, found)
    if problem is not None:
        return problem
    stages = frozenset(install.stage.lineage[0].index for install in found)
    needed = None if system else missing_setuptools(build, found)
    base = (needed,) if needed else ()
    isolated = frozenset[int]() if system else in_isolation(build)
    return Target("pip", candidate.why, "" if system else venv, None, stages, system, base, isolated)


def _uv_stops_at(build: Build, found: tuple[Install, ...]) -> Refusal | None:
    """A line of a requirement file that ``uv pip`` cannot take."""
    conflict = index_conflict(build, found)
    if conflict is not None:
        return conflict
    paths = [path for i in found for path in repo_paths(i.call, (*i.files, *i.constraints))]
    problem = uv_pip_problem(build.context.repo, dict.fromkeys(paths))
    if problem is None:
        return None
    path, line, why = problem
    return Refusal(path, line, "requirements-line", why, "say it another way, so that uv can read it")

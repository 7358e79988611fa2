"""Looking at a repository: its builds, its compose files, and what each build is to become."""

from __future__ import annotations

from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.build import build_of, find_dockerfiles, is_dockerfile
from uvmigrate.codemod import Context, Refusal, SettingsError
from uvmigrate.compose import find
from uvmigrate.dockerfile import template_line
from uvmigrate.plan.shared_starts import Around
from uvmigrate.plan.target import choose
from uvmigrate.source import Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from uvmigrate.build import BaseImage, OwnImages
    from uvmigrate.codemod import Settings
    from uvmigrate.compose import ComposeFile
    from uvmigrate.source import Repo

#: A Dockerfile of more bytes than this is not one that a person wrote.
MAX_DOCKERFILE = 1024 * 1024
#: The codes of the refusals of files that are not read at all.
UNREADABLE = frozenset({"unreadable", "not-text", "too-large"})


def find_readable(
    repo: Repo, below: PurePosixPath, exclude: Iterable[str] = ()
) -> tuple[tuple[PurePosixPath, ...], tuple[Refusal, ...]]:
    """The Dockerfiles below a path that can be read as such, and a refusal for each that cannot.

    Links to others of them are left out, and what lies in a place of *exclude*, unless *below* does, too.
    """
    readable, refusals = [], []
    closed = [place for place in exclude if not below.is_relative_to(place)]
    found = [path for path in find_dockerfiles(repo, below) if not any(map(path.is_relative_to, closed))]
    for path in found:
        if repo.real(path) in set(found) - {path}:
            # A link to another Dockerfile: it is planned there.
            continue
        refusal = unreadable(repo, path) or untouchable(repo, path)
        if refusal is None:
            readable.append(path)
        else:
            refusals.append(refusal)
    return tuple(readable), tuple(refusals)


def unreadable(repo: Repo, path: PurePosixPath) -> Refusal | None:
    """Why a file cannot be read as a Dockerfile, or None."""
    try:
        data = repo[path]
    except Unreadable as error:
        instead = "make it a file that can be read, or rename it if it is no Dockerfile"
        return Refusal(path, 0, "unreadable", error.why, instead)
    except KeyError:
        return Refusal(path, 0, "unreadable", "leads nowhere", "mend or remove the link")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return Refusal(path, 0, "not-text", "is UTF-16, which no builder reads", "save it as UTF-8")
    if b"\0" in data:
        return Refusal(path, 0, "not-text", "is binary", "give the file another name if it is no Dockerfile")
    if len(data) > MAX_DOCKERFILE:
        return Refusal(path, 0, "too-large", "is larger than 1 MiB", "no Dockerfile is; rename the file")
    line = template_line(data)
    if line is not None:
        return Refusal(
            path, line, "template", "is a template, not a Dockerfile", "run uvmigrate on what it renders"
        )
    return None


def untouchable(repo: Repo, path: PurePosixPath) -> Refusal | None:
    """Why a file cannot be changed by a patch, or None. One that is not there yet can be written."""
    if repo.real(path) != path:
        because = "is a symbolic link, and no patch changes a file through one"
        elsewhere = repo.real(path) is None or not is_dockerfile(path)
        instead = "replace the link by a file" if elsewhere else "run uvmigrate on the file that it leads to"
        return Refusal(path, 0, "linked", because, instead)
    try:
        repo[path]
    except Unreadable as error:
        return Refusal(path, 0, "unreadable", error.why, "make it a readable file of the repository")
    except KeyError:
        return None
    return None


def look(
    repo: Repo,
    paths: Iterable[PurePosixPath],
    settings: Settings,
    earlier: Context | None = None,
) -> Context:
    """The views that codemods get of *repo*, for these Dockerfiles.

    Compose files, which folder is a build's context, and what the repository tells of a base image, are
    looked for once a run: *earlier* is an earlier snapshot's look.
    """
    compose = (
        _compose(repo, earlier) if earlier else _composed(repo, _compose_paths(repo, settings), settings)
    )
    folders = {build.path: build.context.folder for build in earlier.builds} if earlier else {}
    complete = _as_before(earlier) if earlier else _as_told(repo, compose)
    builds = tuple(build_of(repo, path, compose, folders.get(path), complete) for path in paths)

    def around() -> Around:
        planned = {build.path for build in builds}
        others = [path for path in find_readable(repo, PurePosixPath())[0] if path not in planned]
        return Around(compose, tuple(build_of(repo, path, compose, None, complete) for path in others))

    targets = choose(repo, builds, settings, around, _plain(earlier) if earlier else ())
    return Context(repo, builds, compose, settings, targets)


def _plain(earlier: Context) -> frozenset[PurePosixPath]:
    """The Dockerfiles that were not refused: no step makes one hide what installs."""
    refused = {path for path, target in earlier.targets.items() if isinstance(target, Refusal)}
    return frozenset(build.path for build in earlier.builds) - refused


def _compose(repo: Repo, earlier: Context) -> tuple[ComposeFile, ...]:
    """The compose files of an earlier snapshot as they are now: a file may extend one that was edited."""
    if all(repo.get(file.path) == earlier.repo.get(file.path) for file in earlier.compose):
        return earlier.compose
    return _composed(repo, (file.path for file in earlier.compose), earlier.settings)


def _compose_paths(repo: Repo, settings: Settings) -> tuple[PurePosixPath, ...]:
    """The compose files that are found or that settings name. Raises SettingsError for a missing one."""
    named = {PurePosixPath(name) for one in settings.compose for name in one}
    missing = next((path for path in sorted(named) if path not in repo), None)
    if missing is not None:
        raise SettingsError(f"compose: {missing} is not in the repository")
    return tuple(sorted({*find(repo), *named}))


def _composed(repo: Repo, paths: Iterable[PurePosixPath], settings: Settings) -> tuple[ComposeFile, ...]:
    """The compose files, each with those that a set of the settings has before it."""
    below: dict[PurePosixPath, tuple[PurePosixPath, ...]] = {}
    for one in settings.compose:
        files = tuple(PurePosixPath(name) for name in one)
        for index, path in enumerate(files):
            below[path] = tuple(dict.fromkeys((*below.get(path, ()), *files[:index])))
    if not (paths := tuple(paths)):
        return ()
    from uvmigrate.compose import load

    return tuple(load(repo, path)._replace(below=below.get(path, ())) for path in paths)


def _as_told(repo: Repo, compose: Iterable[ComposeFile]) -> Callable[[BaseImage, PurePosixPath], BaseImage]:
    """What the repository tells of base images: it is read, and what reads it imported, where it may."""

    @cache
    def own() -> OwnImages:
        from uvmigrate.build import OwnImages

        return OwnImages(repo, compose)

    return lambda base, path: own().complete(base, path) if base.kind == "unknown" else base


def _as_before(earlier: Context) -> Callable[[BaseImage, PurePosixPath], BaseImage]:
    """What an earlier look found out about the base images of each Dockerfile."""
    known = {
        (build.path, facts.base.reference): facts.base
        for build in earlier.builds
        for facts in build.stages
        if facts.base is not None
    }
    return lambda base, path: known.get((path, base.reference), base)

"""The manifests of pip, pipenv and poetry that a uv project has replaced, and that nothing mentions any more.

uv reads pyproject.toml and uv.lock (uv docs, "Projects"): a requirements file beside them is a second answer
to the same question, and nobody notices when the two drift apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    Change,
    Codemod,
    Context,
    NamedTuple,
    Pyproject,
    Refusal,
    is_requirements_name,
    project_folder,
    read_pyproject,
    uv_installs,
)
from uvmigrate_codemods._means import MANIFESTS
from uvmigrate_codemods._workspace import MANIFEST, root_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

    from uvmigrate_codemods._old_manifests.mentions import Mention, Mentions

_NAMES = frozenset({"Pipfile", "Pipfile.lock", "poetry.lock"})


class _Found(NamedTuple):
    """The manifests that can go, where people are still told of them, and what keeps the others."""

    gone: frozenset[PurePosixPath]
    told: tuple[Mention, ...]
    refusals: tuple[Refusal, ...]


def run(context: Context) -> Iterator[Change | Refusal]:
    """One change for each project whose manifests go."""
    from uvmigrate_codemods._old_manifests.mentions import Mentions

    mentions: Mentions | None = None
    for path in context.repo.named(MANIFEST):
        project = read_pyproject(context.repo, path)
        if not isinstance(project, Pyproject) or not project.has_project or not _is_locked(context, path):
            continue
        candidates, refusals = _replaced(context, project)
        yield from refusals
        if not candidates:
            continue
        mentions = mentions or Mentions(context)
        found = _unmentioned(mentions, project, candidates)
        yield from found.refusals
        if found.gone:
            places = dict.fromkeys(f"{mention.path}:{mention.line}" for mention in found.told)
            notes = [f"{', '.join(sorted(map(str, found.gone)))}: comments in them go as well"]
            notes += [f"people are still told of them: {', '.join(places)}"] if places else []
            yield Change(deletes=found.gone, notes=tuple(notes))


def _is_locked(context: Context, path: PurePosixPath) -> bool:
    """Whether the project has a lock, or an image syncs from it: then the lock is still to be made."""
    lock = root_of(context.repo, path.parent) / "uv.lock"
    return lock in context.repo or any(
        install.project is not None and install.project.path == path
        for build in context.builds
        for install in uv_installs(build)
    )


def _replaced(context: Context, project: Pyproject) -> tuple[set[PurePosixPath], list[Refusal]]:
    """The manifests whose place a project can take, and a refusal for each of the others beside it."""
    from uvmigrate.codemod import lack

    folder, refusals = project.path.parent, []
    lock = context.repo.get(root_of(context.repo, folder) / "uv.lock")
    replaced = set()
    for path in context.repo:
        if not _is_manifest(path) or project_folder(path) != folder:
            continue
        missing = lack(context.repo, path, project, lock)
        if missing is None:
            replaced.add(path)
        else:
            instead = "bring it into pyproject.toml, or keep the file"
            refusals.append(Refusal(path, missing.line, "manifest-not-replaced", missing.why, instead))
    return replaced, refusals


def _unmentioned(mentions: Mentions, project: Pyproject, replaced: set[PurePosixPath]) -> _Found:
    gone, refusals = set(replaced), []
    told: dict[PurePosixPath, list[Mention]] = {}
    # A file that stays may mention another one.
    before: set[PurePosixPath] = set()
    while before != gone:
        before = set(gone)
        for path in sorted(gone):
            told[path] = list(mentions.of(path, gone))
            reader = next((mention for mention in told[path] if not mention.told), None)
            if reader is not None:
                because = f"{path} is still needed here, though {project.path} replaces it"
                instead = f"let it read {project.path} and uv.lock, then run uvmigrate again"
                refusals.append(Refusal(reader.path, reader.line, "manifest-mentioned", because, instead))
                gone.remove(path)
    people = tuple(mention for path in sorted(gone) for mention in told[path])
    return _Found(frozenset(gone), people, tuple(refusals))


def _is_manifest(path: PurePosixPath) -> bool:
    named = path.with_suffix(".txt") if path.suffix == ".in" else path
    return path.name in _NAMES or is_requirements_name(named)


CODEMOD = Codemod(
    id="old-manifests",
    title="Remove manifests that uv's project has replaced",
    why="One file says what is needed, and a second one cannot drift away from it unnoticed.",
    docs="https://docs.astral.sh/uv/guides/migration/pip-to-project/",
    level="opt-in",
    run=run,
    after=("uv-switch",),
    means={
        "file": MANIFESTS,
    },
)

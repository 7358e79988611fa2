"""One checkout: the plan in this process, what became of each Dockerfile, and every fault that is found."""

from __future__ import annotations

import traceback
from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from corpus.faults import broken, changed, lost_comments, misapplied, unsettled
from corpus.manifests import manifest_tools
from corpus.pattern import judge_pattern
from corpus.reading import found_in
from corpus.services import Composed, judge_services
from uvmigrate.build import OwnImages, build_of
from uvmigrate.codemod import Settings
from uvmigrate.compose import find, load
from uvmigrate.plan import load_catalogue, plan
from uvmigrate.report.patches import as_patches
from uvmigrate.source import Repo, Unreadable

if TYPE_CHECKING:
    from pathlib import Path

    from uvmigrate.build import Build
    from uvmigrate.compose import ComposeFile
    from uvmigrate.plan import Migration

#: Nothing is known of a file with one of these: no build of it is read.
_NO_TEXT = frozenset({"unreadable", "not-text", "too-large", "linked"})


class Dockerfile(NamedTuple):
    """What came out for one Dockerfile.

    ``manifest`` are the older managers by which it installs from a manifest. ``status`` is the plan's, with
    one exception: *migrated* is *partial* where the judge still finds such an install. ``properties`` are
    those of the result, ``before`` those of the original, each empty unless the file is migrated or on uv.
    ``broken`` is what the judge says, ``lost`` the comments that are gone.
    """

    path: str
    manifest: tuple[str, ...]
    status: str
    strategy: str | None
    why: str
    codes: tuple[str, ...]
    changed: bool
    on_uv: bool
    broken: str
    lost: tuple[str, ...]
    properties: dict[str, bool]
    before: dict[str, bool]

    @property
    def score(self) -> int:
        """How many of the properties are fulfilled."""
        return sum(self.properties.values())


class Checkout(NamedTuple):
    """What came out for one repository.

    ``codes``: the refusals' codes by number. ``lost``: comments of files that are no Dockerfiles.
    ``outside``: what ``git apply`` makes differently than the plan. ``again``: what a second run would
    change. ``composes``: the number of compose files. ``services``: those that run an image with Python.
    ``stray``: what differs of services beyond what is edited. ``crashed``: an exception's last line; then
    nothing else is known.
    """

    name: str
    dockerfiles: tuple[Dockerfile, ...] = ()
    codes: dict[str, int] = {}  # noqa: RUF012 (never written to)
    lost: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    composes: int = 0
    services: tuple[Composed, ...] = ()
    stray: tuple[str, ...] = ()
    crashed: str = ""


def measure(folder: Path) -> Checkout:
    """Plan and judge one checkout. Never raises: what crashes is a result, too.

    A folder called ``OWNER+REPOSITORY@COMMIT`` is shown with a slash.
    """
    name = folder.name.replace("+", "/")
    try:
        repo = Repo.open(folder)
        return judge(name, plan(repo, PurePosixPath(), Settings(), load_catalogue()))
    except Exception as error:  # noqa: BLE001 (whatever it is, the other checkouts are still to be measured)
        return Checkout(name, crashed=traceback.format_exception_only(error)[-1].strip())


def judge(name: str, migration: Migration) -> Checkout:
    """What is to be said of one migration."""
    before, after = migration.before, migration.after
    differing = changed(before, after)
    paths = [result.path for result in migration.builds]
    altered = [path for path in paths if path in differing]
    verdicts = dict(zip(altered, broken([(before[path], after[path]) for path in altered]), strict=True))
    compose = _compose(before, after, differing)
    own = [OwnImages(repo, files).complete for repo, files in zip((before, after), compose, strict=True)]
    builds = {
        path: (
            build_of(before, path, compose[0], None, own[0]),
            build_of(after, path, compose[1], context, own[1]),
        )
        for path, context in ((result.path, result.context) for result in migration.builds)
    }
    lost = {
        path: tuple(lost_comments(path, old, new))
        for path in differing
        if (old := before.get(path)) is not None and (new := after.get(path)) is not None
    }
    found = [
        _dockerfile(migration, path, builds[path], verdicts.get(path, ""), lost.get(path, ()))
        for path in paths
    ]
    services, strays = judge_services(migration, compose[0], [old for old, _ in builds.values()])
    return Checkout(
        name,
        tuple(sorted([*found, *_unread(migration)], key=lambda one: one.path)),
        dict(sorted(Counter(refusal.code for refusal in migration.refusals).items())),
        tuple(f"{path}: {text}" for path, texts in lost.items() if path not in builds for text in texts),
        tuple(misapplied(before, after, as_patches(migration))),
        # Where nothing has changed, a second run is the first once more.
        tuple(f"{codemod}: {path}" for codemod, path in (unsettled(migration) if differing else ())),
        len(compose[0]),
        services,
        strays,
    )


def _compose(
    before: Repo, after: Repo, differing: list[PurePosixPath]
) -> tuple[tuple[ComposeFile, ...], tuple[ComposeFile, ...]]:
    """The compose files of both; what has not changed is read once."""
    files = tuple(load(before, path) for path in find(before))
    known = {file.path: file for file in files if file.path not in differing}
    return files, tuple(known.get(path) or load(after, path) for path in find(after))


def _dockerfile(
    migration: Migration,
    path: PurePosixPath,
    builds: tuple[Build, Build],
    verdict: str,
    lost: tuple[str, ...],
) -> Dockerfile:
    before, after = builds
    result = next(result for result in migration.builds if result.path == path)
    on_uv = any(hit.tool == "uv" for hit in found_in(before))
    status = str(result.status)
    if status == "migrated" and manifest_tools(after):
        status = "partial"
    judged = status == "migrated" or on_uv
    return Dockerfile(
        str(path),
        manifest_tools(before),
        status,
        result.strategy,
        result.why,
        tuple(refusal.code for refusal in migration.refusals if refusal.path == path),
        migration.before[path] != migration.after[path],
        on_uv,
        verdict,
        lost,
        judge_pattern(before, after) if judged else {},
        judge_pattern(before, before) if judged else {},
    )


def _unread(migration: Migration) -> list[Dockerfile]:
    """The Dockerfiles that the plan refuses to read, templates for example."""
    known = {result.path for result in migration.builds}
    found = []
    for refusal in migration.refusals:
        if refusal.path in known or refusal.code not in (*_NO_TEXT, "template"):
            continue
        known.add(refusal.path)
        try:
            manifest = manifest_tools(build_of(migration.before, refusal.path, ()))
        except (KeyError, Unreadable):
            manifest = ()
        why = f"{refusal.code}: {refusal.because}"
        empty = (False, False, "", (), dict[str, bool](), dict[str, bool]())
        found.append(Dockerfile(str(refusal.path), manifest, "refused", None, why, (refusal.code,), *empty))
    return found

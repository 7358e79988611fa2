"""The work on one repository: plain data in, plain data out, so that any process of any machine can do it."""

from __future__ import annotations

import hashlib
import os
import sys
import traceback
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate import apply as applying
from uvmigrate import plan as planning
from uvmigrate.codemod import SettingsError, read_settings
from uvmigrate.fleet import branch, git
from uvmigrate.fleet.outcome import Built, Outcome, SavedRefusal, Unchanged
from uvmigrate.fleet.pull import told
from uvmigrate.report import words
from uvmigrate.report.patches import patch_of
from uvmigrate.source import Repo

if TYPE_CHECKING:
    from uvmigrate.codemod import Settings
    from uvmigrate.fleet.job import Job, Wish
    from uvmigrate.fleet.outcome import Status
    from uvmigrate.plan import Migration


def do(job: Job, folder: Path) -> Outcome | Unchanged:
    """Do the work on one repository, in *folder*, which is empty; what goes wrong is an outcome, too.

    Nothing outside of *folder* is written, but what the wish has pushed. What is going on is printed.
    """
    try:
        return _done(job, folder)
    except MemoryError:
        return Outcome("failed", "needs more memory than --memory allows")
    except (applying.EnvironmentProblem, SettingsError, OSError) as error:
        return Outcome("failed", words.shown(str(error)))
    except Exception as error:  # noqa: BLE001 - an error of ours costs this repository, and no other
        traceback.print_exc(file=sys.stdout)
        return Outcome("failed", words.shown(f"internal error: {type(error).__name__}: {error}"))


def _done(job: Job, folder: Path) -> Outcome | Unchanged:
    target, wish = job.target, job.wish
    clone, source = None, target.source
    if not target.is_folder or git.is_repository(Path(target.source)):
        if wish.mode == "push" and target.is_folder:
            source = git.origin_of(Path(target.source))
        if wish.mode in ("branch", "push") and target.below != ".":
            raise git.GitProblem(f"a branch is of a whole repository: name {target.source}")
        if job.known and git.head_of(source) == job.known:
            return Unchanged(job.known)
        clone = git.clone(source, folder / "clone")
        if not clone.base:
            return Outcome("noop", "the repository is empty", default_branch=words.shown(clone.branch))
    elif wish.mode != "report":
        raise git.GitProblem(f"{target.source} has no git repository: only a report can be made of it")
    repo = Repo.open(clone.root if clone else Path(target.source))
    settings = _settings(repo, wish, folder)
    below = PurePosixPath(target.below)
    migration = planning.plan(repo, below, settings, planning.load_catalogue())
    outcome = summary(migration)
    if clone is None:
        return outcome
    outcome = outcome._replace(base=clone.base, default_branch=words.shown(clone.branch))
    if wish.mode == "report" or not outcome.plan:
        return outcome
    return _carried_out(outcome, wish, source, clone, migration, settings)


def _carried_out(
    outcome: Outcome, wish: Wish, source: str, clone: git.Clone, migration: Migration, settings: Settings
) -> Outcome:
    try:
        locks = applying.lock(migration, settings, print) if wish.lock else {}
        commits = branch.commit(clone, migration, locks)
    except applying.EnvironmentProblem as error:
        # What was found out by then is kept.
        return outcome._replace(status="failed", why=words.shown(str(error)))
    if not commits:
        return outcome
    if wish.patches or wish.mode == "patches":
        outcome = outcome._replace(series=branch.mails(clone))
    if wish.mode == "patches":
        return outcome
    remote = words.shown(source)
    try:
        pushed = branch.push(clone, dry_run=wish.dry_run)
    except git.GitProblem as error:
        return outcome._replace(status="failed", why=words.shown(str(error)), remote=remote)
    tip = "" if pushed == "current" else commits[-1]
    text = told(migration, steering=wish.pull) if wish.pull is not None else ""
    return outcome._replace(branch=pushed, tip=tip, remote=remote, text=text)


def _settings(repo: Repo, wish: Wish, folder: Path) -> Settings:
    config = None
    if wish.config is not None:
        config = folder / "config.toml"
        config.write_text(wish.config, "utf-8")
    return read_settings(repo, config, wish.given or {})


def summary(migration: Migration) -> Outcome:
    """What a migration is, over all Dockerfiles, without the commit it was planned for."""
    changing = [step for step in migration.steps if step.paths]
    builds = tuple(
        Built(words.shown(str(one.path)), one.status, words.shown(one.why)) for one in migration.builds
    )
    refusals = tuple(
        SavedRefusal(
            words.shown(words.place(one)), one.code, words.shown(one.because), words.shown(one.instead)
        )
        for one in migration.refusals
    )
    status = _status(migration, is_changing=bool(changing or migration.locks))
    return Outcome(
        status,
        _why(status, migration, builds),
        plan=_digest(migration),
        codemods=tuple(step.codemod.id for step in changing),
        builds=builds,
        refusals=refusals,
    )


def _status(migration: Migration, *, is_changing: bool) -> Status:
    found = {build.status for build in migration.builds}
    if not is_changing:
        return "refused" if "refused" in found or "partial" in found or migration.unmet else "noop"
    unread = {refusal.path for refusal in migration.refusals if refusal.code in planning.UNREADABLE}
    return "migrated" if found <= {"migrated", "noop"} and not unread else "partial"


def _why(status: Status, migration: Migration, builds: tuple[Built, ...]) -> str:
    if not migration.builds and not migration.refusals:
        return "there is no Dockerfile here"
    telling = next((build for build in builds if build.status == status), None)
    if status in ("partial", "refused"):
        telling = next((build for build in builds if build.status in ("refused", "partial")), None)
        if telling is None and migration.unmet:
            refusal = migration.unmet[0]
            return words.shown(f"{words.place(refusal)}: {refusal.code}: {refusal.because}")
    return f"{telling.dockerfile}: {telling.why}" if telling else "nothing of the images' installs changes"


def _digest(migration: Migration) -> str:
    """What is the same for the same plan, and else another; empty where nothing changes."""
    digest = hashlib.sha256()
    parts = [part for step in migration.steps for part in (step.codemod.id.encode(), patch_of(step))]
    parts += [os.fsencode(lock.path) for lock in migration.locks]
    if not any(step.paths for step in migration.steps) and not migration.locks:
        return ""
    for part in parts:
        digest.update(b"%d:" % len(part) + part)
    return digest.hexdigest()[:16]

"""The work behind ``uvmigrate pr``; imported when the command line is known to be right."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from uvmigrate import apply as applying
from uvmigrate.cli import run, show
from uvmigrate.cli.exits import CommandError, Exit
from uvmigrate.cli.terminal import emit, progress, say
from uvmigrate.cli.undisturbed import undisturbed
from uvmigrate.codemod import SettingsError
from uvmigrate.fleet import branch, git
from uvmigrate.fleet.forge import (
    ForgeRefused,
    Patience,
    Proposal,
    forge_at,
    missing,
    place_of,
    token_for,
)
from uvmigrate.fleet.forge.tokens import git_address, lent_to_git
from uvmigrate.fleet.pull import TITLE, is_ours, propose, told
from uvmigrate.source import NamedTuple, Repo
from uvmigrate.source.mask import mask
from uvmigrate.source.scratch import scratch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from uvmigrate.fleet.branch import Pushed
    from uvmigrate.fleet.forge import Forge, Hosted, Kind, Pull
    from uvmigrate.plan import Migration

_CLOSED = "is closed, and is not opened again: nothing was pushed"


class Asked(NamedTuple):
    """What was asked for beside what steers the plan, which *steering* has as it is typed."""

    verdict: Path | None
    steering: str
    kind: Kind | None
    forge_url: str
    dry_run: bool
    draft: bool
    labels: tuple[str, ...]
    reviewers: tuple[str, ...]
    lock_in_container: bool


class _Made(NamedTuple):
    """A series that was committed to a clone: the subjects of its commits, and what the pull request says."""

    subjects: tuple[str, ...]
    text: str


def proposed(path: Path, config: Path | None, steered: Mapping[str, object], asked: Asked) -> int:
    """Push the migration of a repository and open or update its pull request; say what was done.

    Returns the exit code. Raises CommandError: with 1 where somebody or a server says no, with 4 where
    something is missing around it.
    """
    try:
        address = _origin(path)
        place, name = place_of(address, os.environ, asked.kind, asked.forge_url)
        token = token_for(place, os.environ)
        if token is None and not asked.dry_run:
            raise CommandError(missing(place, os.environ), Exit.ENVIRONMENT)
        with undisturbed(), lent_to_git(place, token), forge_at(place, token, Patience(tell=say)) as forge:
            source = git_address(address, place, token)
            return _proposed(forge, forge.hosted(name), source, config, steered, asked)
    except (branch.Taken, ForgeRefused) as error:
        raise CommandError(str(error), Exit.WOULD_CHANGE) from error
    except applying.EnvironmentProblem as error:
        raise CommandError(str(error), Exit.ENVIRONMENT) from error


def _origin(path: Path) -> str:
    """The address that the repository in a folder was cloned from."""
    if not path.is_dir():
        raise CommandError(f"{path}: no folder")
    root = Repo.open(path).root or path
    if not (root / ".git").exists():
        raise CommandError(f"{path}: no git repository: a pull request is made of one", Exit.ENVIRONMENT)
    if root != path.resolve():
        raise CommandError(f"{path}: a pull request is of a whole repository: name {root}")
    return git.origin_of(root)


def _proposed(
    forge: Forge,
    hosted: Hosted,
    source: str,
    config: Path | None,
    steered: Mapping[str, object],
    asked: Asked,
) -> int:
    there = forge.newest(hosted.name, branch.BRANCH)
    if there is not None and there.state == "closed":
        emit(f"{there.address} {_CLOSED}\n".encode())
        return Exit.DONE
    with scratch("uvmigrate-pr-") as folder:
        with progress("cloning …"):
            # Messages call it by its folder's name.
            clone = git.clone(source, folder / re.sub(r"[^\w-]", "_", hosted.name.rpartition("/")[2]))
        if not clone.base or not clone.branch:
            raise git.GitProblem(f"{hosted.name} has no commit on a default branch yet")
        made = _made(clone, config, steered, asked)
        if made is None:
            still = f", but {there.address} is open" if there is not None and there.state == "open" else ""
            say(f"nothing to change{still}")
            return Exit.DONE
        pushed = _pushed(clone, hosted.name, asked)
        wished = Proposal(branch.BRANCH, clone.branch, TITLE, "", asked.draft, asked.labels, asked.reviewers)
        lines = (
            _dry(made, pushed, source, wished, there)
            if asked.dry_run
            else _done(forge, made, pushed, hosted.name, wished)
        )
        emit("".join(f"{line}\n" for line in lines).encode())
    return Exit.DONE


def _made(clone: git.Clone, config: Path | None, steered: Mapping[str, object], asked: Asked) -> _Made | None:
    """The migration of a clone, committed to its branch; None where nothing changes."""
    with progress("planning …"):
        migration, settings = run.plan(clone.root, config, steered)
    show.remark_refusals(migration)
    text = _text(migration, asked)
    locks = run.make_locks(migration, settings, lock=True, contained=asked.lock_in_container)
    commits = branch.commit(clone, migration, locks) if migration.steps else ()
    if not commits:
        return None
    subjects = git.git(clone.root, "log", "--reverse", "--format=%s", f"{clone.base}..HEAD")
    return _Made(tuple(subjects.decode(errors="replace").splitlines()), text)


def _text(migration: Migration, asked: Asked) -> str:
    if asked.verdict is None:
        return told(migration, steering=asked.steering)
    from uvmigrate.report.verdict_reading import read_verdict

    try:
        verdict = read_verdict(asked.verdict.read_bytes(), str(asked.verdict))
    except SettingsError as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{asked.verdict}: {error.strerror}") from error
    known = {build.path for build in migration.builds}
    foreign = next((image.dockerfile for image in verdict.images if image.dockerfile not in known), None)
    if foreign is not None:
        raise CommandError(f"{asked.verdict}: a verdict of another repository: there is no {foreign} here")
    return told(migration, verdict, steering=asked.steering)


def _pushed(clone: git.Clone, name: str, asked: Asked) -> Pushed:
    try:
        return branch.push(clone, dry_run=asked.dry_run)
    except branch.Taken:
        raise
    except git.GitProblem as error:
        # It was there to be cloned: what fails now is a no of the server's.
        raise CommandError(f"{name}: {error}", Exit.WOULD_CHANGE) from error


def _done(forge: Forge, made: _Made, pushed: Pushed, name: str, wished: Proposal) -> Iterator[str]:
    """Open or update the pull request, and say so."""
    try:
        fate, pull = propose(forge, name, wished, made.text)
    except (ForgeRefused, applying.EnvironmentProblem) as error:
        code = Exit.WOULD_CHANGE if isinstance(error, ForgeRefused) else Exit.ENVIRONMENT
        raise CommandError(f"{wished.branch} is pushed, but {error}", code) from error
    count = f"{len(made.subjects)} commit{'s' * (len(made.subjects) > 1)}"
    onto = f"{count} on {wished.branch}, for {wished.base}"
    if fate == "closed":
        yield f"{pull.address} was closed meanwhile, and is not opened again"
    elif fate == "foreign":
        yield f"{pull.address} has {onto}; its text is somebody's own, and stays"
    elif fate == "unchanged" and pushed == "current":
        yield f"{pull.address} is up to date: {onto}"
    else:
        yield f"{'opened' if fate == 'opened' else 'updated'} {pull.address}: {onto}"


def _dry(made: _Made, pushed: Pushed, source: str, wished: Proposal, there: Pull | None) -> Iterator[str]:
    """What would be pushed where, and opened."""
    if pushed == "current":
        yield f"{wished.branch} of {mask(source)} is up to date"
    else:
        yield f"would push to {wished.branch} of {mask(source)}:"
    yield from (f"    {subject}" for subject in made.subjects)
    if there is not None and there.state == "open":
        if is_ours(there):
            yield f"would bring the text of {there.address} up to date"
        else:
            yield f"would leave the text of {there.address} as it is: it is somebody's own"
        return
    yield f"would open a{' draft of a' * wished.draft} pull request for {wished.base}: {wished.title}"
    if wished.labels:
        yield f"    labels: {', '.join(wished.labels)}"
    if wished.reviewers:
        yield f"    reviewers: {', '.join(wished.reviewers)}"

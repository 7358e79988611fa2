"""The work behind ``uvmigrate bulk``; imported when the command line is known to be right."""

from __future__ import annotations

import contextlib
import gc
import importlib.metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from uvmigrate import __version__
from uvmigrate import apply as applying
from uvmigrate import plan as planning
from uvmigrate.cli import bulk_pulls, bulk_show
from uvmigrate.cli.exits import CommandError, Exit
from uvmigrate.cli.terminal import emit, say
from uvmigrate.cli.undisturbed import undisturbed
from uvmigrate.codemod import SettingsError, read_settings
from uvmigrate.fleet import git, pool
from uvmigrate.fleet.forge import ForgeRefused
from uvmigrate.fleet.forge import Wish as Listed
from uvmigrate.fleet.job import Job, Wish
from uvmigrate.fleet.outcome import STATUSES, Outcome
from uvmigrate.fleet.pulls import Asked
from uvmigrate.fleet.store import StateError, Store
from uvmigrate.fleet.targets import TargetError, expand_all, read_file
from uvmigrate.source import NamedTuple, Repo

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from uvmigrate.fleet.outcome import Unchanged
    from uvmigrate.fleet.targets import Listing, Target


_ON = "the same command goes on from here"


class _Effort(NamedTuple):
    """How much at once, how long and with how much memory each, and on which cluster, if any."""

    jobs: int
    timeout: float
    memory: int
    dask: str


def begun(
    words: Sequence[str],
    files: Sequence[Path],
    config: Path | None,
    steered: Mapping[str, object],
    mode: str,
    *,
    state: Path,
    output: Path | None,
    dry_run: bool,
    lock: bool,
    strict: bool,
    pull: str | None,
    **more: Any,
) -> int:
    """Do what *words* and *files* name, or go on with that; say what came out, and return the exit code.

    Raises CommandError where the command line cannot be followed: then nothing was done.
    """
    listed = Listed(**{key: more.pop(key) for key in Listed._fields})
    asked = {key: more.pop(key) for key in Asked._fields}
    targets = _targets(words, files, bulk_pulls.listing(listed, asked["forge_url"]))
    if mode == "branch" and (address := next((t.source for t in targets if not t.is_folder), None)):
        raise CommandError(f"--branch makes a branch in a folder, and {address} is an address: use --push")
    given = {key: value for key, value in steered.items() if value is not None}
    wish = {
        "mode": mode,
        "given": given,
        "config": _config(config, given),
        "lock": lock,
        "dry_run": dry_run,
        "patches": output is not None,
        "output": str(output.resolve()) if output else "",
        "pull": pull,
        "asked": asked,
    }
    with bulk_show.opened(Store.open, state) as store:
        return _run(store, wish, targets, _Effort(**more), strict=strict)


def retried(where: Sequence[str], state: Path, **effort: Any) -> int:
    """Do what fits *where* again; say what came out, and return the exit code. Raises CommandError."""
    with bulk_show.opened(Store.reopen, state) as store:
        try:
            wish = store.wish()
        except StateError as error:
            raise CommandError(f"{state}: {error}") from error
        known = {*STATUSES, "waiting", *_codes()}
        unknown = next((word for word in where if word not in known), None)
        if unknown is not None:
            raise CommandError(f"--where {unknown}: neither an outcome nor a refusal's code")
        targets = [row.target for row in store.rows() if _fits(row.outcome, where)]
        if not targets:
            say("there is nothing of that kind")
            return Exit.DONE
        store.forget(one.name for one in targets)
        return _run(store, wish, targets, _Effort(**effort), strict=False)


def _codes() -> Collection[str]:
    from uvmigrate.codemod.codes import CODES

    return CODES


def _fits(outcome: Outcome | None, where: Collection[str]) -> bool:
    if outcome is None:
        return "waiting" in where
    return outcome.status in where or any(refusal.code in where for refusal in outcome.refusals)


def _targets(words: Sequence[str], files: Sequence[Path], list_of: Listing) -> tuple[Target, ...]:
    try:
        read = [word for file in files for word in read_file(file.read_bytes(), str(file))]
        targets = expand_all([*words, *read], list_of)
    except TargetError as error:
        raise CommandError(str(error)) from error
    except ForgeRefused as error:
        raise CommandError(str(error), Exit.WOULD_CHANGE) from error
    except applying.EnvironmentProblem as error:
        raise CommandError(str(error), Exit.ENVIRONMENT) from error
    except OSError as error:
        raise CommandError(f"{error.filename}: {error.strerror}") from error
    if not targets:
        raise CommandError("there is no target: name folders or addresses, or a --file of them")
    return targets


def _config(config: Path | None, given: Mapping[str, object]) -> str | None:
    """The text of the settings' file. Raises CommandError where it, or what is typed, is wrong."""
    try:
        settings = read_settings(Repo.of({}), config, given)
        planning.chosen(planning.load_catalogue(), settings)
        return config.read_text("utf-8") if config else None
    except SettingsError as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{config}: {error.strerror}") from error


def _run(
    store: Store, wish: dict[str, Any], targets: Sequence[Target], effort: _Effort, *, strict: bool
) -> int:
    _check_git(wish["mode"])
    output = Path(wish["output"]) if wish["output"] else None
    wish |= {"version": __version__, "codemods": _catalogues()}
    # It goes on for long, and was switched off for commands that do not.
    gc.enable()
    waiting = store.begin(wish, targets)
    if len(waiting) < len(targets):
        say(f"going on: {len(targets) - len(waiting)} of {len(targets)} repositories were done already")
    names = {target.name for target in targets}
    wished = Wish(**{key: wish[key] for key in Wish.__slots__})
    jobs = [Job(one.target, wished, one.known, effort.timeout, effort.memory) for one in waiting]
    try:
        proposing = bulk_pulls.proposing(wish, [one.target for one in waiting])
        with undisturbed(), proposing as pulls, bulk_show.progress(len(jobs)) as tell:
            for job, done in _work(pulls.jobs(jobs), effort._replace(jobs=min(effort.jobs, len(jobs)))):
                outcome, pull, note = pulls.about(job.target, done)
                patch = _patch(output, job.target, outcome) if isinstance(outcome, Outcome) else ""
                store.record(job.target.name, outcome, patch, pull)
                tell(job.target, outcome, note)
    except KeyboardInterrupt:
        say(f"stopped: {_ON}")
        raise
    except applying.EnvironmentProblem as error:
        raise CommandError(str(error), Exit.ENVIRONMENT) from error
    except StateError as error:
        raise CommandError(f"{error}: {_ON}", Exit.ENVIRONMENT) from error
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        raise CommandError(f"{place}{error.strerror}: {_ON}", Exit.ENVIRONMENT) from error
    store.finish()
    rows = [row for row in store.rows() if row.target.name in names]
    emit(bulk_show.summary(rows).encode())
    outcomes = [row.outcome for row in rows if row.outcome]
    if any(outcome.status == "failed" for outcome in outcomes):
        return Exit.WOULD_CHANGE
    refused = any(outcome.status in ("refused", "partial") for outcome in outcomes)
    return Exit.REFUSED if strict and refused else Exit.DONE


def _check_git(mode: str) -> None:
    """Raise CommandError where there is no git, and where it does not know who would commit."""
    try:
        unknown = git.run(None, "var", "GIT_COMMITTER_IDENT").returncode
    except git.GitProblem as error:
        raise CommandError(str(error), Exit.ENVIRONMENT) from error
    if unknown and mode != "report":
        why = "git does not know who commits: set user.name and user.email (git config --global)"
        raise CommandError(why, Exit.ENVIRONMENT)


def _work(jobs: Iterable[Job], effort: _Effort) -> Iterator[tuple[Job, Outcome | Unchanged]]:
    if not effort.dask:
        yield from pool.work(jobs, effort.jobs)
        return
    from uvmigrate.fleet import cluster

    yield from cluster.work(jobs, effort.dask)


def _patch(output: Path | None, target: Target, outcome: Outcome) -> str:
    """Where the series was written, empty where there is none; one of an earlier run goes then."""
    if output is None or (not outcome.series and outcome.status == "failed"):
        return ""
    file = output / f"{target.file_name}.patch"
    if not outcome.series:
        file.unlink(missing_ok=True)
        return ""
    file.parent.mkdir(parents=True, exist_ok=True)
    # A kill leaves the old one or the new one.
    fresh = file.with_name(f"{file.name}.new")
    try:
        fresh.write_bytes(outcome.series)
        fresh.replace(file)
    except OSError as error:
        with contextlib.suppress(OSError):
            fresh.unlink()
        # Where the disk is full, the system names no file.
        raise OSError(error.errno, error.strerror, str(file)) from error
    return str(file)


def _catalogues() -> list[str]:
    """The packages that codemods come from, with their versions."""
    points = importlib.metadata.entry_points(group="uvmigrate.codemods")
    found = {point.dist for point in points if point.dist is not None}
    return sorted({f"{dist.name} {dist.version}" for dist in found})

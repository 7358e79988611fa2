"""``uvmigrate bulk TARGETS…`` and the commands that look at its state: many repositories at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from uvmigrate.cli.options import STEERING, output_file, proposing, steering, typed

_Command = TypeVar("_Command", bound=Callable[..., object])
_STATE = "uvmigrate-bulk.db"
_WHERE = "migrated, partial, refused, noop, failed, waiting, or the code of a refusal"


def _bytes(_: click.Context, __: click.Parameter, given: str) -> int:
    from uvmigrate.fleet.limits import read_size

    try:
        return read_size(given)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _state(command: _Command) -> _Command:
    return click.option(
        "--state",
        metavar="FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        default=_STATE,
        show_default=True,
        help="The file that remembers what each repository came to.",
    )(command)


_EFFORT = (
    click.option(
        "--jobs",
        metavar="N",
        type=click.IntRange(1),
        default=os.cpu_count() or 1,
        show_default="one a processor",
        help="Do N repositories at a time.",
    ),
    click.option(
        "--timeout",
        metavar="SECONDS",
        type=click.IntRange(1, 604_800),
        default=600,
        show_default=True,
        help="The most time that one repository may take.",
    ),
    click.option(
        "--memory",
        metavar="SIZE",
        default="2G",
        show_default=True,
        callback=_bytes,
        help="The most memory that each process of one repository may take.",
    ),
    click.option(
        "--dask", metavar="ADDRESS", default="", help="Do the work on the Dask cluster of this scheduler."
    ),
)


def _effort(command: _Command) -> _Command:
    for option in reversed(_EFFORT):
        command = option(command)
    return command


@click.command(
    epilog="`uvmigrate bulk status`, `retry` and `export` look at what came out. Run again, the same command "
    "goes on where it was killed, or asks each repository whether it changed. docs/bulk.md says more."
)
@click.argument("targets", nargs=-1)
@click.option(
    "--file",
    "files",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Take targets from a file, one a line; `#` begins a comment.",
)
@_state
@click.option(
    "--output",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write a series for `git am --keep-cr` for each repository that changes.",
)
@click.option("--branch", is_flag=True, help="Commit to the branch uvmigrate/migrate of each folder.")
@click.option("--push", is_flag=True, help="Push that branch to where each repository comes from.")
@click.option("--pr", is_flag=True, help="Push it, and open or update the pull request of each.")
@proposing
@click.option(
    "--language", metavar="NAME", default="", help="Of an organisation: those mostly in this language."
)
@click.option("--topic", metavar="NAME", default="", help="Of an organisation: those with this topic.")
@click.option(
    "--match", metavar="PATTERN", default="", help="Of an organisation: those of such a name (`web-*`)."
)
@click.option("--archived", is_flag=True, help="Of an organisation: those that are archived, too.")
@click.option(
    "--dry-run", is_flag=True, help="With --branch, --push or --pr: say what would be pushed where."
)
@click.option("--lock/--no-lock", default=True, help="Make uv.lock where it is asked for, or leave that.")
@click.option("--strict", is_flag=True, help="Exit 3 if something that needs migrating was refused.")
@_effort
@steering
def bulk(
    targets: tuple[str, ...],
    files: tuple[Path, ...],
    config: Path | None,
    *,
    branch: bool,
    push: bool,
    pr: bool,
    dry_run: bool,
    **given: Any,
) -> int:
    """Plan, and on demand migrate, many repositories.

    TARGETS are folders, addresses that git clones, and organisations (`github:ORG`, `gitlab:GROUP`). Of each
    repository the last commit is looked at, in a clone of its own and a process of its own. Without
    --output, --branch, --push or --pr a report is all that is made. Checkouts and default branches are never
    touched.
    """
    if branch and (push or pr):
        raise click.UsageError(f"--branch and --{'push' if push else 'pr'} exclude each other")
    if dry_run and not branch and not push and not pr:
        raise click.UsageError("--dry-run goes with --branch, --push or --pr: a report pushes nothing")
    for option, value in (
        ("--draft", given["draft"]),
        ("--label", given["labels"]),
        ("--reviewer", given["reviewers"]),
    ):
        if value and not pr:
            raise click.UsageError(f"{option} goes with --pr: nothing else opens pull requests")
    from uvmigrate.cli import bulk_run

    steered = {key: given.pop(key) for key in STEERING}
    mode = "push" if push or pr else "branch" if branch else "patches" if given["output"] else "report"
    pull = typed({**steered, "config": config}) if pr else None
    return bulk_run.begun(targets, files, config, steered, mode, dry_run=dry_run, pull=pull, **given)


@click.command()
@_state
def status(state: Path) -> int:
    """Say what the repositories came to: counts, refusals, the slowest, and failures with their logs."""
    from uvmigrate.cli import bulk_show

    return bulk_show.status(state)


@click.command()
@click.option("--where", multiple=True, required=True, metavar="WHAT", help=f"Which ones: {_WHERE}.")
@_state
@_effort
def retry(where: tuple[str, ...], **given: Any) -> int:
    """Do some repositories again, as they were done the last time."""
    from uvmigrate.cli import bulk_run

    return bulk_run.retried(where, **given)


@click.command()
@click.option(
    "--format",
    "format_",
    type=click.Choice(["json", "csv", "markdown", "html"]),
    default="json",
    show_default=True,
    help="The form of the table.",
)
@output_file
@_state
def export(state: Path, format_: str, output: Path | None) -> int:
    """Print what every repository came to."""
    from uvmigrate.cli import bulk_show

    return bulk_show.export(state, format_, output)

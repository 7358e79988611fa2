"""``uvmigrate [PATH]``: the plan, its patches, checking, and writing them, at once or step by step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from uvmigrate import __version__
from uvmigrate.cli.exits import Exit
from uvmigrate.cli.options import STEERING, in_folder, output_file, steering
from uvmigrate.cli.terminal import is_answering, progress, say


def _new_folder(_: click.Context, __: click.Parameter, given: Path | None) -> Path | None:
    """Before anything is done: whether the folder is empty, or can be made where it is to lie."""
    if given is not None and given.is_dir() and any(given.iterdir()):
        raise click.BadParameter(f"{given} is not empty")
    return in_folder(_, __, given)


@click.command(
    epilog="Other commands: `uvmigrate codemods` lists the codemods; `uvmigrate explain ID` explains "
    "a codemod, or the code of a refusal; `uvmigrate bulk` does many repositories."
)
@click.argument("path", default=".", type=click.Path(readable=False, path_type=Path))
@click.option("--diff", is_flag=True, help="Print the patches, one a codemod, for `git apply --allow-empty`.")
@click.option("--write", is_flag=True, help="Apply the patches and make the locks.")
@click.option("--commit", is_flag=True, help="Write, and make one git commit a codemod.")
@click.option(
    "-i",
    "--interactive",
    is_flag=True,
    help="Ask about each codemod, and --write or --commit what is accepted.",
)
@click.option(
    "--each",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    callback=_new_folder,
    help="Write what each step of the series leaves into a folder of its own in DIR.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if anything would change.")
@steering
@click.option(
    "--tmpfs-from",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Let services run read-only as a verdict of `uvmigrate verify --read-only` saw them.",
)
@click.option("--lock/--no-lock", default=True, help="Make uv.lock when writing, or leave that to you.")
@click.option(
    "--lock-in-container", is_flag=True, help="Run `uv lock`, and what it has to build, in a container."
)
@click.option("--strict", is_flag=True, help="Exit 3 if something that needs migrating was refused.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "patch", "sarif", "markdown", "html", "github"]),
    help="The form of the result.",
)
@click.option("--squash", is_flag=True, help="One combined patch instead of one a codemod.")
@output_file
@click.version_option(__version__, prog_name="uvmigrate")
def migrate(
    path: Path,
    config: Path | None,
    output: Path | None,
    each: Path | None,
    tmpfs_from: Path | None,
    *,
    strict: bool,
    lock: bool,
    lock_in_container: bool,
    interactive: bool,
    **given: Any,
) -> int:
    """Rewrite Dockerfiles of pip, poetry and pipenv into the uv pattern.

    PATH is a folder or one Dockerfile. Without --diff, --check, --write, --commit, --each or --interactive
    the plan is shown, and nothing is written.
    """
    mode, form = _mode(each=each, interactive=interactive, **given), _form(**given)
    if lock_in_container and not lock:
        raise click.UsageError("--no-lock and --lock-in-container exclude each other")
    locking = {"lock": lock, "contained": lock_in_container}
    from uvmigrate.cli import run, show

    steered = {key: given[key] for key in STEERING}
    with progress("reading the repository …"):
        migration, settings = run.plan(path, config, steered, tmpfs_from)
    again = {**steered, "config": config, "tmpfs_from": tmpfs_from, "lock_in_container": lock_in_container}
    if interactive and migration.steps:
        from uvmigrate.cli.interactive import accepted

        if mode == "--commit":
            # Before anybody answers for nothing.
            run.check_committable(migration)
        wanted = accepted(migration, lambda declined: run.replan(migration, path, settings, declined))
        if wanted is None:
            say("nothing was written")
            return Exit.DONE
        migration = wanted
    # Before anything is written: the migration reads what it has not read yet when it is asked.
    result = show.formed(
        migration, settings, path, again, mode, form, locked=lock, tried=tmpfs_from is not None
    )
    afterword = ""
    if mode in ("--write", "--commit"):
        afterword = run.apply(migration, settings, **locking, commits=mode == "--commit")
    if each is not None:
        afterword = run.write_each(migration, settings, each, **locking)
    show.remark(migration, mode, form, locked=lock)
    patch = form in ("patch", "squashed")
    show.deliver(
        result, output, patch=patch, paged=mode in ("", "--diff") and (patch or form in (None, "text"))
    )
    if afterword:
        say(afterword)
    if mode == "--check" and (run.changes_files(migration) or (lock and migration.locks)):
        return Exit.WOULD_CHANGE
    return Exit.REFUSED if strict and migration.unmet else Exit.DONE


def _mode(
    *, diff: bool, write: bool, commit: bool, check: bool, each: Path | None, interactive: bool, **_: object
) -> str:
    """The one option that says what to do, or ``""`` for the plan."""
    wanted = {"--diff": diff, "--check": check, "--write": write and not commit, "--commit": commit}
    wanted["--each"] = each is not None
    given = [option for option, is_given in wanted.items() if is_given]
    if len(given) > 1:
        raise click.UsageError(f"{given[0]} and {given[1]} exclude each other")
    mode = given[0] if given else ""
    if not interactive:
        return mode
    if mode not in ("", "--write", "--commit"):
        raise click.UsageError(f"{mode} and --interactive exclude each other")
    if not is_answering():
        raise click.UsageError("--interactive asks questions: it needs a terminal")
    return mode or "--write"


def _form(*, diff: bool, format_: str | None, squash: bool, **_: object) -> str | None:
    """The form of the result; None for what is usual with the mode."""
    if diff and format_ not in (None, "patch"):
        raise click.UsageError(f"--diff prints patches: leave out --diff or --format {format_}")
    if squash and not diff and format_ != "patch":
        raise click.UsageError("--squash combines patches: it goes with --diff or --format patch")
    if squash:
        return "squashed"
    return "patch" if diff else format_

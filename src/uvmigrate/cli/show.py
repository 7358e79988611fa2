"""Shows the result in the form that was asked for, and what that form leaves out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.cli.exits import CommandError
from uvmigrate.cli.options import typed, typed_path
from uvmigrate.cli.run import changes_files
from uvmigrate.cli.terminal import emit, in_bytes, say
from uvmigrate.report.words import cut, printable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from uvmigrate.cli.terminal import Result
    from uvmigrate.codemod import Settings
    from uvmigrate.plan import Migration
    from uvmigrate.verify import Verdict


#: The forms that say themselves what is refused. Nothing must stand beside GitHub's: its runner takes
#: commands from standard error, too.
_SAY_ALL = ("json", "sarif", "markdown", "html", "github")


def formed(
    migration: Migration,
    settings: Settings,
    path: Path,
    again: Mapping[str, object],
    mode: str,
    form: str | None,
    *,
    locked: bool,
    tried: bool,
) -> Result:
    """The result in its form; None is what is usual with the mode. With *locked*, writing makes the locks.

    *again* are the options that the plan was made with, as they are typed before the *path*, and *tried* is
    whether a verdict is among them.
    """
    target, steering = typed_path(path), typed(again)
    if form == "sarif":
        from uvmigrate.plan import chosen, load_catalogue
        from uvmigrate.report.sarif import as_sarif

        return as_sarif(migration, chosen(load_catalogue(), settings)).encode()
    if form == "markdown":
        from uvmigrate.report.markdown import as_markdown

        return as_markdown(migration, target=target, steering=steering).encode()
    if form == "html":
        from uvmigrate.report.html import Commands, as_html

        rest = typed({**again, "select": None, "ignore": None})
        return as_html(migration, settings, Commands(f"{steering}{target}", f"{rest}{target}")).encode()
    if form == "github":
        from uvmigrate.report.annotations import as_annotations

        return as_annotations(migration).encode()
    if form == "json":
        from uvmigrate.report.document import as_json

        return as_json(migration).encode()
    if form in ("patch", "squashed"):
        from uvmigrate.report.patches import as_patches, as_squashed

        return as_patches(migration) if form == "patch" else as_squashed(migration)
    if mode == "--each":
        from uvmigrate.apply import prefix_names

        return "".join(f"{name}\n" for name in prefix_names(migration) if migration.steps).encode()
    from uvmigrate.report.text import as_changes, plan_lines

    if mode:
        return as_changes(migration, done=mode != "--check", locked=locked).encode()
    return plan_lines(migration, target, steering, tried=tried)


def remark(migration: Migration, mode: str, form: str | None, *, locked: bool) -> None:
    """Say on standard error what patches and lists of files leave out; the other forms say it themselves."""
    if form in _SAY_ALL or (form in (None, "text") and not mode):
        return
    writes = mode in ("--write", "--commit", "--each")
    if not remark_empty(migration) and not (migration.steps if writes else changes_files(migration)):
        say("nothing to change")
    remark_refusals(migration)
    for request in () if writes and locked else migration.locks:
        path, folder = printable(request.path), printable(request.folder)
        say(f"{path} is still to be locked: --write does it, or `uv lock` in {folder}")


def remark_empty(migration: Migration) -> bool:
    """Say on standard error if there is nothing that could be migrated; whether that is so."""
    is_empty = not migration.builds and not migration.refusals
    if is_empty:
        say("there is no Dockerfile here: nothing to do")
    return is_empty


def remark_refusals(migration: Migration) -> None:
    """Say on standard error what was refused."""
    if not migration.refusals:
        return
    from uvmigrate.report.text import refusal_lines

    for line in refusal_lines(migration):
        say(f"refused: {line}")


def remark_unbuilt(verdict: Verdict) -> None:
    """Say on standard error which images cannot be built as they are, and why."""
    for image in verdict.images:
        if not image.builds:
            said = next((row.detail for row in image.rows if row.kind == "build"), "").rstrip()
            reason = cut(said.rpartition("\n")[2], 160, 80)
            say(
                f"error: {image.dockerfile}: as it is, it cannot be built: {reason}: "
                "mend that, or see --help for what builds may be given (--build-arg, --secret, --timeout, …)"
            )


def deliver(result: Result, output: Path | None, *, patch: bool, paged: bool = False) -> None:
    """Print the result, which may be a *patch*, and *paged* where it is long; or write it to a file.

    Raises CommandError where that file cannot be written.
    """
    if output is None:
        emit(result, patch=patch, paged=paged)
        return
    try:
        output.write_bytes(in_bytes(result))
    except OSError as error:
        raise CommandError(f"{output}: {error.strerror}") from error

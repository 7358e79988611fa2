"""The work behind ``uvmigrate verify``; imported when the command line is known to be right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate import apply as applying
from uvmigrate.cli import run
from uvmigrate.cli.exits import CommandError, Exit
from uvmigrate.cli.options import typed, typed_path
from uvmigrate.cli.terminal import progress
from uvmigrate.cli.undisturbed import clean, undisturbed
from uvmigrate.codemod import Refusal
from uvmigrate.report.verdict_document import verdict_json
from uvmigrate.report.verdict_markdown import verdict_markdown
from uvmigrate.report.verdict_text import verdict_lines
from uvmigrate.source.scratch import scratch
from uvmigrate.verify import choose, verify
from uvmigrate.verify.container_lock import ContainerLocker
from uvmigrate.verify.hiding import Hiding

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from uvmigrate.cli.terminal import Result
    from uvmigrate.codemod import Settings
    from uvmigrate.plan import Migration
    from uvmigrate.verify import Engine, Options, Verdict


def verified(
    path: Path, config: Path | None, steered: Mapping[str, object], options: Options
) -> tuple[Migration, Settings, Verdict]:
    """The migration of what *path* names, its settings, and what an engine says; nothing there is written.

    With ``options.drop_failing`` it is the longest series that holds. Raises CommandError where the path or
    the settings cannot be read, where locking fails, and where no engine answers or the engine itself fails;
    then, and after Ctrl-C, nothing is left behind.
    """
    hiding = Hiding.of(options)
    try:
        with undisturbed() as cleaning, progress() as say:

            def tell(line: str) -> None:
                say(hiding.text(line))

            migration, settings = run.plan(path, config, steered)
            engine = choose(options.engine, options.timeout, keep=options.keep)
            cleaning.callback(clean, engine)
            engine.remove_leftovers()
            verdict = _tried(migration, settings, engine, options, tell)
            dropped: list[Refusal] = []
            while options.drop_failing and (failed := _failed(verdict)):
                dropped += failed.values()
                tell(f"once more without {', '.join(failed)} …")
                ignore = (*settings.ignore, *failed)
                migration, settings = run.plan(path, config, {**steered, "ignore": ignore})
                verdict = _tried(migration, settings, engine, options, tell)
            return migration, settings, hiding.verdict(verdict._replace(dropped=tuple(dropped)))
    except applying.EnvironmentProblem as error:
        raise CommandError(hiding.text(str(error)), Exit.ENVIRONMENT) from error


def formed(
    migration: Migration,
    settings: Settings,
    verdict: Verdict,
    form: str,
    again: Mapping[str, object],
    path: Path,
) -> Result:
    """The verdict as ``text``, ``json`` or ``markdown``, or with its plan as ``html``.

    *again* are the options that the plan was made with, without the codemods that were left out.
    """
    target = f"{typed(again)}{typed_path(path)}"
    if form == "json":
        return verdict_json(verdict).encode()
    if form == "markdown":
        return verdict_markdown(verdict, target, settings.ignore).encode(errors="surrogateescape")
    if form == "html":
        from uvmigrate.report.html import Commands, as_html

        whole, rest = {**again, "ignore": settings.ignore or None}, {**again, "select": None}
        named = (f"{typed(options)}{typed_path(path)}" for options in (whole, rest))
        return as_html(migration, settings, Commands(*named), verdict).encode()
    return verdict_lines(verdict, target, settings.ignore)


def _tried(
    migration: Migration,
    settings: Settings,
    engine: Engine,
    options: Options,
    tell: Callable[[str], None],
) -> Verdict:
    """What the engine says about one series; its trees are gone afterwards.

    Raises CommandError where no image has the stage that was asked for.
    """
    contained = ContainerLocker(engine, settings.uv_reference, options)
    locker = contained if options.lock_in_container else None
    locks = applying.lock(migration, settings, tell, locker) if migration.locks else {}
    wanted = None if options.each or options.drop_failing else {0, len(migration.steps)}
    with scratch("uvmigrate-verify-") as folder:
        trees = applying.write_prefixes(migration, locks, folder / "trees", wanted)
        verdict = verify(engine, migration, locks, trees, settings, options, tell)
    if options.target and migration.steps and not verdict.images:
        raise CommandError(f"--target {options.target}: no image that the migration changes has this stage")
    return verdict


def _failed(verdict: Verdict) -> dict[str, Refusal]:
    """The codemods that an image does not hold with, and a refusal of each in the engine's own words."""
    found: dict[str, Refusal] = {}
    for image in verdict.images:
        for codemod in image.failed:
            rows = [row for row in image.regressions if codemod in row.by] or image.regressions
            said = "; ".join(
                f"{row.kind} {row.name}".rstrip() + f": {row.detail or row.because or row.after}"
                for row in rows[:3]
            )
            instead = f"leave it out: --ignore {codemod}"
            because = f"{codemod} does not hold: {said}"
            found.setdefault(codemod, Refusal(image.dockerfile, 0, "not-verified", because, instead))
    return found

"""The page of a plan: everything that its template shows, in the order in which it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.report import verdict_rows
from uvmigrate.report.html.bars import figures
from uvmigrate.report.html.graphs import images
from uvmigrate.report.html.rendering import render
from uvmigrate.report.html.sides import diffs
from uvmigrate.report.words import named, place, verbatim
from uvmigrate.source import NamedTuple
from uvmigrate.verify.meaning import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from uvmigrate.codemod import Refusal, Settings
    from uvmigrate.plan import Migration, Step
    from uvmigrate.report.html.sides import FileDiff
    from uvmigrate.verify.verdict import Verdict

#: What there may be, in the order in which it is shown.
LEVELS = ("safe", "review", "opt-in")
FATES = ("dropped", "rewritten", "moved", "kept")
_INSTALLER = {"sync": "uv sync", "pip": "uv pip", None: ""}


class Commands(NamedTuple):
    """What a reader types: what steers the plan and its path, with and without the codemods' choice."""

    whole: str
    rest: str


class ShownStep(NamedTuple):
    """A codemod of the series. ``needs`` are those without which it means nothing."""

    id: str
    title: str
    why: str
    docs: str
    level: str
    needs: str
    notes: tuple[str, ...]
    files: tuple[FileDiff, ...]


def as_html(
    migration: Migration, settings: Settings, commands: Commands, verdict: Verdict | None = None
) -> str:
    """The whole plan, and what the engine said of it where there is a *verdict*."""
    return render(
        "page",
        title=migration.before.root.name if migration.before.root else "a repository",
        summary=_summary(migration),
        commands=Commands(verbatim(commands.whole), verbatim(commands.rest)),
        checks=_checks(migration),
        builds=[
            {"path": named(one.path), "status": one.status, "by": _INSTALLER[one.strategy], "why": one.why}
            for one in migration.builds
        ],
        images=images(migration, settings),
        steps=_steps(migration.steps),
        levels=_present(LEVELS, (step.level for step in migration.steps)),
        paths=[
            verbatim(str(path)) for path in sorted({path for step in migration.steps for path in step.paths})
        ],
        refusals=_refusals(migration.refusals),
        mentions=[
            {"place": f"{named(one.path)}:{one.line}", "tool": one.tool, "text": one.text}
            for one in migration.mentions
        ],
        ledger=[
            {
                "place": f"{named(one.path)}:{one.line}",
                "text": one.text,
                "fate": one.fate,
                "by": ", ".join(one.by),
                "because": one.because,
            }
            for one in migration.ledger
        ],
        fates=_present(FATES, (one.fate for one in migration.ledger)),
        verdict=verdict,
        verdict_summary=verdict_rows.summary(verdict) if verdict is not None else "",
        figures=figures(verdict) if verdict is not None else (),
        dropped=_refusals(verdict.dropped if verdict is not None else ()),
    )


def _refusals(refusals: Iterable[Refusal]) -> list[dict[str, str]]:
    return [
        {"place": place(one), "code": one.code, "because": one.because, "instead": one.instead}
        for one in refusals
    ]


def _summary(migration: Migration) -> str:
    files = {path for step in migration.steps for path in step.paths}
    done = f"{counted(len(migration.steps), 'codemod')}, {counted(len(files), 'file')}"
    return f"{done}, {counted(len(migration.refusals), 'refusal')}"


def _present(every: Sequence[str], some: Iterable[str]) -> list[str]:
    """Those of *every* that there are, in their order."""
    there = set(some)
    return [one for one in every if one in there]


def _checks(migration: Migration) -> list[tuple[str, str]]:
    """What a reviewer should look at: the codemod, if there is one, and the note."""
    found = [(step.codemod.id, note) for step in migration.steps for note in step.notes]
    found += [
        (
            "",
            f"{named(lock.path)} is made when this is written"
            + f", for Python {lock.python}" * bool(lock.python),
        )
        for lock in migration.locks
    ]
    return found


def _steps(steps: Sequence[Step]) -> list[ShownStep]:
    here = {step.codemod.id for step in steps}
    return [
        ShownStep(
            step.codemod.id,
            step.codemod.title,
            step.codemod.why,
            step.codemod.docs if step.codemod.docs.startswith("https://") else "",
            step.level,
            " ".join(name for name in step.codemod.requires if name in here),
            step.notes,
            diffs(step),
        )
        for step in steps
    ]

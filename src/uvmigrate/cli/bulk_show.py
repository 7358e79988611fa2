"""What people see of many repositories: while they are done, and afterwards."""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from typing import TYPE_CHECKING

from uvmigrate.cli.exits import CommandError, Exit
from uvmigrate.cli.show import deliver
from uvmigrate.cli.terminal import emit, encoding_of, is_dumb, say
from uvmigrate.fleet.branch import BRANCH
from uvmigrate.fleet.export import as_csv, as_json, as_markdown
from uvmigrate.fleet.outcome import STATUSES, Outcome
from uvmigrate.fleet.store import StateError, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from uvmigrate.fleet.outcome import Unchanged
    from uvmigrate.fleet.store import Row
    from uvmigrate.fleet.targets import Target

    Tell = Callable[[Target, Outcome | Unchanged, str], None]

#: How many failures a summary lists, and how many of the slowest and of the codes the status.
_FAILURES, _MOST = 20, 10
_FORMS = {"json": as_json, "csv": as_csv, "markdown": as_markdown}


@contextlib.contextmanager
def progress(total: int) -> Iterator[Tell]:
    """A function that is told of every repository: a bar on a terminal, else one line each."""
    if not sys.stderr.isatty() or is_dumb():
        yield lambda target, outcome, note: say(line(target, outcome, note))
        return
    from uvmigrate.cli.bulk_bar import Bar

    with Bar(total, is_ascii=encoding_of(sys.stderr) == "ascii") as bar:
        yield lambda _, outcome, __: bar.tell(outcome)


def line(target: Target, outcome: Outcome | Unchanged, note: str = "") -> str:
    """One repository on one line; *note* is what was done with its pull request."""
    if not isinstance(outcome, Outcome):
        return f"{target.name}: unchanged"
    about = ", ".join(outcome.codemods) if outcome.status == "migrated" else outcome.why
    pushed = ""
    if outcome.branch:
        did = {"pushed": "pushed to", "current": "is already on", "would-push": "would be pushed to"}
        pushed = f"; {did[outcome.branch]} {BRANCH} of {outcome.remote}"
    noted = f"; {note}" if note else ""
    return f"{target.name}: {outcome.status}: {about}{pushed}{noted} ({outcome.seconds:.1f} s)"


def summary(rows: Sequence[Row]) -> str:
    """How many came to what, and the failures."""
    failed = [row for row in rows if row.outcome and row.outcome.status == "failed"]
    lines = [_counted(rows)]
    lines += [f"  failed: {row.target.name}: {row.outcome.why}" for row in failed[:_FAILURES] if row.outcome]
    if failed:
        more = len(failed) - _FAILURES
        lines += [f"  … and {more} more"] if more > 0 else []
        lines += [
            "`uvmigrate bulk status` shows their logs, `uvmigrate bulk retry --where failed` tries again"
        ]
    return "".join(f"{one}\n" for one in lines)


def status(state: Path) -> int:
    """Print what the state knows."""
    with opened(Store.read, state) as store:
        rows = list(store.rows())
    lines = [_counted(rows)]
    outcomes = [(row, row.outcome) for row in rows if row.outcome]
    codes = Counter(code for _, outcome in outcomes for code in {one.code for one in outcome.refusals})
    if codes:
        lines += ["", "refused, by code (`uvmigrate explain CODE`):"]
        lines += [f"  {count:>5}  {code}" for code, count in codes.most_common()]
    slow = sorted(outcomes, key=lambda one: -one[1].seconds)[:_MOST]
    if slow:
        lines += ["", "slowest:", *(f"  {one.seconds:>7.1f} s  {row.target.name}" for row, one in slow)]
    failed = [one for one in outcomes if one[1].status == "failed"]
    if failed:
        lines += ["", "failed:"]
    for row, outcome in failed:
        lines += [
            f"  {row.target.name}: {outcome.why}",
            *(f"    {text}" for text in outcome.log.splitlines()),
        ]
    emit("".join(f"{one}\n" for one in lines).encode(), paged=True)
    return Exit.DONE


def export(state: Path, form: str, output: Path | None) -> int:
    """Print the state in a form, or write it to a file."""
    if form == "html":
        # With Jinja, which the others need not wait for.
        from uvmigrate.fleet.table import as_html as made
    else:
        made = _FORMS[form]
    with opened(Store.read, state) as store:
        text = "".join(made(store.rows()))
    deliver(text.encode(), output, patch=False)
    return Exit.DONE


@contextlib.contextmanager
def opened(opening: Callable[[Path], Store], state: Path) -> Iterator[Store]:
    """A state, opened in one way or the other. Raises CommandError where it cannot be used."""
    try:
        with opening(state) as store:
            yield store
    except StateError as error:
        raise CommandError(str(error)) from error


def _counted(rows: Sequence[Row]) -> str:
    counts = Counter(row.outcome.status if row.outcome else "waiting" for row in rows)
    words = [f"{counts[name]} {name}" for name in (*STATUSES, "waiting") if counts[name]]
    head = f"{len(rows)} repositor{'y' if len(rows) == 1 else 'ies'}"
    return f"{head}: {', '.join(words)}" if words else head

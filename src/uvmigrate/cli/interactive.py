"""``--interactive``: codemod by codemod, as `git add -p` goes from hunk to hunk."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from uvmigrate.cli import display
from uvmigrate.cli.catalogue import explained
from uvmigrate.cli.terminal import emit, progress, say
from uvmigrate.report.patches import patch_of
from uvmigrate.report.text import lock_line, refused_lines, step_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from uvmigrate.codemod import LockRequest, Refusal
    from uvmigrate.plan import Migration, Step

_PROMPT = "Apply this codemod [y,n,a,q,e,?]? "
_HELP = b"""\
y - apply this codemod
n - leave it out; those that follow are planned anew
a - apply this codemod and all that follow
q - quit: nothing is written, not even what was accepted
e - explain this codemod
? - say what the letters mean
"""


def accepted(migration: Migration, replan: Callable[[Sequence[str]], Migration]) -> Migration | None:
    """Ask about each step; return the migration of those that were accepted, None where there are none.

    *replan* makes the migration without some codemods. What was accepted is asked about again only where it
    is not the same without them. The end of the input quits, too. After Ctrl-C KeyboardInterrupt is raised.
    """
    try:
        return _accepted(migration, replan)
    except KeyboardInterrupt:
        emit(b"\n")
        say("nothing was written")
        raise


def _accepted(migration: Migration, replan: Callable[[Sequence[str]], Migration]) -> Migration | None:
    agreed: dict[str, tuple[object, ...]] = {}
    declined: list[str] = []
    while True:
        steps = enumerate(migration.steps, 1)
        waiting = next((one for one in steps if agreed.get(one[1].codemod.id) != _meant(one[1])), None)
        if waiting is None:
            return migration if migration.steps else None
        number, step = waiting
        answer = _asked(step, f"{number}/{len(migration.steps)}", migration.locks)
        if answer == "q":
            return None
        if answer == "a":
            return migration
        if answer == "y":
            agreed[step.codemod.id] = _meant(step)
        else:
            declined.append(step.codemod.id)
            with progress("planning anew …"):
                again = replan(declined)
            _tell(refusal for refusal in again.refusals if refusal not in migration.refusals)
            migration = again


def _meant(step: Step) -> tuple[object, ...]:
    """What somebody agrees to who accepts a step."""
    return patch_of(step), step.level, step.notes, _locks(step)


def _locks(step: Step) -> tuple[LockRequest, ...]:
    return tuple(lock for change in step.changes for lock in change.locks)


def _asked(step: Step, head: str, locks: Sequence[LockRequest]) -> str:
    """The answer about one step, which is shown first: y, n, a or q. *locks* are those that will be made."""
    asked = [lock_line(lock) for lock in locks if lock in _locks(step)]
    emit(((), *step_lines(head, step), *asked, ()))
    emit(patch_of(step), patch=True)
    while True:
        answer = _typed()
        if answer in ("y", "n", "a", "q"):
            return answer
        emit(explained(step.codemod).encode() if answer == "e" else _HELP)


def _typed() -> str:
    """The first letter that was typed, ``""`` for none, ``q`` at the end of the input."""
    look = display.Look.of(sys.stdout)
    sys.stdout.write(display.painted(_PROMPT, "1", look))
    sys.stdout.flush()
    # Bytes, since what is typed need not be text.
    line = sys.stdin.buffer.readline()
    if not line:
        emit(b"\n")
        return "q"
    return line.strip()[:1].lower().decode(errors="replace")


def _tell(refusals: Iterable[Refusal]) -> None:
    """Show what is refused because something was left out."""
    lines = [line for refusal in refusals for line in refused_lines(refusal)]
    if lines:
        emit(((), *lines))

"""The plan for people: what becomes of each Dockerfile, by which steps, what is refused, what to type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.report.lines import plain
from uvmigrate.report.words import escaped, named, place, said

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import PurePosixPath

    from uvmigrate.codemod import LockRequest, Refusal
    from uvmigrate.plan import BuildResult, Migration, Step
    from uvmigrate.report.lines import Line, Word

_INSTALLER = {"sync": "uv sync", "pip": "uv pip"}
#: How many mentions are shown, and how much of each line; programs get all of them.
_MENTIONS, _WIDTH = 8, 100


def as_text(migration: Migration, target: str = ".", steering: str = "", *, tried: bool = False) -> str:
    """The whole plan. *target* is the path as the reader would type it again, quoted for the shell.

    *steering* are the options that the plan was made with, each with a blank behind it. With *tried* there is
    a verdict among them.
    """
    return plain(plan_lines(migration, target, steering, tried=tried))


def plan_lines(
    migration: Migration, target: str = ".", steering: str = "", *, tried: bool = False
) -> tuple[Line, ...]:
    """What `as_text` says, its words marked for what they are; parts are divided by a line of no words."""
    if not migration.builds and not migration.refusals:
        return ((f"There is no Dockerfile in {target}: nothing to do.",),)
    blocks: list[list[Line]] = [
        [line for result in migration.builds for line in _build(result)],
        [line for number, step in enumerate(migration.steps, 1) for line in step_lines(f"{number}.", step)],
        [line for refusal in migration.refusals for line in refused_lines(refusal)],
        [lock_line(lock) for lock in migration.locks],
        list(_mentions(migration)),
        list(_next(migration, f"{steering}{target}", tried=tried)),
    ]
    lines: list[Line] = []
    for block in filter(None, blocks):
        lines += [(), *block] if lines else block
    return tuple(lines)


def refusal_lines(migration: Migration) -> list[str]:
    """Each refusal on a line of its own: where, which, why, and what to do instead."""
    return [
        escaped(f"{place(refusal)} {refusal.code}: {said(refusal.because)}")
        + (escaped(f"; {said(refusal.instead)}") if refusal.instead else "")
        for refusal in migration.refusals
    ]


def as_changes(migration: Migration, *, done: bool, locked: bool = False) -> str:
    """One line for each file that the series changes, or has changed, with the codemods that do it.

    With *done* also the locks, where they were made (*locked*), and what to look at.
    """
    changes: dict[PurePosixPath, list[str]] = {}
    for step in migration.steps:
        for path in step.paths:
            changes.setdefault(path, []).append(step.codemod.id)
    lines = [
        f"{_verb(migration, path, done)} {named(path)} ({', '.join(codemods)})"
        for path, codemods in sorted(changes.items())
    ]
    if done:
        lines += [f"locked {named(lock.path)}" for lock in migration.locks if locked]
        lines += [f"look at: {said(note)}" for step in migration.steps for note in step.notes]
    return "".join(f"{escaped(line)}\n" for line in lines)


def _verb(migration: Migration, path: PurePosixPath, done: bool) -> str:
    verb = "create" if path not in migration.before else "change" if path in migration.after else "delete"
    return f"{verb}d" if done else f"would {verb}"


def _build(result: BuildResult) -> Iterator[Line]:
    installer = f" ({_INSTALLER[result.strategy]})" if result.strategy else ""
    yield ("path", named(result.path)), ": ", (result.status, result.status), installer
    yield (f"    {said(result.why)}",)


def step_lines(head: str, step: Step) -> Iterator[Line]:
    """A step behind *head*, its place in the series: its level, why, its files, what to look at."""
    yield (
        *(f"{head} ", ("id", step.codemod.id), " (", (step.level, step.level), "): "),
        said(step.codemod.title),
    )
    yield (f"    {said(step.codemod.why)}",)
    if step.paths:
        yield "    changes ", *_listed(step.paths)
    for note in step.notes:
        yield (f"    look at: {said(note)}",)


def _listed(paths: Sequence[PurePosixPath]) -> Iterator[Word]:
    for number, path in enumerate(paths):
        if number:
            yield ", "
        yield "path", named(path)


def refused_lines(refusal: Refusal) -> Iterator[Line]:
    """A refusal: where, which and why, and what to do instead."""
    yield ("path", place(refusal)), " ", ("code", refusal.code), f": {said(refusal.because)}"
    if refusal.instead:
        yield (f"    → {said(refusal.instead)}",)


def lock_line(lock: LockRequest) -> Line:
    """That a lock is to be made."""
    python = f" for Python {lock.python}" if lock.python else ""
    return "Lock pending: --write makes ", ("path", named(lock.path)), f" with `uv lock`{python}"


def _mentions(migration: Migration) -> Iterator[Line]:
    if migration.mentions:
        tools = " and ".join(sorted({mention.tool for mention in migration.mentions}))
        yield (f"Also mentions {tools} (not edited):",)
    for mention in migration.mentions[:_MENTIONS]:
        # Cut behind the mask: half a credential is not known for one.
        text = said(mention.text)
        short = text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"
        yield "    ", ("path", f"{named(mention.path)}:{mention.line}"), " ", ("quiet", short)
    if len(migration.mentions) > _MENTIONS:
        yield (f"    … and {len(migration.mentions) - _MENTIONS} more (--format json has all)",)


def _next(migration: Migration, target: str, *, tried: bool) -> Iterator[Line]:
    if any(step.paths for step in migration.steps):
        yield "To read the patches:  ", ("command", f"uvmigrate --diff {target}")
        if not tried:
            yield "To prove them:        ", ("command", f"uvmigrate verify {target}")
    if migration.steps:
        yield "To apply them:        ", ("command", f"uvmigrate --write {target}")
    if migration.refusals:
        yield "About a refusal:      ", ("command", f"uvmigrate explain {migration.refusals[0].code}")
    left = [result for result in migration.builds if result.status != "noop"]
    if not migration.steps and not migration.refusals and not left:
        yield ("Nothing to change.",)

"""The plan for pull requests and job summaries: Markdown as GitHub and GitLab show it.

What comes from a repository is inert, as `markup` makes it; what the catalogue says is its authors' own.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from uvmigrate.report.markup import cell, code, fenced
from uvmigrate.report.patches import patch_of
from uvmigrate.report.words import named, place, read, shown
from uvmigrate.verify.meaning import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from uvmigrate.plan import Migration, Step
    from uvmigrate.verify.verdict import Verdict

#: Characters of all patches together: a pull request's text or a comment on GitHub may have 65,536.
_PATCHES = 40_000
#: How many builds, refusals and mentions are shown; programs get all of them.
_BUILDS, _REFUSALS, _MENTIONS = 50, 30, 8
_ALL = "`--format json` has all."


def as_markdown(
    migration: Migration,
    verdict: Verdict | None = None,
    target: str = ".",
    steering: str = "",
    *,
    written: bool = False,
) -> str:
    """The whole plan, and what the engine said of it where there is a *verdict*.

    *target* is the path as the reader would type it again, quoted for the shell; *steering* are the options
    that the plan was made with, each with a blank behind it. Of what is *written* already, as in the commits
    of a pull request, it says how to try it, not how to write it.
    """
    if not migration.builds and not migration.refusals:
        return f"**uvmigrate:** there is no Dockerfile in {code(target)}: nothing to do.\n"
    blocks = [f"**uvmigrate:** {_summary(migration)}."]
    if migration.builds:
        blocks += ["## Builds", *_builds(migration)]
    if migration.steps:
        blocks += ["## What changes, step by step", *_steps(migration.steps)]
    blocks += _checks(migration, written=written)
    blocks += _refusals(migration)
    blocks += _mentions(migration)
    if verdict is not None:
        from uvmigrate.report.verdict_markdown import verdict_markdown

        again = None if written else f"{steering}{target}"
        blocks += ["## What the engine says", verdict_markdown(verdict, again).rstrip("\n")]
    elif migration.steps and not written:
        blocks.append(f"To apply it: {code(f'uvmigrate --write {steering}{target}')}")
    elif migration.steps:
        command = code(f"uvmigrate verify {steering}{target}")
        blocks.append(f"No engine has tried it: on the commit that this stands on, {command} does.")
    return "\n\n".join(blocks) + "\n"


def _summary(migration: Migration) -> str:
    files = {path for step in migration.steps for path in step.paths}
    verb = "changes" if len(migration.steps) == 1 else "change"
    done = f"{counted(len(migration.steps), 'codemod')} {verb} {counted(len(files), 'file')}"
    done = done if migration.steps else "nothing to change"
    count = len(migration.refusals)
    return f"{done}, {counted(count, 'refusal')}" if count else done


def _builds(migration: Migration) -> Iterator[str]:
    lines = ["<table>", "<tr><th>Dockerfile</th><th>status</th><th>installs by</th><th>why</th></tr>"]
    installer = {"sync": "uv sync", "pip": "uv pip", None: ""}
    for build in migration.builds[:_BUILDS]:
        cells = (cell(named(build.path)), build.status, cell(installer[build.strategy]), cell(build.why))
        lines.append(f"<tr>{''.join(f'<td>{one}</td>' for one in cells)}</tr>")
    yield "\n".join([*lines, "</table>"])
    if len(migration.builds) > _BUILDS:
        yield f"{len(migration.builds) - _BUILDS} more: {_ALL}"


def _steps(steps: Iterable[Step]) -> Iterator[str]:
    room = _PATCHES
    for number, step in enumerate(steps, 1):
        title = html.escape(shown(step.codemod.title), quote=False)
        yield f"<details><summary>{number}. {cell(step.codemod.id)} ({step.level}): {title}</summary>"
        yield shown(step.codemod.why)
        if step.paths:
            lines = read(patch_of(step))
            fit = _fitting(lines, room)
            room -= sum(len(line) + 1 for line in lines[:fit])
            if fit:
                yield fenced(lines[:fit], "diff")
            if fit < len(lines):
                yield f"{counted(len(lines) - fit, 'more line')}: `uvmigrate --diff` has the whole patch."
        else:
            yield "No file changes but the lock."
        yield "</details>"


def _fitting(lines: Iterable[str], room: int) -> int:
    """How many lines fit."""
    count = 0
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            break
        count += 1
    return count


def _checks(migration: Migration, *, written: bool) -> Iterator[str]:
    """What a reviewer should check, as a list to tick off."""
    notes = [
        f"{code(step.codemod.id)}: {told}"
        for step in migration.steps
        for told in list(map(code, step.notes)) or ["its patch"] * (step.level != "safe")
    ]
    notes += [
        f"{code(named(lock.path))} {'was made with this' if written else 'is made when this is written'}"
        + (f", for Python {code(lock.python)}" if lock.python else "")
        for lock in migration.locks
    ]
    if notes:
        yield "## What to check"
        yield "\n".join(f"- [ ] {note}" for note in notes)


def _refusals(migration: Migration) -> Iterator[str]:
    if migration.refusals:
        yield "## What was refused"
        yield "\n".join(
            f"- {code(place(one))} {code(one.code)}: {code(one.because)}"
            + (f"\n  → {code(one.instead)}" if one.instead else "")
            for one in migration.refusals[:_REFUSALS]
        )
    if len(migration.refusals) > _REFUSALS:
        yield f"{len(migration.refusals) - _REFUSALS} more: {_ALL}"


def _mentions(migration: Migration) -> Iterator[str]:
    if migration.mentions:
        tools = " and ".join(sorted({mention.tool for mention in migration.mentions}))
        yield f"## What else mentions {tools}"
        yield "\n".join(
            f"- {code(f'{named(one.path)}:{one.line}')} {code(one.text)}"
            for one in migration.mentions[:_MENTIONS]
        )
    if len(migration.mentions) > _MENTIONS:
        yield f"{len(migration.mentions) - _MENTIONS} more: {_ALL}"

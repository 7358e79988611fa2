"""Why a change cannot be taken: what it would break, what it collides with, what a comment keeps from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import Change, Refusal
from uvmigrate.compose import kept_spans
from uvmigrate.dockerfile import parse
from uvmigrate.plan.check import compose_damage, damage
from uvmigrate.plan.ignores import ignored
from uvmigrate.plan.look import untouchable
from uvmigrate.source import OverlapError, apply_edits

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import PurePosixPath

    from uvmigrate.codemod import Context
    from uvmigrate.source import Edit, Repo


def objection(
    context: Context,
    dockerfiles: Collection[PurePosixPath],
    codemod: str,
    change: Change,
    beside: Iterable[Change],
) -> Refusal | None:
    """The first reason not to make *change* together with the changes *beside* it, or None.

    *codemod* is the id of the codemod that asks for all of them; *dockerfiles* are those that are planned.
    """
    together = (*beside, change)
    refusals = (
        refusal
        for path in paths_of(change)
        for refusal in _objections(context.repo, path in dockerfiles, codemod, path, together)
    )
    return next(refusals, None) or _compose_objection(context, codemod, change, together)


def fit(
    context: Context, dockerfiles: Collection[PurePosixPath], codemod: str, changes: Sequence[Change]
) -> bool:
    """Whether there is no objection to any of the changes when all are made.

    So it is nearly always; to ask for one change after the other takes the square of the time.
    """
    edits: dict[PurePosixPath, list[Edit]] = {}
    by_path: dict[PurePosixPath, list[Change]] = {}
    for change in changes:
        for path in paths_of(change):
            by_path.setdefault(path, []).append(change)
        for path, some in change.edits.items():
            edits.setdefault(path, []).extend(some)
    objected = any(
        refusal is not None
        for path, together in by_path.items()
        for refusal in _objections(context.repo, path in dockerfiles, codemod, path, tuple(together))
    )
    whole = Change(edits={path: tuple(some) for path, some in edits.items()})
    return not objected and _compose_objection(context, codemod, whole, (whole,)) is None


def paths_of(change: Change) -> tuple[PurePosixPath, ...]:
    """The files that a change touches."""
    return tuple(dict.fromkeys((*change.edits, *change.writes, *change.deletes)))


def _objections(
    repo: Repo, is_dockerfile: bool, codemod: str, path: PurePosixPath, together: tuple[Change, ...]
) -> Iterator[Refusal]:
    if (refusal := untouchable(repo, path)) is not None:
        yield refusal
        return
    edits = [edit for change in together for edit in change.edits.get(path, ())]
    if not is_dockerfile:
        # What Dockerfiles share, their changes ask for together.
        edits = list(dict.fromkeys(edits))
    data, parsed = repo.get(path), parse(repo.get(path, b""))
    kept = ignored(parsed, edits, codemod) if is_dockerfile else None
    if kept is not None:
        line = parsed.line(kept.text_span.start)
        yield Refusal(path, line, "ignored", f"a comment keeps it from {codemod}", "")
    whole = {change.writes.get(path) for change in together if path in (*change.writes, *change.deletes)}
    broken = None
    if len(whole) > 1 or (whole and (edits or is_dockerfile)):
        broken = "it would be written or deleted as a whole, where only edits can be followed"
    elif edits and data is None:
        broken = "there is no such file to edit"
    elif data is not None:
        try:
            apply_edits(data, edits)
            broken = damage(data, edits) if is_dockerfile else None
        except OverlapError as error:
            broken = str(error)
    if broken is not None:
        yield _failed(path, codemod, broken)


def _compose_objection(
    context: Context, codemod: str, change: Change, together: tuple[Change, ...]
) -> Refusal | None:
    edits: dict[PurePosixPath, list[Edit]] = {}
    for other in together:
        for path, some in other.edits.items():
            edits.setdefault(path, []).extend(some)
    edits = {path: list(dict.fromkeys(some)) for path, some in edits.items()}
    edited = [file.path for file in context.compose if file.path in change.edits]
    if not edited:
        return None
    kept = next((found for path in edited for found in _kept(context.repo, path, codemod, change)), None)
    if kept is not None:
        return kept
    broken = compose_damage(context.repo, context.compose, edits)
    return None if broken is None else _failed(edited[0], codemod, broken)


def _failed(path: PurePosixPath, codemod: str, broken: str) -> Refusal:
    because = f"{codemod} would break it: {broken}"
    return Refusal(path, 0, "check-failed", because, "please report this file's shape")


def _kept(repo: Repo, path: PurePosixPath, codemod: str, change: Change) -> Iterator[Refusal]:
    """What comments of a compose file keep from the codemod, and the change would touch."""
    data, spans = repo[path], [edit.span for edit in change.edits[path]]
    for kept in kept_spans(data, codemod):
        if any(kept.start <= span.end and span.start <= kept.end for span in spans):
            line = data.count(b"\n", 0, kept.start) + 1
            yield Refusal(path, line, "ignored", f"a comment keeps it from {codemod}", "")

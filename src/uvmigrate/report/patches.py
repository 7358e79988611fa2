"""The patches, one a codemod in their order: a stream that ``git apply --allow-empty`` takes as it is.

git ignores what stands before a ``diff --git`` line (``find_header`` in git's apply.c), so each patch is
headed by what it does and why. Every line of a head starts with ``#``, which begins neither a file's header
nor a line of a hunk. The patches themselves are bytes and are never altered, not even to hide a secret: a
patch that was altered does not apply.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.report.words import escaped, said
from uvmigrate.source import patch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from uvmigrate.plan import Migration, Step


def as_patches(migration: Migration) -> bytes:
    """One patch a codemod, each with its head; a later one may change a file again. Empty for a noop."""
    return b"".join(_headed([step], patch_of(step)) for step in migration.steps if step.paths)


def as_squashed(migration: Migration) -> bytes:
    """All steps as one patch, below all their heads. Empty for a noop."""
    paths = {path for step in migration.steps for path in step.paths}
    body = patch(migration.before, migration.after, paths)
    return _headed((step for step in migration.steps if step.paths), body) if body else b""


def patch_of(step: Step) -> bytes:
    """The patch of one step, without a head."""
    return patch(step.before, step.after, step.paths)


def _headed(steps: Iterable[Step], body: bytes) -> bytes:
    return (
        "".join(f"# {escaped(line)}\n" for step in steps for line in _head(step)).encode(errors="replace")
        + body
    )


def _head(step: Step) -> Iterable[str]:
    yield f"{step.codemod.id}: {said(step.codemod.title)}"
    yield said(step.codemod.why)
    yield f"level: {step.level}"
    for note in step.notes:
        yield f"look at: {said(note)}"

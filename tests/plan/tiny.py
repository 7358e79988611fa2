"""Codemods as small as can be, and plans of them over files in memory."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from uvmigrate.codemod import Change, Codemod, Settings
from uvmigrate.plan import plan
from uvmigrate.source import Edit, Repo, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from uvmigrate.codemod import Context, Refusal
    from uvmigrate.plan import Migration

DOCKERFILE = PurePosixPath("Dockerfile")


def codemod(name: str, run: Callable[[Context], Iterable[Change | Refusal]], **more: Any) -> Codemod:
    """A codemod of that id; safe, unless *more* says otherwise."""
    fields = {"title": name, "why": "w", "docs": "d", "level": "safe"} | more
    return Codemod(id=name, run=run, **fields)


def replacing(name: str, old: bytes, new: bytes, *, because: str = "it is old", **more: Any) -> Codemod:
    """Replaces a text wherever a Dockerfile holds it; one change a file."""

    def run(context: Context) -> Iterator[Change]:
        for build in context.builds:
            data = context.repo[build.path]
            at = data.find(old)
            if at >= 0:
                edit = Edit(Span(at, at + len(old)), new, because=because)
                yield Change({build.path: (edit,)}, builds=(build.path,))

    return codemod(name, run, **more)


def writing(name: str, path: str, data: bytes, **more: Any) -> Codemod:
    """Writes a file where it does not say that yet."""

    def run(context: Context) -> Iterator[Change]:
        if context.repo.get(PurePosixPath(path)) != data:
            yield Change(writes={PurePosixPath(path): data})

    return codemod(name, run, **more)


def planned(files: Mapping[str, bytes] | bytes, *codemods: Codemod, **settings: Any) -> Migration:
    """The plan of these codemods, for one Dockerfile's text or several files."""
    named = {"Dockerfile": files} if isinstance(files, bytes) else files
    return plan(Repo.of(named), PurePosixPath(), Settings(**settings), codemods)


def refused(migration: Migration) -> list[tuple[str, int, str]]:
    """Where what was refused."""
    return [(str(refusal.path), refusal.line, refusal.code) for refusal in migration.refusals]


def ids(migration: Migration) -> list[str]:
    """The codemods that became steps, in order."""
    return [step.codemod.id for step in migration.steps]

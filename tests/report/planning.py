"""Migrations to show: made by the real plan, from files in memory, with Acme's codemods."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from cli.acme import CATALOGUE
from uvmigrate.codemod import Change, Codemod, LockRequest, Refusal, Settings
from uvmigrate.plan import Mention, plan
from uvmigrate.source import Repo

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from uvmigrate.codemod import Context
    from uvmigrate.plan import Migration


def planned(files: dict[str, bytes], catalogue: Sequence[Codemod] = CATALOGUE) -> Migration:
    """The migration of these files by every codemod of a catalogue."""
    settings = Settings(select=tuple(codemod.id for codemod in catalogue))
    return plan(Repo.of(files), PurePosixPath(), settings, catalogue)


def writing(files: Mapping[str, bytes], *builds: str, locks: Sequence[str] = ()) -> Codemod:
    """A codemod that writes files where they are not as it wants them, and asks for locks of folders."""
    wanted = {PurePosixPath(path): data for path, data in files.items()}
    requests = tuple(LockRequest(PurePosixPath(folder)) for folder in locks)

    def run(context: Context) -> Iterator[Change]:
        writes = {path: data for path, data in wanted.items() if context.repo.get(path) != data}
        if writes or requests:
            yield Change(writes=writes, builds=tuple(map(PurePosixPath, builds)), locks=requests)

    return Codemod("acme-write", "Write it", "It must be.", "https://acme.example", "safe", run)


def mentioned(*lines: str) -> tuple[Mention, ...]:
    """A mention of poetry in a Makefile for each line of it."""
    return tuple(Mention(PurePosixPath("Makefile"), n, "poetry", line) for n, line in enumerate(lines, 1))


def hostile(evil: str) -> Migration:
    """A plan in which a repository says *evil* wherever it may."""
    data = f"FROM scratch\n# {evil}\nRUN \r{evil}\r\x1b[31m\n".encode(errors="surrogateescape")
    migration = planned({f"{evil} \udcff/Dockerfile": data})
    path = PurePosixPath(f"{evil} \udcff")
    refusal = Refusal(path, 3, "acme-no", evil, evil)
    build = migration.builds[0]._replace(why=evil)
    step = migration.steps[0]._replace(notes=(evil,))
    return migration._replace(
        builds=(build,),
        steps=(step, *migration.steps[1:]),
        refusals=(refusal,),
        mentions=mentioned(evil),
    )

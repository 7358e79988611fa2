"""Commits a migration, one git commit a codemod, and says how a migration that was written is undone."""

from __future__ import annotations

import os
import shlex
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from uvmigrate.apply.atomic import made
from uvmigrate.apply.git import git, names
from uvmigrate.apply.problems import WriteError
from uvmigrate.apply.writing import by_step, find_changes, outcome, paths_of
from uvmigrate.source.mask import mask

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import PurePosixPath

    from uvmigrate.apply.atomic import FileChange
    from uvmigrate.plan import Migration, Step

_Fate = Literal["committed", "created", "lost", "nothing"]
_WIDTH = 72
#: The trailer of a marked commit: its number in the series, how many there are, and its tree.
SERIES = "Uvmigrate-Series"


def commit(
    migration: Migration, locks: Mapping[PurePosixPath, bytes], *, marked: bool = False
) -> tuple[str, ...]:
    """Commit each step of *migration*, and return the hashes of the commits, first to last.

    A lock joins the first step whose change asked for it. A commit's subject is the codemod's title; the
    text says why, what to look at, and where the pattern is described. Files that git ignores are added all
    the same, and the text says so. Hooks do not run: they would be code of the repository. What is *marked*
    has SERIES as its trailer: by that a later run knows a commit which nobody has changed since.

    Raises WriteError where there is no git repository with a commit, where a tracked file has changes that
    are not committed, where a file to be changed is not tracked or is not what it was when the plan was
    made, and where git fails; commits that were made by then stay, and are named.
    """
    root = check_committable(migration)
    _all_tracked(root, find_changes(migration.before, outcome(migration, locks)))
    start = git(root, "rev-parse", "HEAD").decode().strip()
    made: list[str] = []
    steps = list(zip(migration.steps, by_step(migration, locks), strict=True))
    count = sum(any(step.before.get(p) != data for p, data in files.items()) for step, files in steps)
    for step, files in steps:
        try:
            changes = find_changes(step.before, files)
            if changes:
                mark = f"{len(made) + 1}/{count}" if marked else ""
                made.append(_commit(root, step, changes, mark))
        except WriteError as error:
            if not made:
                raise
            hashes = ", ".join(one[:10] for one in made)
            undo = f"`git reset --hard {start[:10]}` takes them back"
            raise WriteError(f"{error}; made before it: {hashes}, and {undo}") from error
    return tuple(made)


def undo_hint(migration: Migration) -> str:
    """How to undo a migration that ``write`` has written: a shell command, or what there is no way back for.

    Paths are relative to the current folder. A file goes back to its last commit only where that is what it
    was before.
    """
    root = migration.before.root
    if root is None:
        return "nothing was written"
    paths = {path for step in migration.steps for path in step.paths}
    paths |= {request.path for request in migration.locks}
    fates: dict[_Fate, list[Path]] = {}
    for path in sorted(paths):
        real = (root / path).resolve()
        fates.setdefault(_fate(root, real, migration.before.get(path)), []).append(real)
    commands = []
    back, created, lost = fates.get("committed", []), fates.get("created", []), fates.get("lost", [])
    if back and Path.cwd().is_relative_to(root):
        commands.append(["git", "checkout", "--", *map(os.path.relpath, back)])
    elif back:
        inside = [str(real.relative_to(root)) for real in back]
        commands.append(["git", "-C", os.path.relpath(root), "checkout", "--", *inside])
    if created:
        commands.append(["rm", *map(os.path.relpath, created)])
    hint = " && ".join(map(shlex.join, commands))
    without = f"what was in {', '.join(map(os.path.relpath, lost))} before is in no commit" if lost else ""
    return f"{hint} (but {without})" if hint and lost else hint + without


def _fate(root: Path, real: Path, before: bytes | None) -> _Fate:
    """What has become of a file that held *before*."""
    try:
        committed = git(root, "cat-file", "--filters", f"HEAD:{real.relative_to(root).as_posix()}")
    except WriteError:
        # It is in no commit, or there is no git.
        return "lost" if before is not None else "created" if real.is_file() else "nothing"
    return "committed" if committed == before else "lost"


def check_committable(migration: Migration) -> Path:
    """The root of the repository that the migration can be committed to.

    Raises WriteError where there is no git repository with a commit, and where a tracked file has changes
    that are not committed.
    """
    root = migration.before.root
    if root is None or not (root / ".git").exists():
        raise WriteError("there is no git repository to commit to: use --write")
    try:
        git(root, "rev-parse", "--verify", "HEAD")
    except WriteError as error:
        if "needed a single revision" not in str(error).lower():
            raise
        raise WriteError("the git repository has no commit yet: make a first one") from error
    dirty = names(git(root, "status", "--porcelain", "--no-renames", "--untracked-files=no", "-z"))
    if dirty:
        some = ", ".join(entry[3:] for entry in dirty[:3]) + (" …" if len(dirty) > 3 else "")
        raise WriteError(f"there are changes that are not committed ({some}): commit or stash them first")
    return root


def _all_tracked(root: Path, changes: Iterable[FileChange]) -> None:
    there = paths_of((change for change in changes if change.old is not None), root)
    tracked = names(git(root, "ls-files", "-z", "--", *there)) if there else []
    loose = next((path for path in there if path not in tracked), None)
    if loose is not None:
        raise WriteError(f"{loose} would be changed and is not tracked by git: commit it first")


def _commit(root: Path, step: Step, changes: Sequence[FileChange], mark: str) -> str:
    paths = paths_of(changes, root)
    new = paths_of((change for change in changes if change.old is None), root)
    head = git(root, "rev-parse", "HEAD").decode().strip()
    with made(root, changes, head) as lock:
        git(root, "add", "--force", "--all", "--", *paths, keeps=lock)
        message = _message(root, step, new)
        if mark:
            message += f"\n{SERIES}: {mark} ".encode() + git(root, "write-tree")
        git(root, "commit", "--quiet", "--cleanup=whitespace", "--file=-", text=message, keeps=lock)
    return git(root, "rev-parse", "HEAD").decode().strip()


def _message(root: Path, step: Step, new: Sequence[str]) -> bytes:
    listed = (
        git(root, "ls-files", "-z", "--cached", "--ignored", "--exclude-standard", "--", *new) if new else b""
    )
    notes = list(step.notes)
    notes += [f"{path} is ignored by .gitignore, and was added all the same" for path in names(listed)]
    look = "\n".join(["What to look at:", *(_filled(note, "- ", "  ") for note in notes)]) if notes else ""
    origin = f"Codemod: {step.codemod.id} ({step.level})\n{step.codemod.docs}"
    parts = [step.codemod.title, _filled(step.codemod.why), look, origin]
    return ("\n\n".join(part for part in parts if part) + "\n").encode(errors="surrogateescape")


def _filled(text: str, first: str = "", then: str = "") -> str:
    return textwrap.fill(
        mask(text),
        _WIDTH,
        initial_indent=first,
        subsequent_indent=then,
        break_long_words=False,
        break_on_hyphens=False,
    )

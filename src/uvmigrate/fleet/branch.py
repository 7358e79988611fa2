"""The branch that a migration is pushed to: its commits, what of it is there already, and whose that is."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Literal

from uvmigrate import apply as applying
from uvmigrate.fleet import git
from uvmigrate.source import NamedTuple, lazy_pattern
from uvmigrate.source.mask import mask

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path, PurePosixPath

    from uvmigrate.plan import Migration

#: Always the same, so that a later run finds what an earlier one pushed.
BRANCH = "uvmigrate/migrate"
#: ``current`` is a branch that has these very changes on this very commit, which is not pushed again.
Pushed = Literal["pushed", "current", "would-push"]

#: More commits than a series has.
_DEPTH = 100
_FORMAT = "%H%x00%T%x00%P%x00%B%x00%x00"
#: Anybody may write one: a number that is none of a series is not believed.
_TRAILER = lazy_pattern(
    rf"^{applying.SERIES}: ([1-9][0-9]?)/([1-9][0-9]?) ([0-9a-f]{{40,64}})$", re.MULTILINE
)


class Taken(git.GitProblem):
    """The branch holds what a person did: it is not pushed over."""


class _Commit(NamedTuple):
    name: str
    tree: str
    parents: tuple[str, ...]
    message: str

    @property
    def place(self) -> tuple[int, int] | None:
        """Its number in the series, and how many there are; None where it is not, as it is, one of ours."""
        found = _TRAILER.search(self.message)
        ours = found is not None and found[3] == self.tree and len(self.parents) == 1
        return (int(found[1]), int(found[2])) if ours and found is not None else None


def commit(clone: git.Clone, migration: Migration, locks: Mapping[PurePosixPath, bytes]) -> tuple[str, ...]:
    """Commit *migration*, which was planned on *clone*, to BRANCH in it: one commit a codemod.

    Raises WriteError where that fails: git was not told who commits, a signature cannot be made; and Taken
    where people work on BRANCH as the repository's own branch.
    """
    if clone.branch == BRANCH:
        raise Taken(f"{BRANCH} is its default branch, which is never touched: nothing was committed")
    git.git(clone.root, "checkout", "--quiet", "-B", BRANCH)
    return applying.commit(migration, locks, marked=True)


def mails(clone: git.Clone) -> bytes:
    """The commits since the clone's base as mails, which ``git am --keep-cr`` makes commits of again."""
    plain = (
        "--no-attach",
        "--no-ext-diff",
        "--no-textconv",
        "--no-renames",
        "--no-thread",
        "--no-cover-letter",
    )
    body = ("--binary", "--full-index", "--src-prefix=a/", "--dst-prefix=b/", "--no-signature", "--no-color")
    return git.git(clone.root, "format-patch", "--stdout", *plain, *body, f"{clone.base}..HEAD")


def push(clone: git.Clone, *, dry_run: bool = False) -> Pushed:
    """Push the commits of *clone* to BRANCH of where it came from, over older ones of ours only.

    With *dry_run* nothing is pushed. Raises Taken where that branch has a commit that is not as we made it,
    or lacks one that we made, and GitProblem where the server refuses, also because the branch has changed
    meanwhile.
    """
    source = os.fsdecode(git.git(clone.root, "remote", "get-url", "origin").rstrip(b"\n"))
    seen = git.tip_of(source, BRANCH)
    if seen and _is_same(clone, _there(clone, seen)):
        return "current"
    if dry_run:
        return "would-push"
    git.push(clone.root, BRANCH, seen)
    return "pushed"


def _there(clone: git.Clone, tip: str) -> tuple[str, list[_Commit]]:
    """The commit that the pushed series stands on, and the series. Raises Taken where it is not all ours."""
    git.git(
        clone.root, "fetch", "--quiet", "--no-tags", f"--depth={_DEPTH}", "origin", f"refs/heads/{BRANCH}"
    )
    commits = _commits(clone.root, tip)
    last = commits[0].place
    if last is None:
        subject = commits[0].message.partition("\n")[0]
        raise Taken(f"{BRANCH} has a commit that is not ours: {tip[:10]} {mask(subject)}: nothing was pushed")
    count = last[1]
    series = commits[:count]
    if [one.place for one in series] != [(n, count) for n in range(count, 0, -1)]:
        raise Taken(
            f"{BRANCH} is not as it was pushed, at {tip[:10]}: somebody changed it: nothing was pushed"
        )
    return series[-1].parents[0], series


def _is_same(clone: git.Clone, there: tuple[str, list[_Commit]]) -> bool:
    base, series = there
    ours = _commits(clone.root, "HEAD", f"^{clone.base}")
    return base == clone.base and [(c.tree, c.message) for c in series] == [(c.tree, c.message) for c in ours]


def _commits(root: Path, *which: str) -> list[_Commit]:
    """Commits, last one first."""
    printed = git.git(
        root,
        "log",
        f"--max-count={_DEPTH}",
        "--no-show-signature",
        f"--format=tformat:{_FORMAT}",
        *which,
        "--",
    )
    found = []
    for entry in printed.decode(errors="replace").split("\0\0\n"):
        if entry:
            name, tree, parents, message = entry.split("\0", 3)
            found.append(_Commit(name, tree, tuple(parents.split()), message))
    return found

"""The files of a folder by their names, as git knows them."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

#: How git marks what it knows of and does not look for (a sparse checkout).
_SKIPPED = "S"
#: How many seconds git may take.
_TIMEOUT = 60


def git_names(root: Path) -> set[str] | None:
    """The files below *root* that git knows or would add, and that are there; None where git cannot tell.

    *root* is the top of a repository's files. To find out which files are gone takes git as long as to list
    all, so that it is asked both at a time.
    """
    # A repository's own settings must not make git run anything (core.fsmonitor), nor list what lies
    # elsewhere (core.worktree).
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(root), "--work-tree=.", "ls-files", "-z", "-t"]
    everything = [*command, "--cached", "--others", "--exclude-standard"]
    try:
        with subprocess.Popen(
            [*command, "--deleted"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as asked:
            try:
                listed = subprocess.run(everything, capture_output=True, timeout=_TIMEOUT, check=True).stdout
                gone = asked.communicate(timeout=_TIMEOUT)[0]
            except BaseException:
                asked.kill()
                raise
    except (OSError, subprocess.SubprocessError):
        return None
    if asked.returncode:
        return None
    # A repository within this one ends with a slash: it is one entry, as a link is.
    known = ((line[0], line[2:].rstrip("/")) for line in _lines(listed))
    there = {name for mark, name in known if mark != _SKIPPED or os.path.lexists(root / name)}
    return there.difference(line[2:] for line in _lines(gone))


def _lines(said: bytes) -> list[str]:
    return said.decode(errors="surrogateescape").split("\0")[:-1]

"""Calls of the git command, which never run code of the repository."""

from __future__ import annotations

import os
import subprocess
import tempfile
from typing import TYPE_CHECKING

from uvmigrate.apply.problems import WriteError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: Set inside of a hook, these would lead git to another repository or index (githooks(5)): what
#: `git rev-parse --local-env-vars` lists, but settings, which are a user's to give.
_FOREIGN = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_CONFIG",
        "GIT_DIR",
        "GIT_GRAFT_FILE",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_NAMESPACE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_QUARANTINE_PATH",
        "GIT_REPLACE_REF_BASE",
        "GIT_SHALLOW_FILE",
        "GIT_WORK_TREE",
    }
)
#: Hooks and the file monitor may be programs of the repository; nothing of it is run.
SAFE = ("-c", f"core.hooksPath={os.devnull}", "-c", "core.fsmonitor=false", "--literal-pathspecs")
#: How git may reach another repository, by itself where one was cloned in part; `ext` would start a program.
PROTOCOLS = "file:git:http:https:ssh"


def environment() -> dict[str, str]:
    """The variables that git is started with: none leads it elsewhere, and nobody is asked for anything."""
    kept = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
    return kept | {"GIT_ALLOW_PROTOCOL": PROTOCOLS, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C.UTF-8"}


def git(
    root: Path,
    *arguments: str,
    text: bytes = b"",
    keeps: tuple[int, ...] = (),
    settings: Mapping[str, str] | None = None,
) -> bytes:
    """The output of a git command in *root*, with *text* as its input; paths are taken literally.

    *settings* are set for this command, over all that files of settings say.
    It keeps these open files open for as long as it runs, also where this process is killed meanwhile.
    Raises WriteError with git's own message where it fails or is missing.
    """
    try:
        # No pipe: git would take what a process wrote that was killed for all of it.
        with tempfile.TemporaryFile() as given:
            given.write(text)
            given.seek(0)
            done = subprocess.run(
                ["git", *SAFE, "-C", str(root), *arguments],
                env=_with(environment(), settings or {}),
                stdin=given,
                capture_output=True,
                check=False,
                pass_fds=keeps,
            )
    except OSError as error:
        raise WriteError(f"git does not run: {error.strerror}") from error
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace")
        raise WriteError(f"git {arguments[0]} failed: {last_words(said)}")
    return done.stdout


def _with(variables: dict[str, str], settings: Mapping[str, str]) -> dict[str, str]:
    """The variables with the settings in them (git-config(1), GIT_CONFIG_COUNT); no name needs quotes."""
    count = int(variables.get("GIT_CONFIG_COUNT") or 0)
    for number, (name, value) in enumerate(settings.items(), start=count):
        variables |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return variables | ({"GIT_CONFIG_COUNT": str(count + len(settings))} if settings else {})


def no_filters(root: Path) -> dict[str, str]:
    """Settings that keep git from the programs that settings call filters (gitattributes(5)).

    Whatever writes the index may look into files that changed in the instant when it was written before.
    """
    said = names(git(root, "config", "--list", "--name-only", "-z"))
    drivers = {name.rpartition(".")[0] for name in said if name.startswith("filter.")}
    return {f"{driver}.{key}": "" for driver in sorted(drivers) for key in ("clean", "smudge", "process")} | {
        f"{driver}.required": "false" for driver in sorted(drivers)
    }


def names(output: bytes) -> list[str]:
    """The paths that git printed with ``-z``."""
    return [name for name in output.decode(errors="surrogateescape").split("\0") if name]


def last_words(message: str) -> str:
    """The line of git's message that names the problem."""
    lines = [line for line in message.splitlines() if line.strip()]
    return next(
        (line for line in lines if line.startswith(("fatal:", "error:"))),
        lines[-1] if lines else "no message",
    )

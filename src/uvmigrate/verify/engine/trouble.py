"""Tells an engine's own troubles from failures of what it was given, by what its command prints.

The texts are those of docker 20.10 to 28 whose engine was killed, paused, or had no room left, and of podman.
"""

from __future__ import annotations

import re

from uvmigrate.source import lazy_pattern
from uvmigrate.verify.engine.model import EngineProblem

#: Whoever prints it: no other build would do better.
_FULL = lazy_pattern(r"no space left on device|disk quota exceeded", re.IGNORECASE)
#: What repeats the Dockerfile's words, and not what came of them: a step's name, an excerpt, a command.
_QUOTED = lazy_pattern(r"^#\d+ \[|^ > |^ +\d+ \| |did not complete successfully: exit code")
#: A line that is the command's own, and not a build step's.
_OWN = lazy_pattern(
    r"error|docker:|cannot connect|permission denied while|failed to|unexpected eof|time=\"", re.IGNORECASE
)
#: What stands there where the engine does not answer (any more). A registry that does not is none of it.
_GONE = lazy_pattern(
    r"""cannot\ connect\ to\ the\ docker\ daemon|is\ the\ docker\ daemon\ running
    |trying\ to\ connect\ to\ the\ docker|error\ during\ connect
    |(?:cannot|unable\ to)\ connect\ to\ podman
    |code\ =\ unavailable|unavailable:\ |error\ reading\ from\ server|failed\ to\ list\ workers
    |^unexpected\ eof$|waiting\ for\ container:\ unexpected\ eof|/_ping\b""",
    re.IGNORECASE | re.VERBOSE,
)
#: What stands before a line's own words.
_LEAD = lazy_pattern(
    r"^(?:#\d+ )?(?:\d+\.\d+ )?(?:time=\S+ level=error msg=)?"
    r"(?:ERROR: |Error: |docker: )?(?:failed to solve: )?"
)


def blame(log: str, program: str = "docker") -> None:
    """Raise EngineProblem where the output of a command of *program* says that the engine is what failed."""
    for line in reversed(log.splitlines()):
        if _QUOTED.search(line):
            continue
        if _FULL.search(line):
            raise EngineProblem(
                f"the engine has no room left ({_LEAD.sub('', line)}): make some "
                f"(`{program} system df` shows what takes it), and verify again"
            )
        if _OWN.match(line) and _GONE.search(line):
            raise gone(line)


def gone(said: str) -> EngineProblem:
    """The problem of an engine that does not answer any more, with the last that was heard of it."""
    return EngineProblem(
        f"the engine stopped answering ({_LEAD.sub('', said.strip())}): see that it runs, and verify again; "
        "what is left of this run is removed then"
    )

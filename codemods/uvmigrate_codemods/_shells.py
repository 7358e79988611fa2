"""The SHELL of an instruction: whether it is a plain POSIX shell that is handed one text.

What the options mean is in sh(1) and bash(1): ``-l`` reads /etc/profile, ``-i`` the files of an interactive
shell, and bash with a script reads the file that BASH_ENV names. The others only say how it treats errors.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from uvmigrate.codemod import State

_SHELLS = frozenset({"sh", "bash", "dash", "ash"})
_ERRORS = frozenset({"pipefail", "errexit", "nounset", "xtrace"})

#: *plain*: runs the text alone; *reads files*: runs files of the image before it; *other*: no such shell.
Kind = Literal["plain", "reads files", "other"]


def kind_of(state: State) -> Kind:
    """What the shell of a RUN, CMD or ENTRYPOINT in shell form does where *state* holds."""
    program, *options = state.shell or ("",)
    if program.rpartition("/")[2] not in _SHELLS or not any("c" in option for option in options[-1:]):
        return "other"
    if program.endswith("bash") and "BASH_ENV" in state.exported:
        return "reads files"
    waiting = False
    for option in options:
        if waiting and option in _ERRORS:
            waiting = False
        elif not waiting and re.fullmatch(r"-[ceuxo]+", option):
            waiting = "o" in option
        else:
            return "reads files" if re.fullmatch(r"-\w*[li]\w*|--login|--interactive", option) else "other"
    return "plain"

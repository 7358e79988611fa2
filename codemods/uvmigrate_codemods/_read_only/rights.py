"""What a service may do without: all capabilities, and programs that run as root whoever calls them.

Docker's reference, "Runtime privilege and Linux capabilities"; the kernel's "no_new_privs".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.codemod import AddItems, lazy_pattern
from uvmigrate_codemods._non_root import ports

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from uvmigrate.codemod import Start
    from uvmigrate_codemods._read_only.services import Use
    from uvmigrate_codemods._read_only.who import Who

_FIRST = 1024
_SETUID = lazy_pattern(r"[ugoa]*\+[rwxX]*s[rwxst]*|[2-7][0-7]{3}|0[2-7][0-7]{3}")


def rights(use: Use, who: Who, started: Iterable[Start]) -> Iterator[AddItems]:
    """The wishes for ``cap_drop`` and ``security_opt``."""
    service = use.service
    if service.privileged:
        return
    low = any(_is_low(port) for port in service.ports) or any(ports.refusals(use.build, use.stage))
    low = low or any(ports.low_port(start.command) is not None for start in started)
    if who.is_root is False and not service.cap_add and not low:
        yield AddItems("cap_drop", ("ALL",))
    decided = any(option.startswith("no-new-privileges") for option in service.security_opt)
    if not decided and not _gives_privileges(use):
        yield AddItems("security_opt", ("no-new-privileges:true",))


def _is_low(port: str) -> bool:
    number = re.match(r"\d+", port)
    return number is not None and int(number[0]) < _FIRST


def _gives_privileges(use: Use) -> bool:
    """Whether the image gets programs that run as root whoever calls them, or sudo."""
    for call in (call for facts in use.stage.lineage for call in facts.calls(b"sudo", b"chmod", b"setcap")):
        words = [word.text or word.raw for word in call.command.words]
        name = words[0].rpartition("/")[2] if words else ""
        if name == "setcap" or (name == "chmod" and any(_SETUID.fullmatch(word) for word in words[1:])):
            return True
        if "install" in words and "sudo" in words:
            return True
    return False

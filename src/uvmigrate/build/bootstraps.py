"""``opentelemetry-bootstrap -a install``: it has pip install the instrumentation of what is installed.

Without pip, it is asked for that list instead, and uv installs it (OpenTelemetry's "Troubleshooting Python
automatic instrumentation", "Bootstrap using uv").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uvmigrate.build.installs import Install
    from uvmigrate.build.model import Build, Call

_NAME = "opentelemetry-bootstrap"
_INSTALL = frozenset({("-a", "install"), ("--action", "install"), ("--action=install",)})


def bootstraps(build: Build, installs: tuple[Install, ...]) -> tuple[Call, ...]:
    """The calls of it that uv can do the work for: plain ones below all installs of their stages.

    An install below could be a sync, which takes out what the lock does not hold.
    """
    found = []
    for call in build.calls(_NAME.encode()):
        command = call.command
        plain = call.nested is None and not (
            command.guarded or command.piped or command.background or command.negated or command.redirects
        )
        near = [i for i in installs if i.stage in call.stage.lineage or call.stage in i.stage.lineage]
        above = [i for i in near if i.call.command.span.start < command.span.start]
        named = (command.name or "").rpartition("/")[2] == _NAME and command.argv[1:] in _INSTALL
        if named and plain and above and len(above) == len(near):
            found.append(call)
    return tuple(found)

"""Ports below 1024: Docker lets every user listen on them, other runtimes only root.

Docker sets ``net.ipv4.ip_unprivileged_port_start=0`` since 20.10, but not with the host's network.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.codemod import Refusal, expand, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Build, Command, StageFacts

_FIRST = 1024
#: Every address of the container: what connects to another one names it.
_ADDRESS = lazy_pattern(
    r"(?:--?[\w.-]+=|-b)?(?:tcp://|https?://)?(?:0\.0\.0\.0|127\.0\.0\.1|localhost|\*|\[::\]|\[::1\])?:(\d{1,5})(?:/.*)?"
)
_OPTION = lazy_pattern(r"-p|--?[\w.-]*port")
_BESIDE = lazy_pattern(r"(?:--?[\w.-]*port=|-p)(\d{1,5})")
_VARIABLES = frozenset({"PORT", "UVICORN_PORT", "FLASK_RUN_PORT", "GUNICORN_CMD_ARGS", "HTTP_PORT"})


def low_port(command: Command) -> int | None:
    """The first low port that the words of a command say it listens on."""
    return _low([word.text or word.raw for word in command.words])


def refusals(build: Build, stage: StageFacts) -> Iterator[Refusal]:
    """The low ports that EXPOSE and the variables of servers name."""
    instead = "listen on a port from 1024 up, and publish that as the low one (80:8000)"
    for facts in stage.lineage:
        for instruction, state in zip(facts.instructions, facts.states, strict=False):
            for word in instruction.words if instruction.keyword == "EXPOSE" else ():
                port = re.match(r"\d+", expand(word.text, state.env) or "")
                if port is not None and int(port[0]) < _FIRST:
                    because = f"the application listens on port {port[0]}, which is root's in some runtimes"
                    line = build.line(word.span.start)
                    yield Refusal(build.path, line, "low-port", because, instead)
    for name in sorted(_VARIABLES & stage.final.exported):
        value = stage.final.env.get(name, "")
        found = _low(["--port", *value.split()])
        if found is not None:
            because = f"{name} names port {found}, which is root's in some runtimes"
            line = build.line(stage.stage.from_.text_span.start)
            yield Refusal(build.path, line, "low-port", because, instead)


def _low(words: list[str]) -> int | None:
    for before, text in zip(["", *words], words, strict=False):
        found = _ADDRESS.fullmatch(text) or _BESIDE.fullmatch(text)
        alone = (_OPTION.fullmatch(before) or before in ("runserver", "http.server")) and text.isdecimal()
        port = int(found[1]) if found else int(text) if alone else None
        if port is not None and port < _FIRST:
            return port
    return None

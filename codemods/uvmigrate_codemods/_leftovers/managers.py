"""How poetry and pipenv come into an image, and what is done about them there."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    find_manager,
    lazy_pattern,
    managed_calls,
    manager_installs,
    read_pip,
    read_uv,
    unwrap,
)
from uvmigrate_codemods._leftovers.commands import Leftover
from uvmigrate_codemods._leftovers.places import copied_from, own_environments, own_places
from uvmigrate_codemods._leftovers.settings import belongs_to
from uvmigrate_codemods._leftovers.uses import is_environment

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from uvmigrate.codemod import Build, Call, ShellWord, Span
    from uvmigrate_codemods._leftovers.places import Places

_NAMES = (b"poetry", b"pipenv", b"pipx", b"POETRY_", b"PIPENV_", b"PIPX_")
#: Their operands are paths; those of some only from the second one on.
_ON_FILES = frozenset("rm rmdir mkdir chmod chown chgrp touch".split())
_FIRST_IS_NO_PATH = frozenset("chmod chown chgrp".split())
_ENVIRONMENT = lazy_pattern(r".*/\.poetry/env")
_PAIR = lazy_pattern(r"(\w+)=(.*)", re.DOTALL)


def manager_leftovers(build: Build) -> Iterator[Leftover]:
    """What can go where nothing uses the managers any more; pip's own installs of them are left out."""
    places = own_places(build)
    by_pipx = False
    for calls, tool in _installs(build):
        by_pipx |= "pipx" in calls[0].command.argv
        yield Leftover(calls, frozenset({tool}), f"nothing uses {tool} now that uv installs")
    for managed in managed_calls(build):
        if managed.is_idle:
            tool = managed.tool.tool
            because = f"nothing uses {tool} now that uv installs"
            yield Leftover((managed.call,), frozenset({tool}), because, quiet=True)
    for call in build.calls(b"pipx") if by_pipx else ():
        if call.command.argv[-2:] == ("pipx", "ensurepath") or call.command.argv[:2] == (
            "pipx",
            "ensurepath",
        ):
            yield Leftover((call,), frozenset({"pipx"}), "pipx installs nothing any more", quiet=True)
    for call in build.calls(*_NAMES):
        yield from _on_files(places, call)
    yield from _environments(build)


def _installs(build: Build) -> Iterator[tuple[tuple[Call, ...], str]]:
    """The installs of managers by other means than pip and poetry itself."""
    by_script: dict[Span, list[Call]] = defaultdict(list)
    for call in build.calls(b"poetry", b"pipenv"):
        by_script[call.script.span].append(call)
    for calls in by_script.values():
        script, by_span = calls[0].script, {call.command.span: call for call in calls}
        for commands in (script.commands, *(opaque.commands for opaque in script.opaque)):
            for install in manager_installs(commands):
                first, uv = install.commands[0], read_uv(install.commands[0])
                by_itself = read_pip(first) or find_manager(first) or (uv and uv.verb != "tool install")
                if not by_itself and not install.others:
                    yield tuple(by_span[command.span] for command in install.commands), install.tool


def _on_files(places: Places, call: Call) -> Iterator[Leftover]:
    """Links, folders and modes of a manager's files; PATH and settings for the rest of a script."""
    command = unwrap(call.command)
    program = (command.name or "").rpartition("/")[2]
    operands = [n for n, word in enumerate(command.words) if n and not word.raw.startswith("-")]
    own: list[str | None] = []
    chosen: tuple[int, ...] = ()
    if program == "ln" and operands:
        own = [places.either(command.words[operands[0]].raw, call.state)]
    elif program in _ON_FILES:
        paths = operands[1:] if program in _FIRST_IS_NO_PATH else operands
        found = {n: places.either(command.words[n].raw, call.state) for n in paths}
        own = [tool for tool in found.values() if tool is not None] or [None]
        chosen = tuple(n for n, tool in found.items() if tool is not None)
        chosen = () if len(chosen) == len(paths) else chosen
    elif program in (".", "source") and len(operands) == 1:
        own = ["poetry" if _ENVIRONMENT.fullmatch(command.words[1].raw.strip("\"'")) else None]
    elif program == "export" and operands:
        own = [_exported(places, call, command.words[n]) for n in operands]
    if own and None not in own and (not chosen or command is call.command):
        tools = frozenset(tool for tool in own if tool is not None)
        because = f"nothing uses {', '.join(sorted(tools))} now that uv installs"
        yield Leftover((call,), tools, because, chosen, quiet=True)


def _exported(places: Places, call: Call, word: ShellWord) -> str | None:
    """The manager whose setting, or whose folder on PATH, a script exports."""
    pair = _PAIR.fullmatch(word.raw.strip("\"'"))
    if pair is None:
        return None
    if pair[1] == "PATH":
        entries = [entry for entry in pair[2].strip("\"'").split(":") if entry not in ("$PATH", "${PATH}")]
        tools = {places.tool(entry, call.state) for entry in entries}
        return tools.pop() if len(tools) == 1 else None
    return belongs_to(pair[1], None if "$" in pair[2] else pair[2].strip("\"'"))


def _environments(build: Build) -> Iterator[Leftover]:
    for call, folder, _ in own_environments(build):
        if not is_environment(build, folder):
            because = "it held what installs, and uv does"
            yield Leftover((call,), frozenset(), because, place=str(folder), quiet=True)


def folder_user(build: Build, tool: str, but: Collection[Span]) -> str | None:
    """Where a command still names a folder of the manager's, or another stage takes it, beside the spans."""
    places = own_places(build)
    homes = (str(home).encode(errors="surrogateescape") for home in places.homes)
    for call in build.calls(*_NAMES, b".local", *homes):
        named = (
            places.either(word.raw, call.state) == tool or places.made(word.raw, call.state)
            for word in call.command.words
        )
        if call.command.span not in but and any(named):
            return f"line {build.line(call.command.span.start)}"
    return copied_from(places, tool)

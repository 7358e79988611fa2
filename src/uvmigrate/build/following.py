"""What starts a container, rewritten for the environment: in its scripts, in compose files, in settings.

The Dockerfile itself is the switch's own. Elsewhere the rewrite is the same: the manager goes from
``poetry run x``, and paths into the old Python become paths into the environment.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from uvmigrate.build.configurations import configurations, is_cron
from uvmigrate.build.environment import made_venvs
from uvmigrate.build.launchers import unread
from uvmigrate.build.managed import find_manager
from uvmigrate.build.placed_words import NOWHERE
from uvmigrate.build.programs import programs
from uvmigrate.build.start_scripts import context_file, launchers, start_scripts
from uvmigrate.build.starts import starts
from uvmigrate.source import Edit, NamedTuple, Span, Unreadable, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

    from uvmigrate.build.installs import Install
    from uvmigrate.build.model import Build
    from uvmigrate.build.programs import Programs
    from uvmigrate.build.starts import Start
    from uvmigrate.commands import ManagerCommand
    from uvmigrate.compose import Service
    from uvmigrate.shell import Word

_COMMENT = lazy_pattern(rb"(?m)^[ \t]*#(?!!)[^\n]*")
_CRON_PATH = lazy_pattern(rb"(?m)^[ \t]*(?:export[ \t]+)?PATH=[\"']?(?=[^\n]*/usr/local/bin)")
#: The environment that poetry or pipenv makes, however it is named.
_OWN = lazy_pattern(
    r"[\"']?(\$\((poetry env info (-p|--path)|pipenv --venv)\)|(\./|/[\w./-]+/)?\.venv)/bin/activate[\"']?"
)


class Problem(NamedTuple):
    """A command that cannot follow: its file, its line (1-based), a clause, and the service that it is of."""

    path: PurePosixPath
    line: int
    why: str
    service: Service | None = None


class Following(NamedTuple):
    """The edits by which files follow a switch; the commands that cannot, with a clause that says why."""

    edits: dict[PurePosixPath, tuple[Edit, ...]]
    problems: tuple[Problem, ...]


def moved_programs(build: Build, installs: tuple[Install, ...], venv: str) -> Programs | None:
    """The programs that move into *venv*; None where they lie in an environment already, or go into none."""
    return None if made_venvs(build) or not venv else programs(build, installs)


def follow(build: Build, installs: tuple[Install, ...], venv: str) -> Following:
    """How scripts, compose files and settings follow where uv makes the *installs*, in *venv*.

    *venv* is empty where packages stay in the image's own Python.
    """
    moving = moved_programs(build, installs, venv)
    managed = any(install.managed is not None for install in installs)
    edits: dict[PurePosixPath, list[Edit]] = defaultdict(list)
    problems: list[Problem] = []
    found = list(_elsewhere(build)) if managed else []
    activated = [(start.path, edit.span) for start in found for edit in _activating(start, venv)]
    for start in found:
        if any(start.path == path and span.contains(start.command.span) for path, span in activated):
            # ``$(poetry env info --path)`` goes with the word that it stands in.
            continue
        tool = find_manager(start.command)
        made = _without(build, start, tool) if tool is not None else _activating(start, venv)
        if isinstance(made, str):
            problems.append(Problem(start.path, start.line, made, start.service))
        else:
            edits[start.path] += [edit for edit in made if edit not in edits[start.path]]
    problems += _unread(build) if managed else ()
    for path, edit in _paths(build, venv, moving) if moving is not None else ():
        if not any(edit.span.overlaps(other.span) for other in edits[path]):
            edits[path].append(edit)
    return Following({path: tuple(some) for path, some in edits.items() if some}, tuple(problems))


def _elsewhere(build: Build) -> Iterator[Start]:
    """The commands that start containers, and do not stand in the Dockerfile."""
    for stage in build.stages:
        for start in starts(build, stage):
            if start.carrier != "instruction":
                yield start


def _unread(build: Build) -> Iterator[Problem]:
    """The calls of managers in Python files that cannot be read."""
    for path, tasks in launchers(build):
        for one in unread(path, context_file(build, path), tasks):
            named = re.search(r"poetry|pipenv", one.text)
            if named is not None:
                yield Problem(build.context.folder / path, one.line, f"names {named[0]} {one.why}")


def _without(build: Build, start: Start, tool: ManagerCommand) -> tuple[Edit, ...] | str:
    """The edits that take the manager out of a command; a clause where that is not certain."""
    from uvmigrate.commands import program_index

    words = tool.command.words
    index = program_index(tool)
    # A Python file may add the program to its list.
    ends = start.array and len(words) == max(tool.after, 1) and start.file is None
    hands_on = ends and tool.verb in (("run",) if start.carrier == "launcher" else ("run", ""))
    if index is None and not hands_on:
        called = f"{tool.tool} {tool.verb}".rstrip()
        return f"calls `{called}`, which the image does not need any more"
    ahead = {id(word) for word in start.command.words[: start.lead]}
    gone = [word for word in words[: len(words) if index is None else index] if id(word) not in ahead]
    if not gone:
        return ()
    following = words[index] if index is not None else None
    if not start.located or NOWHERE in {word.span for word in (*gone, *((following,) if following else ()))}:
        return f"calls {tool.tool} in a text that cannot be edited with certainty"
    data = build.context.repo.get(start.path, b"")
    edits = [_cut(start, gone, following)]
    if start.file is not None and following is not None and gone[0] is start.command.words[0]:
        if following.text is None or not (start.searched or following.text.startswith("/")):
            return f"calls {tool.tool} by its path, and what follows is not certain to be found"
        edits.append(Edit(start.file.span, following.span.of(data)))
    if any(b"#" in edit.span.of(data) for edit in edits):
        return f"calls {tool.tool}, with a comment between its words"
    return tuple(edits)


def _cut(start: Start, gone: list[Word], following: Word | None) -> Edit:
    """Take words out of a command; an entrypoint of which nothing is left is an empty list."""
    if following is not None:
        return Edit(Span(gone[0].span.start, following.span.start), b"")
    before = [word for word in start.command.words if word.span.start < gone[0].span.start]
    if not before:
        return Edit(start.command.span, b"[]")
    return Edit(Span(before[-1].span.end, gone[-1].span.end), b"")


def _activating(start: Start, venv: str) -> tuple[Edit, ...]:
    """``source .venv/bin/activate`` where that is the manager's environment, and another one than *venv*."""
    words = start.command.words
    if start.command.name not in (".", "source") or len(words) < 2 or not start.located:
        return ()
    path = words[1].raw
    if not _OWN.fullmatch(path) or path.strip("\"'") == f"{venv}/bin/activate" or words[1].span == NOWHERE:
        return ()
    return (Edit(words[1].span, f"{venv}/bin/activate".encode(errors="surrogateescape")),)


def _paths(build: Build, venv: str, moving: Programs) -> Iterator[tuple[PurePosixPath, Edit]]:
    """Paths into the old Python, in scripts, in the settings of other starters, and in compose."""
    folder = build.context.folder
    for path in sorted(start_scripts(build) | set(configurations(build))):
        text = _COMMENT.sub(lambda found: b" " * len(found[0]), _text(build, folder / path))
        for old in moving.find(text):
            yield folder / path, _moved(Span(old.start, old.end), venv, old.tail)
        for found in _CRON_PATH.finditer(text) if is_cron(path) else ():
            yield folder / path, Edit.insert(found.end(), f"{venv}/bin:".encode(errors="surrogateescape"))
    for file, service in build.services:
        for given in service.runs:
            if given.path == file.path:
                for span in given.spans:
                    for old in moving.find(file.data, span.start, span.end):
                        yield file.path, _moved(Span(old.start, old.end), venv, old.tail)


def _moved(span: Span, venv: str, tail: str) -> Edit:
    return Edit(span, f"{venv}{tail}".encode(errors="surrogateescape"))


def _text(build: Build, path: PurePosixPath) -> bytes:
    """The bytes of a file of the repository; empty where it is none, or no text."""
    try:
        data = build.context.repo[path]
    except (KeyError, Unreadable):
        return b""
    return b"" if b"\0" in data else data

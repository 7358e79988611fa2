"""The folders that are poetry's, pipenv's and pipx's own: their homes, caches and settings.

poetry's documentation, "Installation" and "Configuration"; pipenv's and pipx's, "Configuration".
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from uvmigrate.codemod import as_copy, as_run, expand
from uvmigrate_codemods._leftovers.uses import is_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Build, Instruction, Mount, StageFacts, State

#: Variables that name such a folder.
_NAMING = "POETRY_HOME POETRY_CACHE_DIR POETRY_CONFIG_DIR POETRY_DATA_DIR PIPENV_CACHE_DIR PIPX_HOME".split()
_HOME = r"(?:~|/root|/home/[^/]+)"
_USUAL = re.compile(
    rf"""(?:/opt|/etc|/usr/local|/usr/local/share|/usr/share|{_HOME})/\.?poetry
    |{_HOME}/\.cache/(?:pypoetry|pipenv)
    |{_HOME}/\.config/pypoetry
    |{_HOME}/\.local/share/(?:pypoetry|pipx)
    |{_HOME}/\.local/pipx""",
    re.VERBOSE,
)
_PROGRAM = re.compile(r".*/bin/(poetry|pipenv)")
#: Where what a user installs lies: the folder is there only because something was.
_USERS = re.compile(rf"{_HOME}/\.local(?:/bin|/lib|/lib/.*|/share)?")


class Places(NamedTuple):
    """The folders of a build that hold nothing but a manager and what it keeps for itself."""

    build: Build
    named: frozenset[PurePosixPath]
    taken: frozenset[PurePosixPath]

    def tool(self, text: str, state: State) -> str | None:
        """Whose folder, or what lies in it, a path is; None where it may be anything else's."""
        path = _path(text, state)
        if path is None:
            return None
        for folder in (path, *path.parents):
            if (folder in self.named or _USUAL.fullmatch(str(folder))) and self._is_free(folder):
                return _tool(str(folder))
        return None

    def program(self, text: str, state: State) -> str | None:
        """The manager whose program a path is."""
        found = _PROGRAM.fullmatch(str(_path(text, state) or ""))
        return found[1] if found else None

    def either(self, text: str, state: State) -> str | None:
        """The manager that a path belongs to, a folder's or the program's."""
        return self.tool(text, state) or self.program(text, state)

    def _is_free(self, folder: PurePosixPath) -> bool:
        """Whether nothing of the application lies in the folder."""
        inside = any(taken.is_relative_to(folder) for taken in self.taken)
        return not inside and not is_environment(self.build, folder)


def own_places(build: Build) -> Places:
    """The managers' folders in a build."""
    named, taken = set(), set()
    for facts in build.stages:
        for state in facts.states:
            texts = (state.env.get(name, "") for name in _NAMING)
            named |= {PurePosixPath(text) for text in texts if text.startswith("/") and _tool(text)}
            taken |= {state.workdir} if state.workdir is not None else set()
        taken |= {copied.dest for copied in facts.final.copies if copied.origin is None}
    return Places(build, frozenset(named), frozenset(taken))


def _tool(text: str) -> str:
    found = re.search(r"poetry|pipenv|pipx", text.lower())
    return found[0] if found else ""


def _path(text: str, state: State) -> PurePosixPath | None:
    """A path as it is written, with its variables filled in; HOME is ``~``."""
    plain = re.sub(r"^(\$HOME|\$\{HOME\})(?=/|$)", "~", text.strip("\"'").replace('"', ""))
    full = expand(plain, state.env)
    if full is None or ":" in full or not full.startswith(("/", "~")):
        # `$PATH` is many folders.
        return None
    return PurePosixPath(full)


class OwnCopy(NamedTuple):
    """A COPY of a manager out of another stage or image."""

    instruction: Instruction
    tool: str


def own_copies(places: Places) -> Iterator[OwnCopy]:
    """The COPYs that bring nothing but a manager."""
    for _, state, instruction in _copies(places.build):
        tools = {places.either(text, state) for text in _sources(instruction)}
        tool = tools.pop() if len(tools) == 1 else None
        if tool is not None:
            yield OwnCopy(instruction, tool)


def copied_from(places: Places, tool: str) -> str | None:
    """Where another stage takes a manager along with other things, or what may be there because of it."""
    for facts, state, instruction in _copies(places.build):
        copy = as_copy(instruction)
        if copy is None or copy.from_ is None or facts.find(copy.from_) is None:
            continue
        tools = [places.either(text, state) for text in _sources(instruction)]
        homes = any(_USERS.fullmatch(str(_path(text, state))) for text in _sources(instruction))
        if homes or (tool in tools and set(tools) != {tool}):
            return f"line {places.build.line(instruction.span.start)}"
    return None


def _copies(build: Build) -> Iterator[tuple[StageFacts, State, Instruction]]:
    for facts in build.stages:
        for instruction, state in zip(facts.instructions, facts.states, strict=False):
            copy = as_copy(instruction) if instruction.keyword == "COPY" else None
            if copy is not None and copy.from_ is not None and not copy.heredocs:
                yield facts, state, instruction


def _sources(instruction: Instruction) -> list[str]:
    """The sources of a COPY from a stage, which are seen from its root."""
    copy = as_copy(instruction)
    texts = [word.text for word in copy.sources] if copy is not None else []
    return [text if text.startswith(("/", "$")) else f"/{text}" for text in texts]


def own_mounts(places: Places) -> Iterator[tuple[Instruction, Mount, str]]:
    """The caches of a manager, and a manager of another stage or image, that a RUN mounts."""
    for facts in places.build.stages:
        for instruction, state in zip(facts.instructions, facts.states, strict=False):
            run = as_run(instruction)
            for mount in run.mounts if run is not None else ():
                tool = places.either(mount.target or "", state)
                if tool is not None and (mount.type == "cache" or "from" in mount.options):
                    yield instruction, mount, tool

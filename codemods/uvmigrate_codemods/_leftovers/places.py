"""The folders that are poetry's, pipenv's and pipx's own: their homes, caches and settings.

poetry's documentation, "Installation" and "Configuration"; pipenv's and pipx's, "Configuration".
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.codemod import NamedTuple, as_copy, as_run, expand, lazy_pattern, serves_a_manager, unwrap
from uvmigrate_codemods._leftovers.uses import is_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from uvmigrate.codemod import Build, Call, Instruction, Mount, StageFacts, State

#: Variables that name such a folder.
_NAMING = "POETRY_HOME POETRY_CACHE_DIR POETRY_CONFIG_DIR POETRY_DATA_DIR PIPENV_CACHE_DIR PIPX_HOME".split()
_HOME = r"(?:~|/root|/home/[^/]+)"
_USUAL = lazy_pattern(
    rf"""(?:/opt|/etc|/usr/local|/usr/local/share|/usr/share|{_HOME})/\.?poetry
    |{_HOME}/\.cache/(?:pypoetry|pipenv)
    |{_HOME}/\.config/pypoetry
    |{_HOME}/\.local/share/(?:pypoetry|pipx)
    |{_HOME}/\.local/pipx""",
    re.VERBOSE,
)
#: How each of these ends.
_NAMES = frozenset({"poetry", ".poetry", "pypoetry", "pipenv", "pipx"})
_PROGRAM = lazy_pattern(r".*/bin/(poetry|pipenv)", words=("/bin/poetry", "/bin/pipenv"))
_AT_HOME = lazy_pattern(r"^(\$HOME|\$\{HOME\})(?=/|$)", words=("HOME",))
_PAIR = lazy_pattern(r"(\w+)=(.*)", re.DOTALL)
#: They are there in any case.
_THERE = frozenset({"/usr/local", "/root/.local", "/var/lib", "/var/cache"})
#: Where what a user installs lies: the folder is there only because something was.
_USERS = lazy_pattern(rf"{_HOME}/\.local(?:/bin|/lib|/lib/.*|/share)?")


class Places(NamedTuple):
    """The folders of a build that hold nothing but a manager and what it keeps for itself (``named``).

    ``homes`` are all that an installer of a manager is told to install into.
    """

    build: Build
    named: Mapping[PurePosixPath, str]
    homes: frozenset[PurePosixPath]
    taken: frozenset[PurePosixPath]

    def tool(self, text: str, state: State) -> str | None:
        """Whose folder, or what lies in it, a path is; None where it may be anything else's."""
        path = _path(text, state)
        if path is None:
            return None
        for folder in (path, *path.parents):
            usual = _tool(str(folder)) if folder.name in _NAMES and _USUAL.fullmatch(str(folder)) else None
            tool = self.named.get(folder, usual)
            if tool is not None and self._is_free(folder):
                return tool
        return None

    def program(self, text: str, state: State) -> str | None:
        """The manager whose program a path is."""
        found = _PROGRAM.fullmatch(str(_path(text, state) or ""))
        return found[1] if found else None

    def either(self, text: str, state: State) -> str | None:
        """The manager that a path belongs to, a folder's or the program's."""
        return self.tool(text, state) or self.program(text, state)

    def made(self, text: str, state: State) -> bool:
        """Whether a path lies in a folder that may be there because an installer made it."""
        path = _path(text, state)
        if path is None:
            return False
        return _USERS.fullmatch(str(path)) is not None or any(path.is_relative_to(h) for h in self.homes)

    def _is_free(self, folder: PurePosixPath) -> bool:
        """Whether nothing of the application lies in the folder."""
        inside = any(taken.is_relative_to(folder) for taken in self.taken)
        return not inside and not is_environment(self.build, folder)


def own_places(build: Build) -> Places:
    """The managers' folders in a build."""
    named = {folder: tool for _, folder, tool in own_environments(build)}
    taken = set()
    homes: set[PurePosixPath] = set()
    for text in _said(build):
        if text.startswith("/"):
            homes.add(PurePosixPath(text))
            named |= {PurePosixPath(text): _tool(text)} if _tool(text) else {}
    for facts in build.stages:
        for state in facts.states:
            taken |= {state.workdir} if state.workdir is not None else set()
        taken |= {copied.dest for copied in facts.final.copies if copied.origin is None}
    homes -= {folder for folder in homes if len(folder.parts) < 3 or str(folder) in _THERE}
    return Places(build, named, frozenset(homes), frozenset(taken))


def _said(build: Build) -> Iterator[str]:
    """The values of the variables that name such folders: in ENV, and in front of commands."""
    for facts in build.stages:
        for state in facts.states:
            yield from (state.env.get(name, "") for name in _NAMING)
    for call in build.calls(*(name.encode() for name in _NAMING)):
        exported = (_PAIR.fullmatch(word.raw) for word in call.command.words[1:])
        pairs = [(given.name, given.value or "") for given in call.command.assignments]
        pairs += [(pair[1], pair[2].strip("\"'")) for pair in exported if pair is not None]
        yield from (expand(value, call.state.env) or "" for name, value in pairs if name in _NAMING)


def own_environments(build: Build) -> Iterator[tuple[Call, PurePosixPath, str]]:
    """Each ``python -m venv`` of an environment that holds nothing but a manager; its folder, the manager."""
    for call in build.calls(b"venv", b"virtualenv"):
        command = unwrap(call.command)
        module = command.argv[1:3] in (("-m", "venv"), ("-m", "virtualenv"))
        if not module and (command.name or "").rpartition("/")[2] != "virtualenv":
            continue
        operands = [word for word in command.words[3 if module else 1 :] if not word.raw.startswith("-")]
        text = expand(operands[0].raw.strip("\"'"), call.state.env) if len(operands) == 1 else None
        folder = PurePosixPath(text or "?")
        if folder.is_absolute() and serves_a_manager(build, folder):
            yield call, folder, _held(build, folder)


def _held(build: Build, folder: PurePosixPath) -> str:
    """The manager that an environment holds."""
    for call in build.calls(b"poetry", b"pipenv"):
        program = (
            expand(call.command.words[0].raw.strip("\"'"), call.state.env) if call.command.words else None
        )
        texts = [program or "", *(word.raw for word in call.command.words[1:])]
        if texts[0].startswith(f"{folder}/bin/") and (tool := _tool(" ".join(texts))):
            return tool
    return ""


def _tool(text: str) -> str:
    found = re.search(r"poetry|pipenv|pipx", text.lower())
    return found[0] if found else ""


def _path(text: str, state: State) -> PurePosixPath | None:
    """A path as it is written, with its variables filled in; HOME is ``~``."""
    plain = _AT_HOME.sub("~", text.strip("\"'").replace('"', ""))
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
        copy = as_copy(instruction)
        dest = _path(copy.dest.text, state) if copy is not None else None
        if tool is not None and dest is not None and (dest.name == "bin" or places.either(str(dest), state)):
            yield OwnCopy(instruction, tool)


def copied_from(places: Places, tool: str) -> str | None:
    """Where another stage takes a manager along with other things, or what may be there because of it."""
    own = [one.instruction for one in own_copies(places)]
    for facts, state, instruction in _copies(places.build):
        copy = as_copy(instruction)
        if instruction in own or copy is None or copy.from_ is None or facts.find(copy.from_) is None:
            continue
        tools = [places.either(text, state) for text in _sources(instruction)]
        made = any(places.made(text, state) for text in _sources(instruction))
        if made or tool in tools:
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

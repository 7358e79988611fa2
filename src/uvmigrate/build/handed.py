"""What poetry and pipenv hand to pip: an exported requirements file, or the wheel that they built."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.build.context import ROOT, join
from uvmigrate.build.edited import edited_in_build
from uvmigrate.build.environment import prefix_is_carried
from uvmigrate.build.installs import installs
from uvmigrate.build.interpreters import keeps
from uvmigrate.build.managed import find_manager, managed_calls, manager_cwd
from uvmigrate.commands import read_pip
from uvmigrate.dockerfile import expand
from uvmigrate.project import Requirement, read_line
from uvmigrate.shell import droppable
from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from uvmigrate.build.installs import Install
    from uvmigrate.build.managed import ManagedCall
    from uvmigrate.build.model import Build, Call, StageFacts
    from uvmigrate.build.state import Copied, State

_STDIN = frozenset({"/dev/stdin", "-", "/proc/self/fd/0"})
_WHEEL = lazy_pattern(r"[^*\s]*(\*|\.whl|\*\.whl)")


class Added(NamedTuple):
    """A line that ``echo`` adds to exported requirements: the call, and the requirement in it."""

    call: Call
    text: str


class Handed(NamedTuple):
    """An install by pip (``install``) of what a manager made (``by``).

    ``copied`` is the COPY between the stages, if they are two; ``piped`` says that no file lies between.
    ``added`` are the lines that the file has got in between.
    """

    install: Install
    by: ManagedCall
    copied: Copied | None = None
    piped: bool = False
    added: tuple[Added, ...] = ()

    @property
    def is_wheel(self) -> bool:
        """Whether the project itself is handed on, as a wheel, and not a list of what it needs."""
        return self.by.tool.verb == "build"


def exports_requirements(managed: ManagedCall) -> bool:
    """Whether the call writes the locked requirements."""
    tool = managed.tool
    if tool.tool == "pipenv":
        return tool.verb == "requirements" or (tool.verb == "lock" and tool.has("--requirements"))
    return tool.verb == "export"


def handed(build: Build, install: Install) -> Handed | None:
    """The manager's call that made what a ``pip install`` installs, where that is all that it installs.

    None where something else reads the file as well: without the install's, nothing would make it.
    """
    found = _passed(build, install)
    return None if found is None or _is_read_elsewhere(build, found) else found


def _passed(build: Build, install: Install) -> Handed | None:
    """The same, whatever else is done with the file."""
    pip = install.pip
    if pip is None or install.packages or install.projects:
        return None
    if pip.has("--target") or (pip.has("--prefix") and not prefix_is_carried(build, install)):
        # Into a folder of its own no sync installs.
        return None
    made = [one for one in managed_calls(build) if exports_requirements(one) or one.tool.verb == "build"]
    if not made:
        return None
    named = [argument for argument in pip.arguments if argument.option == "--requirement"]
    if len(named) == 1 and not install.others and install.files == (None,):
        if keeps(build, install):
            # Beside packages of the base, which a sync would take away.
            return None
        text = named[0].value
        piped = _piped(install, made) if text in _STDIN else None
        if piped is not None:
            return Handed(install, piped, piped=True)
        return _through_file(build, install, text, [one for one in made if exports_requirements(one)])
    if not named and len(install.others) == 1 and _WHEEL.fullmatch(install.others[0]):
        return _through_file(
            build, install, install.others[0], [one for one in made if one.tool.verb == "build"]
        )
    return None


def _piped(install: Install, made: list[ManagedCall]) -> ManagedCall | None:
    """The export that is piped right into the install."""
    before = install.call.command.before
    for one in made:
        after = one.call.command.after
        if before is not None and after is not None and before.span == after.span and before.text == "|":
            return one
    return None


def _through_file(build: Build, install: Install, text: str | None, made: list[ManagedCall]) -> Handed | None:
    path = expand(text.partition("*")[0], install.call.state.env) if text else None
    if path is None or install.call.cwd is None:
        return None
    full = join(install.call.cwd, path) if not path.startswith("/") else join(ROOT, path.lstrip("/") or ".")
    found = _found(install, full, made)
    name = path.rpartition("/")[2]
    if found is None or not name:
        return found
    added = _added(found)
    known = [one.call.command for one in made if _written(one) is not None]
    known += [one.call.command for one in added]
    if edited_in_build(build, PurePosixPath(name), known) is not None:
        return None
    return found._replace(added=added)


def _is_read_elsewhere(build: Build, found: Handed) -> bool:
    """Whether a RUN does more with the file than install from it, or a COPY takes it to no install."""
    written = _written(found.by)
    if found.piped or found.is_wheel or written is None:
        return False
    names = {PurePosixPath(text).name for text in found.install.tool.values("--requirement")} | {written.name}
    if any(_mentions(facts, name, build) for facts in build.stages for name in names):
        return True
    followed = [one.copied.instruction for i in installs(build) if (one := _passed(build, i)) and one.copied]
    for facts in build.stages:
        for copied in facts.final.copies:
            origin = facts.find(copied.origin) if copied.origin is not None else None
            if origin is None or found.by.call.stage not in origin.lineage or copied.instruction in followed:
                continue
            if written in [_source(origin.final, source) for source in copied.sources]:
                return True
    return False


def _mentions(facts: StageFacts, name: str, build: Build) -> bool:
    """Whether the RUNs of a stage name a file beside what makes, installs and removes it.

    That is looked for in their text, since not all of the shell is read as commands.
    """
    data, text = build.dockerfile.data, name.encode(errors="surrogateescape")
    word = re.compile(rb"(?<![\w.-])" + re.escape(text) + rb"(?![\w.-])")
    known = []
    for call in facts.calls(text):
        makes = find_manager(call.command) is not None or _requirement(call) is not None
        if makes or call.command.name == "rm" or read_pip(call.command) is not None:
            known.append(call.command.span)
    for instruction in facts.instructions:
        if instruction.keyword != "RUN":
            continue
        for found in word.finditer(data, instruction.span.start, instruction.span.end):
            if not any(span.start <= found.start() < span.end for span in known):
                return True
    return False


def _found(install: Install, full: PurePosixPath, made: list[ManagedCall]) -> Handed | None:
    """The call that made what lies at an image path when pip installs it."""
    for one in reversed(made):
        written = _written(one)
        if written is None:
            continue
        own = one.call.stage in install.stage.lineage
        earlier = one.call.command.span.start < install.call.command.span.start
        if own and earlier and _is_at(full, written, one):
            return Handed(install, one)
        for copied in install.call.state.copies:
            if copied.origin is not None and _brings(install.stage, copied, full, written, one):
                return Handed(install, one, copied)
    return None


def _added(found: Handed) -> tuple[Added, ...]:
    """What ``echo REQUIREMENT >> FILE`` adds between an export and the install."""
    by, written = found.by.call, _written(found.by)
    stage = found.install.stage if found.copied is None else by.stage
    lines = []
    for facts in reversed(stage.lineage):
        for call in facts.calls(b"echo"):
            start = call.command.span.start
            late = found.copied is None and start > found.install.call.command.span.start
            if start > by.command.span.start and not late and _appends_to(call) == written:
                text = _requirement(call)
                if text is not None:
                    lines.append(Added(call, text))
    return tuple(lines)


def _appends_to(call: Call) -> PurePosixPath | None:
    """The image path of the file that a command appends to, if it writes to no other."""
    if len(call.command.redirects) != 1 or call.cwd is None:
        return None
    redirect = call.command.redirects[0]
    target = redirect.target.text if redirect.target is not None else None
    return join(call.cwd, target) if redirect.operator.lstrip("1") == ">>" and target else None


def _requirement(call: Call) -> str | None:
    """The one requirement that an ``echo`` writes, and that a dependency group can hold."""
    argv = call.command.argv
    if argv[:1] != ("echo",) or len(argv) != 2 or argv[1] is None or not droppable(call.command):
        return None
    lines = read_line(argv[1], path=PurePosixPath())
    line = lines[0] if len(lines) == 1 else None
    plain = isinstance(line, Requirement) and not (line.url or line.hashes or line.options)
    return line.text if isinstance(line, Requirement) and plain else None


def _is_at(path: PurePosixPath, written: PurePosixPath, one: ManagedCall) -> bool:
    if one.tool.verb == "build":
        return path == written or written in path.parents
    return path == written


def _brings(
    stage: StageFacts, copied: Copied, path: PurePosixPath, written: PurePosixPath, one: ManagedCall
) -> bool:
    """Whether a COPY from the stage of a manager's call brings the file to *path*."""
    origin = stage.find(copied.origin or "")
    if origin is None or one.call.stage not in origin.lineage or len(copied.sources) != 1:
        return False
    source = _source(origin.final, copied.sources[0])
    if one.tool.verb == "build":
        lies = source is not None and (source == written or source.parent == written)
        return lies and (path == copied.dest or copied.dest in path.parents)
    there = copied.dest / source.name if source is not None and copied.into_folder else copied.dest
    return source == written and there == path


def _source(state: State, text: str) -> PurePosixPath | None:
    # The sources of a COPY --from are seen from the root of the other stage.
    return join(ROOT, text.lstrip("/")) if text else state.workdir


def _written(one: ManagedCall) -> PurePosixPath | None:
    """The image path of the file that an export writes, or of the folder with the wheels of a build."""
    call, tool = one.call, one.tool
    outputs = [
        *tool.values("--output"),
        *(
            redirect.target.text or redirect.target.raw.strip("\"'")
            for redirect in call.command.redirects
            if redirect.operator.lstrip("1") == ">" and redirect.target is not None
        ),
    ]
    base = manager_cwd(call, tool) if tool.verb == "build" else call.cwd
    text = expand(outputs[-1], call.state.env) if outputs else ("dist" if tool.verb == "build" else None)
    return join(base, text) if base is not None and text else None

"""What poetry and pipenv hand to pip: an exported requirements file, or the wheel that they built."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from uvmigrate.build.context import ROOT, join
from uvmigrate.build.edited import edited_in_build
from uvmigrate.build.environment import prefix_is_carried
from uvmigrate.build.managed import managed_calls, manager_cwd
from uvmigrate.dockerfile import expand

if TYPE_CHECKING:
    from uvmigrate.build.installs import Install
    from uvmigrate.build.managed import ManagedCall
    from uvmigrate.build.model import Build, StageFacts
    from uvmigrate.build.state import Copied, State

_STDIN = frozenset({"/dev/stdin", "-", "/proc/self/fd/0"})
_WHEEL = re.compile(r"[^*\s]*(\*|\.whl|\*\.whl)")


class Handed(NamedTuple):
    """An install by pip (``install``) of what a manager made (``by``).

    ``copied`` is the COPY between the stages, if they are two; ``piped`` says that no file lies between.
    """

    install: Install
    by: ManagedCall
    copied: Copied | None = None
    piped: bool = False

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
    """The manager's call that made what a ``pip install`` installs, where that is all that it installs."""
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
    name = (path or "").rpartition("/")[2]
    if name and edited_in_build(build, PurePosixPath(name), [one.call.command for one in made]) is not None:
        return None
    if path is None or install.call.cwd is None:
        return None
    full = join(install.call.cwd, path) if not path.startswith("/") else join(ROOT, path.lstrip("/") or ".")
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

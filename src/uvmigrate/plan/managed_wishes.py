"""What a build wants of poetry or pipenv: which project, with which installs, or why that is not certain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.build import uv_calls
from uvmigrate.build.handed import Handed, exports_requirements, handed
from uvmigrate.build.managed import ManagedCall, managed_calls, manager_root
from uvmigrate.codemod import Refusal
from uvmigrate.commands import MANAGERS, requirement_name
from uvmigrate.plan.indexes import project_lines
from uvmigrate.plan.managed_bases import in_base, unkept
from uvmigrate.plan.obstacles.refusals import refuse_call
from uvmigrate.plan.wishes import image_python
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import PurePosixPath

    from uvmigrate.build import Build
    from uvmigrate.build.installs import Install
    from uvmigrate.codemod import Settings


_INSTALLING = frozenset({"sync", "pip install", "pip sync"})


class ManagedWish(NamedTuple):
    """A build that installs the project in ``folder`` with poetry or pipenv (``tool``).

    ``members`` are the installs that the project takes over, those by pip of what the manager handed on
    among them (``handed``, by the offset of the install's command). ``packages`` are what pip installs by
    name beside them, or finds added to a list of the manager's. ``exports`` write requirements that something
    else is done with before pip installs them. ``pip_stages`` and ``system`` as in
    `Target`.
    """

    build: Build
    folder: PurePosixPath
    tool: str
    members: tuple[Install, ...]
    handed: Mapping[int, Handed]
    packages: tuple[str, ...]
    exports: tuple[ManagedCall, ...]
    pip_stages: frozenset[int]
    python: tuple[int, int] | None
    system: bool


def managed_wish(
    build: Build, found: tuple[Install, ...], settings: Settings
) -> ManagedWish | Refusal | None:
    """What a build wants of poetry or pipenv, the reason why it cannot be had, or None where it uses neither.

    A build that only hands a wheel on wants no project: `uv build` makes the wheel.
    """
    passed = {i.call.command.span.start: one for i in found if (one := handed(build, i)) is not None}
    members = tuple(i for i in found if i.managed is not None or i.call.command.span.start in passed)
    followed = {one.by.call.command.span.start for one in passed.values()}
    exports = tuple(
        managed
        for managed in managed_calls(build)
        if exports_requirements(managed) and managed.call.command.span.start not in followed
    )
    if not exports and all(hands_wheel(install, passed) for install in members):
        return None
    calls = [*(managed_by(install, passed) for install in members), *exports]
    system = any(in_base(build, install) for install in (found if exports else members))
    unfit = _on_uv(build, calls[0]) or (unkept(build, found, passed) if system else None)
    if unfit is not None:
        return unfit
    tools = {managed.tool.tool for managed in calls}
    roots = {manager_root(managed.call, managed.tool) for managed in calls}
    first = calls[0]
    if len(tools) > 1 or len(roots) > 1 or None in roots:
        because = "which project this installs is not certain, or it is not copied from the build context"
        instead = "copy its manifest and its lock to the folder that it is installed in"
        return refuse_call(build, first.call, "project-unknown", because, instead)
    root = roots.pop()
    folder = build.context.folder / (root or "")
    # Beside the base's packages nothing is synced, and all that pip installs it goes on installing.
    lineages = {install.stage.lineage[0].index for install in members if not system}
    others = [install for install in found if system or install not in members]
    beside = [install for install in others if install.stage.lineage[0].index in lineages]
    by_pip = [install for install in (found if system else members) if install.pip is not None]
    unclear = (
        _mixed(build, beside, first.tool.tool)
        or _elsewhere(build, [*beside, *by_pip])
        or _unclear(build, beside)
        or _alternatives(build, members, beside)
    )
    if unclear is not None:
        return unclear
    named = [text for i in beside for text in i.packages if requirement_name(text) not in MANAGERS]
    added = [line.text for one in passed.values() for line in one.added]
    stages = frozenset(i.stage.lineage[0].index for i in others) - lineages
    python = next((version for i in members or found if (version := image_python(build, i, settings))), None)
    return ManagedWish(
        build,
        folder,
        first.tool.tool,
        members,
        passed,
        tuple(dict.fromkeys([*named, *added])),
        exports,
        stages,
        python,
        system,
    )


def _on_uv(build: Build, managed: ManagedCall) -> Refusal | None:
    """A refusal where uv installs beside the manager."""
    on_uv = next(
        (call for call, uv in uv_calls(build) if uv.verb in ("sync", "pip install", "pip sync")), None
    )
    if on_uv is None:
        return None
    because = f"uv installs here too, beside {managed.tool.tool}"
    return refuse_call(build, on_uv, "mixed-managers", because, "install everything with one of them")


def hands_wheel(install: Install, passed: Mapping[int, Handed]) -> bool:
    """Whether an install is of a wheel that a manager built; *passed* as in `ManagedWish`."""
    one = passed.get(install.call.command.span.start)
    return one is not None and one.is_wheel


def managed_by(install: Install, passed: Mapping[int, Handed]) -> ManagedCall:
    """The manager's call that an install is, or that made what it installs."""
    if install.managed is not None:
        return ManagedCall(install.call, install.managed)
    return passed[install.call.command.span.start].by


def _mixed(build: Build, beside: Sequence[Install], tool: str) -> Refusal | None:
    """A refusal where pip installs files or folders beside the manager."""
    for install in beside:
        if install.files or install.projects or install.others or install.tool.verb == "wheel":
            line = build.line(install.call.command.span.start)
            because = f"pip installs more here than packages by name, beside {tool}"
            instead = f"declare it with {tool}, then run uvmigrate again"
            return Refusal(build.path, line, "mixed-managers", because, instead)
    return None


def _elsewhere(build: Build, by_pip: Sequence[Install]) -> Refusal | None:
    """A refusal where pip is told of indexes that the manager, whose project it becomes, does not know."""
    for install in by_pip:
        lines = project_lines(install)
        if lines:
            line = build.line(install.call.command.span.start)
            what = lines if isinstance(lines, str) else lines[0]
            because = f"pip is told where packages come from, and the project is not: {what}"
            return Refusal(build.path, line, "mixed-managers", because, "say it in the project's own sources")
    return None


def _unclear(build: Build, beside: Sequence[Install]) -> Refusal | None:
    """A refusal where pip installs packages beside the manager in a way that a group cannot say."""
    for install in beside:
        option = next((a.option for a in install.tool.arguments if a.option in _MORE), None)
        if option is not None or install.call.nested is not None:
            line = build.line(install.call.command.span.start)
            because = f"pip installs packages beside the project, {option or 'if the shell decides so'}"
            return Refusal(build.path, line, "mixed-managers", because, "make them dependencies")
    return None


_MORE = frozenset(
    "--target --prefix --no-deps --index-url --extra-index-url --find-links --no-index --pre".split()
)


def _alternatives(build: Build, members: Sequence[Install], beside: Sequence[Install]) -> Refusal | None:
    """A refusal where an install follows another that only some builds make: what is there is not known."""
    for install in (*members, *beside):
        earlier = [
            other
            for other in members
            if other.call.nested is not None
            and (install.call.nested is None or other.call.instruction is not install.call.instruction)
            and other.stage in install.stage.lineage
            and other.call.command.span.start < install.call.command.span.start
        ]
        if earlier:
            line = build.line(earlier[0].call.command.span.start)
            because = "the shell decides what is installed here, and another install follows"
            return Refusal(build.path, line, "opaque-shell", because, "install once in the stage")
    return None

"""Dependencies are installed before the sources are copied, so that a change of the sources installs nothing.

uv's guide "Using uv in Docker", section "Intermediate layers", is the target.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    Change,
    Codemod,
    Command,
    Context,
    Edit,
    NamedTuple,
    Refusal,
    as_copy,
    expand,
    join,
    read_copied,
    uv_installs,
)
from uvmigrate_codemods._layers.manifests import PLAIN, first_sync, manifest_lines, place_of_manifests
from uvmigrate_codemods._layers.moves import Movement, end_of_settings, moves
from uvmigrate_codemods._layers.runs import cut_run, needs_no_sources
from uvmigrate_codemods._layers.sources import Sources, find_sources, inherited
from uvmigrate_codemods._means import MANIFESTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Build, Instruction, Span, StageFacts, State, UvInstall

_INSTEAD = "split the install from what needs the sources by hand"


def run(context: Context) -> Iterator[Change | Refusal]:
    """One change for each stage whose first install by uv stands below a COPY of the sources."""
    for build in context.builds:
        if build.path in context.targets:
            continue
        installs = uv_installs(build)
        for stage in build.stages:
            own = tuple(i for i in installs if i.call.stage is stage and (i.files or i.first is None))
            outcome = _split(build, stage, own) if own else None
            if outcome is not None:
                yield outcome


def _split(build: Build, stage: StageFacts, installs: tuple[UvInstall, ...]) -> Change | Refusal | None:
    first = installs[0]
    if first.first and _synced_below(build, stage, first):
        return None
    found = find_sources(build, stage, first)
    if found is None:
        if not inherited(stage, first) or _synced_below(build, stage, first, alike=False):
            return None
        because = "the sources are copied in a stage that this one is FROM"
        return _refuse(build, first, because, "copy the manifests and install in that stage")
    if isinstance(found, Refusal):
        return found
    if first.first is None:
        return _refuse(build, first, first.why, _INSTEAD)
    split = _twice(build, first) if first.first else _once(build, stage, installs, found)
    if isinstance(split, Refusal):
        return split
    adapted: list[Edit] = []
    for instruction in found.moved:
        edits = _adapted(stage, instruction, split.state)
        if edits is None:
            because = f"{instruction.keyword} would mean something else below the install"
            line = build.line(instruction.text_span.start)
            return Refusal(build.path, line, "sources-needed", because, "write it with absolute paths")
        adapted += edits
    return Change(
        {build.path: _edits(build, stage, found, split, adapted)},
        notes=_notes(stage, first, found),
        builds=(build.path,),
    )


def _notes(stage: StageFacts, install: UvInstall, found: Sources) -> tuple[str, ...]:
    """What to know where the environment lies among the sources, which are copied over it now."""
    state, context = install.call.state, stage.context
    folder = next((place.parent for place in install.files if place.name == "pyproject.toml"), None)
    if folder is None or install.first:
        return ()
    place = join(folder, state.env.get("UV_PROJECT_ENVIRONMENT", ".venv"))
    for copied in state.copies:
        if copied.instruction not in found.moved or not place.is_relative_to(copied.dest):
            continue
        for match in (path for source in copied.sources for path in context.matches(source)):
            there = match / place.relative_to(copied.dest) / "pyvenv.cfg"
            if copied.origin is None and context.is_dir(match) and not context.ignore.ignores(there):
                return (f"{place} lies among the sources: keep {there.parent} out of the build context",)
    return ()


def _synced_below(build: Build, stage: StageFacts, install: UvInstall, *, alike: bool = True) -> bool:
    """Whether a stage that this one is FROM has installed the project; *alike*: with its extras, too."""
    wanted = _selection(install)
    return any(
        other.call.stage in stage.lineage[:-1]
        and other.files == install.files
        and (not alike or _selection(other) == wanted)
        for other in uv_installs(build)
    )


def _selection(install: UvInstall) -> frozenset[tuple[str | None, str | None]]:
    """What of a project is installed: all options but those on the project itself, its lock and its cache."""
    return frozenset((a.option, a.value) for a in install.uv.arguments if a.option not in _NO_SELECTION)


_NO_SELECTION = frozenset(
    """--no-install-project --no-install-workspace --no-install-local --no-editable --locked --frozen
    --no-cache --quiet --verbose --compile-bytecode --link-mode""".split()
)


class _Split(NamedTuple):
    """The installs that come to stand above the sources, and where the sources go.

    The sources go above ``run`` where that runs a second time (``again`` is then the first sync), else below
    ``last``, whose commands ``rest`` follow in a RUN of their own. ``state`` is what holds there.
    """

    run: Instruction
    installs: tuple[UvInstall, ...]
    last: Instruction
    state: State
    again: str = ""
    rest: tuple[Span, Span] | None = None


def _twice(build: Build, install: UvInstall) -> _Split | Refusal:
    """The project is installed from its sources: a sync of all else comes before."""
    call = install.call
    tied = call.nested or call.command.guarded or call.command.piped or call.command.negated
    if tied or not _comes_first(install):
        because = "uv sync does not come first in its RUN, so it cannot be repeated above the sources"
        return _refuse(build, install, because, "give it a RUN of its own")
    return _Split(
        call.instruction, (install,), call.instruction, call.state, again=first_sync(build, install)
    )


def _comes_first(install: UvInstall) -> bool:
    """Whether an install is the first command of its RUN, but for a change to the project's folder."""
    call = install.call
    there = call.cwd in {place.parent for place in install.files}
    return all(
        there
        and isinstance(one, Command)
        and one.name == "cd"
        and not one.redirects
        and one.after is not None
        and one.after.text == "&&"
        for one in call.script.statements
        if one.span.start < call.command.span.start
    )


def _once(
    build: Build, stage: StageFacts, installs: tuple[UvInstall, ...], found: Sources
) -> _Split | Refusal:
    """The manifests are all that is needed: the sources go below this install, and those behind it."""
    run = installs[0].call.instruction
    cut = cut_run(stage, run, installs, found.folders, build.dockerfile.data)
    if cut.problem is not None:
        line = build.line(cut.problem.span.start)
        because = f"{cut.problem.name or 'a command'} runs with the install, and may need the sources"
        return Refusal(build.path, line, "sources-needed", because, _INSTEAD)
    runs = [run]
    for instruction in stage.instructions[stage.instructions.index(run) + 1 :]:
        installing = [i for i in installs if i.call.instruction.span == instruction.span]
        if instruction.keyword == "ENV":
            continue
        if cut.rest or not installing or not needs_no_sources(stage, instruction, installs, found.folders):
            break
        runs.append(instruction)
    last = end_of_settings(stage, runs[-1])
    spans = {instruction.span for instruction in runs}
    used = tuple(i for i in installs if i.call.instruction.span in spans and i.first == ())
    state = stage.states[stage.instructions.index(last) + 1]
    rest = (cut.rest, cut.gone) if cut.rest and cut.gone else None
    return _Split(run, used, last, state, rest=rest)


def _adapted(stage: StageFacts, instruction: Instruction, state: State) -> list[Edit] | None:
    """What it takes for an instruction to do in another state what it does where it is; None if it cannot."""
    here = stage.state(instruction)
    if instruction.keyword == "RUN":
        same = (here.workdir, here.user, here.shell) == (state.workdir, state.user, state.shell)
        return [] if same else None
    old, new = (read_copied(one, instruction, stage.context) for one in (here, state))
    flags = [flag.value or "" for flag in instruction.flags]
    if old is None or new is None or old.sources != new.sources:
        return None
    if any(expand(flag, here.env) != expand(flag, state.env) for flag in flags):
        return None
    if old == new:
        return []
    copy = as_copy(instruction)
    dest = f"{old.dest}/".replace("//", "/") if old.into_folder else str(old.dest)
    if copy is None or instruction.exec_form is not None or not PLAIN.fullmatch(dest):
        return None
    return [Edit(copy.dest.span, dest.encode(errors="surrogateescape"))]


def _edits(
    build: Build, stage: StageFacts, found: Sources, split: _Split, adapted: list[Edit]
) -> tuple[Edit, ...]:
    place = place_of_manifests(build, stage, found, split.run)
    text = manifest_lines(build, stage, found, split.installs, place)
    edits = [Edit.insert(place.offset, text)] if text else []
    filled = place.offset if text else None
    movement = Movement(found.moved, adapted, split.run, split.last, split.again, split.rest, filled)
    return (*edits, *moves(build, movement))


def _refuse(build: Build, install: UvInstall, because: str, instead: str) -> Refusal:
    line = build.line(install.call.command.span.start)
    return Refusal(build.path, line, "sources-needed", because, instead)


CODEMOD = Codemod(
    id="layer-split",
    title="Install dependencies before copying the sources",
    why="A change of the sources no longer installs every dependency again.",
    docs="https://docs.astral.sh/uv/guides/integration/docker/#intermediate-layers",
    level="safe",
    run=run,
    after=("uv-switch",),
    requires=("uv-switch",),
    means={
        "file": (*MANIFESTS, "*/README*"),
    },
)

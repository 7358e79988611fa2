"""COPY of manifests that only installs read: bind mounts show the same files without a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import SHELL_STATE, NamedTuple, as_run, command_reach, is_set
from uvmigrate_codemods._layers.caches import single
from uvmigrate_codemods._layers.manifests import PLAIN

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import PurePosixPath

    from uvmigrate.codemod import Build, Command, Copied, Instruction, Span, StageFacts, UvInstall

    Places = Mapping[PurePosixPath, PurePosixPath]

_PYTHONS = frozenset({"pyproject.toml", ".python-version"})


class Bound(NamedTuple):
    """A COPY to be deleted, and the mounts that take its place in each RUN that reads its files."""

    copy: Instruction
    runs: tuple[Instruction, ...]
    flags: tuple[str, ...]


def find_bound(build: Build, stage: StageFacts, installs: tuple[UvInstall, ...]) -> tuple[Bound, ...]:
    """Every COPY of the stage whose files only installs read before they are copied again."""
    found: list[Bound] = []
    # From below, so that a file that is copied twice is not kept by a COPY that goes.
    for index, instruction in reversed(list(enumerate(stage.instructions))):
        copied = stage.copied(instruction) if single(instruction) else None
        places = _places(build, stage, copied) if copied is not None and copied.origin is None else {}
        gone = {bound.copy.span for bound in found}
        runs = _readers(build, stage, index, places, installs, gone) if places else ()
        if runs:
            flags = tuple(
                f"--mount=type=bind,source={source},target={place}" for place, source in places.items()
            )
            found.append(Bound(instruction, runs, flags))
    return tuple(reversed(found))


def _places(build: Build, stage: StageFacts, copied: Copied) -> Places:
    """Image path to context path of the files of a COPY; empty where it brings more than single files."""
    context = stage.context
    places: dict[PurePosixPath, PurePosixPath] = {}
    for source in copied.sources:
        matches = context.matches(source)
        if not matches:
            return {}
        for match in matches:
            place = copied.dest / match.name if copied.into_folder else copied.dest
            plain = PLAIN.fullmatch(str(match)) and PLAIN.fullmatch(str(place).lstrip("/"))
            if context.is_dir(match) or match.suffix == ".py" or not plain:
                return {}
            places[place] = match
    # A comment inside the instruction would go with it.
    return {} if b"#" in copied.instruction.span.of(build.dockerfile.data) else places


def _readers(
    build: Build,
    stage: StageFacts,
    index: int,
    places: Places,
    installs: tuple[UvInstall, ...],
    gone: Collection[Span],
) -> tuple[Instruction, ...]:
    """The RUNs that read the files, if all are installs, and the files are copied again or not kept.

    *gone* are the spans of instructions that are to be deleted.
    """
    left, runs = set(places), []
    for instruction in stage.instructions[index + 1 :]:
        if instruction.keyword == "RUN":
            reads = _reads(stage, instruction, places, installs)
            made = {place.parent for place in left} - stage.states[index].folders
            if reads is None or _enters(stage, instruction, made - {stage.states[index].workdir}, installs):
                return ()
            runs += [instruction] if reads else []
        elif instruction.keyword in ("COPY", "ADD") and instruction.span not in gone:
            again = stage.copied(instruction)
            left -= {
                place for place in left if again is not None and _brings(stage, again, place, places[place])
            }
            if not left:
                return tuple(runs)
    return tuple(runs) if _thrown_away(build, stage, places) else ()


def _brings(stage: StageFacts, copied: Copied, place: PurePosixPath, source: PurePosixPath) -> bool:
    if copied.origin is not None:
        return False
    for match in (path for text in copied.sources for path in stage.context.matches(text)):
        folder = stage.context.is_dir(match)
        if folder and place.is_relative_to(copied.dest) and source == match / place.relative_to(copied.dest):
            return stage.context.has(source)
        if (
            not folder
            and match == source
            and place == (copied.dest / match.name if copied.into_folder else copied.dest)
        ):
            return True
    return False


def _reads(
    stage: StageFacts, run: Instruction, places: Places, installs: tuple[UvInstall, ...]
) -> bool | None:
    """Whether a RUN reads the files; None where it may do more with them than install from them."""
    own = {
        install.call.command.span: install
        for install in installs
        if install.call.instruction.span == run.span
    }
    reads = False
    calls = stage.calls_of(run)
    for call in calls:
        install = own.get(call.command.span)
        if install is None:
            # `uv venv` chooses its Python by the project that it finds.
            looks = call.command.argv[1:2] == ("venv",) and any(place.name in _PYTHONS for place in places)
            if looks or not command_reach(call, places.keys()) <= {"outside"}:
                return None
            continue
        fixed = install.uv.verb != "sync" or install.uv.has("--locked", "--frozen")
        fixed = fixed or is_set(call, "UV_LOCKED") or is_set(call, "UV_FROZEN")
        if (
            not fixed
            or install.builds is not None
            or (install.project is None and not install.files and install.first is None)
        ):
            return None
        reads = reads or any(install.files.get(place) == source for place, source in places.items())
    return reads if calls else None


def _enters(
    stage: StageFacts, run: Instruction, made: Collection[PurePosixPath], installs: tuple[UvInstall, ...]
) -> bool:
    """Whether commands of a RUN that are no installs step into a folder that only the COPY has *made*."""
    own = {install.call.command.span for install in installs}
    calls = [call for call in stage.calls_of(run) if call.command.span not in own and call.command.words]
    entered = [call.state.absolute(call.command.argv[1] or "") for call in calls if _is_cd(call.command)]
    others = [call for call in calls if call.command.name not in SHELL_STATE]
    return bool(others) and any(path in made for path in entered)


def _is_cd(command: Command) -> bool:
    return command.name == "cd" and len(command.words) > 1


def _thrown_away(build: Build, stage: StageFacts, places: Places) -> bool:
    """Whether nothing keeps the files: the stage is no image, and other paths are copied out of it."""
    if stage in build.final_stages or any(other.parent is stage for other in build.stages):
        return False
    for other in build.stages:
        for run in (as_run(instruction) for instruction in other.instructions):
            if run and any(other.find(mount.options.get("from", "")) is stage for mount in run.mounts):
                return False
        for copied in other.final.copies:
            if copied.origin is None or other.find(copied.origin) is not stage:
                continue
            paths = [stage.final.absolute("/" + source.lstrip("/")) for source in copied.sources]
            if any(path is None or place.is_relative_to(path) for path in paths for place in places):
                return False
    return True

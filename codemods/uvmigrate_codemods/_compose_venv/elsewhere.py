"""Who else names the environment's place: start scripts, compose files, the rest of the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    DropItem,
    Edit,
    NamedTuple,
    Refusal,
    configurations,
    drop_volume,
    edit_services,
    lazy_pattern,
    stage_of,
    start_scripts,
)
from uvmigrate_codemods._compose_venv.mentions import start_folder
from uvmigrate_codemods._compose_venv.paths import moved, named, plain, resolved, without_comments

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import PurePosixPath

    from uvmigrate.codemod import Build, ComposeFile, Context, Service, Span
    from uvmigrate_codemods._compose_venv.hidden import Covered
    from uvmigrate_codemods._compose_venv.paths import Move, Named

#: What only tells people, or their editors, where the environment is.
_TOLD = frozenset({".devcontainer", ".idea", ".vscode", "docs"})
_TEXTS = frozenset({".adoc", ".md", ".rst", ".txt"})
_CHANGES_FOLDER = lazy_pattern(rb"(?m)(?:^|[;&|({]|\bthen|\bdo)[ \t]*(?:cd|pushd)\b")
_ALIAS = lazy_pattern(rb"(?:^|[\s,\[])\*\w|\bextends\b")
_BECAUSE = "the environment lies elsewhere now"
_INSTEAD = "let PATH find it, or name it by a variable of the image"


def script_edits(build: Build, move: Move) -> Iterator[tuple[PurePosixPath, Edit] | Refusal]:
    """The edits of start scripts and of the settings of other starters; scripts that a RUN calls stay."""
    folder, final = build.context.folder, build.stages[-1].final
    known = {name: final.env[name] for name in final.exported if name in final.env}
    started = {folder / path for path in start_scripts(build) | set(configurations(build))}
    for path in sorted(started):
        text = without_comments(build.context.repo.get(path, b""))
        shell = path.suffix in ("", ".sh", ".bash") and not _CHANGES_FOLDER.search(text)
        cwd = start_folder(build, build.stages[-1]) if shell else None
        for found in named(text, move):
            at = resolved(found, cwd, known)
            if at == move.old:
                yield path, moved(found, move)
            elif at is None:
                yield _unclear(path, text, found, move)
    for path in sorted(_called(build) - started):
        text = without_comments(build.context.repo.get(path, b""))
        yield from (_unclear(path, text, found, move) for found in list(named(text, move))[:1])


def _called(build: Build) -> set[PurePosixPath]:
    """The files of the repository that a RUN runs."""
    found: set[PurePosixPath] = set()
    for call in build.calls(b".sh", b".py", b"make", b"./"):
        words = [word.text for word in call.command.words[:3] if word.text]
        names = ["Makefile"] if call.command.name == "make" else [word for word in words if "." in word]
        located = (call.locate(name) for name in names)
        found |= {build.context.folder / path for path in located if path and not build.context.is_dir(path)}
    return found


def _unclear(path: PurePosixPath, text: bytes, found: Named, move: Move) -> Refusal:
    line = text.count(b"\n", 0, found.span.start) + 1
    because = f"{found.text} may be the environment {move.old}, which compose mounts something over"
    return Refusal(path, line, "environment-named", because, _INSTEAD)


def compose_edits(
    moves: Mapping[PurePosixPath, tuple[Build, Move, list[Covered]]],
) -> Iterator[tuple[PurePosixPath, Edit] | Refusal]:
    """The edits of the compose files of builds whose environments move."""
    builds = [build for build, _, _ in moves.values()]
    files = {file.path: file for build in builds for file, _ in build.services}
    for build, move, _ in moves.values():
        for file, service in build.services:
            yield from _shared_values(file, builds, move)
            yield from ((file.path, edit) for edit in _named_in(build, builds, file, service, move))
    wishes: dict[PurePosixPath, dict[str, list[DropItem]]] = {}
    exact = [one for _, _, found in moves.values() for one in found if one.exactly]
    for one in exact:
        own = wishes.setdefault(one.file.path, {}).setdefault(one.service.name, [])
        own.append(DropItem("volumes", one.mount.span, _BECAUSE))
    for path, wanted in wishes.items():
        edits = edit_services(files[path], wanted)
        if isinstance(edits, str):
            line = next(one.mount.line for one in exact if one.file.path == path)
            because = f"the volume over the environment stays, because {edits}"
            yield Refusal(path, line, "compose-needs-edit", because, "take the volume out by hand")
        else:
            yield from ((path, edit) for edit in edits)
    gone = {one.mount.source for one in exact if one.mount.source}
    for file in files.values():
        for name in sorted(name for name in gone if _unused(files.values(), name, wishes)):
            dropped = drop_volume(file, name, _BECAUSE)
            # One that cannot be taken out does no harm: Compose makes no volume that no service has.
            yield from ((file.path, edit) for edit in (() if isinstance(dropped, str) else dropped))


def _others(file: ComposeFile, builds: Iterable[Build]) -> list[Service]:
    """The services of a file that run other images than those of some builds."""
    ours = {one.name for build in builds for other, one in build.services if other.path == file.path}
    return [service for service in file.services if service.name not in ours]


def _regions(file: ComposeFile, builds: Iterable[Build]) -> list[Span]:
    """Where those are written."""
    places = [file.tables[service.name].place for service in _others(file, builds)]
    return [place.span for place in places if place.path == file.path]


def _shared_values(file: ComposeFile, builds: Iterable[Build], move: Move) -> Iterator[Refusal]:
    """What other images' services may get through an anchor: another environment may lie there."""
    for service in _others(file, builds):
        texts = [text or "" for one in service.runs for text in (one.text, *(one.argv or ()))]
        texts += [text or "" for text in service.environment.values()]
        own = file.tables[service.name].place.span.of(file.data)
        if _ALIAS.search(own) and any(str(move.old) in text for text in texts):
            because = f"the service {service.name} of another image names {move.old} as well"
            yield Refusal(file.path, service.line, "environment-named", because, _INSTEAD)


def _named_in(
    build: Build, builds: Iterable[Build], file: ComposeFile, service: Service, move: Move
) -> Iterator[Edit]:
    """The paths in what a service is started by, and those that its file names in full anywhere else."""
    text = without_comments(file.data)
    apart = [mount.span for one in file.services for mount in one.volumes if mount.path == file.path]
    apart += _regions(file, builds)
    for found in plain(text, move):
        if not any(span.contains(found.span) for span in apart):
            yield moved(found, move)
    folder, image = service.working_dir, stage_of(build, service)
    cwd = image.final.absolute(folder) if folder else image.final.workdir
    for given in service.runs:
        for span in given.spans if given.path == file.path else ():
            for found in named(text, move, span.start, span.end):
                if not found.absolute and resolved(found, cwd, {}) == move.old:
                    yield moved(found, move)


def _unused(
    files: Iterable[ComposeFile], name: str, wishes: Mapping[PurePosixPath, Mapping[str, list[DropItem]]]
) -> bool:
    """Whether no service has a volume any more once those over environments are gone."""
    for file in files:
        for service in file.services:
            dropped = {wish.at for wish in wishes.get(file.path, {}).get(service.name, ())}
            if any(one.source == name and one.span not in dropped for one in service.volumes):
                return False
    return True


class Told(NamedTuple):
    """A file that tells people, or their editors, where the environment is."""

    path: PurePosixPath
    line: int


def left(
    context: Context, build: Build, move: Move, edits: Mapping[PurePosixPath, list[Edit]], moving: list[Build]
) -> Iterator[Refusal | Told]:
    """Files of a build that go on naming the place after the edits.

    The Dockerfiles, contexts and services of builds that are not *moving* are left to themselves.
    """
    own = build.context.folder
    staying = [other for other in context.builds if other not in moving]
    regions = {file.path: _regions(file, moving) for one in moving for file, _ in one.services}
    apart = {other.context.folder for other in staying if own in other.context.folder.parents}
    for path in (*context.repo, *(path for path in regions if not path.is_relative_to(own))):
        elsewhere = not path.is_relative_to(own) or any(path.is_relative_to(folder) for folder in apart)
        if path in {other.path for other in staying} or (elsewhere and path not in regions):
            continue
        data = context.repo.get(path, b"")
        spans = [*regions.get(path, ()), *(edit.span for edit in edits.get(path, ()))]
        places = plain(data, move) if b"\0" not in data else iter(())
        found = next((one for one in places if not any(span.contains(one.span) for span in spans)), None)
        line = data.count(b"\n", 0, found.span.start) + 1 if found is not None else 0
        if found is not None and (path.parts[0] in _TOLD or path.suffix.lower() in _TEXTS):
            yield Told(path, line)
        elif found is not None:
            because = f"names {move.old}, which compose mounts something over"
            yield Refusal(path, line, "environment-named", because, _INSTEAD)


def shared(edited: Collection[PurePosixPath], others: Iterable[Build]) -> Iterator[Refusal]:
    """A refusal for each edited script or setting that starts the image of a build that stays as it is."""
    for other in others:
        folder = other.context.folder
        for path in sorted(start_scripts(other) | set(configurations(other))):
            if folder / path in edited:
                because = f"it starts the image of {other.path} as well, which stays as it is"
                yield Refusal(
                    folder / path, 0, "shared-start", because, "give each image a script of its own"
                )

"""One image of a build: what starts its container by ``uv run``, and whether that can do without a sync."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TypeAlias

from uvmigrate.codemod import Edit, Refusal, Span, find_uv, is_set, lazy_pattern, mount_over, stage_of, starts
from uvmigrate_codemods._run.environment import VARIABLE, Place, Syncs
from uvmigrate_codemods._run.missing import added, own_environment

if TYPE_CHECKING:
    from uvmigrate.codemod import Build, StageFacts, Start, UvCommand, UvInstall

#: A file, and the byte offset of a word in it.
Where: TypeAlias = tuple[PurePosixPath, int]

NO_SYNC = "UV_NO_SYNC"
#: They keep the lock or the cache as it is, not the environment.
_NOT_ENOUGH = frozenset({"UV_FROZEN", "UV_LOCKED", "UV_NO_CACHE"})
#: What stands before an item of a YAML list that has a line of its own.
_ITEM = lazy_pattern(rb"(?m)^[ \t]*-[ \t]+\Z")


class Image:
    """What is found out about the image of one stage.

    ``edits`` put the option into what starts it, by the file and the offset of the word ``run``; ``kept`` are
    the places that must stay as they are. ``unnamed`` is the environment that the image has and does not
    name. ``runs`` says that ``uv run`` starts something in it, ``frozen`` that it is told to leave the lock
    alone, ``needs_sync`` that a variable for all of them would take something away that is added at the
    start today.
    """

    def __init__(self, build: Build, stage: StageFacts, syncs: Syncs) -> None:
        """Nothing is found out yet."""
        self.build = build
        self.stage = stage
        self.syncs = syncs
        self.edits: dict[Where, Edit] = {}
        self.kept: set[Where] = set()
        self.refusals: list[Refusal] = []
        self.unnamed: PurePosixPath | None = None
        self.runs = self.frozen = self.needs_sync = False


def look(build: Build, stage: StageFacts, syncs: Syncs) -> Image:
    """The image of a stage. Where UV_NO_SYNC is set already, nothing is left to be found out."""
    image = Image(build, stage, syncs)
    for start in starts(build, stage) if NO_SYNC not in stage.final.exported else ():
        if start.service is not None and NO_SYNC in start.service.environment:
            continue
        uv = find_uv(start.command)
        if (start.command.name or "").rpartition("/")[2] == "uvx":
            image.refusals.append(_own(start, start.line, "uvx"))
        elif uv is not None and uv.verb == "tool run":
            image.refusals.append(_own(start, _line(image, start, uv), "uv tool run"))
        elif uv is not None and uv.verb == "run":
            _take(image, start, uv)
    hidden = _hidden(image) if image.runs else None
    if hidden is not None:
        image.refusals[:] = [hidden]
        image.kept |= image.edits.keys()
        image.edits.clear()
        image.needs_sync = True
    return image


def insertion(uv: UvCommand, data: bytes = b"") -> tuple[int, Edit]:
    """``--no-sync`` behind ``run``; with *data*, the words are elements of a list in it."""
    # The word is written anew: what is inserted at the end of a file would be no part of its last line.
    word = uv.command.words[uv.after - 1]
    if not data:
        return word.span.start, Edit(word.span, f"{word.raw} --no-sync".encode(errors="surrogateescape"))
    written = word.span.of(data)
    quote = written[:1] if written[:1] in (b"'", b'"') else b""
    item = _ITEM.search(data, 0, word.span.start)
    if item is not None:
        # Behind the comment that the item's line may end with.
        rest = data[word.span.end :].partition(b"\n")[0]
        newline = b"\r\n" if rest.endswith(b"\r") else b"\n"
        end = word.span.end + len(rest.removesuffix(b"\r"))
        return word.span.start, Edit.insert(end, newline + item[0] + quote + b"--no-sync" + quote)
    gap = Span(uv.command.words[uv.after - 2].span.end, word.span.start).of(data)
    between = (b"," if gap == b"," else b", ") + quote + b"--no-sync" + quote
    return word.span.start, Edit(word.span, written + between)


def _take(image: Image, start: Start, uv: UvCommand) -> None:
    place = Place.final(image.stage)
    own = own_environment(uv, place)
    if own:
        image.refusals.append(_own(start, _line(image, start, uv), own))
        return
    if uv.has("--no-project") or place.project(uv) is None:
        # Without a project there is nothing to sync.
        return
    image.runs = True
    run = uv.command.words[uv.after - 1]
    if uv.has("--no-sync") or any(run is word for word in start.command.words[: start.lead]):
        # The entrypoint that hands on to this command gets the option itself.
        return
    problem = _problem(image, start, uv)
    if problem is not None:
        image.needs_sync = True
        image.kept.add((start.path, run.span.start))
        image.refusals.append(problem)
    elif start.located and len(run.span) and not _is_prefixed(image, start, run.span):
        data = image.build.context.repo.get(start.path, b"")
        at, edit = insertion(uv, data if start.array else b"")
        image.edits[start.path, at] = edit
        told = uv.has("--frozen", "--locked", "--no-cache") or image.stage.final.exported & _NOT_ENOUGH
        image.frozen = image.frozen or bool(told)
    else:
        image.refusals.append(_elsewhere(image, start, uv))


def _is_prefixed(image: Image, start: Start, span: Span) -> bool:
    """Whether an element of a list in Python is more than a string in quotes: none is put behind it."""
    written = span.of(image.build.context.repo.get(start.path, b""))
    return start.carrier == "launcher" and start.array and written[:1] not in (b"'", b'"')


def _line(image: Image, start: Start, uv: UvCommand) -> int:
    own = start.carrier == "instruction" and start.located
    return image.build.line(uv.command.words[0].span.start) if own else start.line


def _problem(image: Image, start: Start, uv: UvCommand) -> Refusal | None:
    """Why the command cannot do without a sync, or None."""
    place, line = Place.final(image.stage), _line(image, start, uv)
    path = place.environment(uv)
    made = image.syncs.behind(place, path) if path is not None else ()
    if not made and VARIABLE not in image.stage.final.exported:
        # Variables do not go from stage to stage, environments do.
        for other, _ in image.syncs.made:
            found = image.syncs.behind(place, other)
            if found and not made:
                made, image.unnamed = found, other
    if not made:
        because = f"no uv sync of this build makes the environment {path}, so uv run makes it at every start"
        instead = "make it when the image is built: RUN uv sync --locked"
        return Refusal(start.path, line, "no-environment", because, instead)
    adds = added(uv, made)
    if adds:
        because = f"uv run adds {adds} when the container starts"
        instead = "let uv sync install it when the image is built"
        return Refusal(start.path, line, "run-adds", because, instead)
    if _live(image, uv, made):
        because = "uv run installs the project editable when the container starts, for the mounted sources"
        instead = "let uv sync install it so when the image is built, without --no-editable"
        return Refusal(start.path, line, "run-adds", because, instead)
    return None


def _live(image: Image, uv: UvCommand, made: tuple[UvInstall, ...]) -> bool:
    """Whether a service mounts the sources of a project that the image holds a copy of."""
    copied = [
        one.builds
        for one in made
        if one.builds is not None and (one.uv.has("--no-editable") or is_set(one.call, "UV_NO_EDITABLE"))
    ]
    exported = image.stage.final.exported
    if not copied or uv.has("--no-editable") or "UV_NO_EDITABLE" in exported:
        return False
    services = (one for _, one in image.build.services if stage_of(image.build, one) is image.stage)
    mounts = [mount for service in services if (mount := mount_over(service, copied[0])) is not None]
    return any(mount.kind == "bind" for mount in mounts)


def _own(start: Start, line: int, how: str) -> Refusal:
    because = f"{how} makes an environment of its own when the container starts"
    instead = (
        "declare what it needs as dependencies of the project, and call the program from its environment"
    )
    return Refusal(start.path, line, "run-with", because, instead)


def _elsewhere(image: Image, start: Start, uv: UvCommand) -> Refusal:
    """A command that cannot be edited: the variable in the image keeps it from syncing all the same."""
    instead = f"write `uv run --no-sync` there; until then the image's {NO_SYNC}=1 keeps it from syncing"
    if start.service is not None:
        because = f"the service {start.service.name} calls uv run without --no-sync"
        return Refusal(start.path, start.line, "compose-needs-edit", because, instead)
    if start.carrier in ("script", "launcher"):
        because = "the start script calls uv run without --no-sync"
        return Refusal(start.path, start.line, "script-needs-edit", because, instead)
    because = "uv run stands in a quoted text that cannot be edited with certainty"
    return Refusal(start.path, _line(image, start, uv), "opaque-shell", because, instead)


def _hidden(image: Image) -> Refusal | None:
    """A mount of compose over the environment: today's sync makes another one in it."""
    paths = {path for path, _ in image.syncs.made}
    for file, service in image.build.services:
        if stage_of(image.build, service) is not image.stage:
            continue
        for path in paths:
            nearest = mount_over(service, path)
            if nearest is not None and nearest.kind in ("bind", "tmpfs"):
                because = f"the service {service.name} mounts {nearest.target} over the environment {path}"
                instead = f"put it elsewhere: {VARIABLE}=/opt/venv above the first uv sync"
                return Refusal(file.path, nearest.line, "environment-hidden", because, instead)
    return None

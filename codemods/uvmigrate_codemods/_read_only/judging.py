"""What is to become of one service: wishes for its file system, or why it stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import AddItems, NamedTuple, Refusal, SetKey, is_kept, service_starts
from uvmigrate_codemods._non_root.image import environments
from uvmigrate_codemods._read_only.development import development
from uvmigrate_codemods._read_only.places import TMP, Places
from uvmigrate_codemods._read_only.who import who

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Start, Tried, Wish
    from uvmigrate_codemods._read_only.services import Use
    from uvmigrate_codemods._read_only.who import Who


class Verdict(NamedTuple):
    """What is to become of one use of a service: wishes, or refusals, or nothing."""

    use: Use
    wishes: tuple[Wish, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()
    tried: bool = False


def judge(use: Use, codemod: str, tried: Tried | None = None) -> Verdict:
    """What becomes of a use of a service, which a comment may keep from *codemod*.

    *tried* is what an engine saw of it, where it was tried.
    """
    if not use.on_uv or use.service.read_only:
        return Verdict(use)
    if is_kept(use.file, use.service.line, codemod):
        because = f"{use.service.name}: a comment keeps it from {codemod}"
        return Verdict(use, refusals=(Refusal(use.file.path, use.service.line, "ignored", because),))
    table = use.file.tables.get(use.service.name)
    said = table.entries.get("read_only") if table is not None else None
    if said is not None:
        because = f"{use.service.name}: `read_only` says already that it is to be writable"
        instead = "take that line out if it need not be"
        return Verdict(use, refusals=(Refusal(use.file.path, said.place.line, "ignored", because, instead),))
    user = who(use)
    places = Places(use, user)
    started = service_starts(use.build, use.stage, use.file, use.service)
    left = development(use, places, started)
    if left is not None:
        return Verdict(use, refusals=(left,))
    return _become(use, user, places, started, tried)


def _become(use: Use, user: Who, places: Places, started: tuple[Start, ...], tried: Tried | None) -> Verdict:
    """What a service becomes that nothing keeps as it is, or what of its start is against it."""
    from uvmigrate_codemods._read_only.data import kept, sources
    from uvmigrate_codemods._read_only.rights import rights
    from uvmigrate_codemods._read_only.starts import problems
    from uvmigrate_codemods._read_only.tried import entries, lost

    found = sources(use.build)
    refusals = (
        *problems(places, started, found, environments(use.build), tried=tried is not None),
        *kept(places, found),
        *_written_by_compose(use),
        *(lost(places, tried) if tried is not None else ()),
    )
    if refusals:
        return Verdict(use, refusals=refusals)
    wishes: list[Wish] = [SetKey("read_only", True)]
    items = tuple(f"{path}:{user.owns}" if user.owns and path != TMP else f"{path}" for path in places.tmpfs)
    if tried is not None:
        items = entries(places, items, tried)
    if items:
        wishes.append(AddItems("tmpfs", items))
    notes = list(places.notes)
    if found.writes:
        notes.append(f"files or folders are made at {', '.join(found.writes)}: see where")
    wishes += rights(use, user, started)
    return Verdict(use, tuple(wishes), notes=tuple(notes), tried=tried is not None)


def _written_by_compose(use: Use) -> Iterator[Refusal]:
    """A refusal for the first config or secret that Compose could not write into the container."""
    from uvmigrate.codemod import inline_files

    for what in inline_files(use.file, use.service.name):
        because = f"{use.service.name}: {what} has no file, and Compose writes it into the container"
        instead = "put it into a file that the compose file names"
        yield Refusal(use.file.path, use.service.line, "writes-at-start", because, instead)
        return

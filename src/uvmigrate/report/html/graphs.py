"""An image's build before and after, stage by stage, and what is done again when a source file changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.build import installs, managed_calls, uv_installs
from uvmigrate.build.rebuilt import needed_stages, rebuilt, sources_of
from uvmigrate.report.words import cut, named, shown
from uvmigrate.source import NamedTuple
from uvmigrate.verify.affected import subjects_of
from uvmigrate.verify.meaning import counted
from uvmigrate.verify.options import Options
from uvmigrate.verify.touching import source_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

    from uvmigrate.build import Build, StageFacts
    from uvmigrate.build.rebuilt import Again
    from uvmigrate.codemod import Settings
    from uvmigrate.dockerfile import Instruction
    from uvmigrate.plan import Migration
    from uvmigrate.verify.subjects import Side, Subject

#: The instructions that add files to an image; the others are settings of it.
_LAYERS = frozenset({"RUN", "COPY", "ADD"})
#: How much of an instruction is shown, and of its end, where the command stands behind mounts.
_WIDTH, _END = 240, 100


class Box(NamedTuple):
    """One instruction. ``again`` is None for a setting, and where no source file is known that could change.

    ``source`` is the id of the stage that it copies from or mounts, if it does.
    """

    keyword: str
    text: str
    is_layer: bool
    installs: bool
    again: Again | None
    source: str


class Column(NamedTuple):
    """One stage, with the id of its place on the page and that of the stage it is FROM, or the base image."""

    id: str
    title: str
    base: str
    parent: str
    is_image: bool
    boxes: tuple[Box, ...]


class Graph(NamedTuple):
    """One build: its stages in order, how many layers it has and how many of them are done again."""

    heading: str
    columns: tuple[Column, ...]
    layers: int
    again: int
    perhaps: int
    installs_again: bool

    @property
    def said(self) -> str:
        """What happens when the source file changes, in words."""
        verb = "is" if self.again == 1 else "are"
        done = f"{self.again} of {counted(self.layers, 'layer')} {verb} built again"
        perhaps = f", {self.perhaps} perhaps" if self.perhaps else ""
        return done + perhaps + (", among them the install of packages" if self.installs_again else "")


class Image(NamedTuple):
    """An image before and after; ``changed`` is the source file that the colours are about, or empty."""

    name: str
    changed: str
    before: Graph
    after: Graph


def images(migration: Migration, settings: Settings) -> tuple[Image, ...]:
    """Every image that the migration changes."""
    if not migration.steps:
        return ()
    subjects = subjects_of(migration, ((), migration.steps), settings, Options())
    return tuple(_image(number, subject) for number, subject in enumerate(subjects, 1))


def _image(number: int, subject: Subject) -> Image:
    changed = source_file(subject.before, subject.after)
    before = _graph(f"image-{number}-before", "Before", subject.before, changed)
    after = _graph(f"image-{number}-after", "After", subject.after, changed)
    return Image(shown(subject.name), named(changed) if changed else "", before, after)


def _graph(prefix: str, heading: str, side: Side, changed: PurePosixPath | None) -> Graph:
    build = side.build
    fates = rebuilt(build, side.stage, changed) if changed is not None else {}
    installing = set(_installing(build))
    stages = needed_stages(build, side.stage)
    columns = tuple(
        Column(
            id=f"{prefix}-{facts.index}",
            title=shown(facts.name) if facts.name else f"stage {facts.index}",
            base=shown(facts.stage.from_.arguments),
            parent=f"{prefix}-{facts.parent.index}" if facts.parent else "",
            is_image=facts is side.stage,
            boxes=tuple(_boxes(prefix, facts, build, fates.get(facts.index), installing)),
        )
        for facts in stages
    )
    layers = [box for column in columns for box in column.boxes if box.is_layer]
    return Graph(
        heading,
        columns,
        len(layers),
        sum(box.again == "rebuilt" for box in layers),
        sum(box.again == "perhaps" for box in layers),
        any(box.again == "rebuilt" and box.installs for box in layers),
    )


def _boxes(
    prefix: str,
    facts: StageFacts,
    build: Build,
    fates: tuple[Again, ...] | None,
    installing: set[tuple[int, int]],
) -> Iterator[Box]:
    sources = {id(instruction): other for other, instruction in sources_of(facts)}
    for number, instruction in enumerate(facts.instructions):
        is_layer = instruction.keyword in _LAYERS
        source = sources.get(id(instruction))
        yield Box(
            keyword=instruction.keyword,
            text=_text(instruction, build.dockerfile.data),
            is_layer=is_layer,
            installs=(facts.index, instruction.span.start) in installing,
            again=fates[number] if fates is not None and is_layer else None,
            source=f"{prefix}-{source.index}" if source is not None else "",
        )


def _text(instruction: Instruction, data: bytes) -> str:
    """Flags, arguments and inline files on one line: masked behind the keyword, which may tell a secret."""
    spans = [*(flag.span for flag in instruction.flags), *(heredoc.body for heredoc in instruction.heredocs)]
    parts = [span.of(data).decode(errors="backslashreplace") for span in spans]
    parts.insert(len(instruction.flags), instruction.arguments)
    whole = shown(" ".join([instruction.keyword, *parts]))
    return cut(whole.removeprefix(instruction.keyword).lstrip(), _WIDTH, _END)


def _installing(build: Build) -> Iterator[tuple[int, int]]:
    """The stage and the place of every instruction that installs packages."""
    calls = [install.call for install in installs(build)]
    calls += [managed.call for managed in managed_calls(build) if managed.installs]
    calls += [synced.call for synced in uv_installs(build)]
    yield from ((call.stage.index, call.instruction.span.start) for call in calls)

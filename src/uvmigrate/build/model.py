"""A Dockerfile with what is known about its build: context, stages, the commands it runs, who uses it."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from uvmigrate.build.context import ROOT, Context, join
from uvmigrate.build.ignorefile import read_ignorefile
from uvmigrate.build.image import BaseImage, read_image
from uvmigrate.build.state import Arguments, Copied, State, after, bind_mounts, initial, locate
from uvmigrate.build.users import is_root
from uvmigrate.dockerfile import as_arg, as_copy, as_from, as_run, expand, parse
from uvmigrate.shell import inner_scripts, might_mention
from uvmigrate.shell import parse as parse_shell
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import PurePosixPath

    from uvmigrate.compose import ComposeFile, Service
    from uvmigrate.dockerfile import Dockerfile, Instruction, ScriptText, Stage
    from uvmigrate.shell import Command, Script
    from uvmigrate.source import Repo

_SHELLS = frozenset({"sh", "bash", "ash", "dash"})


class Call(NamedTuple):
    """One simple command of a RUN. ``nested`` says why it is not a plain command of its script, else None.

    ``cwd`` is the folder it runs in: the working directory and any plain ``cd`` before it; None if unknown.
    ``outer`` is the call of the shell that runs it (``bash -c "…"``), where its text stands in the file.
    """

    stage: StageFacts
    instruction: Instruction
    script: Script
    command: Command
    state: State
    cwd: PurePosixPath | None
    nested: str | None
    outer: Call | None = None

    def locate(self, path: str) -> PurePosixPath | None:
        """The context path of the file that *path* names when the command runs; None if it is not known."""
        full = join(self.cwd, path) if self.cwd and not path.startswith("/") else self.state.absolute(path)
        return self.stage.locate(full, self.state, self.instruction) if full is not None else None


class StageFacts:
    """A stage and the state before each of its instructions (by their index), and after the last one.

    ``parent`` is the earlier stage that it is FROM; ``base`` the image below all of them, None where an ARG
    without a value may name one or the other.
    """

    def __init__(
        self,
        stage: Stage,
        context: Context,
        parent: StageFacts | None,
        base: BaseImage | None,
        states: tuple[State, ...],
        earlier: tuple[StageFacts, ...],
    ) -> None:
        """What `read_build` knows of a stage; *earlier* are the stages above it."""
        self.stage = stage
        self.context = context
        self.parent = parent
        self.base = base
        self.states = states
        self.earlier = earlier

    @property
    def index(self) -> int:
        """The stage's number, from 0."""
        return self.stage.index

    @property
    def name(self) -> str | None:
        """The stage's name in lower case, if it has one."""
        return self.stage.name

    @property
    def instructions(self) -> tuple[Instruction, ...]:
        """The instructions below FROM."""
        return self.stage.instructions

    @property
    def final(self) -> State:
        """The state after the last instruction."""
        return self.states[-1]

    @property
    def lineage(self) -> tuple[StageFacts, ...]:
        """This stage and those that it is FROM, from the base up."""
        found, facts = [self], self.parent
        while facts is not None:
            found.append(facts)
            facts = facts.parent
        return tuple(reversed(found))

    def copied(self, instruction: Instruction) -> Copied | None:
        """What a COPY or ADD of the stage brings; None for another, and where `read_copied` knows nothing."""
        return self._copied.get(instruction)

    @cached_property
    def _copied(self) -> dict[Instruction, Copied]:
        return {copied.instruction: copied for copied in self.final.copies}

    def state(self, instruction: Instruction) -> State:
        """The state before *instruction*, one of the stage's own."""
        return self.states[self.instructions.index(instruction)]

    def locate(
        self, path: PurePosixPath, state: State, run: Instruction | None = None
    ) -> PurePosixPath | None:
        """The context path of the file at image path *path*, through mounts of *run* and copies of stages."""
        facts: StageFacts | None = self
        copies = state.copies + (bind_mounts(state, run) if run is not None else ())
        while facts is not None:
            found = locate(copies, path, facts.context)
            if found is None or found[0].origin is None:
                return None if found is None else found[1]
            facts, path = facts.find(found[0].origin), found[1]
            copies = facts.final.copies if facts is not None else ()
        return None

    def find(self, origin: str) -> StageFacts | None:
        """The earlier stage that ``--from=origin`` names, by name or number."""
        return self._by_name.get(origin.lower())

    @cached_property
    def _by_name(self) -> dict[str, StageFacts]:
        """The earlier stages by name and by number; of several that are called alike the last one."""
        return {name: one for one in self.earlier for name in (str(one.index), one.name) if name is not None}

    def calls(self, *names: bytes) -> tuple[Call, ...]:
        """The commands of the stage's RUN instructions; only of those RUNs that mention one of *names*."""
        if names not in self._found:
            self._found[names] = self._search(names)
        return self._found[names]

    @cached_property
    def _found(self) -> dict[tuple[bytes, ...], tuple[Call, ...]]:
        """What `calls` found: a plan asks for the same again for every install."""
        return {}

    def calls_of(self, run: Instruction) -> tuple[Call, ...]:
        """The commands of one of the stage's RUN instructions."""
        return tuple(self._by_run.get(run, ()))

    @cached_property
    def _by_run(self) -> dict[Instruction, list[Call]]:
        found: dict[Instruction, list[Call]] = {}
        for call in self.calls():
            found.setdefault(call.instruction, []).append(call)
        return found

    def _search(self, names: tuple[bytes, ...]) -> tuple[Call, ...]:
        found: list[Call] = []
        for index, (instruction, state, text) in enumerate(self._texts):
            if not names or might_mention(text.data, names):
                if index not in self._read:
                    script = parse_shell(text.data, text.offset)
                    self._read[index] = self._calls(instruction, state, script, state.workdir)
                found += self._read[index]
        return tuple(found)

    @cached_property
    def _texts(self) -> tuple[tuple[Instruction, State, ScriptText], ...]:
        """The shell texts of the RUN instructions, and the state before each."""
        runs = (
            (instruction, state, as_run(instruction))
            for instruction, state in zip(self.instructions, self.states, strict=False)
        )
        return tuple(
            (instruction, state, text)
            for instruction, state, run in runs
            for text in (run.scripts if run is not None else ())
            if text.is_shell
        )

    @cached_property
    def _read(self) -> dict[int, list[Call]]:
        """The commands of those of these texts that were read."""
        return {}

    def _calls(
        self, instruction: Instruction, state: State, script: Script, cwd: PurePosixPath | None
    ) -> list[Call]:
        found: list[Call] = []
        plain = set(script.commands)
        inside = {command: opaque.why for opaque in script.opaque for command in opaque.commands}
        for command in script.everything:
            nested = None if command in plain else inside.get(command, "nested in another command")
            call = Call(self, instruction, script, command, state, cwd, nested)
            found += [call, *self._inner(call)]
            if command.name == "cd":
                target = _cd_target(command, state, script)
                cwd = join(cwd, target) if target and cwd and not command.guarded and not nested else None
        return found

    def _inner(self, call: Call) -> Iterator[Call]:
        """The commands of a text that a shell is given, which is no login shell."""
        name = (call.command.name or "").rpartition("/")[2]
        login = any(re.fullmatch(r"--login|-\w*l\w*", word.text or "") for word in call.command.words[1:])
        if name not in _SHELLS or login:
            return
        for script in inner_scripts(call.command):
            if script.located:
                why = f"a text that {name} is given"
                for inner in self._calls(call.instruction, call.state, script, call.cwd):
                    # A text within a text has two kinds of quotes to heed.
                    if inner.outer is None:
                        yield inner._replace(nested=why, outer=call)


def _cd_target(command: Command, state: State, script: Script) -> str | None:
    """Where a ``cd`` leads, ENV and ARG filled in; None where only the shell knows."""
    if len(command.words) != 2:
        return None
    word = command.words[1]
    if word.text is not None:
        return word.text
    assigned = {assignment.name for other in script.everything for assignment in other.assignments}
    known = {name: value for name, value in state.env.items() if name not in assigned}
    return expand(word.raw.strip('"'), known)


class Build:
    """A Dockerfile, what it is built from and who builds it. ``path`` is relative to the repository."""

    def __init__(
        self,
        path: PurePosixPath,
        dockerfile: Dockerfile,
        context: Context,
        stages: tuple[StageFacts, ...],
        services: tuple[tuple[ComposeFile, Service], ...],
    ) -> None:
        """What `read_build` makes of a Dockerfile; *services* are those of compose that it is built for."""
        self.path = path
        self.dockerfile = dockerfile
        self.context = context
        self.stages = stages
        self.services = services

    def line(self, offset: int) -> int:
        """The 1-based line of a byte offset of the Dockerfile."""
        return self.dockerfile.line(offset)

    def calls(self, *names: bytes) -> tuple[Call, ...]:
        """The commands of all stages (see `StageFacts.calls`)."""
        return tuple(call for facts in self.stages for call in facts.calls(*names))

    @cached_property
    def sources(self) -> frozenset[PurePosixPath]:
        """The files and folders of the context that a COPY or ADD of any stage takes."""
        return frozenset(
            path
            for facts in self.stages
            for copied in facts.final.copies
            if copied.origin is None
            for source in copied.sources
            for path in self.context.matches(source)
        )

    @cached_property
    def final_stages(self) -> tuple[StageFacts, ...]:
        """The stages that images are made of: the last, compose's targets, and those that nothing uses."""
        used = {facts.parent.index for facts in self.stages if facts.parent}
        for facts in self.stages:
            for instruction in facts.instructions:
                copy = as_copy(instruction)
                origins = [copy.from_ if copy else None]
                run = as_run(instruction)
                origins += [mount.options.get("from") for mount in run.mounts] if run else []
                used |= {found.index for o in origins if o and (found := facts.find(o)) is not None}
        targets = {service.build.target for _, service in self.services if service.build}
        built = {found.index for target in targets if target and (found := self.find(target)) is not None}
        return tuple(
            facts
            for facts in self.stages
            if facts is self.stages[-1] or facts.index not in used or facts.index in built
        )

    def find(self, target: str) -> StageFacts | None:
        """The stage that ``--target`` means, by name or number (BuildKit's ``HasStage``)."""
        backwards = reversed(self.stages)
        named = (facts for facts in backwards if target.lower() in (facts.name, str(facts.index)))
        return next(named, None)


def read_build(
    repo: Repo,
    path: PurePosixPath,
    folder: PurePosixPath,
    services: tuple[tuple[ComposeFile, Service], ...],
    complete: Callable[[BaseImage, PurePosixPath], BaseImage] | None = None,
) -> Build:
    """The facts of one Dockerfile, built with *folder* as its context. Never raises: unknown is unknown.

    *complete* adds to a base image of the Dockerfile at a path what the repository tells of it.
    """
    dockerfile = parse(repo[path])
    context = Context(repo, folder, read_ignorefile(repo, path, folder))
    passed = _passed(services)
    above: dict[str, str] = {}
    for instruction in dockerfile.preamble:
        for pair in as_arg(instruction) or ():
            value = passed.get(pair.key, expand(pair.value, above) if pair.value is not None else None)
            above.pop(pair.key, None)
            if value is not None:
                above[pair.key] = value
    facts: list[StageFacts] = []
    for stage in dockerfile.stages:
        base = _base(stage, tuple(facts), Arguments(above, passed))
        if complete is not None and base[0] is None and base[1] is not None:
            base = None, complete(base[1], path)
        facts.append(_stage(stage, tuple(facts), context, Arguments(above, passed), *base))
    return Build(path, dockerfile, context, tuple(facts), services)


def _base(
    stage: Stage, earlier: tuple[StageFacts, ...], arguments: Arguments
) -> tuple[StageFacts | None, BaseImage | None]:
    """The earlier stage that a stage is FROM, or None, and the image below all."""
    source = as_from(stage.from_)
    image = expand(source.image, arguments.above) if source else None
    parent = next((facts for facts in reversed(earlier) if image and facts.name == image.lower()), None)
    if image is None and source is not None and not _may_be_stage(source.image, earlier):
        image = source.image
    return parent, parent.base if parent else read_image(image) if image else None


def _stage(
    stage: Stage,
    earlier: tuple[StageFacts, ...],
    context: Context,
    arguments: Arguments,
    parent: StageFacts | None,
    base: BaseImage | None,
) -> StageFacts:
    made = base.made if base is not None else None
    user = made.user if made is not None and not is_root(made.user) else None
    state = parent.final if parent else initial(user, made.workdir if made is not None else ROOT)
    states = [state]
    for instruction in stage.instructions:
        state = after(state, instruction, context, arguments)
        states.append(state)
    return StageFacts(stage, context, parent, base, tuple(states), earlier)


def _may_be_stage(image: str, earlier: tuple[StageFacts, ...]) -> bool:
    """Whether an image with variables of unknown value may turn out to be the name of an earlier stage."""
    # Only the last text between variables can have to stand further on than at the first place.
    first, *others = map(re.escape, re.split(r"\$(?:\w+|\{[^{}]*\})", image.lower()))
    pattern = (
        first + "".join(f"(?>.*?{part})" for part in others[:-1]) + "".join(f".*{p}" for p in others[-1:])
    )
    return any(facts.name is not None and re.fullmatch(pattern, facts.name) for facts in earlier)


def _passed(services: tuple[tuple[ComposeFile, Service], ...]) -> dict[str, str | None]:
    """The build arguments on which all services agree; None for those on which they do not."""
    sections = [service.build.args for _, service in services if service.build]
    names = {name for args in sections for name in args}
    agreed: dict[str, str | None] = {}
    for name in names:
        values = {args.get(name) for args in sections}
        agreed[name] = values.pop() if len(values) == 1 else None
    return agreed

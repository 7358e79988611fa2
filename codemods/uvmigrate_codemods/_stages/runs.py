"""One RUN in two stages: what the build stage's copy of it holds, and what is left of it where it was."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from uvmigrate.codemod import Edit, NamedTuple, Span, as_run, drop, expand, insert_after, remove_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from uvmigrate.codemod import Instruction
    from uvmigrate_codemods._stages.candidates import Candidate
    from uvmigrate_codemods._stages.parting import Parting
    from uvmigrate_codemods._stages.statements import Role, Statement

MOVED = "what it is for is in the build stage now"
#: What makes a copy of a RUN, or what is left of it, worth having.
_ESSENTIAL: frozenset[Role] = frozenset(
    {"install", "packages", "removal", "update", "apart", "application", "unknown"}
)


class CannotPartError(ValueError):
    """A stage that cannot be parted: where (a byte offset), the refusal's code, reason and advice."""

    def __init__(self, at: int, code: str, because: str, instead: str) -> None:
        super().__init__(because)
        self.at, self.code, self.because, self.instead = at, code, because, instead


class RunParts(NamedTuple):
    """What becomes of one RUN.

    ``build`` are the edits that make the build stage's copy, None where it gets none; ``runtime`` those in
    place, None where nothing of it stays. ``moved`` are the statements that only the build stage has then,
    ``staying`` the texts of those that the runtime stage has.
    """

    build: tuple[Edit, ...] | None
    runtime: tuple[Edit, ...] | None
    moved: tuple[Span, ...]
    staying: tuple[str, ...]


class Runs:
    """The RUN instructions of a stage, each parted in two."""

    def __init__(
        self,
        candidate: Candidate,
        every: Sequence[Statement],
        until: int,
        partings: Mapping[int, Parting],
        repeated: Collection[int],
    ) -> None:
        """*every* statement of the stage; *until* is the offset of the last install. *partings* are by the
        offset of the command, *repeated* the offsets of statements that are no part of the install and that
        the build stage has to run."""
        self.every = every
        self.until = until
        self.candidate = candidate
        self.data = candidate.build.dockerfile.data
        self.partings = partings
        self.repeated = repeated
        self.left = frozenset(name for parting in partings.values() for name in parting.left)

    def part(self, run: Instruction, statements: Sequence[Statement]) -> RunParts:
        """The parts of one RUN. Raises CannotPartError where a statement cannot be taken out of it."""
        build, runtime = self._sides(statements)
        moved = tuple(s.span for s in statements if s in build and s not in runtime)
        copy = self._copy(statements, build) if build else None
        staying = tuple(self._text(s).decode(errors="replace") for s in runtime)
        return RunParts(
            copy, self._rest(run, statements, build, runtime) if runtime else None, moved, staying
        )

    def _sides(self, statements: Sequence[Statement]) -> tuple[list[Statement], list[Statement]]:
        """The statements that each stage gets: none where a stage needs nothing of the RUN."""
        first = [s for s in statements if s.span.start <= self.until or s.span.start in self.repeated]
        build = [s for s in first if self._in_build(s, statements)]
        runtime = [s for s in statements if self._in_runtime(s, statements)]
        build, runtime = (side if {s.role for s in side} & _ESSENTIAL else [] for side in (build, runtime))
        return build, [s for s in runtime if not self._is_unread(s, runtime, statements)]

    def _is_unread(
        self, statement: Statement, others: Sequence[Statement], statements: Sequence[Statement]
    ) -> bool:
        """Whether a statement only gives values to variables that nothing else of the RUN reads there."""
        command = statement.command
        parted = self.left or any(other.role == "install" for other in statements)
        if not parted or command is None or command.redirects or not statement.can_go:
            return False
        exported = [word.raw.partition("=")[0] for word in command.words[1:]]
        uvs = command.name == "export" and all(name.startswith("UV_") for name in exported)
        if command.words and (self.candidate.keeps_uv or not uvs):
            return False
        given = exported or [assignment.name for assignment in command.assignments]
        names = "|".join(re.escape(name) for name in given)
        read = re.compile(rf"\$\{{?({names})\b".encode())
        return not any(read.search(self._text(other)) for other in others if other is not statement)

    def _text(self, statement: Statement) -> bytes:
        """A statement as the runtime stage has it, without the words that go or are replaced."""
        packages = statement.packages
        if packages is None:
            return statement.span.of(self.data)
        gone = set(self.partings[statement.span.start].runtime) if statement.role == "packages" else set()
        gone |= {
            i for i, names in packages.names if statement.role == "removal" and not self._is_there(names)
        }
        words = (word.raw for index, word in enumerate(packages.command.words) if index not in gone)
        return " ".join(words).encode(errors="surrogateescape")

    def _in_build(self, statement: Statement, statements: Sequence[Statement]) -> bool:
        near = [self.partings[s.span.start] for s in statements if s.role == "packages"]
        match statement.role:
            case "install" | "state" | "unknown":
                return True
            case "apart":
                return statement.span.start in self.repeated
            case "packages":
                return bool(self.partings[statement.span.start].build)
            case "update":
                served = (s for s in self._served(statement) if s.span.start <= self.until)
                return any(s.role == "unknown" or self._is_built(s) for s in served)
            case "tidy":
                return any(parting.build for parting in near)
            case _:
                return False

    def _in_runtime(self, statement: Statement, statements: Sequence[Statement]) -> bool:
        near = [self.partings[s.span.start] for s in statements if s.role == "packages"]
        role = statement.role
        if role == "update" and statement.can_go and self.left:
            return any(self._is_asked(s) for s in self._served(statement))
        if role == "tidy" and statement.can_go and not any(s.role == "unknown" for s in statements):
            removes = any(s.role == "removal" and self._removes(s, statements) for s in statements)
            # What stood beside it is gone: an install, or all packages.
            lost = any(s.role == "install" for s in statements) or any(p.left for p in near)
            return any(parting.keeps for parting in near) or removes or not lost
        if role == "packages":
            return self.partings[statement.span.start].keeps
        return role != "install" and (role != "removal" or self._removes(statement, statements))

    def _served(self, update: Statement) -> Sequence[Statement]:
        """The statements that may use the lists that an update has fetched: up to the next update."""
        later = [s for s in self.every if s.span.start > update.span.start]
        after = next((index for index, s in enumerate(later) if s.role == "update"), len(later))
        return later[:after]

    def _is_built(self, statement: Statement) -> bool:
        return statement.role == "packages" and bool(self.partings[statement.span.start].build)

    def _is_asked(self, statement: Statement) -> bool:
        """Whether a statement that stays in the runtime stage may ask for packages."""
        if statement.role == "packages":
            return self.partings[statement.span.start].keeps
        upgrades = statement.packages is not None and statement.packages.verb == "upgrade"
        return (
            statement.role == "unknown"
            or upgrades
            or (statement.role == "removal" and self._removes(statement, [statement]))
        )

    def _removes(self, removal: Statement, statements: Sequence[Statement]) -> bool:
        """Whether a removal still has something to remove."""
        packages = removal.packages
        if packages is None or packages.verb == "autoremove":
            others = [s for s in statements if s.packages and s.packages.verb == "remove"]
            return not self.left or any(self._removes(other, statements) for other in others)
        return any(self._is_there(names) for _, names in packages.names)

    def _is_there(self, names: tuple[str, ...]) -> bool:
        """Whether any of the packages that a word names is still in the runtime stage."""
        groups = [parting for parting in self.partings.values() if parting.group in names]
        return (
            any(group.holds for group in groups) if groups else not names or not self.left.issuperset(names)
        )

    def _copy(self, statements: Sequence[Statement], build: Sequence[Statement]) -> tuple[Edit, ...]:
        gone = [statement for statement in statements if statement not in build]
        edits = self._dropped(gone, gone)
        for statement in build:
            if statement.role == "packages" and statement.packages is not None:
                keeps = self.partings[statement.span.start].build
                unneeded = [index for index, _ in statement.packages.names if index not in keeps]
                edits += remove_words(statement.packages.command, unneeded, self.data)
        return tuple(edits)

    def _rest(
        self,
        run: Instruction,
        statements: Sequence[Statement],
        build: Sequence[Statement],
        runtime: Sequence[Statement],
    ) -> tuple[Edit, ...]:
        gone = [statement for statement in statements if statement not in runtime]
        edits = self._dropped(gone, [statement for statement in gone if statement in build])
        for statement in runtime:
            if statement.role == "packages":
                edits += self._packages(statement)
            elif statement.role == "removal" and statement.packages is not None:
                words = statement.packages.names
                left = [index for index, names in words if not self._is_there(names)]
                edits += remove_words(statement.packages.command, left, self.data)
        if any(statement.role == "install" for statement in gone):
            edits += self._mounts(run, b"\n".join(map(self._text, runtime)))
        return _merged(edits)

    def _dropped(self, gone: Sequence[Statement], commented: Sequence[Statement]) -> list[Edit]:
        """Without *gone*, and without the comments on top of *commented*."""
        scripts: dict[int, list[Statement]] = defaultdict(list)
        for statement in gone:
            if not statement.can_go:
                raise _tied(statement)
            scripts[statement.script.span.start].append(statement)
        edits: list[Edit] = []
        for some in scripts.values():
            if len(some) == len(some[0].script.statements):
                # One of several heredocs would be left empty.
                raise _tied(some[0])
            commands = [statement.command for statement in some if statement.command is not None]
            explained = [s.command for s in commented if s in some and s.command is not None]
            edits += drop(some[0].script, commands, MOVED, self.data, commented=explained)
        return edits

    def _packages(self, statement: Statement) -> list[Edit]:
        packages, parting = statement.packages, self.partings[statement.span.start]
        if packages is None or not parting.left:
            return []
        words, edits = packages.command.words, list[Edit]()
        for index, names in parting.runtime.items():
            if names:
                gap = self.data[words[index - 1].span.end : words[index].span.start]
                joiner = gap if b"\n" in gap and b"#" not in gap else b" "
                new = joiner.join(name.encode() for name in names)
                edits.append(Edit(words[index].span, new))
        gone = [index for index, names in parting.runtime.items() if not names]
        if parting.group is not None and parting.brought:
            if parting.holds:
                text = f"apk add --no-cache {' '.join(parting.brought)}"
                edits.append(insert_after(statement.script, packages.command, text, self.data))
            else:
                gone += packages.group_words
        return edits + list(remove_words(packages.command, gone, self.data))

    def _mounts(self, run: Instruction, rest: bytes) -> Iterable[Edit]:
        """Deletions of the mounts that only uv made use of: its cache, and what it installs from."""
        view, state = as_run(run), self.candidate.stage.state(run)
        starts = [*(flag.span.start for flag in run.flags[1:]), run.args_span.start]
        for mount in view.mounts if view else ():
            target = expand(mount.target or "", state.env)
            place = state.absolute(target) if target else None
            cache = mount.type == "cache" and "uv" in f"{mount.target} {mount.id}"
            named = place is not None and place.name.encode(errors="surrogateescape") in rest
            if cache or (mount.type == "bind" and place in self.candidate.mounted and not named):
                end = starts[run.flags.index(mount.flag)]
                yield Edit.delete(Span(mount.flag.span.start, end), MOVED)


def _tied(statement: Statement) -> CannotPartError:
    because = (
        "a command that the build stage does not need cannot be left out of this RUN, or the other way round"
    )
    instead = "give it a RUN of its own"
    return CannotPartError(statement.span.start, "opaque-shell", because, instead)


def _merged(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """The edits, with deletions that share blanks made one."""
    result: list[Edit] = []
    for edit in sorted(edits, key=lambda edit: edit.span):
        last = result[-1] if result else None
        if last is not None and not last.new and not edit.new and edit.span.start < last.span.end:
            result[-1] = Edit.delete(Span(last.span.start, max(last.span.end, edit.span.end)), MOVED)
        else:
            result.append(edit)
    return tuple(result)

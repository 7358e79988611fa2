"""The edits that part a stage: the build stage above it, and in it a COPY where the install was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    Command,
    Edit,
    NamedTuple,
    Relocation,
    Span,
    apply_edits,
    as_copy,
    as_from,
    delete_instruction,
    edit_pairs,
    insertion_point,
    lazy_pattern,
    new_lines,
)
from uvmigrate_codemods._stages.copies import brings_uv, side_of_copy
from uvmigrate_codemods._stages.names import as_clause
from uvmigrate_codemods._stages.runs import MOVED
from uvmigrate_codemods._stages.settings import names_root, part_variables
from uvmigrate_codemods._stages.statements import makes_folder, scripts_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from uvmigrate.codemod import Instruction, Pair
    from uvmigrate_codemods._stages.candidates import Candidate
    from uvmigrate_codemods._stages.needs import Needs
    from uvmigrate_codemods._stages.runs import RunParts

_REFERENCE = lazy_pattern(rb"\$\{?(\w+)", words=(b"$",))


class _Piece(NamedTuple):
    """Text of the build stage; ``moved_from`` is the span that it carries on, if that leaves its place."""

    text: bytes
    moved_from: Span | None = None


class _Entry(NamedTuple):
    """What the build stage gets of one instruction, and what happens to that where it stands.

    With ``leaves`` it goes from there as a whole; else ``edits`` change it.
    """

    instruction: Instruction
    pieces: tuple[_Piece, ...]
    leaves: bool = False
    edits: tuple[Edit, ...] = ()


class Assembly:
    """The build stage of one candidate, put together from what *needs* says."""

    def __init__(
        self, candidate: Candidate, needs: Needs, name: str, renumbered: Sequence[Edit] = ()
    ) -> None:
        """*name* is that of the new stage; *renumbered* puts names in place of numbers of stages."""
        self.renumbered = renumbered
        self.candidate = candidate
        self.needs = needs
        self.name = name
        self.dockerfile = candidate.build.dockerfile
        self.data = self.dockerfile.data
        self.entries = _pruned([*self._entries()])

    @property
    def drops_uv(self) -> bool:
        """Whether uv leaves the stage with its install."""
        copies = [as_copy(entry.instruction) for entry in self.entries if entry.leaves]
        copied = any(copy is not None and brings_uv(self.candidate, copy) for copy in copies)
        return copied or (self.needs.brings_uv and not self.candidate.keeps_uv)

    def edits(self) -> tuple[Edit, ...]:
        """All edits of the stage."""
        leaving = [entry.instruction for entry in self.entries if entry.leaves and entry.pieces]
        gone = [entry.instruction for entry in self.entries if entry.leaves and not entry.pieces]
        place = self._place([*leaving, *gone])
        owner = f" --chown={self.candidate.owner}" if self.candidate.owner else ""
        venv = self.candidate.venv
        line = new_lines(self.dockerfile, f"COPY --from={self.name}{owner} {venv} {venv}")
        if place in leaving and self._ends_the_file(place):
            line = line.removesuffix(self.dockerfile.newline)
        at = insertion_point(self.dockerfile, place)
        return (
            *self._stage(),
            Edit.insert(at, line),
            *(self._deletion(instruction, leaving, at) for instruction in leaving),
            *(e for instruction in gone for e in delete_instruction(self.dockerfile, instruction, MOVED)),
            *(edit for entry in self.entries for edit in entry.edits),
        )

    @property
    def left(self) -> tuple[Span, ...]:
        """The spans of the instructions that leave the stage."""
        return tuple(entry.instruction.span for entry in self.entries if entry.leaves)

    def _place(self, leaving: list[Instruction]) -> Instruction:
        """The RUN where the environment comes in: the last of the install, unless one that stays stands
        between the first and that, and may use it."""
        first, last = self.candidate.first, self.candidate.last
        between = [
            instruction
            for instruction in self.candidate.stage.instructions
            if first.span.start <= instruction.span.start < last.span.start
        ]
        uses = any(item.keyword == "RUN" and item not in leaving for item in between)
        return first if uses else last

    def _entries(self) -> Iterator[_Entry]:
        """An entry for each instruction down to the last install, if it has something to do with that."""
        last = self.candidate.last.span.start
        others = [i for i in self.candidate.stage.instructions if i.span.start <= last or i.keyword == "RUN"]
        entries = {
            item.span.start: self._entry(item) for item in others if item.keyword not in ("ENV", "ARG")
        }
        texts = [piece.text for entry in entries.values() if entry for piece in entry.pieces]
        variables = [item for item in others if item.keyword in ("ENV", "ARG")]
        named: set[bytes] = set()
        for item in reversed(variables):
            named |= {name for text in texts for name in _REFERENCE.findall(text)}
            entries[item.span.start] = self._variables(item, named)
            entry = entries[item.span.start]
            texts = [piece.text for piece in entry.pieces] if entry else []
        yield from (entry for _, entry in sorted(entries.items()) if entry is not None)

    def _entry(self, instruction: Instruction) -> _Entry | None:
        match instruction.keyword:
            case "RUN" if self._makes_folder(instruction):
                return _Entry(instruction, (), leaves=True)
            case "RUN":
                return self._run(instruction, self.needs.runs.get(instruction.span.start))
            case "COPY" | "ADD":
                side = side_of_copy(self.candidate, instruction, self.needs.reads)
                if side == "runtime":
                    return None
                return self._moved(instruction) if side == "build" else self._repeated(instruction)
            case "WORKDIR" | "SHELL":
                return self._repeated(instruction)
            case "USER":
                return self._repeated(instruction) if names_root(self.candidate, instruction) else None
            case _:
                return None

    def _makes_folder(self, run: Instruction) -> bool:
        """Whether a RUN only makes the folder that the COPY of the environment makes as well."""
        statements = [found for script in scripts_of(run) for found in script.statements]
        return bool(statements) and all(
            isinstance(found, Command) and makes_folder(self.candidate, found) for found in statements
        )

    def _run(self, run: Instruction, parts: RunParts | None) -> _Entry | None:
        if parts is None:
            # A RUN without a shell's text is not understood.
            return self._repeated(run) if run.span.start < self.candidate.last.span.start else None
        if parts.build is None and parts.runtime is None:
            return _Entry(run, (), leaves=True)
        if parts.build is None:
            return _Entry(run, (), edits=parts.runtime or ())
        start = insertion_point(self.dockerfile, run)
        edits = (*parts.build, *self._inside(run))
        edited = apply_edits(self.data, edits)
        end = run.span.end + len(edited) - len(self.data)
        if parts.runtime is None:
            return _Entry(run, (_Piece(self._ended(edited[start:end]), run.span),), leaves=True)
        pieces, at = list[_Piece](), start
        relocation = Relocation(edits)
        for span in parts.moved:
            arrived = relocation.of(span)
            if arrived is not None:
                pieces += [_Piece(edited[at : arrived.start]), _Piece(arrived.of(edited), span)]
                at = arrived.end
        return _Entry(run, (*pieces, _Piece(self._ended(edited[at:end]))), edits=parts.runtime)

    def _moved(self, instruction: Instruction) -> _Entry:
        """An instruction that only the build stage needs, with the comments on top of it."""
        text = self._copied(instruction, insertion_point(self.dockerfile, instruction))
        return _Entry(instruction, (_Piece(text, instruction.span),), leaves=True)

    def _repeated(self, instruction: Instruction) -> _Entry:
        """An instruction that both stages need. Its comments stay."""
        return _Entry(instruction, (_Piece(self._copied(instruction, instruction.span.start)),))

    def _copied(self, instruction: Instruction, start: int) -> bytes:
        """The text from byte *start* to the end of an instruction, without owners: root installs."""
        flags = [flag for flag in instruction.flags if flag.name == "chown"]
        ends = [*(flag.span.start for flag in instruction.flags[1:]), instruction.args_span.start]
        gone = [Edit.delete(Span(f.span.start, ends[instruction.flags.index(f)]), MOVED) for f in flags]
        edited = apply_edits(self.data, (*gone, *self._inside(instruction)))
        return self._ended(edited[start : instruction.span.end + len(edited) - len(self.data)])

    def _inside(self, instruction: Instruction) -> list[Edit]:
        """Numbers of stages inside an instruction, which are names in a copy of it, too."""
        return [edit for edit in self.renumbered if instruction.span.contains(edit.span)]

    def _variables(self, instruction: Instruction, named: set[bytes]) -> _Entry | None:
        found = part_variables(self.candidate, instruction, self.needs)
        needed = [pair for pair in found.all if pair in found.needed or pair.key.encode() in named]
        if found.leaving and len(found.leaving) == len(found.all):
            return self._moved(instruction)
        edits: tuple[Edit, ...] = ()
        if found.leaving:
            edits = edit_pairs(
                self.dockerfile, instruction, remove={p.key for p in found.leaving}, because=MOVED
            )
        if len(needed) == len(found.all):
            return self._repeated(instruction)._replace(edits=edits)
        if not needed:
            return None
        return _Entry(instruction, (_Piece(self._pairs(instruction, needed)),), edits=edits)

    def _pairs(self, instruction: Instruction, needed: list[Pair]) -> bytes:
        texts = [pair.span.of(self.data).decode(errors="surrogateescape") for pair in needed]
        return new_lines(self.dockerfile, f"{instruction.keyword} " + " \\\n    ".join(texts))

    def _stage(self) -> Iterator[Edit]:
        """The build stage: insertions at one place, in order."""
        stage = self.candidate.stage
        source, from_ = as_from(stage.stage.from_), stage.stage.from_
        if source is None:
            raise ValueError("the FROM of a stage can be read")
        newline = self.dockerfile.newline
        # What stands on top of the file is about all of it.
        at = from_.span.start if stage.index == 0 else insertion_point(self.dockerfile, from_)
        head = self.data[from_.text_span.start : source.image_span.end]
        yield Edit.insert(at, head + as_clause(stage, self.candidate.build, self.name) + newline)
        for entry in self.entries:
            if not entry.pieces:
                continue
            if self._blank_above(insertion_point(self.dockerfile, entry.instruction)):
                yield Edit.insert(at, newline)
            for piece in entry.pieces:
                yield Edit.insert(at, piece.text, moved_from=piece.moved_from)
        yield Edit.insert(at, newline)

    def _deletion(self, instruction: Instruction, leaving: list[Instruction], filled: int) -> Edit:
        """The deletion of an instruction, and of one of the blank lines around a group that goes."""
        start, end = insertion_point(self.dockerfile, instruction), instruction.span.end
        group = start
        while above := [item for item in leaving if item.span.end == group]:
            group = insertion_point(self.dockerfile, above[0])
        last = not any(insertion_point(self.dockerfile, item) == end for item in leaving)
        blank = self.data[end:].startswith((b"\n", b"\r\n")) or end == len(self.data)
        if last and not group <= filled < end and self._blank_above(group) and blank:
            end = min(end + len(self.dockerfile.newline), len(self.data))
        return Edit.delete(Span(start, end), MOVED)

    def _blank_above(self, at: int) -> bool:
        return self.data[:at].endswith((b"\n\n", b"\n\r\n"))

    def _ended(self, text: bytes) -> bytes:
        return text if text.endswith(b"\n") else text + self.dockerfile.newline

    def _ends_the_file(self, instruction: Instruction) -> bool:
        return instruction.span.end == len(self.data) and not self.data.endswith(b"\n")


def _pruned(entries: list[_Entry]) -> list[_Entry]:
    """Without folders that nothing is done in, and without a shell that runs nothing."""
    kept: list[_Entry] = []
    below: set[str] = set()
    for entry in reversed(entries):
        keyword = entry.instruction.keyword
        words = entry.instruction.words
        idle = (keyword == "WORKDIR" and "WORKDIR" in below) or (keyword == "SHELL" and "RUN" not in below)
        if idle and not entry.leaves and not entry.edits:
            continue
        kept.append(entry)
        if keyword == "WORKDIR" and words and words[0].text.startswith("/"):
            below.add("WORKDIR")
        elif keyword in ("RUN", "COPY", "ADD", "WORKDIR"):
            below -= {"WORKDIR"}
            below |= {"RUN"} & {keyword}
    return kept[::-1]

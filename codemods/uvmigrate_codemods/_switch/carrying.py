"""Packages that one stage installs and another takes: one COPY of the environment brings them all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    Edit,
    Refusal,
    Span,
    as_copy,
    as_env,
    as_run,
    below,
    carried,
    insertion_point,
    installs,
    interpreter_of,
    lazy_pattern,
    made_venvs,
    new_lines,
    programs,
    taken_wheels,
)
from uvmigrate_codemods._switch.environment import path_pairs

if TYPE_CHECKING:
    from uvmigrate.codemod import Carried, Programs
    from uvmigrate_codemods._switch.draft import Draft

_USER_BIN = lazy_pattern(rb"(/root|/home/[^/:\s\"']+|~|\$\{?HOME\}?)/\.local/bin")
_DISTROLESS = lazy_pattern(r"gcr\.io/distroless/python3-debian(?P<release>\d+)")
_DEBIAN = {"11": "bullseye", "12": "bookworm", "13": "trixie"}
_WHOLE = frozenset({"/usr/local", "/usr/local/"})


def switch_copies(draft: Draft) -> Refusal | None:
    """Each COPY of packages becomes one of the environment, or goes where another has brought it."""
    found, venvs = installs(draft.build), made_venvs(draft.build)
    known = programs(draft.build, found)
    parts = carried(draft.build, found, venvs)
    _drop_removals(draft, [part for part in parts if part.kind == "prefix"])
    brought: set[tuple[int, int]] = set()
    for part in parts:
        mine = [_is_moved(source, known) for source in part.copied.sources]
        if not any(mine):
            if b"*" in known.brought and part.kind == "system":
                line = draft.build.line(part.copied.instruction.span.start)
                because = f"whether {part.copied.sources[0]} came from pip is not certain"
                return Refusal(draft.build.path, line, "unknown-script", because, "call it by its name alone")
            continue
        refusal = _unfit(draft, part, known)
        if refusal is not None:
            return refusal
        again = any((stage.index, part.origin.index) in brought for stage in part.stage.lineage)
        if part.kind != "venv":
            _switch(draft, part, again=again, keeps=_brings_more(draft, part))
        brought.add((part.stage.index, part.origin.index))
    return None


def _is_moved(source: str, known: Programs) -> bool:
    """Whether a source is something that pip put there; only single programs may come from elsewhere."""
    folder, _, name = source.rpartition("/")
    single = folder == "/usr/local/bin" and name != ""
    return (
        not single
        or next(known.find(source.encode(errors="surrogateescape")), None) is not None
        or name in ("pip", "pip3")
    )


def _switch(draft: Draft, part: Carried, *, again: bool, keeps: bool) -> None:
    instruction, venv = part.copied.instruction, draft.target.venv
    copy = as_copy(instruction)
    if instruction.keyword == "RUN":
        if not again:
            lines = [f"COPY --from={part.copied.origin} {venv} {venv}", *_path_line(draft, part)]
            at = insertion_point(draft.build.dockerfile, instruction)
            draft.add(Edit.insert(at, new_lines(draft.build.dockerfile, *lines)))
        return
    if copy is None:
        raise ValueError("carried parts are COPY instructions that could be read")
    if again:
        if not keeps:
            draft.delete(instruction, "the environment above holds what this COPY carried")
        return
    path = _path_line(draft, part)
    if keeps or instruction.exec_form is not None:
        flags = "".join(f" {flag.span.of(draft.data).decode()}" for flag in instruction.flags)
        if not keeps:
            draft.delete(instruction, "the environment holds what this COPY carried")
        lines = [f"COPY{flags} {venv} {venv}", *path]
        draft.add(Edit.insert(*below(draft.build.dockerfile, instruction, *lines)))
        return
    draft.add(
        Edit(copy.sources[0].span, venv.encode(errors="surrogateescape")),
        Edit(copy.dest.span, venv.encode(errors="surrogateescape")),
    )
    for index, word in enumerate(copy.sources[1:], start=1):
        after = (*copy.sources, copy.dest)[index + 1]
        draft.add(Edit(Span(word.span.start, after.span.start), b""))
    if path:
        draft.add(Edit.insert(*below(draft.build.dockerfile, instruction, *path)))


def _drop_removals(draft: Draft, parts: list[Carried]) -> None:
    """``rm -rf /wheels`` where no wheels are made or copied any more."""
    taken = taken_wheels(draft.build, installs(draft.build))
    for call in draft.build.calls(b"rm"):
        operands = [text for text in call.command.argv[1:] if text is None or not text.startswith("-")]
        places = [part.copied.dest for part in parts if part.stage in call.stage.lineage]
        places += [one.folder for one in taken if one.install.stage in call.stage.lineage]
        gone = [text is not None and call.state.absolute(text.rstrip("*")) in places for text in operands]
        tied = call.nested or call.command.guarded or call.command.piped
        if call.command.name == "rm" and gone and all(gone) and not tied:
            draft.drop(call, "what it removed is not there any more")


def _path_line(draft: Draft, part: Carried) -> list[str]:
    """An ENV for PATH in the stage that receives the environment, unless an ENV there can be mended."""
    venv = draft.target.venv
    if f"{venv}/bin" in part.stage.final.path:
        return []
    for facts in part.stage.lineage:
        for instruction in facts.instructions:
            for pair in as_env(instruction) or ():
                user = _USER_BIN.search(pair.value_span.of(draft.data)) if pair.value_span else None
                if pair.key == "PATH" and user and pair.value_span:
                    start = pair.value_span.start
                    span = Span(start + user.start(), start + user.end())
                    draft.on_path.add((facts.index, instruction.span.start))
                    if not draft.touched(span):
                        draft.add(Edit(span, f"{venv}/bin".encode(errors="surrogateescape")))
                    return []
    draft.on_path.add((part.stage.index, part.copied.instruction.span.start))
    return [f"ENV {path_pairs(draft)}"]


def _brings_more(draft: Draft, part: Carried) -> bool:
    """Whether /usr/local, or its bin, holds more in the origin than what pip put there."""
    if part.kind != "system":
        return False
    if set(part.copied.sources) & _WHOLE:
        return True
    if not any(source.rstrip("/") == "/usr/local/bin" for source in part.copied.sources):
        return False
    skipped = {install.call.instruction.span.start for install in installs(draft.build)}
    return any(
        b"/usr/local" in instruction.text_span.of(draft.data) and instruction.span.start not in skipped
        for facts in part.origin.lineage
        for instruction in facts.instructions
        if as_run(instruction) or instruction.keyword in ("COPY", "ADD")
    )


def _unfit(draft: Draft, part: Carried, known: Programs) -> Refusal | None:
    """Why an environment cannot be carried between the two stages, or None."""

    def refusal(code: str, because: str, instead: str) -> Refusal:
        line = draft.build.line(part.copied.instruction.span.start)
        return Refusal(draft.build.path, line, code, because, instead)

    if not _same_python(part):
        because = "the two stages have different bases, and an environment needs the Python it was made with"
        return refusal("other-interpreter", because, "use one base image for both stages")
    if part.kind == "venv" and str(part.copied.dest) not in (draft.target.venv, *part.copied.sources):
        because = "the environment is copied to another path, where its scripts would not start"
        return refusal("venv-moved", because, "copy it to the path it was made at")
    foreign = next((source for source in part.copied.sources if not _is_moved(source, known)), None)
    if foreign is not None:
        because = f"{foreign} did not come from pip, and is copied together with what did"
        return refusal("unknown-script", because, "copy it in an instruction of its own")
    return None


def _same_python(part: Carried) -> bool:
    ours, theirs = part.stage.base, part.origin.base
    if ours is None or theirs is None:
        return False
    if ours.reference == theirs.reference:
        return True
    official = ours.kind == theirs.kind == "python"
    distroless = _DISTROLESS.fullmatch(ours.name.lower())
    if distroless is not None and theirs.kind == "distribution":
        # Both have Debian's own Python as /usr/bin/python3.
        tags = f"{distroless['release']} {_DEBIAN.get(distroless['release'], '')}".split()
        debian = theirs.name.lower().rpartition("/")[2] == "debian"
        own = interpreter_of(part.origin).version is not None
        return debian and own and bool({*tags} & {*re.split(r"[-_.]", (theirs.tag or "").lower())})
    return official and ours.python == theirs.python and ours.alpine == theirs.alpine

"""Which RUNs have uv to be shown to them, and what they do that a mounted file does not allow."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    ROOT,
    as_arg,
    as_copy,
    as_env,
    as_run,
    find_uv,
    join,
    lazy_pattern,
    read_uv,
    unwrap,
    uv_calls,
)
from uvmigrate_codemods._stages.keeping import hands_on_to_uv
from uvmigrate_codemods._uv_mount.brought import PROGRAMS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from uvmigrate.codemod import Build, Call, Instruction, StageFacts

#: uv or uvx as a word of its own, by its bare name or by a path, wherever it stands in a text.
_NAMED = lazy_pattern(rb"(?<![\w./@])(?:[\w./~${}-]*bin/)?(?P<name>uvx?)(?![\w./:@=-])")
_PLACE = lazy_pattern(r".*\bbin/uvx?\*?")
#: Commands that only look where uv is.
_ASKING = frozenset({"which", "command", "type", "test", "[", "ls"})
#: Commands that reach what lies in the folders that they name.
_REACHING = frozenset({"rm", "chmod", "chown", "chgrp"})
#: What brings uv into a stage: its image or installer, another stage, a package manager, a mount.
_BRINGING = lazy_pattern(rb"astral|(?m:^[ \t]*COPY\b.*/uv\b)|\binstall\b[^\n]*\suv\b|target=[^\s,]*bin/uv\b")
#: Runners that read nothing but package.json.
_SCRIPTS_OF_NODE = frozenset({"npm", "npx", "yarn"})


def runs_with_uv(build: Build, stage: StageFacts) -> Iterator[tuple[Instruction, frozenset[str]]]:
    """The RUN instructions of a stage that call uv or uvx, or may, with the names of those programs."""
    calls: dict[int, list[Call]] = defaultdict(list)
    for call in stage.calls():
        calls[call.instruction.span.start].append(call)
    for run in (instruction for instruction in stage.instructions if instruction.keyword == "RUN"):
        # A file that calls one may call the other.
        handed = any(_by_a_file(build, call) for call in calls[run.span.start])
        names = PROGRAMS if handed else named(build, run)
        if names:
            yield run, names


def _by_a_file(build: Build, call: Call) -> bool:
    """Whether a command that is none of uv names a file of the context that does, or starts what one says."""
    if find_uv(call.command) is not None:
        return False
    context = build.context
    if (unwrap(call.command).name or "") in _SCRIPTS_OF_NODE:
        manifests = context.repo.named("package.json")
        return any(_NAMED.search(context.repo.get(path, b"")) for path in manifests)
    paths = (call.locate(word.text) for word in call.command.words if word.text)
    files = (context.repo.get(context.folder / path, b"") for path in paths if path is not None)
    return any(map(_NAMED.search, files)) or hands_on_to_uv(build, call.stage, call.command)


def named(build: Build, instruction: Instruction) -> frozenset[str]:
    """The names of the programs, of uv and uvx, that the text of an instruction names."""
    data = build.dockerfile.data
    spans = (instruction.args_span, *(heredoc.body for heredoc in instruction.heredocs))
    texts = (re.sub(rb"(?m)^[ \t]*#.*", b"", span.of(data)) for span in spans)
    return frozenset(match["name"].decode() for text in texts for match in _NAMED.finditer(text))


def problem(call: Call, places: Collection[PurePosixPath]) -> str:
    """What a command does with uv's file but to run it; empty for nothing."""
    command = unwrap(call.command)
    uv, program = read_uv(command), (command.name or "").rpartition("/")[2]
    if uv is not None or program in PROGRAMS:
        return "uv self update changes the file" if uv is not None and uv.verb == "self update" else ""
    for text in (word.text for word in command.words[1:] if word.text and program not in _ASKING):
        folder = join(call.cwd, text.partition("*")[0] or ".") if call.cwd is not None else None
        reached = folder is not None and any(place.is_relative_to(folder) for place in places)
        if _PLACE.fullmatch(text) or (reached and program in _REACHING):
            return f"{program} does something with {text}"
    return ""


def by_all_names(places: Collection[PurePosixPath]) -> frozenset[PurePosixPath]:
    """The places under the names that they have where /bin is a link to /usr/bin, as on Debian."""
    linked = {PurePosixPath("/usr/bin") / place.name for place in places if place.parent.name == "bin"}
    return frozenset({*places, *linked, *(PurePosixPath("/bin") / place.name for place in linked)})


def names_place(stage: StageFacts) -> bool:
    """Whether a variable or SHELL names uv, so that more than is seen may call it."""
    for facts in stage.lineage:
        for instruction in facts.instructions:
            pairs = as_env(instruction) or as_arg(instruction) or ()
            if any(pair.value in PROGRAMS or _PLACE.fullmatch(pair.value or "") for pair in pairs):
                return True
            if instruction.keyword == "SHELL" and re.search(r"\buvx?\b", instruction.arguments):
                return True
    return False


def leans_on_its_base(build: Build) -> bool:
    """Whether a RUN calls uv that only an image that somebody built can have brought."""
    for call, _ in uv_calls(build):
        base = call.stage.base
        if base is None or base.kind != "unknown" or "astral" in base.reference:
            continue
        own = [item for facts in call.stage.lineage for item in facts.instructions]
        if not any(_BRINGING.search(item.span.of(build.dockerfile.data)) for item in own):
            return True
    return False


def takers(build: Build, family: Collection[int], places: Collection[PurePosixPath]) -> Iterator[Instruction]:
    """The instructions by which stages take uv's files from those of a family."""
    for stage in build.stages:
        for instruction in stage.instructions:
            copy, run = as_copy(instruction), as_run(instruction)
            taken = [(copy.from_, word.text) for word in copy.sources] if copy is not None else []
            taken += [(m.options.get("from"), m.source or "/") for m in run.mounts] if run is not None else []
            for origin, text in taken:
                other = stage.find(origin) if origin else None
                path = join(ROOT, text.partition("*")[0].lstrip("/") or ".")
                if (
                    other is not None
                    and other.index in family
                    and any(p.is_relative_to(path) for p in places)
                ):
                    yield instruction

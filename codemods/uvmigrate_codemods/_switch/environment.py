"""The environment: uv and its settings above the first install, PATH below it, and its way between stages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    Edit,
    Refusal,
    as_copy,
    as_env,
    as_run,
    below,
    carried,
    consumes_wheels,
    insertion_point,
    install_variables,
    installs,
    made_venvs,
    new_lines,
    remove_words,
    replace_words,
)

if TYPE_CHECKING:
    from uvmigrate.codemod import Carried, Install, Instruction, MadeVenv, StageFacts
    from uvmigrate_codemods._switch.draft import Draft

_USER_BIN = re.compile(rb"(/root|/home/[^/:\s\"']+|~|\$\{?HOME\}?)/\.local/bin")


def switch_venvs(draft: Draft) -> None:
    """``python -m venv``: uv makes the environment, so the command goes or becomes ``uv venv``."""
    for venv in made_venvs(draft.build):
        call = venv.call
        synced = call.stage.lineage[0].index not in draft.target.pip_stages
        if synced and not venv.system_site_packages:
            if call.nested is None and not call.command.guarded and not call.command.piped:
                draft.drop(call, "uv sync makes the environment")
            _drop_activations(draft, venv)
        else:
            start = _program_words(venv)
            draft.add(replace_words(call.command, 0, start, "uv venv"))
            unknown = [
                index
                for index, text in enumerate(call.command.argv)
                if index >= start
                and text in ("--copies", "--upgrade-deps", "--without-pip", "--symlinks", "--clear")
                and text != "--clear"
            ]
            draft.add(*remove_words(call.command, unknown, draft.data))


def _program_words(venv: MadeVenv) -> int:
    argv = venv.call.command.argv
    if argv[1:2] == ("-mvenv",):
        return 2
    return 3 if argv[1:2] == ("-m",) else 1


def _drop_activations(draft: Draft, venv: MadeVenv) -> None:
    """An activation above the first sync would look for a script that is not there yet."""
    first = min(
        (
            i.call.command.span.start
            for i in installs(draft.build)
            if i.stage in venv.call.stage.lineage or venv.call.stage in i.stage.lineage
        ),
        default=0,
    )
    for call in draft.build.calls(b"activate"):
        named = call.command.argv[1:2] == (f"{venv.path}/bin/activate",) or (
            len(call.command.words) > 1 and call.command.words[1].raw.endswith("/bin/activate")
        )
        if (
            call.command.name in (".", "source")
            and named
            and call.command.span.start < first
            and not call.nested
        ):
            draft.drop(call, "uv finds the environment without it")


def set_up(draft: Draft) -> None:
    """uv's COPY and the build settings above each stage's first install, PATH below it."""
    found = installs(draft.build)
    real = [install for install in found if not consumes_wheels(draft.build, install, found)]
    venvs = made_venvs(draft.build)
    ready: set[int] = set()
    for stage in draft.build.stages:
        own = [i.call for i in real if i.stage is stage]
        own += [
            v.call for v in venvs if v.call.stage is stage and v.call.command.span.start not in draft.gone
        ]
        own = [call for call in own if not draft.emptied(call.instruction)]
        if not own:
            continue
        first = min(own, key=lambda call: call.instruction.span.start).instruction
        lines = (
            [] if ready & {s.index for s in stage.lineage} else _setup_lines(draft, stage, real, bool(venvs))
        )
        ready.add(stage.index)
        for run in sorted({call.instruction.span.start for call in own} | {first.span.start}):
            extra = [draft.above[run]] if run in draft.above else []
            added = [*(lines if run == first.span.start else []), *extra]
            if added:
                at = insertion_point(draft.build.dockerfile, _instruction(stage, run))
                draft.add(Edit.insert(at, new_lines(draft.build.dockerfile, *added)))
        if lines and not venvs and not draft.target.system:
            _put_on_path(draft, stage, [i.call.instruction for i in real if i.stage is stage])


def _instruction(stage: StageFacts, start: int) -> Instruction:
    return next(item for item in stage.instructions if item.span.start == start)


def _setup_lines(draft: Draft, stage: StageFacts, real: list[Install], has_venv: bool) -> list[str]:
    target, venv = draft.target, draft.target.venv
    pip = stage.lineage[0].index in target.pip_stages
    settings = {"UV_NO_CACHE": "1"}
    for install in real:
        if stage in install.stage.lineage or install.stage in stage.lineage:
            settings |= install_variables(install.pip)
    if not target.system:
        settings["VIRTUAL_ENV" if pip else "UV_PROJECT_ENVIRONMENT"] = venv
    pairs = [f"{name}={value}" for name, value in sorted(settings.items())]
    lines = [f"COPY --from={draft.settings.uv_reference} /uv /uvx /bin/", "ENV " + " \\\n    ".join(pairs)]
    if pip and not target.system and not has_venv:
        lines.append(f"RUN uv venv {venv}")
    return lines


def _put_on_path(draft: Draft, stage: StageFacts, runs: list[Instruction]) -> None:
    """PATH below the first install that is left; nowhere where the environment is on it already."""
    kept = [run for run in runs if not draft.emptied(run)]
    if (
        not kept
        or f"{draft.target.venv}/bin" in stage.state(kept[0]).path
        or not _needs_path(draft, stage, kept[0])
    ):
        return
    at, text = below(draft.build.dockerfile, kept[0], f"ENV {_path_pairs(draft)}")
    draft.add(Edit.insert(at, text))


def _path_pairs(draft: Draft) -> str:
    venv = draft.target.venv
    path = f'PATH="{venv}/bin:$PATH"'
    keeps = draft.settings.keep_uv and draft.target.strategy == "sync"
    return f"{path} \\\n    VIRTUAL_ENV={venv}" if keeps else path


def _needs_path(draft: Draft, stage: StageFacts, run: Instruction) -> bool:
    """Whether anything below could look for the environment: later RUNs, a child stage, or a container."""
    later = [item for item in stage.instructions if item.span.start > run.span.start]
    final = any(stage in other.lineage for other in draft.build.final_stages)
    return final or any(item.keyword == "RUN" for item in later)


def switch_copies(draft: Draft) -> Refusal | None:
    """Packages carried to another stage: one COPY of the environment takes the place of all of them."""
    found, venvs = installs(draft.build), made_venvs(draft.build)
    seen: set[tuple[int, int]] = set()
    _drop_removals(draft, [p for p in carried(draft.build, found, venvs) if p.kind in ("wheels", "prefix")])
    for part in carried(draft.build, found, venvs):
        refusal = _unfit(draft, part)
        if refusal is not None:
            return refusal
        pair = (part.stage.index, part.origin.index)
        if part.kind == "venv":
            seen.add(pair)
            continue
        keeps = part.kind == "system" and _brings_more(draft, part)
        instruction, venv = part.copied.instruction, draft.target.venv
        if pair in seen:
            if not keeps:
                draft.delete(instruction, "the environment above holds what this COPY carried")
            continue
        seen.add(pair)
        copy = as_copy(instruction)
        assert copy is not None, "carried parts are COPY instructions that could be read"
        if keeps or instruction.exec_form is not None:
            flags = "".join(f" {flag.span.of(draft.data).decode()}" for flag in instruction.flags)
            lines = [f"COPY{flags} {venv} {venv}", *_path_line(draft, part)]
            if not keeps:
                draft.delete(instruction, "the environment holds what this COPY carried")
            draft.add(Edit.insert(*below(draft.build.dockerfile, instruction, *lines)))
            continue
        draft.add(Edit(copy.sources[0].span, venv.encode()), Edit(copy.dest.span, venv.encode()))
        for index, word in enumerate(copy.sources[1:], start=1):
            after = (*copy.sources, copy.dest)[index + 1]
            draft.add(Edit(type(word.span)(word.span.start, after.span.start), b""))
        path = _path_line(draft, part)
        if path:
            draft.add(Edit.insert(*below(draft.build.dockerfile, instruction, *path)))
    return None


def _drop_removals(draft: Draft, parts: list[Carried]) -> None:
    """``rm -rf /wheels`` where no wheels are copied any more."""
    for call in draft.build.calls(b"rm"):
        operands = [text for text in call.command.argv[1:] if text is None or not text.startswith("-")]
        places = [part.copied.dest for part in parts if part.stage in call.stage.lineage]
        gone = [text is not None and call.state.absolute(text.rstrip("*")) in places for text in operands]
        tied = call.nested or call.command.guarded or call.command.piped
        if call.command.name == "rm" and gone and all(gone) and not tied:
            draft.drop(call, "what it removed is not copied any more")


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
                    span = type(pair.span)(start + user.start(), start + user.end())
                    if not draft.touched(span):
                        draft.add(Edit(span, f"{venv}/bin".encode()))
                    return []
    return [f"ENV {_path_pairs(draft)}"]


def _brings_more(draft: Draft, part: Carried) -> bool:
    """Whether /usr/local, or its bin, holds more in the origin than what pip put there."""
    if set(part.copied.sources) & {"/usr/local", "/usr/local/"}:
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


def _unfit(draft: Draft, part: Carried) -> Refusal | None:
    """Why an environment cannot be carried between the two stages, or None."""
    line = draft.build.line(part.copied.instruction.span.start)
    ours, theirs = part.stage.base, part.origin.base
    same = (
        ours is not None
        and theirs is not None
        and (
            ours.reference == theirs.reference
            or (
                ours.kind == theirs.kind == "python"
                and ours.python == theirs.python
                and ours.alpine == theirs.alpine
            )
        )
    )
    if not same:
        because = "the two stages have different bases, and an environment only works with the Python it was made with"
        return Refusal(
            draft.build.path, line, "other-interpreter", because, "use one base image for both stages"
        )
    if part.kind == "venv" and str(part.copied.dest) not in (draft.target.venv, *part.copied.sources):
        because = "the environment is copied to another path, where its scripts would not start"
        return Refusal(draft.build.path, line, "venv-moved", because, "copy it to the path it was made at")
    tools = {
        package.partition("[")[0].partition("=")[0].strip().lower()
        for install in installs(draft.build)
        for package in install.packages
    } | _required(draft)
    for source in part.copied.sources:
        folder, _, name = source.rpartition("/")
        if (
            part.kind == "system"
            and folder == "/usr/local/bin"
            and name not in ("", "pip", "pip3")
            and name.lower() not in tools
        ):
            because = f"whether {source} came from pip cannot be seen"
            return Refusal(
                draft.build.path, line, "unknown-script", because, "copy the whole environment instead"
            )
    return None


def _required(draft: Draft) -> set[str]:
    """The names of the requirement files' packages, which often are their programs' names, too."""
    repo = draft.build.context.repo
    names: set[str] = set()
    for install in installs(draft.build):
        for path in install.files:
            data = repo.get(draft.build.context.folder / path, b"") if path is not None else b""
            names |= {found.decode().lower() for found in re.findall(rb"(?m)^\s*([A-Za-z0-9][\w.-]*)", data)}
    return names

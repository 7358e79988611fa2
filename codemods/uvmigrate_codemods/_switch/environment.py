"""The environment: uv and its settings above a stage's first install, PATH below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    Edit,
    as_run,
    below,
    carried,
    consumes_wheels,
    handover,
    insertion_point,
    installs,
    interpreter_of,
    is_idle_tool,
    made_venvs,
    managed_calls,
    mentions_managers,
    new_lines,
    read_uv,
    remove_words,
    replace_words,
)
from uvmigrate_codemods._pin.images import copies_uv, is_uv_image
from uvmigrate_codemods._pin.installers import installs_uv, uv_copy
from uvmigrate_codemods._switch.settings import build_settings
from uvmigrate_codemods._switch.wheels import build_calls

if TYPE_CHECKING:
    from uvmigrate.codemod import Build, Call, Install, Instruction, MadeVenv, StageFacts
    from uvmigrate_codemods._switch.draft import Draft

#: Options of ``python -m venv`` that ``uv venv`` has no use for.
_MEANINGLESS = frozenset({"--copies", "--symlinks", "--upgrade-deps", "--without-pip", "--upgrade"})


def switch_venvs(draft: Draft) -> None:
    """``python -m venv``: uv sync makes the environment, so the command goes; else it becomes ``uv venv``."""
    for venv in made_venvs(draft.build):
        call = venv.call
        if venv.implied or read_uv(call.command) is not None:
            continue
        synced = call.stage.lineage[0].index not in draft.target.pip_stages
        tied = call.nested is not None or call.command.guarded or call.command.piped
        shared = _is_shared(draft, venv)
        if synced and not venv.system_site_packages and not tied and not shared:
            draft.drop(call, "uv sync makes the environment")
            _drop_activations(draft, venv)
        else:
            start = _program_words(venv)
            command = "uv venv --allow-existing" if shared else "uv venv"
            if venv.version and interpreter_of(call.stage).version != _numbers(venv.version):
                command += f" --python python{venv.version}"
            draft.add(replace_words(call.command, 0, start, command))
            argv = call.command.argv
            unknown = [n for n, text in enumerate(argv) if n >= start and text in _MEANINGLESS]
            draft.add(*remove_words(call.command, unknown, draft.data))


def _numbers(version: str) -> tuple[int, int]:
    major, _, minor = version.partition(".")
    return int(major), int(minor)


def _is_shared(draft: Draft, venv: MadeVenv) -> bool:
    """Whether files of the context come into the environment's folder before the last install.

    uv makes an environment in a folder with files only by ``uv venv --allow-existing``, never by ``uv sync``.
    """
    made = venv.call.stage
    near = [i.call for i in installs(draft.build) if i.stage in made.lineage or made in i.stage.lineage]
    places = [call.cwd for call in near] + [c.dest for call in near for c in call.state.copies]
    return any(place is not None and place.is_relative_to(venv.path) for place in places)


def _program_words(venv: MadeVenv) -> int:
    argv = venv.call.command.argv
    if argv[1:2] == ("-mvenv",):
        return 2
    return 3 if argv[1:2] == ("-m",) else 1


def _drop_activations(draft: Draft, venv: MadeVenv) -> None:
    """An activation above the first sync would look for a script that is not there yet."""
    made = venv.call.stage
    near = [i for i in installs(draft.build) if i.stage in made.lineage or made in i.stage.lineage]
    first = min((install.call.command.span.start for install in near), default=0)
    for call in draft.build.calls(b"activate"):
        command = call.command
        named = len(command.words) > 1 and command.words[1].raw.strip("\"'").endswith("/bin/activate")
        if command.name in (".", "source") and named and command.span.start < first and not call.nested:
            draft.drop(call, "uv finds the environment without it")


def set_up(draft: Draft) -> None:
    """uv's COPY and the build settings above each stage's first install, PATH below it."""
    found = installs(draft.build)
    real = [
        install
        for install in found
        if not consumes_wheels(draft.build, install, found) and not is_idle_tool(draft.build, install, found)
    ]
    venvs = made_venvs(draft.build)
    ready: set[int] = set()
    for stage in draft.build.stages:
        own = [install.call for install in real if install.stage is stage]
        own += [
            v.call
            for v in venvs
            # What uv makes is set up for it already.
            if v.call.stage is stage
            and v.call.command.span.start not in draft.gone
            and read_uv(v.call.command) is None
        ]
        own += [call for call in _other_calls(draft) if call.stage is stage]
        starts = sorted(call.instruction.span.start for call in own if not draft.emptied(call.instruction))
        if not starts:
            continue
        inherited = bool(ready & {facts.index for facts in stage.lineage})
        has_venv = any(not venv.implied for venv in venvs) or _receives(draft, stage, starts[0])
        lines = [] if inherited else _setup_lines(draft, stage, real, starts[0], has_venv=has_venv)
        filled = [install for install in real if install.stage is stage]
        ready.add(stage.index)
        for start in dict.fromkeys(starts):
            extra = [draft.above[start]] if start in draft.above else []
            added = [*(lines if start == starts[0] else []), *extra]
            if added:
                at = insertion_point(draft.build.dockerfile, _instruction(stage, start))
                draft.add(Edit.insert(at, new_lines(draft.build.dockerfile, *added)))
        if lines and filled and not has_venv and not draft.target.system:
            _make_folder(draft, filled[0])
        # Into an environment beside its manifest, poetry needs no PATH: `poetry run` leads there.
        managed = any(install.managed is not None for install in filled)
        if lines and filled and (managed or not has_venv) and not draft.target.system:
            _put_on_path(draft, stage, [install.call.instruction for install in filled])


def _other_calls(draft: Draft) -> list[Call]:
    """The calls of poetry and pipenv that become calls of uv, and are no installs."""
    if draft.target.project is None:
        return list(build_calls(draft.build)) if mentions_managers(draft.build) else []
    exports = draft.target.project.exports
    return (
        [m.call for m in managed_calls(draft.build) if m.call.command.span.start in exports]
        if exports
        else []
    )


def _make_folder(draft: Draft, install: Install) -> None:
    """The environment's folder for a user who is not root, made where root hands over to them."""
    user = install.call.state.user
    found = handover(install.stage, install.call.instruction)
    if found is None or user is None or draft.target.venv.startswith(f"/home/{user}/"):
        return
    line = new_lines(draft.build.dockerfile, f"RUN {found.folder_for} {draft.target.venv}")
    edit = Edit.insert(insertion_point(draft.build.dockerfile, found.above), line)
    if edit not in draft.edits:
        draft.add(edit)


def _instruction(stage: StageFacts, start: int) -> Instruction:
    return next(item for item in stage.instructions if item.span.start == start)


def _setup_lines(
    draft: Draft, stage: StageFacts, real: list[Install], before: int, *, has_venv: bool
) -> list[str]:
    fills = any(install.stage in stage.lineage for install in real)
    settings = build_settings(draft, stage, real) if fills else {"UV_NO_CACHE": "1"}
    pairs = [f"{name}={value}" for name, value in sorted(settings.items())]
    lines = [] if _has_uv(draft.build, stage, before) else [uv_copy(draft.build, draft.settings)]
    lines.append("ENV " + " \\\n    ".join(pairs))
    pip = stage.lineage[0].index in draft.target.pip_stages
    if fills and pip and not draft.target.system and not has_venv:
        lines.append(f"RUN uv venv {draft.target.venv}")
    return lines


def _has_uv(build: Build, stage: StageFacts, before: int) -> bool:
    """Whether uv is there already above the instruction at the offset *before*: what is there wins."""
    if copies_uv(stage, before) is not None or installs_uv(build, stage, before):
        return True
    if stage.base is not None and is_uv_image(stage.base.reference):
        return True
    for call in (call for facts in stage.lineage for call in facts.calls(b"uv")):
        run = as_run(call.instruction)
        # One that is mounted is gone with its RUN.
        mounted = run is not None and any("from" in mount.options for mount in run.mounts)
        bare = read_uv(call.command) is not None and call.command.argv[0] == "uv"
        if bare and not mounted and call.instruction.span.start < before:
            return True
    return False


def _receives(draft: Draft, stage: StageFacts, before: int) -> bool:
    """Whether a COPY above the offset brings the stage an environment that another stage has filled."""
    parts = carried(draft.build, installs(draft.build), made_venvs(draft.build))
    return any(part.stage in stage.lineage and part.copied.instruction.span.start < before for part in parts)


def _put_on_path(draft: Draft, stage: StageFacts, runs: list[Instruction]) -> None:
    """PATH below the first install that is left; nowhere where the environment is on it already."""
    kept = [run for run in runs if not draft.emptied(run)]
    on_path = bool(kept) and f"{draft.target.venv}/bin" in stage.state(kept[0]).path
    if kept and not on_path and _needs_path(draft, stage, kept[0]):
        at, text = below(draft.build.dockerfile, kept[0], f"ENV {path_pairs(draft)}")
        draft.add(Edit.insert(at, text))


def path_pairs(draft: Draft) -> str:
    """The run-time settings as they stand behind ENV."""
    venv = draft.target.venv
    path = f'PATH="{venv}/bin:$PATH"'
    keeps = draft.settings.keep_uv and draft.target.strategy == "sync"
    return f"{path} \\\n    VIRTUAL_ENV={venv}" if keeps else path


def _needs_path(draft: Draft, stage: StageFacts, run: Instruction) -> bool:
    """Whether anything below could look for the environment: later RUNs, a child stage, or a container."""
    later = [item for item in stage.instructions if item.span.start > run.span.start]
    final = any(stage in other.lineage for other in draft.build.final_stages)
    return final or any(item.keyword == "RUN" for item in later)

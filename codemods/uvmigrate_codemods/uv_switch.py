"""Installs through uv: a project and its lock, or ``uv pip``, in the place of pip.

The target is uv's guide "Using uv in Docker"; what pip's options and variables become was tried with uv
0.13.8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    Change,
    Codemod,
    Context,
    Edit,
    Refusal,
    Search,
    Target,
    as_from,
    follow,
    installs,
    lazy_pattern,
    made_venvs,
    mentions_managers,
    modules_holding,
    within,
)
from uvmigrate_codemods._means import BUILT, HOMES, MANIFESTS, TOOLS, UV
from uvmigrate_codemods._switch.bases import hand_over, left_at_home, notes_on_bases, on_top
from uvmigrate_codemods._switch.bootstraps import switch_bootstraps
from uvmigrate_codemods._switch.carrying import switch_copies
from uvmigrate_codemods._switch.draft import Draft
from uvmigrate_codemods._switch.environment import set_up, switch_venvs
from uvmigrate_codemods._switch.installs import switch_installs
from uvmigrate_codemods._switch.manifests import Manifests
from uvmigrate_codemods._switch.mounts import drop_mounts
from uvmigrate_codemods._switch.starts import switch_paths

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import PurePosixPath

    from uvmigrate.codemod import Build, Project


#: How a module starts pip: as a module of the interpreter that runs it, by a shell, or by what is in it.
_STARTS_PIP = lazy_pattern(
    rb"[\"']-m[\"'],\s*[\"']pip[\"']"
    rb"|(?:system|[Pp]open|run|call|output)\(\s*f?[\"'][^\"'\n]*-m pip install\b"
    rb"|\b(?:from|import)\s+pip\._internal\b"
)
_ABOUT_PIP = Search(".py", b'"pip"', b"'pip'", b"-m pip install", b"pip._internal")
_SHOWN = 3


def run(context: Context) -> Iterator[Change | Refusal]:
    """One change for each Dockerfile; those of one project each bring its manifest and its lock."""
    outcomes: dict[PurePosixPath, Draft | Refusal] = {}
    for build in context.builds:
        target = context.targets.get(build.path)
        if target is not None:
            outcomes[build.path] = target if isinstance(target, Refusal) else _switch(context, build, target)
    for outcome in outcomes.values():
        if not isinstance(outcome, Refusal):
            outcome = left_at_home(outcome.build, outcomes) or outcome
        yield outcome if isinstance(outcome, Refusal) else _change(context, outcome)


def _change(context: Context, draft: Draft) -> Change:
    build, target = draft.build, draft.target
    followed = follow(build, installs(build), target.venv).edits
    edits = {build.path: draft.finish(), **followed}
    writes: dict[PurePosixPath, bytes] = {}
    notes = [_review(build, target), *draft.notes, *_moving_base(draft), *notes_on_bases(draft)]
    notes += [*_scripts(build, followed), *_pip_at_run_time(build, target), *on_top(context, target)]
    project = target.project
    if project is not None:
        notes += project.notes
        edits |= _un_ignore(build, project)
        if project.manifest is not None:
            writes[project.folder / "pyproject.toml"] = project.manifest
    locks = (project.lock,) if project is not None and project.lock is not None else ()
    return Change(edits, writes, notes=tuple(dict.fromkeys(notes)), locks=locks, builds=(build.path,))


def _moving_base(draft: Draft) -> Iterator[str]:
    """A note where build arguments may choose another Python than the one that the project is for."""
    found = installs(draft.build) if draft.target.project is not None else ()
    for stage in dict.fromkeys(install.stage.lineage[0] for install in found):
        source = as_from(stage.stage.from_)
        if source is not None and "$" in source.image and stage.base is not None:
            yield f"FROM {source.image}: the project is for {stage.base.reference}, the default of that"


def _pip_at_run_time(build: Build, target: Target) -> Iterator[str]:
    """A note on modules that start pip, which `python -m venv` and the image's own Python brought along."""
    if target.system:
        return
    context = build.context
    named = [
        path
        for path in modules_holding(context, _ABOUT_PIP)
        if any(within(path, source) for source in build.sources)
        and _STARTS_PIP.search(context.repo.get(context.folder / path, b""))
    ]
    if named:
        shown = ", ".join(str(context.folder / path) for path in named[:_SHOWN])
        more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
        yield f"{shown}{more}: pip is started there, which the environment has only if a requirement names it"


def _scripts(build: Build, followed: Mapping[PurePosixPath, tuple[Edit, ...]]) -> Iterator[str]:
    """A note on the scripts that lose their manager: people may start them outside of the container."""
    composed = {file.path for file, _ in build.services}
    named = [str(path) for path, edits in followed.items() if any(not edit.new for edit in edits)]
    scripts = [path for path in named if path not in map(str, composed)]
    if scripts:
        yield (
            f"{', '.join(sorted(scripts))}: programs are started by their names, which PATH finds in the"
            " image: elsewhere, start it by `uv run`"
        )


def _switch(context: Context, build: Build, target: Target) -> Draft | Refusal:
    """All the edits of one Dockerfile, or the reason why there are none."""
    draft = Draft(build, target, context.settings)
    # What stays in the image's own Python is carried as it was.
    refusal = switch_copies(draft) if not target.system else None
    if refusal is None:
        switch_venvs(draft)
        manifests = Manifests(draft, installs(build))
        refusal = switch_installs(draft, manifests)
        if refusal is None and mentions_managers(build):
            from uvmigrate_codemods._switch.managers import switch_managers

            refusal = switch_managers(draft, manifests)
        manifests.finish()
    if refusal is not None:
        return refusal
    drop_mounts(draft, installs(build))
    switch_bootstraps(draft)
    hand_over(draft)
    set_up(draft)
    switch_paths(draft)
    return draft


def _un_ignore(build: Build, project: Project) -> dict[PurePosixPath, tuple[Edit, ...]]:
    """Let the manifests through the ignore file of the build."""
    ignore = build.context.ignore
    folder = project.folder.relative_to(build.context.folder)
    hidden = [folder / name for name in ("pyproject.toml", "uv.lock") if ignore.ignores(folder / name)]
    if ignore.path is None or not hidden:
        return {}
    data = build.context.repo[ignore.path]
    newline = b"\r\n" if b"\r\n" in data else b"\n"
    lines = newline.join(f"!{path}".encode(errors="surrogateescape") for path in hidden)
    # A file that ends without a newline goes on doing so.
    text = lines + newline if data.endswith(b"\n") or not data else newline + lines
    return {ignore.path: (Edit.insert(len(data), text),)}


def _review(build: Build, target: Target) -> str:
    if target.strategy == "pip":
        return f"uv pip installs, without a lock: {target.why}"
    compare = "compare uv.lock's versions with the old image's"
    if target.system:
        return f"uv installs beside the base's own packages, in its own Python: {compare}"
    if made_venvs(build):
        return f"the environment is uv's now, and has no pip of its own: {compare}"
    return f"packages move out of the image's own Python: {compare}"


CODEMOD = Codemod(
    id="uv-switch",
    title="Install with uv instead of pip",
    why="uv installs from a cache that builds share, and a lock, where there is one, holds the versions.",
    docs="https://docs.astral.sh/uv/guides/integration/docker/",
    level="review",
    run=run,
    means={
        "distribution": TOOLS,
        "environment": ("PATH", "VIRTUAL_ENV", "UV_*", "PIP_*", "POETRY_*", "PIPENV_*"),
        "entrypoint": ("",),
        "command": ("",),
        "healthcheck": ("",),
        "file": (*MANIFESTS, *UV, *BUILT, *HOMES),
        "size": ("uv",),
    },
)

"""Installs through uv: a project and its lock, or ``uv pip``, in the place of pip.

The target is uv's guide "Using uv in Docker"; what pip's options and variables become was tried with uv
0.13.8.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from uvmigrate.codemod import Change, Codemod, Context, Edit, Refusal, Target
from uvmigrate_codemods._switch.carrying import switch_copies
from uvmigrate_codemods._switch.draft import Draft
from uvmigrate_codemods._switch.environment import set_up, switch_venvs
from uvmigrate_codemods._switch.installs import switch_installs
from uvmigrate_codemods._switch.starts import switch_paths

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

    from uvmigrate.codemod import Build


def run(context: Context) -> Iterator[Change | Refusal]:
    """One change for each project and the Dockerfiles that install from it, one for each other build."""
    together: dict[PurePosixPath | None, list[tuple[Build, Target]]] = defaultdict(list)
    for build in context.builds:
        target = context.targets.get(build.path)
        if isinstance(target, Refusal):
            yield target
        elif target is not None:
            together[target.project.folder if target.project else build.path].append((build, target))
    for members in together.values():
        yield from _project(context, members)


def _project(context: Context, members: list[tuple[Build, Target]]) -> Iterator[Change | Refusal]:
    edits: dict[PurePosixPath, tuple[Edit, ...]] = {}
    writes: dict[PurePosixPath, bytes] = {}
    notes: list[str] = []
    locks = []
    done: list[PurePosixPath] = []
    for build, target in members:
        drafted = _switch(context, build, target)
        if isinstance(drafted, Refusal):
            yield drafted
            continue
        edits[build.path] = drafted.finish()
        done.append(build.path)
        notes += drafted.notes
        if target.project is not None:
            notes += target.project.notes
            _un_ignore(build, target, edits)
            if target.project.manifest is not None:
                writes[target.project.folder / "pyproject.toml"] = target.project.manifest
            if target.project.lock is not None:
                locks.append(target.project.lock)
    if done:
        notes.insert(0, _review(members[0][1]))
        yield Change(
            edits, writes, notes=tuple(dict.fromkeys(notes)), locks=tuple(locks[:1]), builds=tuple(done)
        )


def _switch(context: Context, build: Build, target: Target) -> Draft | Refusal:
    """All the edits of one Dockerfile, or the reason why there are none."""
    draft = Draft(build, target, context.settings)
    refusal = switch_copies(draft)
    if refusal is None:
        switch_venvs(draft)
        refusal = switch_installs(draft)
    if refusal is not None:
        return refusal
    set_up(draft)
    switch_paths(draft)
    return draft


def _un_ignore(build: Build, target: Target, edits: dict[PurePosixPath, tuple[Edit, ...]]) -> None:
    """Let the manifests through the ignore file of the build."""
    ignore, project = build.context.ignore, target.project
    if ignore.path is None or project is None:
        return
    folder = project.folder.relative_to(build.context.folder)
    hidden = [folder / name for name in ("pyproject.toml", "uv.lock") if ignore.ignores(folder / name)]
    if not hidden or ignore.path in edits:
        return
    data = build.context.repo[ignore.path]
    newline = b"\r\n" if b"\r\n" in data else b"\n"
    lead = b"" if not data or data.endswith(b"\n") else newline
    lines = newline.join(f"!{path}".encode() for path in hidden)
    edits[ignore.path] = (Edit.insert(len(data), lead + lines + (newline if not lead else b"")),)


def _review(target: Target) -> str:
    if target.strategy == "pip":
        return f"uv pip installs, without a lock: {target.why}"
    return "packages move out of the image's own Python: compare uv.lock's versions with the old image's"


CODEMOD = Codemod(
    id="uv-switch",
    title="Install with uv instead of pip",
    why="A lock makes every build install the same versions, and uv installs them from a shared cache.",
    docs="https://docs.astral.sh/uv/guides/integration/docker/",
    level="review",
    run=run,
)

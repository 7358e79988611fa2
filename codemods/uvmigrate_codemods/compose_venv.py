"""Environments that compose mounts something over, put where nothing is mounted.

uv keeps a project's environment beside it, and there the sources are mounted for development: the container
sees the host's folder instead (uv's guide "Using uv in Docker", "Developing in a container"). A volume over
the environment alone keeps that of the image which it was first filled from (Compose's reference,
``docker compose up --renew-anon-volumes``). UV_PROJECT_ENVIRONMENT puts the environment elsewhere; an
editable install goes on pointing at the mounted sources.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from uvmigrate.codemod import Change, Codemod, Context, Edit, Refusal
from uvmigrate_codemods._means import ENVIRONMENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import PurePosixPath

    from uvmigrate.codemod import Build
    from uvmigrate_codemods._compose_venv.hidden import Covered
    from uvmigrate_codemods._compose_venv.paths import Move

    #: The builds of which an environment moves: from where to where, and the mounts over it.
    Moves = Mapping[PurePosixPath, tuple[Build, Move, list[Covered]]]

_STALE = "the volume of earlier runs that was over the environment can go: docker volume ls, docker volume rm"


def run(context: Context) -> Iterator[Change | Refusal]:
    """One change for the builds of which an environment moves, as far as they share files."""
    builds = [build for build in context.builds if build.services and build.path not in context.targets]
    if not builds:
        return
    from uvmigrate_codemods._compose_venv.hidden import covered, move_for

    moves: dict[PurePosixPath, tuple[Build, Move, list[Covered]]] = {}
    for build in builds:
        found = list(covered(build))
        move = move_for(build, found, context.settings) if found else None
        if isinstance(move, Refusal):
            yield move
        elif move is not None:
            problems = dict.fromkeys(one for one in _in_image(build, move) if isinstance(one, Refusal))
            yield from problems
            if not problems:
                moves[build.path] = build, move, found
    for group in _groups(moves):
        yield from _moved(context, {path: moves[path] for path in group})


def _groups(moves: Moves) -> Iterator[set[PurePosixPath]]:
    """The builds that share a compose file or a context, together."""
    groups: list[tuple[set[PurePosixPath], set[PurePosixPath]]] = []
    for path, (build, _, _) in moves.items():
        paths, files = {path}, {file.path for file, _ in build.services} | {build.context.folder}
        for other in [one for one in groups if one[1] & files]:
            groups.remove(other)
            paths, files = paths | other[0], files | other[1]
        groups.append((paths, files))
    yield from (paths for paths, _ in groups)


def _moved(context: Context, moves: Moves) -> Iterator[Change | Refusal]:
    """One change, or all that keeps it back."""
    from uvmigrate_codemods._compose_venv.elsewhere import Told, left, shared

    edits: dict[PurePosixPath, list[Edit]] = defaultdict(list)
    problems: list[Refusal] = []
    notes: list[str] = []
    for one in _edits(moves):
        if isinstance(one, Refusal):
            problems.append(one)
        elif one[1] not in edits[one[0]]:
            edits[one[0]].append(one[1])
    moving = [build for build, _, _ in moves.values()]
    for build, move, _ in moves.values() if not problems else ():
        notes.append(f"the environment {move.old} moves to {move.new}: what else names it has to follow")
        for answer in left(context, build, move, edits, moving):
            if isinstance(answer, Told):
                notes.append(f"{answer.path}:{answer.line} says that the environment lies at {move.old}")
            else:
                problems.append(answer)
    others = [build for build in context.builds if build.path not in moves]
    problems += shared(edits.keys(), others)
    if problems:
        yield from dict.fromkeys(problems)
        return
    if any(one.exactly for _, _, found in moves.values() for one in found):
        notes.append(_STALE)
    yield Change({path: tuple(some) for path, some in edits.items()}, notes=tuple(notes), builds=tuple(moves))


def _edits(moves: Moves) -> Iterator[tuple[PurePosixPath, Edit] | Refusal]:
    from uvmigrate_codemods._compose_venv.elsewhere import compose_edits

    for build, move, _ in moves.values():
        yield from _in_image(build, move)
    yield from compose_edits(moves)


def _in_image(build: Build, move: Move) -> Iterator[tuple[PurePosixPath, Edit] | Refusal]:
    # Few images need a move; what one takes is imported where one does.
    from uvmigrate_codemods._compose_venv.elsewhere import script_edits
    from uvmigrate_codemods._compose_venv.image import image_edits

    for one in image_edits(build, move):
        yield one if isinstance(one, Refusal) else (build.path, one)
    yield from script_edits(build, move)


CODEMOD = Codemod(
    id="compose-venv",
    title="Put the environment where no mount hides it",
    why="The container runs what was built, and the sources that are mounted beside it stay live.",
    docs="https://docs.astral.sh/uv/guides/integration/docker/#developing-in-a-container",
    level="review",
    run=run,
    after=("uv-switch", "uv-pin"),
    means={
        "environment": ENVIRONMENT,
        "entrypoint": ("",),
        "command": ("",),
        "healthcheck": ("",),
    },
)

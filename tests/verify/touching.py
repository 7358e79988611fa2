"""Sides of a subject over small repositories in memory."""

from __future__ import annotations

from pathlib import PurePosixPath

from build.reading import build_in
from uvmigrate.verify.subjects import Recipe, Side


def side_of(files: dict[str, str], dockerfile: str = "Dockerfile", target: str = "") -> Side:
    """The image that a Dockerfile of a repository makes."""
    build = build_in(files, dockerfile)
    recipe = Recipe(build.context.folder, PurePosixPath(dockerfile), target=target)
    stage = build.find(target) if target else build.stages[-1]
    assert stage is not None
    return Side(build, stage, recipe, ())

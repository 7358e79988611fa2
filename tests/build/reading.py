"""Small repositories in memory, and what is read of their builds."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.build import Build, build_of
from uvmigrate.compose import find, load
from uvmigrate.source import Repo

if TYPE_CHECKING:
    from uvmigrate.build import State


def build(text: str, *, path: str = "Dockerfile", **files: str) -> Build:
    """The build of a Dockerfile's text among other files, whose names are written ``requirements_txt``."""
    named = {name.replace("__", "/").replace("_", "."): content for name, content in files.items()}
    return build_in({path: text, **named}, path)


def build_in(files: dict[str, str], path: str = "Dockerfile") -> Build:
    """The build of one Dockerfile of a repository, with its compose files."""
    repo = Repo.of({name: text.encode() for name, text in files.items()})
    return build_of(repo, PurePosixPath(path), tuple(load(repo, found) for found in find(repo)))


def final(text: str) -> State:
    """The state at the end of a Dockerfile's last stage."""
    return build(text).stages[-1].final

"""Workspaces of uv: which folder holds the lock and the environment of a project (uv docs, "Workspaces")."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING

from uvmigrate.codemod import Pyproject, read_pyproject

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

    from uvmigrate.codemod import Repo

MANIFEST = "pyproject.toml"


def root_of(repo: Repo, folder: PurePosixPath) -> PurePosixPath:
    """The folder of a project's lock: its own, or that of the workspace that it is a member of."""
    for up in folder.parents:
        if _is_member(folder.relative_to(up), _patterns(repo, up)):
            return up
    return folder


def member_manifests(repo: Repo, root: PurePosixPath) -> Iterator[PurePosixPath]:
    """The manifests of a workspace's members, relative to its root; none where it is no workspace's."""
    patterns = _patterns(repo, root)
    for path in repo.named(MANIFEST) if patterns else ():
        if path.is_relative_to(root):
            relative = path.relative_to(root)
            if _is_member(relative.parent, patterns):
                yield relative


def _is_member(folder: PurePosixPath, patterns: list[str]) -> bool:
    return any(fnmatch.fnmatchcase(str(folder), pattern) for pattern in patterns)


def _patterns(repo: Repo, folder: PurePosixPath) -> list[str]:
    found = read_pyproject(repo, folder / MANIFEST)
    table = found.uv.get("workspace") if isinstance(found, Pyproject) else None
    members = table.get("members", []) if isinstance(table, dict) else []
    return [one for one in members if isinstance(one, str)]

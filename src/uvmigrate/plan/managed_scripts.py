"""What ``poetry run`` and ``pipenv run`` start, or read, and nothing but them does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.build import starts
from uvmigrate.build.managed import find_manager, managed_calls
from uvmigrate.codemod import Refusal
from uvmigrate.commands import program_index
from uvmigrate.project import read_toml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import PurePosixPath

    from uvmigrate.build import Build
    from uvmigrate.commands import ManagerCommand
    from uvmigrate.plan.managed_wishes import ManagedWish
    from uvmigrate.project import Converted, Selection
    from uvmigrate.source import Repo


def missing_script(
    repo: Repo, wish: ManagedWish, converted: Converted, found: Mapping[int, Selection]
) -> Refusal | None:
    """A refusal where something is run that only the manager knows, in a RUN or when a container starts.

    ``poetry run`` also runs scripts of a project that is not installed, ``pipenv run`` those that the Pipfile
    lists, with the variables of a ``.env`` file.
    """
    installed = any(selection.project is not None for selection in found.values())
    scripts, because = _scripts(repo, wish, converted, installed=installed)
    for path, line, tool in _runs(wish.build):
        index = program_index(tool)
        name = tool.command.words[index].text if index is not None else None
        # Elements of a JSON array keep their quotes.
        if name is not None and name.strip('"') in scripts:
            why = f"{name} is a script {because}"
            return Refusal(path, line, "script-missing", why, "call what the script calls")
        if tool.tool == "pipenv" and _has_variables(wish):
            why = "`pipenv run` sets the variables of .env, and nothing else does"
            return Refusal(path, line, "manager-settings", why, "set them with ENV, or in compose")
    return None


def _scripts(
    repo: Repo, wish: ManagedWish, converted: Converted, *, installed: bool
) -> tuple[Mapping[str, object], str]:
    """The scripts that only the manager finds, and how they are to be called in a refusal."""
    if wish.tool == "pipenv":
        try:
            listed = read_toml(repo.get(wish.folder / "Pipfile", b"")).get("scripts", {})
        except ValueError:
            listed = {}
        return listed if isinstance(listed, dict) else {}, "of the Pipfile, which only pipenv runs"
    data = read_toml(converted.manifest)
    scripts = {} if installed else data.get("project", {}).get("scripts", {})
    return scripts, "of the project, which is not installed"


def _runs(build: Build) -> Iterator[tuple[PurePosixPath, int, ManagerCommand]]:
    """The calls of managers in RUNs, and those by which containers start, with where they stand."""
    for managed in managed_calls(build):
        yield build.path, build.line(managed.call.command.span.start), managed.tool
    for stage in build.stages:
        for start in starts(build, stage):
            tool = find_manager(start.command)
            if tool is not None:
                yield start.path, start.line, tool


def _has_variables(wish: ManagedWish) -> bool:
    """Whether a ``.env`` file lies beside the Pipfile, where the build may take it along."""
    context = wish.build.context
    folder = wish.folder.relative_to(context.folder)
    return bool(context.matches(str(folder / ".env"))) and context.folder / folder / ".env" in context.repo

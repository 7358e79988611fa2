"""``pipenv install``, ``sync`` and ``requirements``, said in ``uv sync`` and ``uv export``.

How pipenv chooses categories: its documentation ("Commands", "Pipfile & Pipfile.lock") and its source. What
uv 0.13.8 makes of the options is tried against it in the tests.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.commands.managers import (
    ExportOptions,
    SyncOptions,
    Unsaid,
    each,
    has_indexes,
    same_options,
    unreadable,
)
from uvmigrate.commands.pipenv import DIALECT
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from uvmigrate.commands.managers import ManagerCommand
    from uvmigrate.project.converted import Converted

_MAIN = frozenset({"packages", "default"})
_DEV = "dev-packages"
#: Categories go by their names in the Pipfile; those of the lock mean the same.
_OF_LOCK = {"develop": _DEV}
#: Options that say nothing about what is installed.
_MEANINGLESS = frozenset(
    """--system --deploy --ignore-pipfile --skip-lock --no-site-packages --clear --bare --sequential
    --concurrent --keep-outdated --selective-upgrade --three --resolver --clean --header
    --no-header""".split()
)
_SAME = {"--verbose": "--verbose", "--quiet": "--quiet", "--python": "--python"}
_CHOICE = frozenset({"--dev", "--dev-only", "--categories", "--all"})
_REFUSED = {
    "--editable": "it adds a package to the Pipfile",
    "--requirements": "it adds packages to the Pipfile",
    "--code": "it adds packages to the Pipfile",
    "--index": "it takes packages from an index that the project does not name",
    "--extra-index-url": "it takes packages from an index that the project does not name",
    "--pypi-mirror": "the lock names its index, and uv takes no other",
    "--extra-pip-args": "it hands options to pip",
    # pipenv 2026 documents it, reads it, and then installs the same as without.
    "--extras": "pipenv does not do what it says about the option",
    "--config-settings": "it hands settings to the build of packages",
    "--site-packages": "the environment also sees the packages of the image",
    "--two": "uv installs for Python 3 only",
}


def pipenv_sync_options(pipenv: ManagerCommand, converted: Converted) -> SyncOptions | Unsaid:
    """What ``pipenv install`` or ``pipenv sync`` means, for ``uv sync`` of the project that it became.

    The image's own Python (``--system``) becomes the environment that uv installs into.
    """
    for argument in pipenv.arguments:
        if argument.option in _REFUSED:
            return Unsaid(_REFUSED[argument.option], argument)
        if argument.option is None:
            return Unsaid("it adds packages to the Pipfile", argument)
    wrong = unreadable(pipenv, DIALECT, _MEANINGLESS | _SAME.keys() | _CHOICE - {"--dev-only"} | {"--pre"})
    if wrong is not None:
        return wrong
    chosen = _chosen(pipenv, converted)
    if isinstance(chosen, Unsaid):
        return chosen
    notes = chosen.notes
    if pipenv.has("--skip-lock"):
        if pipenv.has("--pre"):
            return Unsaid("it takes versions that the project's metadata does not allow")
        notes += ("--skip-lock chose the versions at every build; now the lock holds them",)
    return SyncOptions(
        (*same_options(pipenv, _SAME), *chosen.options),
        chosen.main,
        chosen.groups,
        (),
        converted.packaged and chosen.main,
        exact=pipenv.has("--clean"),
        frozen=pipenv.verb == "sync" or pipenv.has("--ignore-pipfile"),
        notes=notes,
    )


def pipenv_export_options(pipenv: ManagerCommand, converted: Converted) -> ExportOptions | Unsaid:
    """What ``pipenv requirements`` (or ``pipenv lock -r``, before 2022) means, for ``uv export``.

    pipenv writes to standard output only.
    """
    known = (
        {"--hash", "--exclude-index"} if pipenv.verb == "requirements" else {"--requirements", *_MEANINGLESS}
    )
    wrong = unreadable(pipenv, DIALECT, known | _SAME.keys() | _CHOICE - {"--all"})
    if wrong is not None:
        return wrong
    if pipenv.verb == "lock" and pipenv.has("--dev"):
        return Unsaid("pipenv before 2020 wrote the development packages alone there, and later ones all")
    chosen = _chosen(pipenv, converted, named=True)
    if isinstance(chosen, Unsaid):
        return chosen
    options = [*same_options(pipenv, _SAME), "--no-emit-project", *chosen.options]
    options += [] if pipenv.has("--hash") else ["--no-hashes"]
    options += ["--emit-index-url"] if has_indexes(converted) and not pipenv.has("--exclude-index") else []
    return ExportOptions(tuple(options), chosen.main, chosen.groups, (), None, chosen.notes)


class _Chosen(NamedTuple):
    """What is installed, and the options of uv for it; ``groups`` are uv's."""

    main: bool
    groups: tuple[str, ...]
    options: tuple[str, ...]
    notes: tuple[str, ...] = ()


def _chosen(pipenv: ManagerCommand, converted: Converted, *, named: bool = False) -> _Chosen | Unsaid:
    """The groups that the options choose.

    Without ``--dev`` and the like it is the packages alone. A category that the project has no group for has
    no packages.
    """
    ways = [way for way in ("--categories", "--all", "--dev-only", "--dev") if pipenv.has(way)]
    if len(ways) > 1 and ways != ["--dev-only", "--dev"]:
        return Unsaid("which of these options counts is not the same in all versions of pipenv")
    if pipenv.has("--all"):
        return _Chosen(True, tuple(converted.groups.values()), ("--all-groups",))
    asked = _categories(pipenv)
    main = not pipenv.has("--dev-only") and (not asked or not _MAIN.isdisjoint(asked))
    asked += [_DEV] * pipenv.has("--dev", "--dev-only")
    missing = [name for name in asked if name not in converted.groups and name not in _MAIN]
    notes = tuple(f"the Pipfile has no packages in {name}" for name in dict.fromkeys(missing))
    groups = tuple(converted.groups[name] for name in dict.fromkeys(asked) if name in converted.groups)
    if not main:
        if not groups:
            return Unsaid("nothing is left that could be installed")
        return _Chosen(False, groups, each("--only-group", groups), notes)
    # uv installs the group dev unless the project or an option says that it does not.
    usual = {"dev", *(group for name, group in converted.groups.items() if name not in converted.optional)}
    unwanted = usual & set(converted.groups.values()) - set(groups)
    none = ("--no-default-groups",) if unwanted or named else ()
    always = (converted.main_group,) if converted.main_group is not None else ()
    return _Chosen(True, groups, (*none, *each("--group", (*always, *groups))), notes)


def _categories(pipenv: ManagerCommand) -> list[str]:
    """The categories that are named, by their names in the Pipfile."""
    names = (name for value in pipenv.values("--categories") for name in re.split(r"[ ,]+", value))
    return [_OF_LOCK.get(name, name) for name in names if name]

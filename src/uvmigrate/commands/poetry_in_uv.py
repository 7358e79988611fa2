"""``poetry install``, ``sync`` and ``export``, said in ``uv sync`` and ``uv export``.

How poetry chooses groups and extras: its documentation ("Commands", "Managing dependencies"), and its own
``--dry-run``. What uv 0.13.8 makes of the options is tried against it in the tests.
"""

from __future__ import annotations

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
from uvmigrate.commands.poetry import DIALECT
from uvmigrate.project.pep508 import normalise
from uvmigrate.shell import quote
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from uvmigrate.commands.managers import ManagerCommand
    from uvmigrate.project.converted import Converted

#: The group of the project's own dependencies.
MAIN = "main"
#: Options of every verb that say nothing about what is installed (uv colours nothing without a terminal).
_MEANINGLESS = frozenset({"--no-interaction", "--no-ansi", "--ansi", "--no-plugins"})
#: Options that uv has, too.
_SAME = {
    "--directory": "--directory",
    "--project": "--project",
    "--quiet": "--quiet",
    "--verbose": "--verbose",
    "--no-cache": "--no-cache",
    "--compile": "--compile-bytecode",
    "--dry-run": "--dry-run",
}
_CHOICE = frozenset({"--with", "--without", "--only", "--all-groups", "--extras", "--all-extras"})
_OF_INSTALL = (
    frozenset({"--no-dev", "--no-root", "--only-root", "--no-directory", "--sync", "--remove-untracked"})
    | _SAME.keys()
    | _CHOICE
)
_OF_EXPORT = (
    frozenset({"--dev", "--format", "--output", "--without-hashes", "--without-urls", "--with-credentials"})
    | _SAME.keys() - {"--compile", "--dry-run"}
    | _CHOICE
)
_TOGETHER = Unsaid("poetry does not take these options together")


class _Chosen(NamedTuple):
    """The groups that are installed, as uv calls them, the extras, and the options of uv for both."""

    main: bool
    groups: tuple[str, ...]
    extras: tuple[str, ...]
    options: tuple[str, ...]
    notes: tuple[str, ...] = ()


def poetry_sync_options(poetry: ManagerCommand, converted: Converted) -> SyncOptions | Unsaid:
    """What ``poetry install`` or ``poetry sync`` means, for ``uv sync`` of the project that it became.

    ``poetry install`` installs the project editable, unless ``--no-root`` or ``package-mode`` forbids it, and
    leaves alone what else is in the environment. (Before poetry 2 it passed over a project whose package is
    not there yet; uv does not.)
    """
    wrong = unreadable(poetry, DIALECT, _MEANINGLESS | _OF_INSTALL)
    if wrong is not None:
        return wrong
    exact = poetry.verb == "sync" or poetry.has("--sync", "--remove-untracked")
    if poetry.has("--only-root"):
        return _only_root(poetry, converted, exact=exact)
    chosen = _chosen(poetry, converted)
    if isinstance(chosen, Unsaid):
        return chosen
    project = converted.packaged and not poetry.has("--no-root")
    if project and not chosen.main:
        return Unsaid("poetry installs the project itself here, and uv does not without its dependencies")
    notes = chosen.notes
    place: tuple[str, ...] = ()
    if poetry.has("--no-directory"):
        if project:
            return Unsaid("uv cannot install the project where it leaves out the folders that it depends on")
        place = ("--no-install-local",)
        notes += ("--no-install-local also leaves out archives that the project names by their path",)
    elif converted.packaged and not project and chosen.main:
        place = ("--no-install-project",)
    return SyncOptions(
        (*same_options(poetry, _SAME), *place, *chosen.options),
        chosen.main,
        chosen.groups,
        chosen.extras,
        project,
        exact=exact,
        notes=notes,
    )


def _only_root(poetry: ManagerCommand, converted: Converted, *, exact: bool) -> SyncOptions | Unsaid:
    if poetry.has("--with", "--without", "--only", "--all-groups", "--no-root"):
        return _TOGETHER
    if not converted.packaged:
        return Unsaid("there is no project that could be installed")
    options = (*same_options(poetry, _SAME), "--only-install-project")
    return SyncOptions(options, False, (), (), project=True, exact=exact, only_project=True)


def poetry_export_options(poetry: ManagerCommand, converted: Converted) -> ExportOptions | Unsaid:
    """What ``poetry export`` means, for ``uv export`` of the project that it became.

    Without options poetry exports the dependencies of the project and no group, and never the project.
    """
    wrong = unreadable(poetry, DIALECT, _MEANINGLESS | _OF_EXPORT)
    if wrong is not None:
        return wrong
    chosen = _chosen(poetry, converted, named=True)
    if isinstance(chosen, Unsaid):
        return chosen
    form = (poetry.values("--format") or ("requirements.txt",))[-1]
    if form not in ("requirements.txt", "pylock.toml"):
        return Unsaid(f"uv export writes no {form}")
    indexes = has_indexes(converted)
    if indexes and poetry.has("--with-credentials"):
        return Unsaid("uv export writes no credentials")
    options = [*same_options(poetry, _SAME), "--no-emit-project", *chosen.options]
    options += ["--format", form] if form != "requirements.txt" else []
    options += ["--no-hashes"] if poetry.has("--without-hashes") else []
    options += ["--emit-index-url"] if indexes and not poetry.has("--without-urls") else []
    output = (poetry.values("--output") or (None,))[-1]
    if output is not None:
        # uv writes to standard output as well, unless it is quiet.
        options += ["--output-file", quote(output)] + ["--quiet"] * (not poetry.has("--quiet"))
    return ExportOptions(
        tuple(options),
        chosen.main,
        chosen.groups,
        chosen.extras,
        output,
        chosen.notes,
    )


class _Asked(NamedTuple):
    """The groups that the options name, as the project calls them."""

    only: tuple[str, ...]
    with_: tuple[str, ...]
    without: tuple[str, ...]
    notes: tuple[str, ...] = ()


def _asked(poetry: ManagerCommand, converted: Converted) -> _Asked | Unsaid:
    known = {normalise(name): name for name in converted.groups} | {MAIN: MAIN}
    found: dict[str, list[str]] = {"--only": [], "--with": [], "--without": []}
    notes = []
    for option, groups in found.items():
        for name in (name.strip() for value in poetry.values(option) for name in value.split(",")):
            group = known.get(normalise(name))
            if group is not None:
                groups.append(group)
            elif option == "--without":
                notes.append(f"--without {name} goes: the project has no such group")
            else:
                return Unsaid(f"{option} names the group {name}, which the project does not have")
    # What they meant before there were groups (poetry 1.2 and its notes on deprecated options).
    if poetry.has("--no-dev"):
        found["--only"].append(MAIN)
    if poetry.has("--dev") and "dev" in known:
        found["--with"].append(known["dev"])
        notes.append("--dev means the group dev: poetry 2 takes no notice of the option")
    if poetry.has("--all-groups"):
        if any(found.values()):
            return _TOGETHER
        found["--with"] += converted.groups
    only, with_, without = (tuple(dict.fromkeys(groups)) for groups in found.values())
    return _Asked(only, with_, without, tuple(notes))


def _chosen(poetry: ManagerCommand, converted: Converted, *, named: bool = False) -> _Chosen | Unsaid:
    """The groups and extras that the options choose; with *named*, no group that is not named.

    ``--only`` wins over ``--with`` and ``--without``, ``--without`` over ``--with``.
    """
    asked, extras = _asked(poetry, converted), _extras(poetry, converted)
    if isinstance(asked, Unsaid):
        return asked
    if isinstance(extras, Unsaid):
        return extras
    usual = () if named else tuple(name for name in converted.groups if name not in converted.optional)
    chosen = asked.only or tuple(
        name for name in dict.fromkeys((MAIN, *usual, *asked.with_)) if name not in asked.without
    )
    if not chosen:
        return Unsaid("no group is left that could be installed")
    groups, added, without = (
        tuple(converted.groups[name] for name in names if name != MAIN)
        for names in (chosen, [name for name in asked.with_ if name in chosen], asked.without)
    )
    if MAIN not in chosen:
        # uv takes no extras there, nor does poetry install any: they belong to the project's dependencies.
        return _Chosen(False, groups, (), each("--only-group", groups), asked.notes)
    if poetry.has("--all-groups"):
        options: tuple[str, ...] = ("--all-groups",)
    elif asked.only or named:
        options = ("--no-default-groups", *each("--group", groups))
    else:
        options = (*each("--no-group", without), *each("--group", added))
    asking = ("--all-extras",) if poetry.has("--all-extras") else each("--extra", extras)
    return _Chosen(True, groups, extras, (*options, *asking), asked.notes)


def _extras(poetry: ManagerCommand, converted: Converted) -> tuple[str, ...] | Unsaid:
    """The extras that are asked for, as the project spells them."""
    names = [name for value in poetry.values("--extras") for name in value.split()]
    if poetry.has("--all-extras"):
        return _TOGETHER if names else converted.extras
    known = {normalise(name): name for name in converted.extras}
    for name in names:
        if normalise(name) not in known:
            return Unsaid(f"--extras names {name}, which is no extra of the project")
    return tuple(dict.fromkeys(known[normalise(name)] for name in names))

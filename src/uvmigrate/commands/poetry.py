"""poetry command lines: read.

Options of poetry 1.1, 1.8 and 2.5 (poetry's documentation, "Commands", and what ``--help`` of each says).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.commands.managers import Dialect
from uvmigrate.commands.options import Grammar

if TYPE_CHECKING:
    from uvmigrate.commands.managers import ManagerCommand
    from uvmigrate.shell import Command

_SHORT = {
    "-q": "--quiet",
    "-v": "--verbose",
    "-V": "--version",
    "-n": "--no-interaction",
    "-h": "--help",
    "-C": "--directory",
    "-P": "--project",
}
_VALUED = frozenset({"--directory", "--project"})


def _grammar(short: str, valued: str) -> Grammar:
    """*short* are pairs (``-E --extras …``), *valued* the options with a value."""
    words = short.split()
    pairs = dict(zip(words[::2], words[1::2], strict=True))
    return Grammar(_SHORT | pairs, _VALUED | set(valued.split()))


_INSTALL = _grammar("-E --extras", "--extras --with --without --only")
_ADD = "-G --group -D --dev -e --editable -E --extras"
_NEW = _grammar(
    "-l --license -i --interactive",
    "--name --readme --description --author --python --dependency --dev-dependency --license",
)
_SHOW = _grammar(
    "-t --tree -l --latest -o --outdated -a --all -T --top-level -f --format",
    "--with --without --only --format",
)
_SELF_ADD = _grammar("-e --editable -E --extras", "--extras --source")
_VERBS = frozenset(
    """install sync update add remove lock export build run config check version show shell new init publish
    about search help list""".split()
)
_NESTED = frozenset("self env cache source debug python plugin".split())

DIALECT = Dialect(
    tool="poetry",
    common=Grammar(_SHORT, _VALUED),
    of_verb={
        "install": _INSTALL,
        "sync": _INSTALL,
        "update": _INSTALL,
        "add": _grammar(_ADD, "--group --extras --python --platform --markers --source"),
        "remove": _grammar("-G --group -D --dev", "--group"),
        "export": _grammar(
            "-f --format -o --output -E --extras", "--format --output --with --without --only --extras"
        ),
        "build": _grammar(
            "-f --format -o --output -l --local-version -c --config-settings",
            "--format --output --local-version --config-settings",
        ),
        "show": _SHOW,
        "self show": _SHOW,
        "version": _grammar("-s --short", ""),
        "publish": _grammar(
            "-r --repository -u --username -p --password",
            "--repository --username --password --cert --client-cert --dist-dir",
        ),
        "new": _NEW,
        "init": _NEW,
        "env info": _grammar("-p --path -e --executable", ""),
        "self add": _SELF_ADD,
        "plugin add": _SELF_ADD,
        "source add": _grammar("-p --priority", "--priority"),
    },
    verbs=_VERBS,
    nested=_NESTED,
)


def read_poetry(command: Command) -> ManagerCommand | None:
    """The command as a call of poetry, else None.

    Poetry is known by its name, by a path (also below a variable: ``$POETRY_HOME/bin/poetry``), as
    ``python -m poetry``, and behind ``sudo``, ``env`` and their like.
    """
    return DIALECT.read(command)


def find_poetry(command: Command) -> ManagerCommand | None:
    """The call of poetry that a command hands on to, or is: ``tini -- poetry run x``."""
    return DIALECT.find(command)

"""What the command lines of poetry and pipenv have in common: how they are called, and what they become."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Literal

from uvmigrate.commands.options import Argument, Grammar, values
from uvmigrate.shell import quote, unwrap
from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from uvmigrate.project.converted import Converted
    from uvmigrate.shell import Command

_PYTHON = lazy_pattern(r"python[0-9.]*")
#: Python's own options that may stand before ``-m``.
_PYTHON_FLAGS = frozenset({"-I", "-E", "-s", "-u", "-B"})
#: Programs that start another one, which stands in their words. An entrypoint script does so with ``"$@"``.
_STARTERS = lazy_pattern(
    r"(.*/)?(tini|tini-static|dumb-init|catatonit|gosu|su-exec|setpriv|runuser|timeout|nohup|[\w.-]+\.sh)"
)


class ManagerCommand(NamedTuple):
    """One call of a manager.

    ``command`` is what is left of the command without ``sudo``, ``env`` and their like, ``folder`` that of
    the executable (variables in it as written, None when PATH finds it). ``verb`` is the subcommand, of two
    words where it has its own (``self add``); it is empty where there is none, or only the shell knows it.
    ``verb_index`` is the word that it begins at, ``after`` the next one. The arguments are those before and
    behind the verb; for ``run``, the words of the program that it starts are operands.
    """

    tool: Literal["poetry", "pipenv"]
    command: Command
    folder: str | None
    verb: str
    verb_index: int
    after: int
    arguments: tuple[Argument, ...]

    def values(self, option: str | None) -> tuple[str, ...]:
        """The literal values of an option, or of the operands (None)."""
        return values(self.arguments, option)

    def has(self, *options: str) -> bool:
        """Whether one of the options is given."""
        return any(argument.option in options for argument in self.arguments)

    @property
    def operands(self) -> tuple[Argument, ...]:
        """The arguments that are no options."""
        return tuple(argument for argument in self.arguments if argument.option is None)


class Dialect(NamedTuple):
    """How a manager's command lines are read.

    ``common`` are the options that every verb takes, ``of_verb`` those of single verbs together with them.
    ``verbs`` are all that there are, ``nested`` those that have verbs of their own.
    """

    tool: Literal["poetry", "pipenv"]
    common: Grammar
    of_verb: Mapping[str, Grammar]
    verbs: Collection[str]
    nested: Collection[str] = ()

    def read(self, command: Command) -> ManagerCommand | None:
        """*command* as a call of the manager, seen through ``sudo``, ``env`` and their like, else None."""
        command = unwrap(command)
        called = _called(command, self.tool)
        if called is None:
            return None
        folder, start = called
        argv, index = command.argv, start
        while index < len(argv) and (argv[index] or "").startswith("-"):
            option = argv[index] or ""
            index += 2 if self.common.short.get(option, option) in self.common.valued else 1
        index = min(index, len(argv))
        verb, after = (argv[index] or "", index + 1) if index < len(argv) else ("", index)
        if verb in self.nested and after < len(argv) and (argv[after] or "-")[0] != "-":
            verb, after = f"{verb} {argv[after]}", after + 1
        ahead = (argument for argument in self.common.read(command, start) if argument.last <= index)
        behind = self.of_verb.get(verb, self.common).read(command, after, stop=verb == "run")
        return ManagerCommand(self.tool, command, folder, verb, index, after, (*ahead, *behind))

    def find(self, command: Command) -> ManagerCommand | None:
        """The call that *command* is or hands on to: ``tini -- poetry run x``, ``./start.sh poetry run x``.

        Where another program hands on to it, it must have a verb: the name alone may be a folder's.
        """
        found = self.read(command)
        if found is not None:
            return found
        command = unwrap(command)
        starter = _STARTERS.fullmatch(command.name or "")
        for index in range(1, len(command.words)):
            if starter or command.words[index - 1].text == "--":
                found = self.read(command._replace(words=command.words[index:]))
                if found is not None and found.verb in self.verbs:
                    return found
        return None


def _called(command: Command, tool: str) -> tuple[str | None, int] | None:
    """The folder of the executable and the first word behind it, if *command* calls *tool*."""
    argv = command.argv
    if not argv:
        return None
    # The folder may be a variable ("$POETRY_HOME/bin/poetry"): it stays as it is written.
    path = argv[0] if argv[0] is not None else command.words[0].raw.replace('"', "")
    folder, slash, name = path.rpartition("/")
    if name == tool:
        return folder + slash or None, 1
    start = 1
    while _PYTHON.fullmatch(name) and argv[start : start + 1] and argv[start] in _PYTHON_FLAGS:
        start += 1
    if not _PYTHON.fullmatch(name):
        return None
    if argv[start : start + 1] == (f"-m{tool}",):
        return folder + slash or None, start + 1
    return (folder + slash or None, start + 2) if argv[start : start + 2] == ("-m", tool) else None


def program_index(call: ManagerCommand) -> int | None:
    """The word of ``call.command`` that the program behind ``poetry run`` or ``pipenv run`` begins at.

    Without the words before it, the program starts the same where the environment is on PATH: None where
    there is none, and where the manager would change the working directory first. Poetry also runs the names
    in ``[tool.poetry.scripts]``, which are console scripts where the project is installed; pipenv those in
    the Pipfile's ``[scripts]``, which are none, and it reads a ``.env`` file first.
    """
    moves = call.tool == "poetry" and call.has("--directory")
    if call.verb != "run" or moves or not call.operands:
        return None
    return call.operands[0].first


class Unsaid(NamedTuple):
    """Why uv cannot say what a command or a setting means, in one clause, and the argument that it is for."""

    why: str
    argument: Argument | None = None


class SyncOptions(NamedTuple):
    """What an install means, as options of ``uv sync``; ``--locked`` or ``--frozen`` is for the caller.

    ``options`` are shell words. ``main`` says that the dependencies of the project itself are installed,
    ``groups`` (of ``[dependency-groups]``) and ``extras`` what else is, ``project`` that the project is,
    which then is editable. ``exact`` says that what is not asked for is removed: ``uv sync`` always does so,
    and says ``--inexact`` for the other. ``only_project`` says that all that it needs is there already.
    ``frozen`` says that the lock is taken as it is, whatever the manifest says.
    """

    options: tuple[str, ...]
    main: bool
    groups: tuple[str, ...]
    extras: tuple[str, ...]
    project: bool
    exact: bool = False
    only_project: bool = False
    frozen: bool = False
    notes: tuple[str, ...] = ()


class ExportOptions(NamedTuple):
    """What an export means, as options of ``uv export``; ``--locked`` or ``--frozen`` is for the caller.

    ``options`` are shell words, ``main``, ``groups`` and ``extras`` as in `SyncOptions`. ``output`` is the
    file, None where it goes to standard output.
    """

    options: tuple[str, ...]
    main: bool
    groups: tuple[str, ...]
    extras: tuple[str, ...]
    output: str | None = None
    notes: tuple[str, ...] = ()


class Setting(NamedTuple):
    """What becomes of a setting of another manager.

    ``keep``: a build backend reads it. ``drop``: it goes, nothing is lost. ``rename``: uv reads the same
    value from the environment variables ``to``, the first value from the first. ``set``: uv reads
    ``value`` from ``to``. ``refuse``: uv cannot say it. ``secret`` says that the value is never to be shown.
    """

    action: Literal["keep", "drop", "rename", "set", "refuse"]
    why: str
    to: tuple[str, ...] = ()
    value: str | None = None
    secret: bool = False


def unreadable(call: ManagerCommand, dialect: Dialect, known: Collection[str]) -> Unsaid | None:
    """Why the call cannot be read for certain: an argument is dynamic, or none of the *known* options."""
    valued = dialect.of_verb.get(call.verb, dialect.common).valued
    for argument in call.arguments:
        name = argument.option
        if argument.dynamic:
            return Unsaid("an argument of it only the shell knows", argument)
        if name is None:
            return Unsaid(f"{call.tool} {call.verb} is not known with operands", argument)
        if name not in known:
            return Unsaid(f"{name} is an option that uvmigrate does not know", argument)
        if name in valued and (argument.value or "-").startswith("-"):
            return Unsaid(f"{name} has no value", argument)
    return None


def same_options(call: ManagerCommand, names: Mapping[str, str]) -> tuple[str, ...]:
    """The options that uv has, too, by its *names* for them, each once: the last value counts."""
    found = {}
    for argument in call.arguments:
        if argument.option is not None and argument.option in names:
            value = () if argument.value is None else (quote(argument.value),)
            found[argument.option] = (names[argument.option], *value)
    return tuple(word for words in found.values() for word in words)


def each(option: str, names: Iterable[str]) -> tuple[str, ...]:
    """The option once for each name."""
    return tuple(word for name in names for word in (option, name))


def has_indexes(converted: Converted) -> bool:
    """Whether the project names indexes of its own."""
    uv = tomllib.loads(converted.manifest.decode()).get("tool", {}).get("uv", {})
    return bool(uv.get("index"))

"""How poetry and pipenv come into an image: by pip, pipx, uv or their own scripts."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from uvmigrate.commands.options import Grammar
from uvmigrate.commands.pip import INSTALLERS, MANAGERS, read_pip, requirement_name
from uvmigrate.commands.poetry import read_poetry
from uvmigrate.commands.uv import read_uv
from uvmigrate.shell import unwrap
from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uvmigrate.commands.options import Argument
    from uvmigrate.shell import Command, Word

Tool = Literal["poetry", "pipenv"]
_TOOLS: tuple[Tool, ...] = ("poetry", "pipenv")
#: The managers' own installers, by the last part of their address (both projects' documentation).
_SCRIPTS: dict[str, Tool] = {
    "install.python-poetry.org": "poetry",
    "install-poetry.py": "poetry",
    "get-poetry.py": "poetry",
    "get-pipenv.py": "pipenv",
}
_SCRIPT = lazy_pattern(rf"(?:.*/)?({'|'.join(map(re.escape, _SCRIPTS))})/?")
#: What only serves to install: it goes along with the manager.
_ALONG = INSTALLERS | MANAGERS - {"uv"} | {"poetry-core"}
_PLUGIN = lazy_pattern(r"poetry-(?!core$).+|poethepoet")
#: Plugins that only bring commands of their own.
_HARMLESS = frozenset(
    "poetry-plugin-export poetry-plugin-shell poetry-plugin-up poetry-plugin-bundle poethepoet".split()
)
_LOADER = lazy_pattern(r"(?:.*/)?(curl|wget)")
_RUNNER = lazy_pattern(r"(?:.*/)?(python[0-9.]*)")
_PIPX = Grammar(
    short={"-i": "--index-url"},
    valued=frozenset("--python --pip-args --suffix --index-url --backend --preinstall".split()),
)
_FILES = ("--requirement", "--requirements", "--editable", "--group")


class ManagerInstall(NamedTuple):
    """An install of a manager, by the commands that make it: a download and its run are two or three.

    ``version`` is what is asked for as it is written (``==1.8.3``, ``1.8.3``, ``==$POETRY_VERSION``), empty
    for the newest. ``plugins`` are poetry's, by their normalised names; they may also come alone. ``others``
    are what the same command installs beside, packages and options: with them it cannot just go.
    """

    tool: Tool
    commands: tuple[Command, ...]
    version: str = ""
    plugins: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def manager_installs(commands: Sequence[Command]) -> tuple[ManagerInstall, ...]:
    """The installs of poetry and pipenv among the commands of one script, in order.

    *commands* are those of one level in the order of the text: the parts of a pipeline are neighbours.
    """
    found = []
    taken: set[int] = set()
    for index, command in enumerate(commands):
        if index not in taken:
            install = _by_package(command) or _by_script(commands, index, taken)
            found += [install] if install else []
    return tuple(found)


def is_harmless_plugin(name: str) -> bool:
    """Whether a plugin of poetry's, by its normalised name, has no part in what is installed and built.

    What it brings are commands of its own. One that makes versions has a part, for example, unless it does
    so as the project's build backend.
    """
    return name in _HARMLESS


def _by_package(command: Command) -> ManagerInstall | None:
    """An install by pip, pipx, uv or poetry itself, of packages that are named in the command."""
    words, options = _named(unwrap(command))
    packages = dict(_split(word) for word in words)
    tool = next((tool for tool in _TOOLS if tool in packages), None)
    plugins = tuple(name for name in packages if _PLUGIN.fullmatch(name))
    if tool is None and not plugins:
        return None
    others = [name for name in packages if name not in _ALONG and name not in plugins]
    version = packages[tool] if tool else ""
    return ManagerInstall(tool or "poetry", (command,), version, plugins, (*others, *options))


def _named(command: Command) -> tuple[list[Word], tuple[str, ...]]:
    """The words that name packages in an install, and the options that bring more than those."""
    poetry, pip, uv = read_poetry(command), read_pip(command), read_uv(command)
    argv = command.argv
    arguments: tuple[Argument, ...] = ()
    if poetry is not None and poetry.verb in ("self add", "plugin add"):
        arguments = poetry.arguments
    elif pip is not None and pip.verb == "install":
        arguments = pip.arguments
    elif uv is not None and uv.verb in ("pip install", "tool install"):
        arguments = uv.arguments
    elif argv[1:3] == ("-m", "pipx") and argv[3:4] in (("install",), ("inject",)):
        arguments = _PIPX.read(command, 4)
    elif argv and (argv[0] or "").rpartition("/")[2] == "pipx" and argv[1:2] in (("install",), ("inject",)):
        arguments = _PIPX.read(command, 2)
    named = [argument.last - 1 for argument in arguments if argument.option in (None, "--with")]
    more = tuple(a.option for a in arguments if a.option in _FILES and a.option is not None)
    return [command.words[index] for index in named], more


def _split(word: Word) -> tuple[str, str]:
    """A requirement's normalised name, and the version that it asks for as it is written."""
    text = _text(word)
    found = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[^]]*\])?", text)
    return requirement_name(text), text[found.end() :].strip() if found else ""


def _text(word: Word) -> str:
    return word.text if word.text is not None else re.sub(r"[\"']", "", word.raw)


def _by_script(commands: Sequence[Command], index: int, taken: set[int]) -> ManagerInstall | None:
    """An install by a manager's own script; the commands that belong to it become *taken*.

    It is piped into Python; or saved, run and perhaps removed; or it stands there already and is run.
    """
    command = unwrap(commands[index])
    runs = _RUNNER.fullmatch(command.name or "")
    loads = _LOADER.fullmatch(command.name or "")
    substituted = (word for inner in command.inner if runs for word in inner.words)
    script = next(
        (found[1] for word in (*command.words, *substituted) if (found := _SCRIPT.fullmatch(_text(word)))),
        None,
    )
    if script is None or not (runs or loads):
        return None
    belonging = [index]
    if loads and command.after is not None and command.after.text in ("|", "|&"):
        following = commands[index + 1 : index + 2]
        joined = following and following[0].before and following[0].before.span == command.after.span
        if not joined or not _RUNNER.fullmatch(unwrap(following[0]).name or ""):
            return None
        belonging.append(index + 1)
    else:
        file = _saved(command) if loads else script
        belonging += [at for at in range(index + 1, len(commands)) if _uses(unwrap(commands[at]), file)]
    taken.update(belonging)
    made = tuple(commands[at] for at in belonging)
    version = next((version for part in made if (version := _asked_version(part))), "")
    return ManagerInstall(_SCRIPTS[script], made, version)


def _saved(command: Command) -> str:
    """The name of the file that a download is saved as; that of its address, where nothing else is said."""
    names = [_text(redirect.target) for redirect in command.redirects if redirect.target is not None]
    for word, following in pairwise(command.words):
        if word.text in ("-o", "--output", "--output-document") or (
            word.text == "-O" and (command.name or "").endswith("wget")
        ):
            names.append(_text(following))
    names += [found[1] for word in command.words if (found := _SCRIPT.fullmatch(_text(word)))]
    return names[0].rpartition("/")[2]


def _uses(command: Command, file: str) -> bool:
    """Whether a command runs the file with Python, or removes it and nothing else."""
    operands = [_text(word) for word in command.words[1:] if not word.raw.startswith("-")]
    named = [text.rpartition("/")[2] == file for text in operands]
    runs = bool(_RUNNER.fullmatch(command.name or "")) and any(named[:1])
    return runs or (command.name in ("rm", "/bin/rm") and bool(named) and all(named))


def _asked_version(command: Command) -> str:
    """The version that the installer is told by an option or a variable, as it is written."""
    command = unwrap(command)
    for word, following in pairwise(command.words):
        if word.text == "--version" and _RUNNER.fullmatch(command.name or ""):
            return _text(following)
    given = (each for each in command.assignments if each.name in ("POETRY_VERSION", "PIPENV_VERSION"))
    return next((each.value if each.value is not None else f"${each.name}" for each in given), "")

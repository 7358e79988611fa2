"""Which functions start other programs, and which of their arguments say what.

Source: the documentation of Python (subprocess, os, asyncio), invoke, Fabric 1 and nox.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import libcst as cst

from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence


class Starter(NamedTuple):
    """How a function takes a command.

    ``kind``: a list of words (``list``), a text for a shell (``shell``), one or the other (``either``, by
    ``shell=True``), or its arguments as the words (``arguments``). ``first`` is the argument that it begins
    at, ``file`` the one that names the program once more; ``searched`` says that PATH finds that. The last
    argument is the environment where ``env`` is set.
    """

    kind: Literal["list", "shell", "either", "arguments"]
    first: int = 0
    file: int | None = None
    searched: bool = True
    env: bool = False


_EXEC = {
    f"os.{name}": Starter(
        "list" if "v" in name.removeprefix("spawn").removeprefix("exec") else "arguments",
        first=1 + name.startswith("spawn"),
        file=0 + name.startswith("spawn"),
        searched="p" in name.removeprefix("spawn"),
        env=name.endswith("e"),
    )
    for name in """execv execve execvp execvpe execl execle execlp execlpe
    spawnv spawnve spawnvp spawnvpe spawnl spawnle spawnlp spawnlpe""".split()
}
STARTERS: dict[str, Starter] = {
    **{f"subprocess.{name}": Starter("either") for name in "run Popen call check_call check_output".split()},
    "subprocess.getoutput": Starter("shell"),
    "subprocess.getstatusoutput": Starter("shell"),
    "os.system": Starter("shell"),
    "os.popen": Starter("shell"),
    "os.posix_spawn": Starter("list", 1, 0, searched=False, env=True),
    "os.posix_spawnp": Starter("list", 1, 0, env=True),
    **_EXEC,
    "asyncio.create_subprocess_exec": Starter("arguments"),
    "asyncio.create_subprocess_shell": Starter("shell"),
    "asyncio.subprocess.create_subprocess_exec": Starter("arguments"),
    "asyncio.subprocess.create_subprocess_shell": Starter("shell"),
    "invoke.run": Starter("shell"),
    "fabric.api.local": Starter("shell"),
    "fabric.operations.local": Starter("shell"),
}
#: What a function is called that shows its texts, or asks about them.
_SHOWS = lazy_pattern(
    r"(?:.*\.)?(?:print|pprint|input|debug|info|warn|warning|error|critical|exception|log|write|echo|secho|exit"
    r"|add_argument|add_parser|ArgumentParser|help|get|pop|setdefault|startswith|endswith|index|count|find"
    r"|len|repr|isinstance|\w*(?:Error|Exception|Warning|Exit))"
)


def written(node: cst.BaseExpression) -> str:
    """The name of a function as it is called: ``logger.info``; empty where it is no name."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        return f"{written(node.value)}.{node.attr.value}"
    return ""


def shows(call: cst.Call) -> bool:
    """Whether a call only shows its arguments, looks something up by them, or makes an error of them."""
    return _SHOWS.fullmatch(written(call.func)) is not None


def positional(call: cst.Call) -> tuple[cst.Arg, ...]:
    """The arguments without a keyword."""
    return tuple(arg for arg in call.args if arg.keyword is None and arg.star != "**")


def keyword(call: cst.Call, *names: str) -> cst.BaseExpression | None:
    """The value of the first argument that has one of the keywords."""
    found = (arg.value for arg in call.args if arg.keyword is not None and arg.keyword.value in names)
    return next(found, None)


def command_arguments(call: cst.Call, starter: Starter) -> tuple[cst.Arg, ...]:
    """The arguments that say what is started: one, or all that are words."""
    given = positional(call)
    if any(arg.star for arg in given[: starter.first]):
        return ()
    if starter.kind == "arguments":
        return given[starter.first : len(given) - starter.env]
    if len(given) > starter.first:
        return given[starter.first : starter.first + 1]
    named = ("args", "cmd", "command", "argv")
    return tuple(a for a in call.args if a.keyword is not None and a.keyword.value in named)[:1]


def environment(call: cst.Call, starter: Starter) -> cst.BaseExpression | None:
    """What the program gets as its environment, where the call says so."""
    given: Sequence[cst.Arg] = positional(call)
    if starter.env and starter.kind == "arguments" and given:
        return given[-1].value
    if starter.env and len(given) > starter.first + 1:
        return given[starter.first + 1].value
    return keyword(call, "env")

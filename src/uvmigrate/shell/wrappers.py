"""Commands that run another: ``sudo``, ``env``, ``exec`` and their like, and ``sh -c``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.shell.model import Assignment, Command, Script, Word
from uvmigrate.shell.reader import parse
from uvmigrate.source import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Each with its options that take the next word as their value (sudo(8), env(1), nice(1), bash's builtins).
_WRAPPERS = {
    "sudo": frozenset(
        {
            "-u",
            "-g",
            "-h",
            "-p",
            "-C",
            "-D",
            "-R",
            "-T",
            "-U",
            "-r",
            "-t",
            "--user",
            "--group",
            "--host",
            "--prompt",
            "--chdir",
        }
    ),
    "env": frozenset({"-u", "-C", "--unset", "--chdir"}),
    "exec": frozenset({"-a"}),
    "time": frozenset({"-f", "-o", "--format", "--output"}),
    "nice": frozenset({"-n", "--adjustment"}),
    "command": frozenset[str](),
}
#: With these they do not run a command, or read it from somewhere else.
_OTHER_USES = {
    "command": frozenset({"-v", "-V"}),
    "env": frozenset({"-S", "--split-string"}),
    "sudo": frozenset({"-e", "-l", "-v", "-k", "-K", "-V", "--edit", "--list", "--validate", "--version"}),
}
_SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh"})
_ASSIGNMENT = lazy_pattern(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
_CONTINUATION = lazy_pattern(r"\\\r?\n")


def unwrap(command: Command) -> Command:
    """The command that *command* runs in the end, seen through sudo, env, exec, time, nice and command.

    It has the inner command's words, and the assignments of both; its span stays that of the whole. A
    command that wraps nothing, or uses an option that cannot be read, is returned as it is.
    """
    while True:
        inner = _inner(command)
        if inner is None:
            return command
        command = inner


def _inner(command: Command) -> Command | None:
    name = _base(command.name)
    if name not in _WRAPPERS:
        return None
    assignments = list(command.assignments)
    index = 1
    while index < len(command.words):
        word = command.words[index]
        said = word.raw.strip('"') if word.text is None else word.text
        given = _ASSIGNMENT.fullmatch(said) if name in {"env", "sudo"} else None
        if given:
            value = word.text.partition("=")[2] if word.text is not None else None
            assignments.append(Assignment(given[1], value, word.span))
        elif word.text is None or not word.text.startswith("-"):
            return command._replace(words=command.words[index:], assignments=tuple(assignments))
        elif word.text in _OTHER_USES.get(name, ()):
            return None
        elif word.text in _WRAPPERS[name]:
            index += 1
        index += 1
    return None


def inner_scripts(command: Command) -> tuple[Script, ...]:
    """The text that a shell called with ``-c`` runs, if *command* is such a call with a written text.

    Where the quoted text has no escapes, its spans are places in the file; else the script is not
    ``located``. In double quotes the outer shell expands the variables first: such words are dynamic either
    way. A text made by a substitution or by several quotes with expansions is not read.
    """
    command = unwrap(command)
    if _base(command.name) not in _SHELLS:
        return ()
    word = _script_word(command.words[1:])
    if word is None:
        return ()
    raw, quoted = word.raw, word.raw[1:-1]
    whole = len(raw) > 1 and raw[0] == raw[-1] and raw[0] in "'\""
    plain = _CONTINUATION.sub("", quoted)
    literal = word.text is not None and _CONTINUATION.sub("", word.text) == plain
    # In double quotes, a variable is all that may be expanded without hiding what is run.
    expanded = word.text is None and raw[0] == '"' and not re.search(r'\\|`|\$\(|"', plain)
    if whole and (literal or expanded):
        return (parse(quoted.encode(errors="surrogateescape"), word.span.start + 1),)
    if word.text is None:
        return ()
    return (parse(word.text.encode(errors="surrogateescape"))._replace(located=False),)


def every_command(script: Script) -> Iterator[tuple[Command, bool]]:
    """All commands of *script* and of ``sh -c`` texts in them, and whether each is located in the file."""
    for command in script.everything:
        yield command, script.located
        for inner, located in handed_commands(command):
            yield inner, located and script.located


def handed_commands(command: Command) -> Iterator[tuple[Command, bool]]:
    """The commands of a ``sh -c`` text, wherever in the words the shell is called (``tini -- sh -c …``)."""
    for index, word in enumerate(command.words):
        if word.text is not None and _base(word.text) in _SHELLS:
            for script in inner_scripts(command._replace(words=command.words[index:])):
                yield from every_command(script)
            return


def _script_word(words: Sequence[Word]) -> Word | None:
    """The operand after ``-c``, ``-lc``, ``-euxo pipefail -c`` …"""
    asked = False
    index = 0
    while index < len(words):
        word = words[index]
        if word.text is None or word.text[:1] not in {"-", "+"}:
            return word if asked else None
        if not word.text.startswith("--"):
            asked = asked or "c" in word.text[1:]
            index += word.text[-1:] in {"o", "O"}
        index += 1
    return None


def _base(name: str | None) -> str:
    return name.rpartition("/")[2] if name else ""

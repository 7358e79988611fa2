"""The commands of a build as the corpus command reads them: wherever one stands, whatever starts it.

The engine's parser and build views are used, and nothing of what the plan decides. Beside the commands of a
RUN these are those of ONBUILD, of exec form, of ``sh -c``, of scripts of the context that a RUN starts, and
those that another command starts (``xargs pip install``, ``retry pip install``, ``poetry run pip install``).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from corpus.counter import commands as split
from uvmigrate.build import ROOT, Call
from uvmigrate.commands import Argument, find_pipenv, find_poetry, is_setup, read_pip, read_uv
from uvmigrate.dockerfile import as_run, expand
from uvmigrate.shell import Command, Script, Word, inner_scripts
from uvmigrate.shell import parse as parse_shell
from uvmigrate.source import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

    from uvmigrate.build import Build, StageFacts

Tool = Literal["pip", "poetry", "pipenv", "setup.py", "pip-tools", "build", "uv"]
OLD: frozenset[Tool] = frozenset({"pip", "poetry", "pipenv", "setup.py", "pip-tools"})
#: Without one of these, the word may be the name of a package or a file.
_VERBS = {
    "pip": frozenset("install wheel download uninstall list freeze check config cache show".split()),
    "poetry": frozenset("install sync update export build run add lock config self env".split()),
    "pipenv": frozenset("install sync update run lock requirements graph shell".split()),
    "uv": frozenset(
        {
            *"sync run add lock export venv build".split(),
            *(f"pip {verb}" for verb in "install sync compile uninstall check list freeze".split()),
            *("tool install", "tool run", "python install"),
        }
    ),
}
_PYTHON = re.compile(r"(.*/)?python[0-9.]*")
_UNREAD = frozenset({"syntax error", "unreadable heredoc", "unknown construct"})
#: How deep scripts that start scripts are followed.
_DEEPEST = 3


class Found(NamedTuple):
    """A command of a manager. ``words`` are its words from the manager's name on, ``via`` what starts it."""

    tool: Tool
    verb: str
    arguments: tuple[Argument, ...]
    words: tuple[Word, ...]
    call: Call
    via: str

    def has(self, *options: str) -> bool:
        """Whether one of the options is given."""
        return any(argument.option in options for argument in self.arguments)

    def texts(self, *options: str | None) -> tuple[str, ...]:
        """The values of options (of the operands, for None), variables filled in as far as they are known."""
        return tuple(text(self, one) for one in self.arguments if one.option in options)

    def value(self, name: str) -> str | None:
        """What an environment variable is where the command runs; None where it is not set or not known."""
        assigned = [one for one in self.call.command.assignments if one.name == name]
        if assigned:
            return assigned[-1].value
        for command in reversed(self.call.script.everything):
            if command.name == "export" and command.span.start < self.call.command.span.start:
                for word in command.words[1:]:
                    if word.raw.startswith(f"{name}="):
                        return word.text.partition("=")[2] if word.text else None
        return self.call.state.env.get(name)

    def on(self, name: str) -> bool:
        """Whether a boolean variable is known to be on."""
        return (self.value(name) or "").lower() in ("1", "true", "yes", "on", "t", "y")


def text(found: Found, argument: Argument) -> str:
    """An argument's value, variables filled in where all of them are known, else as it is written."""
    if argument.value is not None:
        return argument.value
    if not argument.dynamic:
        return ""
    raw = found.words[argument.last - 1].raw.replace('"', "").strip("'")
    raw = raw.partition("=")[2] if argument.option and raw.startswith("--") else raw
    return expand(raw, found.call.state.env) or raw


def base(word: Word) -> str:
    """A word without quotes and folder."""
    return (word.text if word.text is not None else word.raw.strip("\"'")).rpartition("/")[2]


@lru_cache(maxsize=64)
def found_in(build: Build) -> tuple[Found, ...]:
    """Every command of a manager in the instructions of the build, in order."""
    return tuple(hit for call in calls(build) for hit in managers(call))


@lru_cache(maxsize=64)
def calls(build: Build) -> tuple[Call, ...]:
    """Every command that the build's instructions run."""
    return tuple(
        inner for facts in build.stages for call in _calls(facts) for inner in (call, *_within(call, 0))
    )


def managers(call: Call) -> Iterator[Found]:
    """The managers that one command calls: itself, or what it hands on to."""
    at, via = 0, ""
    words = call.command.words
    while at < len(words):
        hit = _manager(call, at, via)
        if hit is not None:
            yield hit
            if hit.verb != "run":
                return
            operand = next((one for one in hit.arguments if one.option is None), None)
            at = len(words) - len(hit.words) + operand.first if operand else len(words)
        else:
            at += 1
        via = base(words[0])


def _manager(call: Call, at: int, via: str) -> Found | None:
    words = call.command.words[at:]
    command = call.command._replace(words=words)
    name = base(words[0])
    tool: Tool
    if (uv := read_uv(command)) is not None:
        tool, verb, arguments = "uv", uv.verb, uv.arguments
    elif (pip := read_pip(command)) is not None and not is_setup(pip):
        tool, verb, arguments = "pip", pip.verb, pip.arguments
    elif name in ("poetry", "pipenv") or (_PYTHON.fullmatch(name) and _module(words) in ("poetry", "pipenv")):
        called = find_poetry(command) or find_pipenv(command)
        if called is None:
            return None
        tool, verb, arguments, words = called.tool, called.verb, called.arguments, called.command.words
    elif name in ("pip-sync", "pip-compile"):
        operands = (Argument(None, one.text, i, i + 1) for i, one in enumerate(words[1:], 1))
        return Found("pip-tools", name, tuple(operands), words, call, via)
    else:
        return _by_python(call, words, via)
    # Where another program calls it, the name alone may mean a package.
    return Found(tool, verb, arguments, words, call, via) if verb in _VERBS[tool] else None


def _module(words: tuple[Word, ...]) -> str | None:
    names = [word.text for word in words]
    return names[names.index("-m") + 1] if "-m" in names[:-1] else None


def _by_python(call: Call, words: tuple[Word, ...], via: str) -> Found | None:
    """``python setup.py install``, ``./setup.py develop``, ``python -m build``."""
    name = base(words[0])
    if name == "setup.py":
        rest = words[1:]
    elif _PYTHON.fullmatch(name):
        if _module(words) == "build":
            return Found("build", "wheel", (), words, call, via)
        at = next((i for i, one in enumerate(words) if base(one) == "setup.py"), None)
        if at is None or any(not (one.text or "").startswith("-") for one in words[1:at]):
            return None
        rest = words[at + 1 :]
    else:
        return None
    verbs = [word.text for word in rest if word.text and not word.text.startswith("-")]
    wanted = next((verb for verb in verbs if verb in ("install", "develop", "bdist_wheel", "sdist")), "")
    return Found("setup.py", wanted, (), words, call, via) if wanted else None


def _calls(facts: StageFacts) -> Iterator[Call]:
    """The commands of the RUNs of a stage, ONBUILD's and those of exec form included."""
    yield from facts.calls()
    for instruction, state in zip(facts.instructions, facts.states, strict=False):
        run = as_run(instruction.inner or instruction)
        if run is None:
            continue
        span = instruction.args_span
        if run.exec_form is not None:
            words = tuple(Word(one, span, one) for one in run.exec_form)
            script = Script(span, b"", ())
            yield Call(facts, instruction, script, Command(span, words), state, state.workdir, "exec form")
        for source in run.scripts:
            script = parse_shell(source.data, source.offset)
            loose = script.everything if instruction.inner else tuple(_unread(script))
            for command in loose if source.is_shell else ():
                yield Call(facts, instruction, script, command, state, state.workdir, "read loosely")


def _unread(script: Script) -> Iterator[Command]:
    """What a simple split makes of the parts that the engine's reader does not understand."""
    for opaque in script.opaque:
        if opaque.why in _UNREAD:
            for one in split(script.of(opaque.span).decode(errors="replace")):
                yield from parse_shell(one.encode()).everything


def _within(call: Call, depth: int) -> Iterator[Call]:
    """The commands of ``sh -c`` texts, and of the scripts of the context that the command starts."""
    scripts = [(script, ()) for script in inner_scripts(call.command)]
    for script, handed in [*scripts, *_started(call)] if depth < _DEEPEST else []:
        for command in script.everything:
            # A script hands its own arguments on: `pip install "$@"`.
            words = tuple(
                one for word in command.words for one in (handed if word.raw == '"$@"' else (word,))
            )
            inner = call._replace(script=script, command=command._replace(words=words), nested="in a script")
            yield inner
            yield from _within(inner, depth + 1)


def _started(call: Call) -> Iterator[tuple[Script, tuple[Word, ...]]]:
    for at, word in enumerate(call.command.words[:3]):
        path = _file(call, word.text or "")
        try:
            data = call.stage.context.repo[call.stage.context.folder / path] if path else b""
        except (KeyError, Unreadable):
            continue
        first = data.partition(b"\n")[0]
        if path and (re.match(rb"#!.*\b(ba|da|a)?sh\b", first) or path.suffix in (".sh", ".bash")):
            yield parse_shell(data), call.command.words[at + 1 :]
            return


def _file(call: Call, word: str) -> PurePosixPath | None:
    """The file of the context that a word names, by its path or on the usual PATH."""
    if not re.fullmatch(r"[\w./-]+", word) or word in (".", "..", "/"):
        return None
    path = call.locate(word)
    if path is None and "/" not in word and word == call.command.name:
        path = call.stage.locate(ROOT / "usr/local/bin" / word, call.state, call.instruction)
    return path if path is not None and not call.stage.context.is_dir(path) else None

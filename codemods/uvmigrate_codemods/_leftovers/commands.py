"""The commands that mean nothing any more where uv installs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from uvmigrate.codemod import (
    INSTALLERS,
    MANAGERS,
    Refusal,
    droppable,
    is_set,
    read_pip,
    requirement_name,
    uv_calls,
)
from uvmigrate_codemods._leftovers.uses import seen_by_the_application, user_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Build, Call, PipCommand

_HOME = r"(?:~|\$HOME|\$\{HOME\}|/root|/home/[\w.-]+)"
_PIP_CACHE = re.compile(_HOME + r"/\.cache/pip(?:/\*?)?|/tmp/pip-\*|/tmp/pip\*")
_ALL_CACHES = re.compile(_HOME + r"/\.cache(?:/\*?)?")
#: They put nothing into a cache folder of the user's.
_NO_CACHES = frozenset(
    """apt apt-get apk dpkg rm mkdir chown chmod cd set export echo true ln useradd adduser groupadd
    addgroup find""".split()
)
#: A requirement of which only the version is a variable: ``poetry==${POETRY_VERSION}``.
_VARIABLE_VERSION = re.compile(
    r"(?P<name>[A-Za-z0-9][\w.-]*)(?:\[[\w,.-]*\])?(?:[=~<>!]=|[<>])(?:[\w.*]|\$\w+|\$\{\w+(?::?-[\w.]*)?\})+"
)
#: Options of ``pip install`` with which it is more than an installation of tools by name.
_MORE = ("--requirement", "--editable", "--target", "--prefix", "--root", "--user", "--group")


class Leftover(NamedTuple):
    """A command, or some operands of an ``rm`` (its words at ``operands``), that can go, and why.

    ``tools`` are the packages that nothing may use any more for that.
    """

    call: Call
    tools: frozenset[str]
    because: str
    operands: tuple[int, ...] = ()


def find_leftovers(build: Build) -> tuple[list[Leftover], list[Refusal]]:
    """What can go from the build's RUN instructions, and what looks so but cannot."""
    refusals: list[Refusal] = []
    found: list[Leftover] = []
    for leftover in _candidates(build):
        objection = _objection(build, leftover)
        if objection is None:
            found.append(leftover)
        else:
            refusals.append(objection)
    spans = {leftover.call.command.span for leftover in found}
    unused: list[Leftover] = []
    for leftover in found:
        users = (user_of(build, tool, spans) for tool in sorted(leftover.tools))
        user = next((user for user in users if user is not None), None)
        if user is None:
            unused.append(leftover)
        elif not leftover.operands:
            because = f"{user} still calls what this {_does(leftover)}"
            refusals.append(_refusal(build, leftover.call, "still-used", because, "let uv do that as well"))
    return unused, refusals


def _does(leftover: Leftover) -> str:
    pip = read_pip(leftover.call.command)
    return "installs" if pip is not None and pip.verb == "install" else "is for"


def _refusal(build: Build, call: Call, code: str, because: str, instead: str) -> Refusal:
    return Refusal(build.path, build.line(call.command.span.start), code, because, instead)


def _candidates(build: Build) -> Iterator[Leftover]:
    for call in build.calls(b"pip", b"cache"):
        pip = read_pip(call.command)
        if pip is not None and pip.verb == "install":
            names = _only_tools(pip)
            if names:
                yield Leftover(call, names, f"nothing uses {', '.join(sorted(names))} now that uv installs")
        elif pip is not None and pip.verb in ("cache", "config"):
            what = "pip's cache is empty" if pip.verb == "cache" else "nothing reads pip's settings"
            yield Leftover(call, frozenset({"pip"}), f"{what} now that uv installs")
        elif (call.command.name or "").rpartition("/")[2] == "rm":
            operands = _cleaned(call)
            if operands:
                yield Leftover(
                    call, frozenset({"pip"}), "pip's cache is empty now that uv installs", operands
                )


def _only_tools(pip: PipCommand) -> frozenset[str]:
    """The tools that a ``pip install`` brings; empty where it brings anything else, or uv itself."""
    names = frozenset(requirement_name(value) for value in pip.values(None))
    for argument in pip.dynamic:
        text = " ".join(word.raw for word in pip.command.words[argument.first : argument.last])
        named = _VARIABLE_VERSION.fullmatch(text.replace('"', ""))
        if argument.option is not None or named is None:
            return frozenset()
        names |= {requirement_name(named["name"])}
    if any(pip.has(option) for option in _MORE):
        return frozenset()
    return names if names <= (INSTALLERS | MANAGERS) - {"uv"} else frozenset()


def _cleaned(call: Call) -> tuple[int, ...]:
    """The words of an ``rm`` that name pip's cache, or all caches where nothing beside it fills one."""
    others = (other for other in call.script.statements if other.span != call.command.span)
    alone = all(_fills_no_cache(call, other) for other in others)
    found = []
    for index, word in enumerate(call.command.words):
        text = word.raw.strip("\"'").rstrip("/")
        if _PIP_CACHE.fullmatch(text) or (alone and _ALL_CACHES.fullmatch(text)):
            found.append(index)
    return tuple(found)


def _fills_no_cache(call: Call, statement: object) -> bool:
    """Whether a statement beside *call* leaves nothing in the user's cache folder."""
    program = (getattr(statement, "name", None) or "?").rpartition("/")[2]
    if program == "uv":
        return is_set(call, "UV_NO_CACHE") or bool({"--no-cache", "-n"} & set(getattr(statement, "argv", ())))
    return program in _NO_CACHES or re.fullmatch(r"pip[0-9.]*", program) is not None


def whole(leftover: Leftover) -> bool:
    """Whether the command goes as a whole, and not only some operands."""
    operands = [word for word in leftover.call.command.words[1:] if not word.raw.startswith("-")]
    return not leftover.operands or len(operands) == len(leftover.operands)


def _objection(build: Build, leftover: Leftover) -> Refusal | None:
    """Why a command cannot be taken out of its script, or must not be."""
    call, command = leftover.call, leftover.call.command
    if call.nested is not None:
        return _refusal(build, call, "opaque-shell", call.nested, "write it as a plain command")
    kept = any(r.target is None or r.target.text != "/dev/null" for r in command.redirects)
    if (whole(leftover) and not droppable(command)) or kept:
        because = "another command depends on whether this one fails, or on what it prints"
        return _refusal(build, call, "tied-command", because, "take it out by hand")
    pip, visible = read_pip(command), leftover.tools - {"pip"}
    if pip is not None and pip.verb == "install" and visible and seen_by_the_application(build, call, pip):
        because = (
            f"{', '.join(sorted(visible))}: the application looks for its packages there, and may import it"
        )
        return _refusal(build, call, "tool-visible", because, "declare it as a dependency if it is one")
    return None


def on_uv(build: Build) -> bool:
    """Whether uv installs in the build."""
    return any(uv.verb in ("sync", "pip install", "pip sync") for _, uv in uv_calls(build))

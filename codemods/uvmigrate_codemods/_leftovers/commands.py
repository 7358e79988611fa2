"""The commands that mean nothing any more where uv installs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    INSTALLERS,
    MANAGERS,
    NamedTuple,
    Refusal,
    droppable_together,
    is_set,
    lazy_pattern,
    read_pip,
    requirement_name,
    uv_calls,
)
from uvmigrate_codemods._leftovers.uses import (
    concerns_managers,
    names,
    seen_by_the_application,
    user_of,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from uvmigrate.codemod import Build, Call, PipCommand, Span

_HOME = r"(?:~|\$HOME|\$\{HOME\}|/root|/home/[\w.-]+)"
_PIP_CACHE = lazy_pattern(_HOME + r"/\.cache/pip(?:/\*?)?|/tmp/pip-\*|/tmp/pip\*")
_ALL_CACHES = lazy_pattern(_HOME + r"/\.cache(?:/\*?)?")
#: They put nothing into a cache folder of the user's.
_NO_CACHES = frozenset(
    """apt apt-get apk dpkg rm mkdir chown chmod cd set export echo true ln useradd adduser groupadd
    addgroup find""".split()
)
#: Options of ``pip install`` with which it is more than an installation of tools by name.
_MORE = ("--requirement", "--editable", "--target", "--prefix", "--root", "--user", "--group")
#: What else comes along with poetry: its plugins, and the library that it is built on.
_PLUGIN = lazy_pattern(r"poetry-(?!core$).+|poethepoet", words=("poetry-", "poethepoet"))
_ALONG = frozenset({"poetry-core"})
#: A requirement by name; its version may be a variable.
_REQUIREMENT = lazy_pattern(
    r"[A-Za-z0-9][\w.-]*(?:\[[\w, .-]*\])?(?:\s*(?:[=~<>!]=|[<>@]|\$\{).*)?", re.DOTALL
)
#: The tools that come into an image in other ways, too.
OWN_WAYS = frozenset({"poetry", "pipenv", "pipx"})


class Leftover(NamedTuple):
    """Commands that go together, or some operands of one (its words at ``operands``), and why they can.

    ``tools`` are the packages that nothing may use any more for that, ``place`` a folder that nothing else
    may name. Where it is ``quiet``, nothing is said if it has to stay.
    """

    calls: tuple[Call, ...]
    tools: frozenset[str]
    because: str
    operands: tuple[int, ...] = ()
    place: str | None = None
    quiet: bool = False

    @property
    def call(self) -> Call:
        """The first of the calls."""
        return self.calls[0]

    @property
    def spans(self) -> frozenset[Span]:
        """The commands that it is about."""
        return frozenset(call.command.span for call in self.calls)


class Found(NamedTuple):
    """What can go, and what looks so but cannot; ``staying`` are managers that keep an install for that."""

    leftovers: tuple[Leftover, ...]
    refusals: tuple[Refusal, ...]
    staying: frozenset[str]

    @property
    def spans(self) -> frozenset[Span]:
        """The commands that go, whole or in part."""
        return frozenset(span for leftover in self.leftovers for span in leftover.spans)


def find_leftovers(build: Build) -> Found:
    """What can go from the build's RUN instructions, and what looks so but cannot."""
    refusals: list[Refusal] = []
    found: list[Leftover] = []
    staying: set[str] = set()
    for leftover in _merged(_candidates(build)):
        objection = _objection(build, leftover)
        if objection is None:
            found.append(leftover)
        elif not leftover.quiet:
            refusals.append(objection)
            staying |= leftover.tools & OWN_WAYS
    # An older pip installs the tools that stay just as well.
    seen = frozenset(span for leftover in found for span in leftover.spans)
    while True:
        spans = frozenset(span for leftover in found for span in leftover.spans)
        users = [
            _user(build, leftover, spans if leftover.tools - INSTALLERS else seen, staying)
            for leftover in found
        ]
        if not any(users):
            return Found(tuple(found), tuple(refusals), frozenset(staying))
        for leftover, user in zip(found, users, strict=True):
            if user is not None and not leftover.quiet and not leftover.operands:
                because = f"{user} still calls what this {_does(leftover)}"
                refusals.append(
                    _refusal(build, leftover.call, "still-used", because, "let uv do that as well")
                )
        found = [leftover for leftover, user in zip(found, users, strict=True) if user is None]


def _user(build: Build, leftover: Leftover, gone: Collection[Span], staying: Collection[str]) -> str | None:
    """What still uses what a command brings or is for, when those at the spans *gone* are."""
    if not leftover.tools.isdisjoint(staying):
        return "another install"
    users = (tool_user(build, tool, gone) for tool in sorted(leftover.tools))
    user = next((user for user in users if user is not None), None)
    if user is None and leftover.place is not None:
        return names(build, leftover.place, gone)
    return user


def tool_user(build: Build, tool: str, gone: Collection[Span]) -> str | None:
    """Where something calls a tool, or needs what lies in its folders, apart from the commands *gone*."""
    user = user_of(build, tool, gone)
    if user is None and tool in OWN_WAYS and concerns_managers(build):
        from uvmigrate_codemods._leftovers.managers import folder_user

        return folder_user(build, tool, gone)
    return user


def _does(leftover: Leftover) -> str:
    pip = read_pip(leftover.call.command)
    return "is for" if pip is not None and pip.verb in ("cache", "config") else "installs"


def _refusal(build: Build, call: Call, code: str, because: str, instead: str) -> Refusal:
    return Refusal(build.path, build.line(call.command.span.start), code, because, instead)


def _candidates(build: Build) -> Iterator[Leftover]:
    brought: set[str] = set()
    for call in build.calls(b"pip", b"cache"):
        pip = read_pip(call.command)
        if pip is not None and pip.verb in ("install", "uninstall"):
            tools = _only_tools(pip)
            because = f"nothing uses {', '.join(sorted(tools))} now that uv installs"
            if tools and pip.verb == "install":
                brought |= tools
                yield Leftover((call,), tools, because)
            elif tools and tools <= brought:
                yield Leftover((call,), tools, because, quiet=True)
        elif pip is not None and pip.verb in ("cache", "config"):
            what = "pip's cache is empty" if pip.verb == "cache" else "nothing reads pip's settings"
            yield Leftover((call,), frozenset({"pip"}), f"{what} now that uv installs")
        elif (call.command.name or "").rpartition("/")[2] == "rm":
            operands = _cleaned(call)
            if operands:
                yield Leftover(
                    (call,), frozenset({"pip"}), "pip's cache is empty now that uv installs", operands
                )
    if concerns_managers(build):
        from uvmigrate_codemods._leftovers.managers import manager_leftovers

        yield from manager_leftovers(build)


def _merged(candidates: Iterable[Leftover]) -> tuple[Leftover, ...]:
    """The same with one for each command: of an ``rm``, pip's cache and a manager's may be operands."""
    found: dict[frozenset[Span], Leftover] = {}
    for one in candidates:
        other = found.get(one.spans)
        if other is not None and one.operands and other.operands:
            found[one.spans] = other._replace(
                tools=other.tools | one.tools,
                because="; ".join(dict.fromkeys((other.because, one.because))),
                operands=tuple(sorted({*other.operands, *one.operands})),
            )
        else:
            found.setdefault(one.spans, one)
    return tuple(found.values())


def _only_tools(pip: PipCommand) -> frozenset[str]:
    """The tools that a call of pip brings or removes; empty where it is about anything else, or uv itself.

    Their versions may be variables. pip itself is not removed to be rid of a tool, but to have it gone.
    """
    words = [pip.command.words[argument.first] for argument in pip.arguments if argument.option is None]
    texts = [word.raw.strip("\"'") for word in words]
    names = frozenset(map(requirement_name, texts))
    # What --user makes is looked for where a manager is: see copied_from.
    more = [option for option in _MORE if option != "--user" or not names & OWN_WAYS]
    if any(pip.has(option) for option in more):
        return frozenset()
    plugins = frozenset(name for name in names if _PLUGIN.fullmatch(name))
    known = (INSTALLERS if pip.verb == "install" else frozenset()) | MANAGERS - {"uv"} | _ALONG | plugins
    if not names <= known or names <= _ALONG or not all(map(_REQUIREMENT.fullmatch, texts)):
        return frozenset()
    return names - plugins - _ALONG | ({"poetry"} if plugins else frozenset())


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
    call = leftover.call
    commands = [call.command for call in leftover.calls]
    nested = next((call.nested for call in leftover.calls if call.nested is not None), None)
    if nested is not None:
        return _refusal(build, call, "opaque-shell", nested, "write it as a plain command")
    kept = any(
        r.target is None or r.target.text != "/dev/null" for command in commands for r in command.redirects
    )
    download = len(commands) > 1
    tied = whole(leftover) and not droppable_together(call.script, commands)
    if tied or (kept and not download):
        because = "another command depends on whether this one fails, or on what it prints"
        return _refusal(build, call, "tied-command", because, "take it out by hand")
    pip, visible = read_pip(call.command), leftover.tools - {"pip"}
    if pip is not None and pip.verb == "install" and visible and seen_by_the_application(build, call, pip):
        because = (
            f"{', '.join(sorted(visible))}: the application looks for its packages there, and may import it"
        )
        return _refusal(build, call, "tool-visible", because, "declare it as a dependency if it is one")
    return None


def on_uv(build: Build) -> bool:
    """Whether uv installs in the build."""
    return any(uv.verb in ("sync", "pip install", "pip sync") for _, uv in uv_calls(build))

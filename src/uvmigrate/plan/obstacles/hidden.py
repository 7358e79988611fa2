"""Installs that stand where no edit can reach them with certainty, or that need a pip that is not there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.build import bootstraps, keeps
from uvmigrate.codemod import Refusal
from uvmigrate.commands import read_pip, read_uv
from uvmigrate.dockerfile import as_run, expand
from uvmigrate.plan.obstacles.recipes import INSTALLS
from uvmigrate.plan.obstacles.starters import hidden_installs
from uvmigrate.shell import UNREAD, inner_scripts, parse
from uvmigrate.source import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.build import Build, Call
    from uvmigrate.build.installs import Install
    from uvmigrate.dockerfile import Instruction, Run

#: Programs of one's own that hand their words on to pip: ``pip-install -r …``.
_INSTALLS_ITSELF = lazy_pattern(
    r"(.*/)?(pip[-_]?install\w*|install[-_](pip|python|requirements)[\w-]*)(\.sh)?"
)
_WRAPPERS = frozenset("xargs sudo env gosu su su-exec runuser exec time nice timeout eval".split())
_NAMED = "name the packages in the requirements file"
#: Programs that run ``python -m pip`` themselves, and what to do instead; an environment by uv has no pip.
_RUN_PIP = {
    b"spacy": (
        lazy_pattern(r"(\S*python\S* -m |\S*/)?spacy download\b.*"),
        "name the package by its URL in the requirements file",
    ),
    b"opentelemetry-bootstrap": (
        lazy_pattern(r"(\S*/)?opentelemetry-bootstrap (-a|--action)[ =]install.*"),
        _NAMED,
    ),
    b"mim": (lazy_pattern(r"(\S*/)?mim install\b.*"), _NAMED),
    b"ensurepip": (lazy_pattern(r"\S*python\S* -m ensurepip.*"), "leave it out: uv installs without pip"),
}


def hidden(build: Build, installs: tuple[Install, ...]) -> Iterator[Refusal]:
    """A refusal for each such install, those of the Dockerfile first."""
    for facts in build.stages:
        if facts.base is not None and "onbuild" in (facts.base.tag or ""):
            line = build.line(facts.stage.from_.span.start)
            because = f"{facts.base.reference} installs by ONBUILD"
            yield Refusal(build.path, line, "onbuild", because, "build on a plain python image")
        for instruction in facts.instructions:
            yield from _instruction(build, instruction)
    yield from _wrapped(build, installs)
    if not all(keeps(build, install) for install in installs):
        yield from _by_others(build, installs)
    yield from hidden_installs(build)


def _instruction(build: Build, instruction: Instruction) -> Iterator[Refusal]:
    def refusal(code: str, because: str, instead: str) -> Refusal:
        return Refusal(build.path, build.line(instruction.span.start), code, because, instead)

    unended = next((heredoc for heredoc in instruction.heredocs if not heredoc.end), None)
    if unended is not None and INSTALLS.search(build.dockerfile.data):
        because = f"the heredoc {unended.delimiter} does not end, and BuildKit builds no such file"
        yield refusal("opaque-shell", because, f"write {unended.delimiter} on a line of its own")
        return
    run = as_run(instruction)
    if instruction.keyword == "ONBUILD" and re.search(r"\bpip[0-9.]*\s+install", instruction.arguments):
        because = "ONBUILD installs in the images built on this one"
        yield refusal("onbuild", because, "move the install into those images")
    elif (
        run is not None
        and run.exec_form
        and INSTALLS.search(" ".join(run.exec_form).encode(errors="surrogateescape"))
    ):
        because = "an exec-form RUN installs with pip"
        yield refusal("exec-form-install", because, "write the RUN in shell form")
    elif run is not None and any(not s.is_shell and INSTALLS.search(s.data) for s in run.scripts):
        because = "a heredoc for another interpreter installs with pip"
        yield refusal("hidden-install", because, "install in a shell RUN")
    elif run is not None and (why := _unread(run)) is not None:
        because = f"this RUN installs, and cannot be read as a shell script ({why})"
        mend = "" if why == "too complex" else "mend its syntax, or "
        yield refusal("opaque-shell", because, f"{mend}write it as several plain commands")


def _unread(run: Run) -> str | None:
    """Why a part of a RUN that installs cannot be read; None where all of them can."""
    scripts = (parse(text.data, text.offset) for text in run.scripts if text.is_shell)
    unread = ((s.of(opaque.span), opaque.why) for s in scripts for opaque in s.opaque if opaque.why in UNREAD)
    return next((why for text, why in unread if INSTALLS.search(text)), None)


def _is_variable(call: Call) -> bool:
    """Whether pip, or its Python, is a variable: ``$PIP install``, ``$PYTHON -m pip install``."""
    argv = call.command.argv
    if len(argv) < 2 or argv[0] is not None:
        return False
    program = expand(call.command.words[0].raw.replace('"', ""), call.state.env) or ""
    return argv[1:3] == ("-m", "pip") or (
        argv[1] == "install" and bool(re.fullmatch(r"(.*/)?pip[0-9.]*", program))
    )


def _wrapped(build: Build, installs: tuple[Install, ...]) -> Iterator[Refusal]:
    known = {install.call.command for install in installs}
    every = build.calls(b"pip", b"install")
    for call in every:
        command = call.command
        if command in known or read_pip(command) or read_uv(command):
            continue
        if _is_variable(call):
            yield _at(
                build, call, f"pip is called as {command.words[0].raw}", "call pip by its name in the RUN"
            )
            continue
        inner = [
            nested
            for script in inner_scripts(command)
            for nested in script.everything
            # What stands in the file as it is was read with the others.
            if not any(c.outer and c.command.span == nested.span for c in every)
        ]
        wraps = (command.name or "").rpartition("/")[2] in _WRAPPERS and any(
            re.fullmatch(r"(.*/)?pip[0-9.]*", word.text or "") for word in command.words[1:]
        )
        if wraps or any(p and p.verb == "install" for p in map(read_pip, inner)):
            yield _at(build, call, f"pip is called through {command.name}", "call pip directly in the RUN")
        elif _INSTALLS_ITSELF.fullmatch(command.name or "") and {"-r", "--requirement"} & set(command.argv):
            yield _at(build, call, f"{command.name} installs, whatever it is", "call pip directly in the RUN")


def _by_others(build: Build, installs: tuple[Install, ...]) -> Iterator[Refusal]:
    followed = {call.command for call in bootstraps(build, installs)}
    for call in build.calls(*_RUN_PIP):
        if call.command in followed:
            continue
        text = " ".join(word.text or word.raw for word in call.command.words)
        instead = next((told for pattern, told in _RUN_PIP.values() if pattern.fullmatch(text)), None)
        if instead is not None:
            what = re.sub(r"^\S*python\S* -m ", "", text)
            because = f"`{what}` runs pip, and an environment by uv has none"
            yield _at(build, call, because, instead)


def _at(build: Build, call: Call, because: str, instead: str) -> Refusal:
    line = build.line(call.command.span.start)
    return Refusal(build.path, line, "hidden-install", because, instead)

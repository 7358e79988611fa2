"""What keeps a build that installs with pip from being switched at all: each with line, code and advice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.build import carried, consumes_wheels, made_venvs
from uvmigrate.build.installs import INSTALL_WORDS
from uvmigrate.codemod import Refusal
from uvmigrate.commands import HARMLESS_VARIABLES, read_pip, read_uv, unmappable
from uvmigrate.dockerfile import as_arg, as_copy, as_env, as_run
from uvmigrate.plan.starters import starting_obstacle
from uvmigrate.shell import inner_scripts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from uvmigrate.build import Build, Call, StageFacts
    from uvmigrate.build.installs import Install

_OTHER_MANAGERS = {
    "poetry": "poetry",
    "pipenv": "pipenv",
    "pdm": "pdm",
    "conda": "conda",
    "mamba": "conda",
    "micromamba": "conda",
    "hatch": "hatch",
    "rye": "rye",
    "easy_install": "easy_install",
    "pip-sync": "pip-tools",
    "pip-compile": "pip-tools",
}
_HANDLED_VERBS = frozenset(
    {
        "install",
        "wheel",
        "check",
        "list",
        "freeze",
        "show",
        "uninstall",
        "cache",
        "",
        "--version",
        "debug",
        "help",
    }
)


def obstacle(build: Build, installs: tuple[Install, ...]) -> Refusal | None:
    """The first thing, in the order of the checks, that makes a switch of this build a guess, or None."""
    checks: tuple[Callable[[Build, tuple[Install, ...]], Iterator[Refusal]], ...] = (
        _managers,
        _hidden_calls,
        _bases,
        _users_and_shells,
        _pip_settings,
        _calls,
    )
    found = next((refusal for check in checks for refusal in check(build, installs)), None)
    return found or starting_obstacle(build, installs)


def _at(build: Build, offset: int, code: str, because: str, instead: str) -> Refusal:
    return Refusal(build.path, build.line(offset), code, because, instead)


def _at_call(build: Build, call: Call, code: str, because: str, instead: str) -> Refusal:
    return _at(build, call.command.span.start, code, because, instead)


def _managers(build: Build, _: tuple[Install, ...]) -> Iterator[Refusal]:
    for call in build.calls(*INSTALL_WORDS):
        name = (call.command.name or "").rpartition("/")[2]
        argv = call.command.argv
        manager = _OTHER_MANAGERS.get(name)
        if name.startswith("python") and argv[1:3] in (("-m", "pipenv"), ("-m", "poetry"), ("-m", "pdm")):
            manager = argv[2]
        if manager is not None:
            because = f"{manager} installs here, and this version only switches pip"
            yield _at_call(build, call, "other-manager", because, "migrate this image by hand for now")
        elif "setup.py" in argv and {"install", "develop"} & set(argv):
            because = "setup.py installs itself here, and this version only switches pip"
            yield _at_call(
                build, call, "other-manager", because, "use `pip install .` first, then run uvmigrate again"
            )


def _hidden_calls(build: Build, installs: tuple[Install, ...]) -> Iterator[Refusal]:
    """Installs that stand where no edit can reach them with certainty."""
    known = {install.call.command for install in installs}
    for facts in build.stages:
        for instruction in facts.instructions:
            text = instruction.arguments
            if instruction.keyword == "ONBUILD" and re.search(r"\bpip3?\s+install", text):
                because = "ONBUILD installs in the images built on this one"
                yield _at(
                    build, instruction.span.start, "onbuild", because, "move the install into those images"
                )
            run = as_run(instruction)
            if run is not None and run.exec_form and any("pip" in word for word in run.exec_form):
                because = "an exec-form RUN installs with pip"
                yield _at(
                    build, instruction.span.start, "exec-form-install", because, "write the RUN in shell form"
                )
            if run is not None and any(not s.is_shell and b"pip install" in s.data for s in run.scripts):
                because = "a heredoc for another interpreter installs with pip"
                yield _at(build, instruction.span.start, "hidden-install", because, "install in a shell RUN")
    for call in build.calls(b"pip"):
        command = call.command
        if command in known or read_pip(command) or read_uv(command):
            continue
        inner = [nested for script in inner_scripts(command) for nested in script.everything]
        wraps = (command.name or "").rpartition("/")[2] in _WRAPPERS and any(
            re.fullmatch(r"(.*/)?pip[0-9.]*", word.text or "") for word in command.words[1:]
        )
        if wraps or any(p and p.verb == "install" for p in map(read_pip, inner)):
            because = f"pip is called through {command.name}"
            yield _at_call(build, call, "hidden-install", because, "call pip directly in the RUN")


_WRAPPERS = frozenset(
    {"xargs", "sudo", "env", "gosu", "su", "su-exec", "runuser", "exec", "time", "nice", "timeout", "eval"}
)


def _bases(build: Build, installs: tuple[Install, ...]) -> Iterator[Refusal]:
    for install in installs:
        base = install.stage.base
        line = install.stage.lineage[0].stage.from_.span.start
        if base is None:
            because = "which image this is FROM depends on an ARG without a default"
            yield _at(build, line, "base-unknown", because, "give the ARG a default")
        elif base.windows:
            yield _at(
                build, line, "windows", "uv's image is for Linux containers", "migrate this image by hand"
            )
        elif base.python is not None and base.python < (3, 7):
            version = ".".join(map(str, base.python))
            because = f"uv installs for Python 3.7 and newer, and this image has {version}"
            yield _at(build, line, "python-too-old", because, "move the image to a supported Python first")
        elif base.kind in ("unknown", "distribution", "scratch"):
            because = f"which Python {base.reference} has, and what else is in it, its name does not tell"
            yield _at(
                build, line, "base-unknown", because, "use an official python image, or migrate by hand"
            )


def _users_and_shells(build: Build, installs: tuple[Install, ...]) -> Iterator[Refusal]:
    for install in installs:
        state, call = install.call.state, install.call
        if state.user not in (None, "root", "0", "root:root", "0:0"):
            because = f"this install runs as {state.user}, who can neither make nor fill /opt/venv"
            yield _at_call(build, call, "install-as-non-root", because, "move the install above USER")
        program = state.shell[0].rpartition("/")[2] if state.shell else ""
        if program not in ("sh", "bash", "ash", "dash"):
            because = f"SHELL is {program or 'empty'}, whose commands are not read"
            yield _at_call(build, call, "shell", because, "install in a stage whose SHELL is sh or bash")
        if any(re.fullmatch(r"--login|-[a-z]*l[a-z]*", option) for option in state.shell[1:]):
            because = "SHELL is a login shell, which resets PATH and would not find the environment"
            yield _at_call(build, call, "login-shell", because, "drop the shell's -l option")


def _pip_settings(build: Build, _: tuple[Install, ...]) -> Iterator[Refusal]:
    """pip configuration that changes what is installed, and that uv does not read."""
    for facts in build.stages:
        for instruction in facts.instructions:
            for pair in (*(as_env(instruction) or ()), *(as_arg(instruction) or ())):
                if pair.key.startswith("PIP_") and pair.key not in HARMLESS_VARIABLES:
                    because = f"{pair.key} steers pip, and uv does not read it"
                    instead = "say it in the requirements file (--index-url, …) or migrate by hand"
                    yield _at(build, pair.span.start, "pip-settings", because, instead)
            yield from _pip_files(build, facts, instruction.keyword, instruction.span.start)
            run = as_run(instruction)
            for mount in run.mounts if run else ():
                if mount.type == "secret" and re.search(r"pip", str(mount.options)):
                    because = "pip's configuration comes from a secret, and uv does not read it"
                    yield _at(
                        build, mount.flag.span.start, "pip-settings", because, "migrate this image by hand"
                    )


def _pip_files(build: Build, facts: StageFacts, keyword: str, start: int) -> Iterator[Refusal]:
    if keyword not in ("COPY", "ADD"):
        return
    instruction = next(item for item in facts.instructions if item.span.start == start)
    copy = as_copy(instruction)
    if copy and any(re.search(r"(^|/)\.?pip(\.conf)?$", word.text) for word in (*copy.sources, copy.dest)):
        because = "pip.conf steers pip, and uv does not read it"
        yield _at(build, start, "pip-settings", because, "say its indexes in the requirements file")


def _calls(build: Build, installs: tuple[Install, ...]) -> Iterator[Refusal]:
    """Calls of pip that cannot be said in uv."""
    on_uv = next((call for call in build.calls(b"uv") if read_uv(call.command)), None)
    if on_uv is not None and installs:
        because = (
            "uv installs here too: which of the two is to have the last word is not for a tool to decide"
        )
        yield _at_call(build, on_uv, "mixed-uv-pip", because, "install everything with one of them")
    for install in installs:
        refused = unmappable(install.pip)
        if refused is not None:
            argument, why = refused
            yield _at_call(
                build, install.call, "pip-option", f"{argument.option}: {why}", "say it another way"
            )
    for call in build.calls(b"pip"):
        pip = read_pip(call.command)
        if pip is not None and pip.verb not in _HANDLED_VERBS and not (pip.verb == "config" and not installs):
            because = f"`pip {pip.verb}` has no counterpart in uv"
            yield _at_call(build, call, "pip-verb", because, "do without it, or migrate this image by hand")
    yield from _wheels(build, installs)
    venvs = {venv.path for venv in made_venvs(build)}
    if len(venvs) > 1:
        because = f"several virtual environments: {', '.join(sorted(map(str, venvs)))}"
        first = min(made_venvs(build), key=lambda venv: venv.call.command.span.start)
        yield _at_call(build, first.call, "several-venvs", because, "migrate this image by hand")


def _wheels(build: Build, installs: tuple[Install, ...]) -> Iterator[Refusal]:
    """Wheels that are made, and then used in a way that is not followed: mounted, or in the same stage."""
    made = [install for install in installs if install.pip.verb == "wheel"]
    if not made:
        return
    parts = [part for part in carried(build, installs, made_venvs(build)) if part.kind == "wheels"]
    for install in made:
        if not any(install.stage in part.origin.lineage for part in parts):
            because = (
                "the wheels made here are not copied to another stage, where uvmigrate could follow them"
            )
            yield _at_call(
                build, install.call, "wheels", because, "COPY --from the wheels, or install without them"
            )
    for install in installs:
        local = install.pip.has("--find-links") or install.pip.has("--no-index")
        if local and not consumes_wheels(build, install, installs):
            because = "this installs from wheels that are not copied from the stage that makes them"
            yield _at_call(
                build, install.call, "wheels", because, "COPY --from the wheels, or install without them"
            )

"""Who still uses an old tool, and whether the application could see what it installs."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    SYSTEM,
    as_run,
    expand,
    is_set,
    lazy_pattern,
    made_venvs,
    read_pip,
    read_uv,
    serves_a_manager,
    starts,
    unwrap,
    uv_calls,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from uvmigrate.codemod import Build, Call, Command, PipCommand, Span, UvCommand

#: The names that a tool is called by, where they are not its own.
_PROGRAMS = {
    "setuptools": ("setup.py", "easy_install"),
    "wheel": ("wheel", "bdist_wheel"),
    "pip-tools": ("pip-compile", "pip-sync", "piptools"),
}
#: Programs whose words are names of files or of the system's packages, and others that only print them.
_NOT_CALLING = frozenset("rm mkdir chown chmod ls touch echo printf".split()) | SYSTEM
#: Tools that a program of the repository may call in the build, where it would miss them.
_CALLED_BY_OTHERS = frozenset({"poetry", "pipenv", "pipx"})
#: Programs that do what a file in the working directory says.
_RECIPES = {
    "make": ("GNUmakefile", "makefile", "Makefile"),
    "just": ("justfile", "Justfile", ".justfile"),
    "task": ("Taskfile.yml", "Taskfile.yaml"),
    "tox": ("tox.ini",),
    "nox": ("noxfile.py",),
    "invoke": ("tasks.py",),
    "inv": ("tasks.py",),
}
_INTERPRETERS = lazy_pattern(r"(?:.*/)?(?:(?:ba|da|a|z|k)?sh|python[0-9.]*|\.|source)")


def user_of(build: Build, tool: str, but: Collection[Span]) -> str | None:
    """Where something calls the tool, apart from the commands at the spans *but*; None if nothing does."""
    names = _PROGRAMS.get(tool, (tool,))
    called = re.compile(rf"(?:^|[\s;&|(/\"'])(?:{'|'.join(map(re.escape, names))})[0-9.]*(?=$|[\s;&|)\"'])")
    for call in build.calls(*(name.encode(errors="surrogateescape") for name in names)):
        if call.command.span not in but and _calls(call.command, called):
            return f"line {build.line(call.command.span.start)}"
    for offset, text in _unread(build):
        if called.search(text):
            return f"line {build.line(offset)}"
    for call, path in executed(build) if tool in _CALLED_BY_OTHERS else ():
        if called.search(build.context.repo.get(path, b"").decode(errors="replace")):
            return f"{path}, which line {build.line(call.command.span.start)} starts,"
    for stage in build.final_stages:
        for start in starts(build, stage):
            if _calls(start.command, called):
                return f"{start.path}:{start.line}"
    return None


def _calls(command: Command, called: re.Pattern[str]) -> bool:
    uv = read_uv(command)
    words = command.words[uv.after :] if uv is not None else command.words
    if (uv is not None and uv.verb != "run") or (command.name or "").rpartition("/")[2] in _NOT_CALLING:
        return False
    pip = read_pip(command)
    if pip is not None and pip.verb == "uninstall":
        return False
    return any(called.search(word.text if word.text is not None else word.raw) for word in words)


def concerns_managers(build: Build) -> bool:
    """Whether a Dockerfile names poetry or pipenv, or a setting of theirs."""
    return re.search(rb"(?i)poetry|pipenv|\bWORKON_HOME\b", build.dockerfile.data) is not None


def names(build: Build, place: str, but: Collection[Span]) -> str | None:
    """Where a command or a start still names a folder, apart from the commands at the spans *but*."""
    named = re.compile(rf"(?:^|[\s:=\"']){re.escape(place)}(?=$|[\s/:;&|)\"'])")
    for call in build.calls():
        texts = [expand(word.raw, call.state.env) or word.raw for word in call.command.words]
        if call.command.span not in but and any(map(named.search, texts)):
            return f"line {build.line(call.command.span.start)}"
    for stage in build.final_stages:
        for start in starts(build, stage):
            if any(named.search(word.raw) for word in start.command.words):
                return f"{start.path}:{start.line}"
    return None


def executed(build: Build) -> Iterator[tuple[Call, PurePosixPath]]:
    """The files of the repository that a RUN starts, or that tell a program there what to do."""
    for call in build.calls():
        words = [word.text for word in unwrap(call.command).words]
        program = words[0] if words else None
        if program is None:
            continue
        operands = [text for text in words[1:] if text is not None and not text.startswith("-")]
        texts = [program] if "/" in program else []
        texts += operands[:1] if _INTERPRETERS.fullmatch(program) else []
        texts += _RECIPES.get(program.rpartition("/")[2], ())
        for text in texts:
            found = call.locate(text)
            if found is not None:
                yield call, call.stage.context.folder / found


def _unread(build: Build) -> Iterator[tuple[int, str]]:
    """The texts that are not read as shell commands: exec form, other languages, ONBUILD."""
    for instruction in build.dockerfile.instructions:
        run = as_run(instruction)
        if instruction.inner is not None:
            yield instruction.span.start, instruction.inner.arguments
        elif run is not None and run.exec_form is not None:
            yield instruction.span.start, " ".join(run.exec_form)
        elif run is not None:
            for script in run.scripts:
                if not script.is_shell:
                    yield instruction.span.start, script.data.decode(errors="replace")


def seen_by_the_application(build: Build, call: Call, pip: PipCommand) -> bool:
    """Whether a call of pip installs where the application's own packages are, so that it may import them."""
    folder = pip.folder or ""
    if folder and not folder.startswith(("/usr/bin/", "/usr/local/bin/")):
        return not _is_managers_own(build, call, folder)
    for venv in made_venvs(build):
        has_pip = read_uv(venv.call.command) is None or "--seed" in venv.call.command.argv
        if venv.system_site_packages or (has_pip and str(venv.path / "bin") in call.state.path):
            return True
    if any(other.name in (".", "source") for other in call.script.commands):
        return True
    return any(_into_the_image(other, uv) for other, uv in uv_calls(build))


def _is_managers_own(build: Build, call: Call, folder: str) -> bool:
    """Whether a folder with programs is that of an environment that holds poetry or pipenv alone."""
    path = PurePosixPath(expand(folder, call.state.env) or "?")
    return (
        path.name == "bin" and serves_a_manager(build, path.parent) and not is_environment(build, path.parent)
    )


def is_environment(build: Build, folder: PurePosixPath) -> bool:
    """Whether uv installs into the folder, or what lies in it."""
    states = [state for facts in build.stages for state in facts.states]
    places = {state.env.get(name) for state in states for name in ("UV_PROJECT_ENVIRONMENT", "VIRTUAL_ENV")}
    places |= {str(venv.path) for venv in made_venvs(build)}
    return any(place is not None and PurePosixPath(place).is_relative_to(folder) for place in places)


def _into_the_image(call: Call, uv: UvCommand) -> bool:
    """Whether uv itself works on the Python of the image, and not on an environment."""
    if uv.verb in ("pip install", "pip sync"):
        others = [
            value for value in uv.values("--python") if not value.startswith("/") or value.startswith("/usr")
        ]
        return bool(others) or uv.has("--system", "--target", "--prefix") or is_set(call, "UV_SYSTEM_PYTHON")
    if uv.verb not in ("sync", "run", "add", "remove"):
        return False
    place = call.state.env.get("UV_PROJECT_ENVIRONMENT")
    return place.startswith("/usr") if place is not None else "UV_PROJECT_ENVIRONMENT" in call.state.exported

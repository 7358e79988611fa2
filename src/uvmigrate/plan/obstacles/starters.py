"""What runs in a container of the build, or in a script of it, and whether it would still find its packages.

Scripts and compose files follow a switch (build/following.py). What in them names the old place of the
packages all the same, or installs, is a refusal. A bare console script is fine: PATH finds it.
"""

from __future__ import annotations

import re
from itertools import chain
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.build import (
    commands_in,
    configurations,
    follow,
    is_cron,
    launched,
    launchers,
    made_venvs,
    mount_over,
    moved_programs,
    start_scripts,
    starts,
    unread,
)
from uvmigrate.codemod import Refusal
from uvmigrate.commands import read_pip
from uvmigrate.compose import inside
from uvmigrate.plan.obstacles.recipes import (
    INSTALLS,
    MAKEFILES,
    recipes,
    target_at,
    targets,
    without_comments,
)
from uvmigrate.shell import unwrap
from uvmigrate.source import NamedTuple, Span, apply_edits, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from uvmigrate.build import Build, Call, Following, Programs
    from uvmigrate.build.installs import Install
    from uvmigrate.compose import ComposeFile, Service, Words
    from uvmigrate.shell import Command

_ACTIVATES = lazy_pattern(rb"(?:^|[\s;&])(?:source|\.)\s+\S*/bin/activate\b|\bconda\s+activate\b")
_LOGIN = lazy_pattern(
    rb"(?:^|[\s;&|/])(?:ba)?sh\s+(?:-\w*l|--login)|\bsu\s+-(?:l|\s|-login)|\brunuser\s+-l|(?:^|[\s;&|])sudo\s",
    words=(b"sh", b"su", b"runuser"),
)
#: Of programs that only an environment may have: those that a RUN calls to use what is installed.
_USES = lazy_pattern(
    rb"\b(python[0-9.]*|manage\.py|pytest|django-admin|flask|alembic|celery|gunicorn|playwright)\b"
)
#: pip's verbs that look at what is installed.
_ASKING = frozenset({"check", "freeze", "inspect", "list", "show"})
#: What the switch rewrites where the Dockerfile starts it.
_REWRITTEN = lazy_pattern(rb"\b(poetry|pipenv)\s+run\b", words=(b"poetry", b"pipenv"))
_OLD_FOLDER = lazy_pattern(rb"(?<![\w./-])/usr/local/bin(?![\w-])")
_BARE = "call it by its bare name, which PATH finds, then run uvmigrate again"
_OWN_PATH = "leave it out: uWSGI finds the environment that it is installed in"
_IN_A_RUN = "install in a RUN, then run uvmigrate again"
_PLAINLY = "start the program without a login shell or sudo"
_SHEBANG = lazy_pattern(rb"#!.*\b(ba|da|a|z|k)?sh\b")
_SETS_PATH = lazy_pattern(rb"(?m)^[ \t]*(?:export[ \t]+)?PATH[ \t]*=")
#: uWSGI's names for the folder of its Python, where that is the image's own.
_UWSGI_HOME = lazy_pattern(
    rb"(?m)^[ \t]*(?:home|virtualenv|venv|pyhome)[ \t]*=[ \t]*(?P<home>/usr(?:/local)?)/?[ \t]*\r?$"
)
_SHELLS = frozenset({"sh", "bash", "ash", "dash", ".", "source"})


def starting_obstacle(build: Build, installs: tuple[Install, ...], venv: str) -> Refusal | None:
    """The first script, service or mount that counts on the packages' old place, or None.

    *venv* is where the environment would lie, empty where the packages stay in the image's own Python.
    """
    moving = moved_programs(build, installs, venv)
    following = follow(build, installs, venv)
    own: Iterable[Refusal] = _own(build, installs) if venv else ()
    scripts, services = _scripts(build, moving, following, venv), _services(build, moving, following, venv)
    launchers = _launchers(build, moving, following, venv)
    runners = recipes(build, moving)
    return next(chain(own, _left(following), scripts, launchers, runners, services), None)


def _left(following: Following) -> Iterator[Refusal]:
    """The commands that cannot follow."""
    for problem in following.problems:
        if problem.service is not None:
            because = f"the service {problem.service.name} {problem.why}"
            yield Refusal(problem.path, problem.line, "compose-needs-edit", because, _BARE)
        else:
            yield Refusal(problem.path, problem.line, "script-needs-edit", f"this {problem.why}", _BARE)


def _own(build: Build, installs: tuple[Install, ...]) -> Iterator[Refusal]:
    """What CMD, ENTRYPOINT and HEALTHCHECK install, and login shells there and in later RUN instructions."""
    for stage in build.final_stages:
        for name in sorted(stage.final.exported):
            value = stage.final.env.get(name, "")
            if _REWRITTEN.search(value.encode(errors="replace")):
                because = f"{name} is {value}, which the image does not need any more"
                yield Refusal(build.path, 1, "hidden-install", because, _BARE)
        for start in starts(build, stage):
            text = _REWRITTEN.sub(b"", _text(start.command)) if start.carrier == "instruction" else b""
            if INSTALLS.search(text):
                because = "packages are installed when the container starts, where the environment has no pip"
                yield Refusal(build.path, start.line, "hidden-install", because, _IN_A_RUN)
            elif start.carrier == "instruction" and _looks(start.command):
                because = "pip is called when the container starts, and would not see the environment"
                instead = "ask the packages themselves, by python -c or importlib.metadata"
                yield Refusal(build.path, start.line, "pip-verb", because, instead)
            elif _LOGIN.search(text):
                yield _login(build, start.line, start.command)
    for install in installs:
        for call in (
            call for facts in build.stages if install.stage in facts.lineage for call in facts.calls()
        ):
            text = _text(call.command)
            later = call.command.span.start > install.call.command.span.start
            if later and call.nested is None and _LOGIN.search(text) and _USES.search(text):
                yield _login(build, build.line(call.command.span.start), call.command)


def _looks(command: Command) -> bool:
    """Whether a command asks pip for what is installed, or a Python of the environment for pip."""
    pip = read_pip(command)
    module = (command.name or "").rpartition("/")[2].startswith("python")
    return pip is not None and (module or pip.verb in _ASKING)


def _login(build: Build, line: int, command: Command) -> Refusal:
    because = f"{command.name} starts with a PATH of its own, and would not find the environment"
    return Refusal(build.path, line, "login-shell", because, _PLAINLY)


def _text(command: Command) -> bytes:
    words = (word.text if word.text is not None else word.raw for word in command.words)
    return " ".join(words).encode(errors="surrogateescape")


def hidden_installs(build: Build) -> Iterator[Refusal]:
    """Scripts and makefiles of the repository that a RUN calls, and that install."""
    for call in build.calls(b".sh", b"bash", b"make", b"./"):
        path = _called(call)
        data = build.context.repo.get(build.context.folder / path, b"") if path is not None else b""
        made = targets(call.command, data) if path is not None and "akefile" in path.name else None
        read = without_comments(data)
        found = (m for m in INSTALLS.finditer(read) if made is None or target_at(read, m.start()) in made)
        match = next(found, None)
        if path is not None and match is not None:
            line = data.count(b"\n", 0, match.start()) + 1
            because = "a script that a RUN calls installs packages"
            instead = "install in the Dockerfile, where uvmigrate can follow it"
            yield Refusal(build.context.folder / path, line, "script-needs-edit", because, instead)


def _called(call: Call) -> PurePosixPath | None:
    """The context path of the script or makefile that a command runs."""
    command = unwrap(call.command)
    program = (command.name or "").rpartition("/")[2]
    if program == "make":
        return next((p for n in MAKEFILES if (p := call.locate(n))), None)
    words = command.words[1:] if program in _SHELLS else command.words[:1]
    named = next((word.text for word in words if not (word.text or "").startswith("-")), None)
    if named is None or not re.fullmatch(r"[\w./-]+", named):
        return None
    path = call.locate(named) if program in _SHELLS or "/" in named else None
    return path if path is not None and not call.stage.context.is_dir(path) else None


class _Problem(NamedTuple):
    """Where and how a text counts on the packages' old place: an offset, a clause, and what to do instead."""

    start: int
    why: str
    instead: str


def _problem(text: bytes, moving: Programs | None, venv: str) -> _Problem | None:
    """What in a script, or a command of compose, counts on the packages' old place.

    *moving* is None where the packages lie in an environment already.
    """
    old = next(moving.find(text), None) if moving is not None else None
    if old is not None:
        return _Problem(old.start, f"names {old.text}, where the packages will not be", _BARE)
    found = INSTALLS.search(text)
    if found is not None:
        return _installing(found)
    found = _LOGIN.search(text)
    if found:
        return _Problem(found.start(), "starts a login shell or sudo, which reset PATH", _PLAINLY)
    text = text.replace(f" {venv}/bin/activate".encode(errors="surrogateescape"), b"")
    found = _ACTIVATES.search(text) if moving is not None else None
    if found is None:
        return None
    why = "activates an environment that this image does not make"
    return _Problem(found.start(), why, "take that out: PATH leads to the environment")


def _installing(found: re.Match[bytes]) -> _Problem:
    """What is wrong with a call of an installer, or of a manager that the image loses."""
    words = found[0].split()
    if words[-1] == b"run":
        why = f"calls {words[0].decode()}, which the image does not need any more"
        return _Problem(found.start(), why, "call the program itself, which PATH finds")
    return _Problem(found.start(), "installs packages when the container starts", _IN_A_RUN)


def _scripts(build: Build, moving: Programs | None, following: Following, venv: str) -> Iterator[Refusal]:
    scripts = start_scripts(build)
    for path in sorted(scripts | set(configurations(build))):
        full = build.context.folder / path
        text = build.context.repo.get(full, b"")
        data = without_comments(apply_edits(text, following.edits.get(full, ())))
        shell = path in scripts and (_SHEBANG.match(data) or path.suffix in ("", ".sh", ".bash"))
        problem = _problem(data, moving, venv) if shell else _configured(path, data, moving, venv)
        if problem is not None:
            line = data.count(b"\n", 0, problem.start) + 1
            yield Refusal(full, line, "script-needs-edit", f"this {problem.why}", problem.instead)


def _launchers(build: Build, moving: Programs | None, following: Following, venv: str) -> Iterator[Refusal]:
    """What Python files start, and what they will start once they followed."""
    for path, tasks in launchers(build):
        full = build.context.folder / path
        before = build.context.repo.get(full, b"")
        after = apply_edits(before, following.edits.get(full, ()))
        # A command that names no tool any more is not among those that are read afterwards.
        found = [(line, _REWRITTEN.sub(b"", text), None) for line, text in _launched(path, before, tasks)]
        left = [(line, text, moving) for line, text in _launched(path, after, tasks)]
        for line, text, programs in (*found, *left):
            problem = _problem(text, programs, venv)
            if problem is not None:
                yield Refusal(full, line, "script-needs-edit", f"this {problem.why}", problem.instead)


def _launched(path: PurePosixPath, data: bytes, tasks: frozenset[str]) -> list[tuple[int, bytes]]:
    """The commands that a Python file starts, or seems to, with their lines."""
    found = [(one.line, _text(one.read.command)) for one in launched(path, data, tasks)]
    found += [(one.line, one.text.encode(errors="replace")) for one in unread(path, data, tasks)]
    return sorted(found)


def _configured(path: PurePosixPath, data: bytes, moving: Programs | None, venv: str) -> _Problem | None:
    spans = [Span(0, len(data))] if is_cron(path) else commands_in(path, data)
    for span in spans:
        found = INSTALLS.search(data, span.start, span.end)
        if found is not None:
            return _installing(found)
    if moving is None:
        return None
    old = next(moving.find(data), None)
    if old is not None:
        return _Problem(old.start, f"names {old.text}, where the packages will not be", _BARE)
    home = _UWSGI_HOME.search(data)
    if home is not None:
        named = home["home"].decode()
        return _Problem(home.start(), f"names {named}, where the packages will not be", _OWN_PATH)
    # cron takes nothing from the image's environment: such a line is its whole PATH.
    own = re.escape(f"{venv}/bin:".encode(errors="surrogateescape"))
    data = re.sub(rb"%b[^\s\"']*" % own, lambda found: b" " * len(found[0]), data)
    found = _OLD_FOLDER.search(data) if is_cron(path) else None
    if found is None:
        return None
    why = "has a PATH of its own, without the environment"
    return _Problem(found.start(), why, "name the environment's bin folder in it")


def _words(given: Words) -> tuple[str, ...]:
    return given.argv if given.argv is not None else tuple((given.text or "").split())


def _services(build: Build, moving: Programs | None, following: Following, venv: str) -> Iterator[Refusal]:
    for file, service in _after(build, following):
        for given in service.runs:
            text = " ".join(_words(given)).encode(errors="replace")
            problem = _problem(text, moving, venv)
            if problem is not None:
                because = f"the service {service.name} {problem.why}"
                yield Refusal(file.path, given.line, "compose-needs-edit", because, problem.instead)
        for name, value in service.environment.items():
            if value is not None and _REWRITTEN.search(value.encode(errors="replace")):
                because = f"the service {service.name} sets {name} to {value}, which its image will not have"
                yield Refusal(file.path, service.line, "compose-needs-edit", because, _BARE)
        if venv and ("PATH" in service.environment or _has_path(build, file, service)):
            because = f"the service {service.name} sets PATH, which hides the one that the image has"
            yield Refusal(
                file.path, service.line, "compose-needs-edit", because, "set PATH in the Dockerfile"
            )
        yield from _mounts(build, file.path, service, PurePosixPath(venv)) if venv else ()


def _has_path(build: Build, file: ComposeFile, service: Service) -> bool:
    """Whether a file of ``env_file`` sets PATH."""
    names = (inside(file.path.parent, one.path) for one in service.env_files)
    texts = (build.context.repo.get(name, b"") for name in names if name is not None)
    return any(_SETS_PATH.search(text) for text in texts)


def _after(build: Build, following: Following) -> Iterator[tuple[ComposeFile, Service]]:
    """The services of the build as their files will say them."""
    edited = {
        file.path: apply_edits(file.data, following.edits[file.path])
        for file, _ in build.services
        if file.path in following.edits
    }
    repo = build.context.repo.replace(edited) if edited else build.context.repo
    for file, service in build.services:
        after = file
        if edited:
            from uvmigrate.compose import load

            after = load(repo, file.path)
        yield after, next((one for one in after.services if one.name == service.name), service)


def _mounts(build: Build, path: PurePosixPath, service: Service, venv: PurePosixPath) -> Iterator[Refusal]:
    """A mount over an environment that the switch makes: it would not be seen in the container.

    One that the build makes already is not seen today either.
    """
    mount = mount_over(service, venv)
    if mount is not None and mount.target != "/" and venv not in {made.path for made in made_venvs(build)}:
        because = f"the service {service.name} mounts {mount.target}, which hides the environment {venv}"
        yield Refusal(
            path, mount.line, "compose-needs-edit", because, "mount another folder, or choose --venv"
        )

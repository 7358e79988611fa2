"""What starts a container of the build, and whether it would still find its packages in an environment.

Until uvmigrate edits scripts and compose files, whatever in them names the old place of the packages, or
installs, is a refusal. A bare console script is fine: PATH finds it.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.build import made_venvs, start_scripts
from uvmigrate.codemod import Refusal
from uvmigrate.source import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.build import Build
    from uvmigrate.build.installs import Install
    from uvmigrate.compose import Service, Words

#: An absolute path to Python, pip or a tool of theirs in the image's own Python.
OLD_PROGRAM = re.compile(rb"(?<![\w./-])(/usr/local/bin|/root/\.local/bin|/home/[\w-]+/\.local/bin)/[\w.-]+")
_PYTHON = re.compile(rb"/(python|pip)[0-9.]*$")
_INSTALLS = re.compile(
    rb"\b(pip[0-9.]*\s+(install|uninstall|wheel)|poetry\s+(install|run|add)|pipenv\s+(install|run|sync)|easy_install)\b"
)
_ACTIVATES = re.compile(rb"(?:^|[\s;&])(?:source|\.)\s+\S*/bin/activate\b|\bconda\s+activate\b")
_LOGIN = re.compile(rb"(?:^|[\s;&|])(?:ba)?sh\s+-\w*l|\bsu\s+-(?:l|\s)|\brunuser\s+-l")
_INSTEAD = "call it by its bare name, which PATH finds, then run uvmigrate again"


def starting_obstacle(build: Build, installs: tuple[Install, ...]) -> Refusal | None:
    """The first start script, service or mount that counts on the packages' old place, or None."""
    tools = _tools(installs)
    keeps = bool(made_venvs(build))
    found = [*_scripts(build, tools, keeps), *_services(build, tools, keeps)]
    return found[0] if found else None


def _tools(installs: tuple[Install, ...]) -> frozenset[bytes]:
    """The programs that the installed packages may bring under their own names."""
    names = {
        name
        for install in installs
        for package in install.packages
        for name in [re.split(r"[^\w.-]", package)[0]]
    }
    files = {path for install in installs for path in install.files if path is not None}
    for path in files:
        data = installs[0].stage.context.repo.get(installs[0].stage.context.folder / path, b"")
        names |= {match.decode() for match in re.findall(rb"(?m)^\s*([A-Za-z0-9][\w.-]*)", data)}
    return frozenset(name.lower().encode() for name in names)


def _problem(text: bytes, tools: frozenset[bytes], keeps: bool) -> tuple[int, str] | None:
    """Where and how a text counts on the packages' old place: an offset and a clause."""
    for found in OLD_PROGRAM.finditer(text):
        program = found[0].rpartition(b"/")[2].lower()
        if _PYTHON.search(found[0].lower()) or program in tools:
            return found.start(), f"calls {found[0].decode(errors='replace')}, where the packages will not be"
    for pattern, clause in (
        (_INSTALLS, "installs packages when the container starts"),
        (_LOGIN, "starts a login shell, which resets PATH"),
    ):
        match = pattern.search(text)
        if match:
            return match.start(), clause
    match = None if keeps else _ACTIVATES.search(text)
    return (match.start(), "activates an environment that this image does not make") if match else None


def _scripts(build: Build, tools: frozenset[bytes], keeps: bool) -> Iterator[Refusal]:
    repo = build.context.repo
    for path in sorted(start_scripts(build)):
        full = build.context.folder / path
        try:
            data = repo[full]
        except (KeyError, Unreadable):
            continue
        problem = _problem(_without_comments(data), tools, keeps)
        if problem is not None:
            line = data.count(b"\n", 0, problem[0]) + 1
            yield Refusal(full, line, "script-needs-edit", f"the start script {problem[1]}", _INSTEAD)


def _without_comments(data: bytes) -> bytes:
    """The script with comment lines blanked, the shebang kept; offsets stay."""
    return re.sub(rb"(?m)^[ \t]*#(?!!)[^\n]*", lambda found: b" " * len(found[0]), data)


def _words(given: Words | None) -> tuple[str, ...]:
    if given is None:
        return ()
    return given.argv if given.argv is not None else tuple((given.text or "").split())


def _services(build: Build, tools: frozenset[bytes], keeps: bool) -> Iterator[Refusal]:
    for file, service in build.services:
        for given in (service.command, service.entrypoint, service.healthcheck):
            text = " ".join(_words(given)).encode(errors="replace")
            problem = _problem(text, tools, keeps)
            if given is not None and problem is not None:
                because = f"the service {service.name} {problem[1]}"
                yield Refusal(file.path, given.line, "compose-needs-edit", because, _INSTEAD)
        yield from _mounts(build, file.path, service)


def _mounts(build: Build, path: PurePosixPath, service: Service) -> Iterator[Refusal]:
    """Mounts over an environment that the build makes today: what they hide cannot be told from here."""
    venvs = {venv.path for venv in made_venvs(build)} | {PurePosixPath("/opt/venv")}
    for mount in service.volumes:
        target = PurePosixPath(mount.target)
        hidden = next((venv for venv in sorted(venvs) if target == venv or target in venv.parents), None)
        if hidden is not None and mount.target not in ("/",):
            because = (
                f"the service {service.name} mounts {mount.target}, which hides the environment {hidden}"
            )
            yield Refusal(
                path, mount.line, "compose-needs-edit", because, "mount another folder, or choose --venv"
            )

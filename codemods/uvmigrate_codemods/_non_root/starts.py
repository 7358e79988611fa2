"""What starts a container, and cannot do so as another user than root."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    Refusal,
    as_cmd,
    as_entrypoint,
    as_healthcheck,
    find_uv,
    lazy_pattern,
    parse_shell,
    read_pip,
    start_scripts,
    starts,
    unwrap,
)
from uvmigrate_codemods._commands import BUILDERS, meant, plain, unread, written
from uvmigrate_codemods._non_root.folders import OPEN
from uvmigrate_codemods._non_root.ports import low_port

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import PurePosixPath

    from uvmigrate.codemod import Build, Command, StageFacts, Start

_FOR_ROOT = frozenset(
    """gosu su-exec sudo su doas runuser setpriv setuidgid s6-setuidgid chroot chown chgrp chmod mount umount
    apt-get apt apk dnf yum microdnf dpkg useradd adduser usermod userdel groupadd addgroup groupmod passwd
    chpasswd supervisord sshd nginx apache2 apachectl httpd cron crond anacron rsyslogd syslogd iptables
    sysctl ldconfig update-ca-certificates mknod modprobe""".split()
)
_SERVERS = frozenset({"gunicorn", "celery", "hypercorn", "uwsgi"})
_SWITCHES = lazy_pattern(r"\"?--(user|group|uid|gid)(=.*)?", re.DOTALL)
#: Verbs of uv that change nothing.
_READING = frozenset({"", "run", "version", "pip list", "pip freeze", "pip show", "pip check", "tree"})
_ROOTS = lazy_pattern(
    r"(?:^|[=:\s\"'])(/(?:root|run|var/(?:run|log|lib|cache|spool))(?:/[\w./-]*)?)(?![\w-])"
)
_READABLE = lazy_pattern(r"/run/secrets(/|$)")
_UNREADABLE = ("syntax error", "unreadable heredoc", "unknown construct")
_SHEBANG = lazy_pattern(rb"#!.*\b(ba|da|a)?sh\b")
_KEEP = "let it start as its user, and prepare what needs root in a RUN"


def refusals(
    build: Build, stage: StageFacts, owned: Iterable[PurePosixPath], places: Iterable[PurePosixPath]
) -> Iterator[Refusal]:
    """Why the stage's containers cannot start as another user: one refusal for each place that says so.

    *owned* are the folders that the user is to own; *places* the environments of the build.
    """
    look = _Look(build, stage, (*OPEN, *owned), tuple(places))
    seen: set[tuple[PurePosixPath, str]] = set()
    started = starts(build, stage)
    if not started:
        line = build.line(stage.stage.from_.text_span.start)
        because = "neither CMD nor compose says what starts the container"
        yield Refusal(build.path, line, "start-unknown", because, "write USER by hand")
    for start in started:
        if start.service is not None and start.service.user is not None:
            continue
        found = look.problem(start)
        if found is not None and (start.path, found.because) not in seen:
            seen.add((start.path, found.because))
            yield found
    yield from _unreadable(build, stage)


def _unreadable(build: Build, stage: StageFacts) -> Iterator[Refusal]:
    """The shell texts of which a part was not read, so that nothing can be said about it."""
    instead = "write it in plain shell, or add USER by hand"
    for path, first, data in _texts(build, stage):
        for opaque in parse_shell(data).opaque:
            if opaque.why in _UNREADABLE:
                line = first + data.count(b"\n", 0, opaque.span.start)
                because = f"a part of what starts the container cannot be read ({opaque.why})"
                yield Refusal(path, line, "start-unknown", because, instead)


def _texts(build: Build, stage: StageFacts) -> Iterator[tuple[PurePosixPath, int, bytes]]:
    """Every shell text that may start a container: file, first line, and the text."""
    for facts in stage.lineage:
        for instruction in facts.instructions:
            view = as_cmd(instruction) or as_entrypoint(instruction) or as_healthcheck(instruction)
            if view is not None and view.script is not None:
                yield build.path, build.line(view.script.offset), view.script.data
    for path in sorted(start_scripts(build)):
        full = build.context.folder / path
        data = build.context.repo.get(full, b"")
        if path.suffix in (".sh", ".bash") or _SHEBANG.match(data):
            yield full, 1, data


class _Look:
    """The commands of one stage, seen as a user who may write to few folders."""

    def __init__(
        self,
        build: Build,
        stage: StageFacts,
        writable: tuple[PurePosixPath, ...],
        environments: tuple[PurePosixPath, ...],
    ) -> None:
        self.build, self.stage, self.final = build, stage, stage.final
        self.writable, self.environments = writable, environments

    def problem(self, start: Start) -> Refusal | None:
        """Why one command cannot run as another user, or None."""
        port = low_port(start.command)
        if port is not None:
            because = f"it listens on port {port}, which not every runtime lets others than root do"
            instead = "listen on a port from 1024 up, and publish that as the low one (80:8000)"
            return Refusal(start.path, start.line, "low-port", because, instead)
        hidden = unread(start.command, self.stage, self.final, self.environments)
        if hidden:
            instead = "keep start scripts in the build context, or add USER by hand"
            return Refusal(start.path, start.line, "start-unknown", hidden, instead)
        because = self._tool(start.command) or self._uv(start) or self._writes(start.command)
        return Refusal(start.path, start.line, "needs-root", because, _KEEP) if because else None

    def _tool(self, command: Command) -> str:
        names = [(word.text or "").rpartition("/")[2] for word in command.words]
        tool = next((name for name in names if name in _FOR_ROOT), None)
        if tool is None and names[:1] == ["service"]:
            tool = "service"
        if tool is not None:
            return f"{tool} is called when the container starts, and needs root"
        builder = next((name for name in names if name in BUILDERS), None)
        if builder is not None:
            return f"{builder} writes files when the container starts, to folders that are root's"
        server = next((name for name in names if name in _SERVERS), None)
        switch = next((word.raw for word in command.words if _SWITCHES.fullmatch(word.raw)), None)
        if server is not None and switch is not None:
            return f"{server} {switch} changes the user, and needs root"
        beat = "celery" in names and {"beat", "-B", "--beat"} & set(names)
        if beat and not re.search(r"(^| )(-s|--schedule|-S|--scheduler)\b", " ".join(plain(command))):
            return "celery beat keeps its schedule in the working directory, which is root's"
        return ""

    def _uv(self, start: Start) -> str:
        command, uv = start.command, find_uv(start.command)
        given = self.final.exported | set(start.service.environment if start.service is not None else ())
        names = {(word.text or "").rpartition("/")[2] for word in command.words}
        pip = read_pip(unwrap(command))
        if (pip is not None and pip.verb in ("install", "uninstall")) or "uvx" in names:
            return "packages are installed when the container starts, and the environment is root's"
        if uv is None:
            return ""
        if uv.verb not in _READING:
            return f"uv {uv.verb} is called when the container starts, and the environment is root's"
        if uv.verb == "run" and not uv.has("--no-sync") and "UV_NO_SYNC" not in given:
            return "uv run without --no-sync changes the environment at every start, and it is root's"
        cache = self.final.env.get("UV_CACHE_DIR", "")
        own = self._may_write(cache) if cache else False
        if uv.verb == "run" and not (uv.has("--no-cache") or "UV_NO_CACHE" in given or own):
            return "uv run keeps a cache in the home folder, and the user has none (UV_NO_CACHE=1)"
        return ""

    def _writes(self, command: Command) -> str:
        for word in written(command):
            text = meant(word, self.final)
            if text is None or not self._may_write(text):
                return f"{word.raw} is written when the container starts, and is root's"
        for text in plain(command):
            for path in _ROOTS.findall(text):
                if not self._may_write(path) and not _READABLE.match(path):
                    return f"{path} is named when the container starts, and is root's"
        return ""

    def _may_write(self, text: str) -> bool:
        path = self.final.absolute(text)
        return path is not None and any(path.is_relative_to(folder) for folder in self.writable)

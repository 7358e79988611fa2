"""What starts a service and writes: into a mount, into what becomes a tmpfs, or else it is refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.codemod import Refusal, find_uv, lazy_pattern, read_pip, unwrap
from uvmigrate_codemods._commands import BUILDERS, meant, plain, program, unread, written
from uvmigrate_codemods._read_only.configured import configured
from uvmigrate_codemods._read_only.fetching import brought
from uvmigrate_codemods._read_only.places import clean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import PurePosixPath

    from uvmigrate.codemod import Command, ShellWord, Start
    from uvmigrate_codemods._read_only.data import Sources
    from uvmigrate_codemods._read_only.places import Places
    from uvmigrate_codemods._read_only.services import Use

VERIFY = "try it with `uvmigrate verify --read-only`"
_FOR_ROOT = frozenset(
    """gosu su-exec sudo su doas runuser setpriv setuidgid s6-setuidgid chroot chown chgrp mount umount
    useradd adduser usermod userdel groupadd addgroup groupmod passwd chpasswd""".split()
)
_SYSTEM = frozenset(
    """apt-get apt apk dnf yum microdnf dpkg supervisord sshd nginx apache2 apachectl httpd cron crond anacron
    rsyslogd syslogd ldconfig update-ca-certificates service systemctl""".split()
)
#: They keep logs, settings or databases in folders of theirs.
_KEEPERS = frozenset(
    """airflow mlflow dagster dagster-daemon dagster-webserver prefect superset scrapyd chroma meltano dbt
    label-studio rasa""".split()
)
_SWITCHES = lazy_pattern(r"--(user|group|uid|gid)(=.*)?")
_SERVERS = frozenset({"gunicorn", "celery", "hypercorn", "uwsgi"})
#: Options whose value is a file that is written, or a socket.
_FILES = lazy_pattern(
    r"--(pid|pidfile|pid-file|safe-pidfile|log-?file|access-?log-?file|error-?log-?file|access-log|error-log|"
    r"statedb|schedule|logto2?|daemonize|req-logger|uds|unix-socket|unix_socket|socket|http-socket|bind|"
    r"worker-tmp-dir|control-socket)"
)
_SHORT = {"gunicorn": ("-p", "-b"), "celery": ("-f", "-s"), "daphne": ("-u",), "uwsgi": ("-s", "-d")}
#: Values of these that name a file only where they look like one.
_ADDRESS = lazy_pattern(r"--(socket|http-socket|bind|access-log|error-log|req-logger)|-b|-s")
_SHOWN = lazy_pattern(r"(?:^|[=:\s\"'])(/var/(?:log|lib|spool)/[\w./-]+|/run/[\w./-]+|/var/run/[\w./-]+)")
_READABLE = lazy_pattern(r"/(var/)?run/secrets(/|$)|/var/lib/?$")
#: Verbs of uv that change nothing.
_READING = frozenset({"", "run", "version", "pip list", "pip freeze", "pip show", "pip check", "tree"})


def problems(
    places: Places,
    started: Iterable[Start],
    sources: Sources,
    environments: Collection[PurePosixPath],
    *,
    tried: bool,
) -> Iterator[Refusal]:
    """Why what starts the service cannot run read-only, once for each code.

    *places* gets the tmpfs that the rest needs. Where it was *tried*, and ran, only that counts which a trial
    does not tell: what needs root, an environment that is made anew each time, and data that would be lost.
    """
    seen: set[str] = set()
    look = _Look(places, sources, environments, tried)
    use = places.use
    if not tried and use.service.entrypoint is None and not _is_entrypoint_known(use):
        because = f"{use.service.name}: its base image may start by a script of its own, which is not known"
        yield Refusal(use.file.path, use.service.line, "start-unknown", because, VERIFY)
        seen.add("start-unknown")
    for start in started:
        found = look.problem(start)
        if found is not None and found.code not in seen:
            seen.add(found.code)
            yield found
    if not tried and not any(start.command.words for start in started) and not seen:
        because = f"{use.service.name}: neither CMD nor compose says what starts it"
        yield Refusal(use.file.path, use.service.line, "start-unknown", because, VERIFY)


def _is_entrypoint_known(use: Use) -> bool:
    """Whether the image says what its containers start by, or its base is known to have no such thing."""
    base, lineage = use.stage.base, use.stage.lineage
    said = any(one.keyword == "ENTRYPOINT" for facts in lineage for one in facts.instructions)
    return said or (base is not None and (base.kind in ("python", "distribution") or base.made is not None))


class _Look:
    def __init__(
        self, places: Places, sources: Sources, environments: Collection[PurePosixPath], tried: bool
    ) -> None:
        self.places, self.sources, self.environments, self.tried = places, sources, environments, tried

    def problem(self, start: Start) -> Refusal | None:
        """Why one command keeps the service from running read-only, or None."""
        name = self.places.use.service.name
        hidden = unread(start.command, self.places.use.stage, self.places.state, self.environments)
        if hidden and not self.tried:
            return Refusal(start.path, start.line, "start-unknown", f"{name}: {hidden}", VERIFY)
        tool = self._tool(start.command)
        if tool:
            instead = f"let it start as its user, and prepare what needs root in a RUN; or {VERIFY}"
            return Refusal(start.path, start.line, "needs-root", f"{name}: {tool}", instead)
        instead = "select no-sync as well, and call uv with --no-sync --no-cache where it does not reach"
        why = self._environment(start.command)
        if why:
            return Refusal(start.path, start.line, "run-with", f"{name}: {why}", instead)
        why = self._uv(start.command)
        if why and not self.tried:
            return Refusal(start.path, start.line, "uv-writes", f"{name}: {why}", instead)
        why = self._written(start.command)
        if self.tried:
            # The tmpfs for what it names are needed all the same.
            why = self._keeps(start.command)
        if why:
            instead = f"write to a volume or below /tmp, or do it when the image is built; then {VERIFY}"
            return Refusal(start.path, start.line, "writes-at-start", f"{name}: {why}", instead)
        return None

    def _written(self, command: Command) -> str:
        """What one command writes to where it could not; all is looked at, for the tmpfs that it needs."""
        found = (
            self._installs(command),
            self._program(command),
            self._writes(command),
            brought(self.places, command),
            self._options(command),
            self._settings(command),
        )
        return next(filter(None, found), "")

    def _tool(self, command: Command) -> str:
        names = [word.rpartition("/")[2] for word in plain(command)]
        tool = next((name for name in names if name in _FOR_ROOT), None)
        if tool is not None:
            return f"{tool} is called when it starts, and needs root"
        server = next((name for name in names if name in _SERVERS), None)
        switch = next((word for word in plain(command) if _SWITCHES.fullmatch(word)), None)
        return f"{server} {switch} changes the user, and needs root" if server and switch else ""

    def _installs(self, command: Command) -> str:
        uv, pip = find_uv(command), read_pip(unwrap(command))
        if pip is not None and pip.verb in ("install", "uninstall"):
            return "packages are installed when it starts"
        if uv is not None and uv.verb not in (*_READING, "tool run"):
            return f"uv {uv.verb} is called when it starts, and changes the environment"
        return ""

    def _environment(self, command: Command) -> str:
        uv = find_uv(command)
        if program(command) == "uvx" or (uv is not None and uv.verb == "tool run"):
            return "uvx makes an environment when it starts"
        if uv is not None and uv.has("--with", "--isolated", "--with-requirements", "--with-editable"):
            return "uv run makes an environment of its own when it starts"
        return ""

    def _uv(self, command: Command) -> str:
        """What a call of uv writes that only reads the environment; its cache may become a tmpfs."""
        uv, given = find_uv(command), self.places.state.exported
        if uv is None or uv.verb not in _READING or uv.verb in ("", "version"):
            return ""
        if uv.verb == "run" and not (uv.has("--no-sync", "--no-project") or "UV_NO_SYNC" in given):
            return "uv run without --no-sync changes the environment at every start"
        if uv.has("--no-cache", "-n") or "UV_NO_CACHE" in given:
            return ""
        cache = self._cache(uv.values("--cache-dir"))
        if cache is None:
            return "uv keeps a cache, and in which folder is not known (UV_NO_CACHE=1)"
        self.places.empty(cache)
        filled = not self.places.is_writable(cache)
        return f"uv keeps a cache in {cache}, which the build fills (UV_NO_CACHE=1)" if filled else ""

    def _cache(self, given: tuple[str, ...]) -> PurePosixPath | None:
        """uv's cache folder (uv's documentation, "Cache directory")."""
        state, home = self.places.state, self.places.who.home
        if given or "UV_CACHE_DIR" in state.exported:
            text = given[-1] if given else state.env.get("UV_CACHE_DIR", "$")
            return state.absolute(text) if "$" not in text else None
        if "XDG_CACHE_HOME" in state.exported:
            text = state.env.get("XDG_CACHE_HOME", "$")
            return clean(text) / "uv" if "$" not in text else None
        home = state.env.get("HOME") if "HOME" in state.exported else home
        return clean(home) / ".cache/uv" if home else None

    def _program(self, command: Command) -> str:
        names = [word.rpartition("/")[2] for word in plain(command)]
        name = program(command)
        if name in _SYSTEM:
            return f"{name} writes to the system's folders when it starts"
        keeps = self._keeps(command)
        if keeps:
            return keeps
        builder = next((name for name in names if name in BUILDERS), None)
        folder = self.sources.static if builder == "collectstatic" else None
        if builder is not None and not (folder and self.places.named(folder)):
            return f"{builder} writes files when it starts"
        beat = "celery" in names and {"beat", "-B", "--beat"} & set(names)
        options = r"(^| )(-s|--schedule|-S|--scheduler)\b"
        if beat and not re.search(options, " ".join(plain(command))):
            here = self.places.state.workdir
            if here is None or not self.places.allow(here / "celerybeat-schedule"):
                return "celery beat keeps its schedule in the working directory (--schedule=/tmp/schedule)"
        return ""

    def _keeps(self, command: Command) -> str:
        names = [word.rpartition("/")[2] for word in plain(command)]
        keeper = next((name for name in names if name in _KEEPERS), None)
        return f"{keeper} keeps files of its own" if keeper is not None else ""

    def _writes(self, command: Command) -> str:
        name, flags = program(command), {word.raw for word in command.words if word.raw.startswith("-")}
        targets = list(written(command))
        if name == "chmod":
            targets += [word for word in unwrap(command).words[1:] if not word.raw.startswith("-")][1:]
        for word in targets:
            text = meant(word, self.places.state)
            path = self.places.state.absolute(text) if text else _folder_of(word)
            if path is not None and (self.places.allow(path) or self._is_there(name, flags, path)):
                continue
            if name == "rm" and any("f" in flag for flag in flags):
                # What it would remove is not in the image, or the one who writes it is refused.
                continue
            return f"{word.raw} is written when it starts, and is no mount"
        return ""

    def _is_there(self, name: str, flags: Collection[str], path: PurePosixPath) -> bool:
        """Whether ``mkdir -p`` finds the folder that it is to make."""
        if name != "mkdir" or not any("p" in flag for flag in flags):
            return False
        return self.places.has_folder(path)

    def _options(self, command: Command) -> str:
        words = plain(command)
        server = next((word.rpartition("/")[2] for word in words if word.rpartition("/")[2] in _SHORT), "")
        for word, following in zip(words, [*words[1:], ""], strict=False):
            option, equals, value = word.partition("=")
            if _FILES.fullmatch(option) or option in _SHORT.get(server, ()):
                why = self._file(option, value if equals else following)
                if why:
                    return why
        for text in words:
            for shown in _SHOWN.findall(text):
                if not _READABLE.match(shown) and not self._may_be(shown):
                    return f"{shown} is named when it starts, and is no mount"
        return ""

    def _may_be(self, shown: str) -> bool:
        path = clean(shown)
        there = self.places.use.stage.locate(path, self.places.state) is not None
        return there or self.places.has_folder(path) or self.places.allow(path)

    def _file(self, option: str, value: str) -> str:
        """What speaks against the file, or the socket, that an option names."""
        text = re.sub(r"^(unix|file):(//)?", "", value)
        if _ADDRESS.fullmatch(option) and text == value and not value.startswith(("/", "./")):
            return ""
        if text in ("", "-") or text.startswith(("syslog", "-", "/dev/", "/proc/")):
            return ""
        path = self.places.state.absolute(text) if "$" not in text else None
        if path is not None and (self.places.allow(path) or option == "--worker-tmp-dir"):
            return ""
        return f"{option} {value} is written when it starts, and is no mount"

    def _settings(self, command: Command) -> str:
        """What a settings file of uWSGI or gunicorn names that is written."""
        for key, value, where in configured(self.places, command):
            why = self._file(f"--{key}", value)
            if why:
                return f"{where} says {key} = {value}, which is written when it starts and is no mount"
        return ""


def _folder_of(word: ShellWord) -> PurePosixPath | None:
    """A path in the folder that a word names before its first variable; None where it names none."""
    prefix = re.split(r"[$`]", word.raw.strip("\"'"), maxsplit=1)[0].rpartition("/")[0]
    return clean(prefix) / "file" if prefix.startswith("/") else None

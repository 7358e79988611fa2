"""The files that the settings of gunicorn and uWSGI name, where a command is told to read such settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.codemod import lazy_pattern
from uvmigrate_codemods._commands import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

    from uvmigrate.codemod import Command
    from uvmigrate_codemods._read_only.places import Places

_SETTING = lazy_pattern(
    r"(?m)^[ \t]*(?P<key>pidfile|safe-pidfile|logto2?|daemonize|req-logger|errorlog|accesslog|"
    r"logfile|statedb|socket|http-socket|bind)[ \t]*=[ \t]*[\"']?(?P<value>[^\"'\s#;]+)"
)
_FILE = lazy_pattern(r"(?:.*=)?(?:file:|python:)?([\w./-]+\.(?:ini|conf|cfg|py|yaml|yml))")
#: gunicorn's words for what its options say.
_SAME = {"errorlog": "error-logfile", "accesslog": "access-logfile", "safe-pidfile": "pidfile"}


def configured(places: Places, command: Command) -> Iterator[tuple[str, str, PurePosixPath]]:
    """The option, its value and the file that says so, for each settings file that the command names."""
    words = plain(command)
    names = {word.rpartition("/")[2] for word in words}
    if not names & {"gunicorn", "uwsgi"}:
        return
    named = [found[1] for word in words if (found := _FILE.fullmatch(word)) is not None]
    if "gunicorn" in names:
        # gunicorn reads it from the working directory without being told.
        named.append("gunicorn.conf.py")
    stage, state = places.use.stage, places.state
    for text in dict.fromkeys(named):
        full = state.absolute(text)
        path = stage.locate(full, state) if full is not None else None
        if path is None:
            continue
        where = stage.context.folder / path
        data = stage.context.repo.get(where, b"").decode(errors="replace")
        for found in _SETTING.finditer(data):
            key = _SAME.get(found["key"], found["key"])
            yield key, found["value"], where

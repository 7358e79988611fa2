"""What tells that a service is for development: it edits, reloads or debugs, and is left as it is."""

from __future__ import annotations

import posixpath
import re
from itertools import pairwise
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.codemod import Refusal, lazy_pattern
from uvmigrate_codemods._commands import plain
from uvmigrate_codemods._read_only.places import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from uvmigrate.codemod import Start
    from uvmigrate_codemods._read_only.places import Places
    from uvmigrate_codemods._read_only.services import Use

_WORD = r"(dev(el(op(ment)?)?|container)?|local|tests?|testing|debug(ging)?|ci)"
_NAME = lazy_pattern(rf"(.*[._/-])?\.?{_WORD}([._/-].*)?", re.IGNORECASE)
_TARGET = lazy_pattern(rf"(.*[._-])?{_WORD}([._-].*)?", re.IGNORECASE)
_RELOADS = lazy_pattern(r"--(auto)?-?reload(=.*)?|--debug|--py-autoreload(=.*)?|--autoreload")
_TOOLS = frozenset(
    """debugpy ptvsd pydevd watchmedo watchfiles hupper nodemon jurigged pytest py.test tox nox runserver
    runserver_plus jupyter jupyter-lab ipython""".split()
)
#: What starts nothing, so that somebody can start something in the container by hand.
_SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh"})
_WAITS = lazy_pattern(r"(sleep (inf|[0-9]{5,}|[0-9]+d)|tail -[fF] null)")
_ON = frozenset({"1", "true", "yes", "on", "development"})
_INSTEAD = "write what production needs into a service or a compose file of its own"


def development(use: Use, places: Places, started: Iterable[Start]) -> Refusal | None:
    """Why the service is one of development, or None."""
    service, path = use.service, use.file.path
    found = _mounted(use, places) or _watched(use) or _named(use)
    found = found or next((one for start in started if (one := _started(start, places))), None)
    if found is None:
        return None
    line, why = found
    because = f"{service.name} is for development: {why}"
    return Refusal(path, line or service.line, "development-service", because, _INSTEAD)


def _mounted(use: Use, places: Places) -> tuple[int, str] | None:
    """A folder of the host over the working directory, or over sources that the image has."""
    for mount in use.service.volumes:
        if mount.kind != "bind" or not mount.target.startswith("/"):
            continue
        target, workdir = clean(mount.target), places.state.workdir
        covers = workdir is not None and len(workdir.parts) > 1 and workdir.is_relative_to(target)
        if covers or _is_source(use, mount.source or ""):
            line = mount.line if mount.path == use.file.path else 0
            return line, f"{mount.source} is mounted over {mount.target}"
    return None


def _is_source(use: Use, source: str) -> bool:
    """Whether what is mounted is Python of the repository, a file or a folder with some."""
    here = PurePosixPath(posixpath.normpath(use.file.path.parent / source))
    return any(path.suffix == ".py" for path in use.stage.context.repo.below(here))


def _watched(use: Use) -> tuple[int, str] | None:
    watch = next((one for one in use.service.watch if one.action.startswith("sync")), None)
    return (0, f"develop.watch copies {watch.path} into it") if watch is not None else None


def _named(use: Use) -> tuple[int, str] | None:
    target = use.service.build.target if use.service.build is not None else None
    if target is not None and _TARGET.fullmatch(target):
        return 0, f"it builds the target {target}"
    if _NAME.fullmatch(str(use.file.path.with_suffix(""))):
        return 0, "its file says so by its name"
    profile = next((name for name in use.service.profiles if _TARGET.fullmatch(name)), None)
    return (0, f"it is in the profile {profile}") if profile is not None else None


def _started(start: Start, places: Places) -> tuple[int, str] | None:
    words = plain(start.command)
    names = [word.rpartition("/")[2] for word in words]
    tool = next((name for name in names if name in _TOOLS), None)
    if tool is None and any(pair == ("fastapi", "dev") for pair in pairwise(names)):
        tool = "fastapi dev"
    alone = start.array or len(names) == start.lead + 1
    if tool is None and ((alone and names[-1:] and names[-1] in _SHELLS) or _WAITS.match(" ".join(names))):
        tool = " ".join(words)
    if tool is not None:
        return 0, f"it starts {tool}"
    flag = next((word for word in words if _RELOADS.fullmatch(word)), None)
    if flag is not None and not flag.endswith(("=0", "=false")):
        return 0, f"it is started with {flag}"
    for name in ("FLASK_DEBUG", "FLASK_ENV", "UVICORN_RELOAD"):
        if "flask" in names or "uvicorn" in names:
            value = places.state.env.get(name, "")
            if value.lower() in _ON:
                return 0, f"{name} is {value}"
    return None

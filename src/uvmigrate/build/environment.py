"""Where a build's Python packages lie: environments that it makes, and those carried between stages."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from uvmigrate.build.context import join
from uvmigrate.build.installs import expanded, installs
from uvmigrate.build.managed import (
    environment_place,
    mentions_managers,
    own_environment,
    serves_a_manager,
)
from uvmigrate.build.state import stage_mounts
from uvmigrate.build.users import is_root
from uvmigrate.commands import Grammar, read_uv
from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

    from uvmigrate.build.installs import Install
    from uvmigrate.build.model import Build, Call, StageFacts
    from uvmigrate.build.state import Copied

_VENV = Grammar(
    short={"-p": "--python"},
    valued=frozenset({"--python", "--prompt", "--app-data", "--seeder", "--pip", "--setuptools", "--wheel"}),
)
#: Where pip puts packages and scripts of the image's own Python (CPython's posix_prefix scheme).
_SYSTEM = lazy_pattern(r"/usr/local(/lib(/python3(\.\d+)?(/(site|dist)-packages)?)?|/bin(/[^/]+)?)?")
_USER = lazy_pattern(r"(/root|/home/[^/]+)/\.local(/(lib|bin)(/.*)?)?")

Kind = Literal["venv", "system", "user", "prefix", "wheels"]


class MadeVenv(NamedTuple):
    """A command that makes a virtual environment at ``path`` (an image path).

    ``implied`` says that it is poetry's or pipenv's install that makes it on its way.
    """

    call: Call
    path: PurePosixPath
    system_site_packages: bool
    implied: bool = False

    @property
    def version(self) -> str:
        """The ``3.11`` of a ``python3.11 -m venv``; empty where the program's name says no minor version."""
        found = re.search(r"python(\d+\.\d+)$", self.call.command.name or "")
        return found[1] if found else ""


class Carried(NamedTuple):
    """A COPY that carries (a part of) the packages that ``origin`` installed into ``stage``.

    Wheels may also be mounted: ``copied`` stands for the mount then, and its instruction is the RUN.
    """

    stage: StageFacts
    origin: StageFacts
    copied: Copied
    kind: Kind


def made_venvs(build: Build) -> tuple[MadeVenv, ...]:
    """``python -m venv DIR``, ``virtualenv DIR`` and ``uv venv DIR`` in the build's RUN instructions, and the
    ``.venv`` that poetry and pipenv make beside their manifest.

    An environment for poetry or pipenv alone is none.
    """
    found = _named_venvs(build)
    if not mentions_managers(build):
        return tuple(found)
    places = {venv.path for venv in found}
    used = {
        venv
        for install in installs(build)
        if (venv := venv_of(install, places)) is not None and not _only_on_path(install, venv)
    }
    found = [venv for venv in found if venv.path in used or not serves_a_manager(build, venv.path)]
    for install in installs(build):
        if install.managed is not None and venv_of(install, {venv.path for venv in found}) is None:
            own = own_environment(install.call, install.managed)
            if own is not None:
                found.append(MadeVenv(install.call, own, system_site_packages=False, implied=True))
    return tuple(found)


def _only_on_path(install: Install, venv: PurePosixPath) -> bool:
    """Whether poetry installs, and nothing but PATH leads to the environment.

    Poetry goes by VIRTUAL_ENV: an environment that only holds poetry itself is not the project's.
    """
    if install.managed is None or install.managed.tool != "poetry":
        return False
    return install.call.state.env.get("VIRTUAL_ENV") != str(venv) and _activated(install, {venv}) is None


def _named_venvs(build: Build) -> list[MadeVenv]:
    found = []
    for call in build.calls(b"venv", b"virtualenv"):
        argv = call.command.argv
        start = _venv_start(call)
        if start is None:
            continue
        arguments = _VENV.read(call.command, start)
        folders = [a for a in arguments if a.option is None]
        raw = call.command.words[folders[0].first].raw.strip("\"'") if folders else None
        path = expanded(call, raw) or (".venv" if read_uv(call.command) else None)
        full = join(call.cwd, path) if path and call.cwd else None
        if full is not None:
            found.append(MadeVenv(call, full, "--system-site-packages" in argv))
    return found


def _venv_start(call: Call) -> int | None:
    argv = call.command.argv
    name = (argv[0] or "").rpartition("/")[2] if argv else ""
    uv = read_uv(call.command)
    if uv is not None:
        return uv.after if uv.verb == "venv" else None
    if re.fullmatch(r"python[0-9.]*", name) and argv[1:3] in (("-m", "venv"), ("-m", "virtualenv")):
        return 3
    if re.fullmatch(r"python[0-9.]*", name) and argv[1:2] == ("-mvenv",):
        return 2
    return 1 if re.fullmatch(r"virtualenv|pyvenv(-[0-9.]+)?", name) else None


def prefix_is_carried(build: Build, install: Install) -> bool:
    """Whether another stage takes what a ``pip install --prefix`` has put apart."""
    parts = carried(build, installs(build), made_venvs(build))
    return any(part.kind == "prefix" and install.stage in part.origin.lineage for part in parts)


def carried(build: Build, installs: Iterable[Install], venvs: Iterable[MadeVenv]) -> tuple[Carried, ...]:
    """What carries an environment, or a part, out of a stage that installs: COPY --from, mounts of wheels."""
    made, at = tuple(installs), {venv.path for venv in venvs}
    installing = {install.stage.index for install in made}
    found = []
    for facts in build.stages:
        for instruction, state in zip(facts.instructions, facts.states, strict=False):
            copy = facts.copied(instruction) if instruction.keyword == "COPY" else None
            for copied in (*((copy,) if copy else ()), *stage_mounts(state, instruction)):
                origin = facts.find(copied.origin) if copied.origin else None
                if origin is None or not installing & {stage.index for stage in origin.lineage}:
                    continue
                kinds = {_kind(origin, source, made, at) for source in copied.sources}
                kind = kinds.pop() if len(kinds) == 1 else None
                # Of a mount nothing stays: what the RUN does with other kinds is not followed.
                if kind is not None and (copy is not None or kind == "wheels"):
                    found.append(Carried(facts, origin, copied, kind))
    return tuple(found)


def _kind(
    origin: StageFacts, source: str, installs: tuple[Install, ...], venvs: set[PurePosixPath]
) -> Kind | None:
    path = origin.final.absolute(source) if source.startswith("/") else join(PurePosixPath("/"), source)
    if path is None:
        return None
    own = [install for install in installs if install.stage in origin.lineage]
    if any(path == venv or venv in path.parents for venv in venvs):
        return "venv"
    if path in (folder for install in own for folder in wheel_folders(install)):
        return "wheels"
    prefixes = [prefix for install in own for prefix in install.tool.values("--prefix")]
    if any(path == join(PurePosixPath("/"), prefix) for prefix in prefixes):
        return "prefix"
    if _USER.fullmatch(str(path)) and any(into_home(install, venvs) for install in own):
        return "user"
    return "system" if _SYSTEM.fullmatch(str(path)) and any(into_system(i, venvs) for i in own) else None


def into_system(install: Install, venvs: Iterable[PurePosixPath]) -> bool:
    """Whether an install puts packages into the image's own Python, of the *venvs* that the build makes."""
    return _into_scheme(install, venvs) and not into_home(install, venvs)


def into_home(install: Install, venvs: Iterable[PurePosixPath]) -> bool:
    """Whether an install puts packages below the home folder: ``--user``, or because root does not run it."""
    user = install.tool.has("--user") or not is_root(install.call.state.user)
    return user and _into_scheme(install, venvs)


def _into_scheme(install: Install, venvs: Iterable[PurePosixPath]) -> bool:
    elsewhere = any(install.tool.has(option) for option in ("--prefix", "--target", "--wheel-dir"))
    if install.managed is not None:
        elsewhere = environment_place(install.call, install.managed) != "image"
    return install.tool.verb in ("install", "sync") and not elsewhere and venv_of(install, venvs) is None


def wheel_folders(install: Install) -> tuple[PurePosixPath, ...]:
    """Where ``pip wheel`` puts its wheels (image paths); empty for an install."""
    if install.tool.verb != "wheel" or install.call.cwd is None:
        return ()
    folders = [expanded(install.call, text) for text in install.tool.values("--wheel-dir")]
    return tuple(join(install.call.cwd, folder or ".") for folder in folders or [None])


def venv_of(install: Install, venvs: Iterable[PurePosixPath]) -> PurePosixPath | None:
    """The environment, of those that the build makes, that an install goes into; None for the image's own.

    It is the one whose pip is called, or that was activated in the same script, or that PATH or VIRTUAL_ENV
    name.
    """
    call, known = install.call, list(venvs)
    folder = expanded(call, install.tool.folder)
    if folder and install.managed is None:
        program = join(call.cwd, folder) if call.cwd else PurePosixPath(folder)
        return next((venv for venv in known if program == venv / "bin"), None)
    activated = _activated(install, known)
    if activated is not None:
        return activated
    entries = {PurePosixPath(entry) for entry in call.state.path}
    active = next((venv for venv in known if venv / "bin" in entries), None)
    if active is None and install.managed is not None:
        own = own_environment(call, install.managed)
        return own if own in known else None
    return active


def _activated(install: Install, venvs: Iterable[PurePosixPath]) -> PurePosixPath | None:
    """The environment, of some, that the script of an install activates before it."""
    call, known = install.call, tuple(venvs)
    for earlier in reversed(call.script.commands):
        if earlier.span.start < call.command.span.start and earlier.name in (".", "source"):
            text = expanded(call, earlier.words[1].raw.strip("\"'")) if len(earlier.words) > 1 else None
            script = join(call.cwd, text) if text and call.cwd else None
            found = next((venv for venv in known if script == venv / "bin" / "activate"), None)
            if found is not None:
                return found
    return None

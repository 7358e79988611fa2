"""Builds in which uv installs beside pip: where each of the two puts its packages.

Tried with uv 0.13.8. An environment that uv makes has no pip, so that a bare ``pip`` goes past it to the
image's own, and ``python -m pip`` finds none. ``uv pip`` with --system passes over every environment;
without, VIRTUAL_ENV says where it goes, else a ``.venv`` of the working directory, else PATH.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from uvmigrate.build import carried, consumes_wheels, is_set, join, made_venvs, uv_calls
from uvmigrate.build.environment import venv_of
from uvmigrate.build.installs import expanded
from uvmigrate.commands import PipCommand, read_uv, requirement_name
from uvmigrate.plan.obstacles.refusals import refuse_call
from uvmigrate.source import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.build import Build, Call
    from uvmigrate.build.installs import Install
    from uvmigrate.codemod import Refusal
    from uvmigrate.commands import UvCommand

Place = PurePosixPath | Literal["system", "apart"] | None

#: The verbs of uv that change an environment of the image's, or make one.
_FILLS = frozenset({"sync", "run", "add", "remove", "venv", "pip install", "pip sync", "pip uninstall"})
#: Variables that change nothing about which packages ``uv pip install`` takes from where, and puts where.
_HARMLESS = lazy_pattern(
    r"UV_(LINK_MODE|COMPILE_BYTECODE|(NO_)?CACHE(_DIR)?|PROJECT_ENVIRONMENT|FROZEN|LOCKED|NO_SYNC|NO_DEV"
    r"|NO_DEFAULT_GROUPS|NO_EDITABLE|NO_PROGRESS|PYTHON_DOWNLOADS|PYTHON_INSTALL_DIR|SYSTEM_PYTHON"
    r"|BREAK_SYSTEM_PACKAGES|HTTP_\w+|CONCURRENT_\w+|TOOL_\w+|SYSTEM_CERTS|NATIVE_TLS|VERSION|INSTALL_DIR"
    r"|NO_INSTALLER_METADATA|PUBLISH_\w+)"
)
_SYSTEM = frozenset({"/usr/local/bin", "/usr/bin", "/bin"})
_INSTEAD = "install everything with one of them"


def beside_uv(build: Build) -> bool:
    """Whether uv, too, installs in the build, or makes an environment."""
    return any(uv.verb in _FILLS for _, uv in uv_calls(build))


def stays(build: Build, installs: tuple[Install, ...]) -> bool:
    """Whether uv installs here too, and all that pip installs goes into the image's own Python, or apart."""
    places = {_place(build, install) for install in installs}
    return bool(installs) and beside_uv(build) and places <= {"system", "apart"}


def mixed(build: Build, installs: tuple[Install, ...]) -> Iterator[Refusal]:
    """A refusal where uv installs, too, and it is not certain which environment pip means, or uv would.

    Where it is certain, pip's calls are switched like any, in the order in which they stand.
    """
    if not installs or not beside_uv(build):
        return
    places: dict[Place, Install] = {}
    for install in installs:
        place = _place(build, install)
        if place is None or install.tool.verb == "wheel" or consumes_wheels(build, install, installs):
            name = "pip" if isinstance(install.tool, PipCommand) else install.tool.tool
            means = f"which environment this {name} means beside it"
            because = f"uv installs here too, and {means} is not certain"
            yield refuse_call(build, install.call, "mixed-uv-pip", because, _INSTEAD)
        if place != "apart":
            places.setdefault(place, install)
        steering = _steering(install.call, into_venv=isinstance(place, PurePosixPath))
        if steering is not None:
            because = f"{steering} is for uv's installs here, and would hold for pip's as well"
            yield refuse_call(build, install.call, "mixed-uv-pip", because, _INSTEAD)
    if len(places) > 1:
        second = list(places.values())[1]
        because = "uv installs here too, and pip installs into more than one environment"
        yield refuse_call(build, second.call, "mixed-uv-pip", because, _INSTEAD)
    kinds = {part.kind for part in carried(build, installs, made_venvs(build))}
    into = next((place for place in places if isinstance(place, PurePosixPath)), None)
    if kinds - ({"venv"} if into is not None else {"system"}):
        because = "uv installs here too, and what pip installed is carried to another stage"
        yield refuse_call(build, installs[0].call, "mixed-uv-pip", because, _INSTEAD)
    if into is not None:
        yield from _led_astray(build, installs, into)


def _place(build: Build, install: Install) -> Place:
    """Where pip puts the packages: an environment of the build's, the image's own Python, or a folder apart.

    None where that is not certain.
    """
    tool, call = install.tool, install.call
    if tool.has("--target") or tool.has("--prefix"):
        return "apart"
    if tool.has("--user") or not isinstance(tool, PipCommand):
        return None
    made = made_venvs(build)
    with_pip = {
        venv.path
        for venv in made
        if read_uv(venv.call.command) is None
        or "--seed" in venv.call.command.argv
        or _is_given_pip(build, venv.path)
    }
    venv = venv_of(install, {venv.path for venv in made})
    if venv in with_pip:
        return venv
    if tool.folder is not None:
        folder = (expanded(call, tool.folder) or "").rstrip("/")
        return "system" if venv is None and folder in _SYSTEM else None
    if venv is None and not _synced_on_path(build, call):
        return "system"
    # PATH leads to an environment of uv's first, which has a pip only where somebody installed one.
    module = (call.command.name or "").rpartition("/")[2].startswith("python")
    return None if venv is not None or module or _may_lock_pip(build) else "system"


def _is_given_pip(build: Build, venv: PurePosixPath) -> bool:
    """Whether uv installs pip into an environment by its name."""
    return any(
        uv.verb == "pip install"
        and not uv.has("--system", "--python", "--target", "--prefix")
        and "pip" in map(requirement_name, uv.values(None))
        and _means(build, call, uv, venv)
        for call, uv in uv_calls(build)
    )


def _synced_on_path(build: Build, call: Call) -> bool:
    """Whether an entry of PATH may be an environment that ``uv sync`` made."""
    named = {call.state.env.get(name) for name in ("UV_PROJECT_ENVIRONMENT", "VIRTUAL_ENV")} - {None}
    folders = {PurePosixPath(entry).parent for entry in call.state.path if entry.endswith("/bin")}
    syncs = any(uv.verb in ("sync", "run", "add") for _, uv in uv_calls(build))
    return syncs and any(folder.name == ".venv" or str(folder) in named for folder in folders)


def _may_lock_pip(build: Build) -> bool:
    """Whether a lock of the repository brings pip into an environment, or is not there to tell."""
    repo = build.context.repo
    locks = [repo.get(path, b"") for path in repo.named("uv.lock")]
    return not locks or any(re.search(rb'(?m)^name = "pip"\r?$', data) for data in locks)


def _steering(call: Call, *, into_venv: bool) -> str | None:
    """A variable that steers what ``uv pip install`` takes, and that pip did not read."""
    # An environment has its Python already.
    known = {"UV_PYTHON_PREFERENCE"} if into_venv else set()
    others = (name for name in sorted(call.state.exported - known) if name.startswith("UV_"))
    return next((name for name in others if not _HARMLESS.fullmatch(name)), None)


def _led_astray(build: Build, installs: tuple[Install, ...], venv: PurePosixPath) -> Iterator[Refusal]:
    """uv's own calls, or pip's once they are uv's, that VIRTUAL_ENV would lead into another environment."""
    for install in installs:
        if is_set(install.call, "UV_SYSTEM_PYTHON"):
            because = f"UV_SYSTEM_PYTHON would lead this past {venv}, which pip fills"
            yield refuse_call(build, install.call, "mixed-uv-pip", because, _INSTEAD)
    for call, uv in uv_calls(build):
        by_path = (call.command.argv[0] or "").rpartition("/")[0]
        if (by_path and by_path not in _SYSTEM) or (call.command.argv[0] or "").startswith("python"):
            because = f"uv is called as part of an environment, and {venv} would not have it any more"
            yield refuse_call(build, call, "mixed-uv-pip", because, _INSTEAD)
        elif uv.verb.startswith("pip ") and not _means(build, call, uv, venv):
            because = f"whether this goes into {venv}, as pip's packages do, is not certain"
            yield refuse_call(build, call, "mixed-uv-pip", because, _INSTEAD)


def _means(build: Build, call: Call, uv: UvCommand, venv: PurePosixPath) -> bool:
    """Whether a ``uv pip`` means *venv*, or says itself what it means."""
    if uv.verb == "pip compile" or uv.has("--system", "--python", "--target", "--prefix"):
        return True
    activated = any(
        other.name in (".", "source") and other.span.start < call.command.span.start
        for other in call.script.commands
    )
    if activated or is_set(call, "UV_SYSTEM_PYTHON"):
        return True
    named = call.state.env.get("VIRTUAL_ENV")
    if named is not None or "VIRTUAL_ENV" in call.state.exported:
        return named == str(venv)
    if call.cwd is None:
        return False
    if venv in {join(folder, ".venv") for folder in (call.cwd, *call.cwd.parents)}:
        return True
    only = all(other.verb not in ("sync", "run", "add", "remove") for _, other in uv_calls(build))
    return only and str(venv / "bin") in call.state.path

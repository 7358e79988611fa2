"""The twelve properties of the uv pattern, judged from a Dockerfile and its repository alone.

Nothing of the plan is used, only the engine's parser and build views, and the same rules hold before and
after. *The image* is that of the last stage, *its stages* those that something of it comes from. Where
something is not certain, or the file installs nothing at all, a property is not fulfilled.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from corpus.installs import (
    carries,
    environment,
    feeding,
    installs_of,
    project,
    read,
    requirement_files,
    sees_sources,
)
from corpus.reading import OLD, base, calls, found_in
from corpus.uv_places import has_uv, is_pinned
from uvmigrate.build import starts
from uvmigrate.commands import find_pipenv, find_poetry, find_uv, read_pip
from uvmigrate.dockerfile import as_env, as_run, as_user, expand

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from corpus.installs import Install
    from corpus.reading import Found
    from uvmigrate.build import Build

_DEV = re.compile(
    r"(?:^|[^a-z])(?:dev|devel|develop|development|tests?|testing|lint|linting|docs?|ci|local|typing|qa)(?:$|[^a-z])"
)
_DEV_TOOLS = frozenset("pytest coverage flake8 black isort mypy ruff pylint pre-commit tox nox ipdb".split())
_MANAGER = re.compile(
    r"pip[0-9.]*|poetry|pipenv|pip-sync|pip-compile|(python[0-9.]*|py3)-(pip|poetry)|pip-tools"
)
#: The bases of which packages may be elsewhere than in an environment, by where they go.
_WITHOUT_VENV = {
    "system": ("preinstalled",),
    "on PATH": ("preinstalled", "unknown"),
    "target": ("lambda",),
}
_SCRIPTS = ("install.python-poetry.org", "get-poetry.py", "install-poetry.py", "get-pip.py", "get-pipenv.py")
_SETTINGS = ("PIP_", "POETRY_", "PIPENV_")


def uv_pinned(build: Build) -> bool:
    """uv is there, and every way it comes into a stage names a whole version (``0.13.8``) or a digest."""
    return is_pinned(build)


def locked(build: Build) -> bool:
    """Every install takes its versions from a lock.

    ``uv sync`` (and a ``uv run`` that syncs) with ``--locked`` or ``--frozen`` or their variables; ``uv pip``
    with ``--require-hashes``, or of what ``uv export`` wrote with such a flag; before: poetry and pipenv with
    their lock among the files, pip with hashes. Folders installed with ``--no-deps`` need none.
    """
    return _each(build, lambda one: one.only_project or _is_locked(build, one))


def dependencies_first(build: Build) -> bool:
    """In every stage that installs from a manifest, a layer above the sources holds the dependencies.

    The first such install sees no sources (Python files beside the manifests: copied, mounted or cloned).
    One that does see them follows it and installs the project (``uv sync``, a folder), never more files.
    """
    made = [one for one in installs_of(build) if one.manifest]
    for install in made:
        if not sees_sources(install) or install.only_project:
            continue
        above = [one for one in made[: made.index(install)] if one.stage in install.stage.lineage]
        early = any(not sees_sources(one) and not one.only_project for one in above)
        if not early or requirement_files(install):
            return False
    return any(not sees_sources(install) and not install.only_project for install in made)


def cache_mount(build: Build) -> bool:
    """Every RUN that installs mounts the cache of its manager, and the cache is not switched off."""
    return _each(build, _has_cache_mount)


def bytecode(build: Build) -> bool:
    """Every install compiles: ``--compile-bytecode`` or UV_COMPILE_BYTECODE; pip does so by itself."""
    return _each(build, _compiles)


def link_mode(build: Build) -> bool:
    """Every install by uv copies out of its cache, by UV_LINK_MODE or ``--link-mode``."""
    return _each(
        build,
        lambda one: (
            one.is_uv and "copy" in (*one.found.texts("--link-mode"), one.found.value("UV_LINK_MODE"))
        ),
    )


def venv_on_path(build: Build) -> bool:
    """The image's PATH names, before its own entries, each virtual environment that it got packages in.

    Packages in the image's own Python fulfil it only where the base brings others that must stay (CUDA,
    torch, conda), and in a custom base if uv is told to take the Python that PATH finds; ``--target`` only
    on AWS Lambda, which has it on its own path. An image that got none of the packages does not fulfil it.
    """
    if not build.stages:
        return False
    last, stages = build.stages[-1], feeding(build)
    entries = last.final.env.get("PATH", "").split(":")
    first = entries[: entries.index("$PATH")] if "$PATH" in entries else entries
    ahead = {entry.rstrip("/") for entry in first}
    kind = last.base.kind if last.base else "unknown"
    reached = []
    for install in installs_of(build):
        place = environment(install) if install.stage.index in stages else None
        if isinstance(place, PurePosixPath):
            if carries(build, last, place, install.stage):
                reached.append(str(place / "bin") in ahead)
        elif install.stage in last.lineage:
            reached.append(kind in _WITHOUT_VENV.get(place or "", ()))
    return bool(reached) and all(reached)


def no_uv_in_image(before: Build, build: Build) -> bool:
    """The image holds no uv, unless it held one before."""
    return not has_uv(build) or has_uv(before)


def no_dev_dependencies(build: Build) -> bool:
    """No stage of the image installs what only developers need.

    A sync leaves the groups out, or its pyproject.toml has none that are installed by default; files, groups,
    extras and packages that are named for development or tests are not installed; a variable that decides
    and is not known is one too many.
    """
    stages = feeding(build)
    made = [install for install in installs_of(build) if install.stage.index in stages]
    return bool(made) and not any(map(_is_dev, made))


def non_root_kept(before: Build, build: Build) -> bool:
    """The image's last USER is the one that it was."""
    return bool(build.stages) and _user(before) == _user(build)


def no_resync_at_start(build: Build) -> bool:
    """Nothing that a container starts installs, or runs ``uv run`` without ``--no-sync`` or UV_NO_SYNC.

    That is ENTRYPOINT, CMD and HEALTHCHECK of the image, the shell scripts of the context that they lead to,
    and the commands of its compose services. UV_FROZEN keeps no lock from being synced.
    """
    if not build.stages:
        return False
    last = build.stages[-1]
    quiet = last.final.env.get("UV_NO_SYNC", "").lower() in ("1", "true")
    for start in starts(build, last):
        uv, pip = find_uv(start.command), read_pip(start.command)
        manager = find_poetry(start.command) or find_pipenv(start.command)
        if pip is not None and pip.verb == "install":
            return False
        if manager is not None and manager.verb in ("install", "sync", "update", "add"):
            return False
        if uv is not None and uv.verb in ("sync", "add", "pip install", "pip sync"):
            return False
        assigned = any(one.name == "UV_NO_SYNC" for one in start.command.assignments)
        if (
            uv is not None
            and uv.verb == "run"
            and not (quiet or assigned or uv.has("--no-sync", "--no-project"))
        ):
            return False
    return True


def no_old_manager(build: Build) -> bool:
    """Nothing of pip, poetry or pipenv is left.

    No command calls, installs or removes one, at build or at start, also where a system package brings it;
    no ENV sets what only they read.
    """
    for facts in build.stages:
        for instruction in facts.instructions:
            if any(pair.key.startswith(_SETTINGS) for pair in as_env(instruction) or ()):
                return False
    if any(hit.tool in OLD for hit in found_in(build)):
        return False
    commands = [call.command for call in calls(build)]
    commands += [start.command for facts in build.final_stages for start in starts(build, facts)]
    for command in commands:
        words = [base(word) for word in command.words]
        mine = [word for at, word in enumerate(words) if not (at and words[at - 1] == "uv")]
        if any(_MANAGER.fullmatch(re.split(r"[\[=<>~]", word)[0]) for word in mine):
            return False
        if any(script in word.raw for word in command.words for script in _SCRIPTS):
            return False
    return bool(build.stages)


ALONE: Mapping[str, Callable[[Build], bool]] = {
    "uv pinned": uv_pinned,
    "locked": locked,
    "dependencies first": dependencies_first,
    "cache mount": cache_mount,
    "bytecode": bytecode,
    "link mode": link_mode,
    "venv on PATH": venv_on_path,
    "no dev dependencies": no_dev_dependencies,
    "no re-sync at start": no_resync_at_start,
    "no pip, poetry, pipenv": no_old_manager,
}
COMPARED: Mapping[str, Callable[[Build, Build], bool]] = {
    "no uv in the image": no_uv_in_image,
    "non-root kept": non_root_kept,
}
NAMES = (*ALONE, *COMPARED)


def judge_pattern(before: Build, build: Build) -> dict[str, bool]:
    """Each of the twelve properties of *build*, which was *before*; the same build twice judges it alone."""
    alone = {name: judge(build) for name, judge in ALONE.items()}
    return alone | {name: compare(before, build) for name, compare in COMPARED.items()}


def _each(build: Build, holds: Callable[[Install], bool]) -> bool:
    made = installs_of(build)
    return bool(made) and all(map(holds, made))


def _is_locked(build: Build, install: Install) -> bool:
    hit = install.found
    if hit.tool == "uv" and hit.verb in ("sync", "run"):
        return _has_lock_flag(hit)
    if hit.tool in ("poetry", "pipenv"):
        lock = "poetry.lock" if hit.tool == "poetry" else "Pipfile.lock"
        free = hit.verb in ("update", "add") or (
            hit.tool == "pipenv" and hit.verb == "install" and not hit.has("--deploy", "--ignore-pipfile")
        )
        return not free and read(install, lock) is not None
    files = requirement_files(install)
    if not files or (hit.texts(None) and hit.verb not in ("pip sync", "pip-sync")):
        return False
    if (
        hit.has("--require-hashes")
        or hit.on("UV_REQUIRE_HASHES")
        or all(name in _exported(build) for name in files)
    ):
        return True
    texts = [read(install, name) for name in files]
    if hit.tool == "uv":
        return all(
            data is not None and re.search(r"^\s*--require-hashes", data, re.MULTILINE) for data in texts
        )
    # One hash makes pip ask for all.
    return all(data is not None and "--hash=" in data for data in texts)


def _has_lock_flag(hit: Found) -> bool:
    return hit.has("--locked", "--frozen") or hit.on("UV_LOCKED") or hit.on("UV_FROZEN")


def _exported(build: Build) -> frozenset[str]:
    """The files that a ``uv export`` from a lock writes; ``-`` for a pipe."""
    names = set[str]()
    for hit in found_in(build):
        if hit.tool == "uv" and hit.verb == "export" and _has_lock_flag(hit):
            written = [one.target.text for one in hit.call.command.redirects if one.target is not None]
            names |= {name for name in (*hit.texts("--output-file"), *written) if name} or {"-"}
    return frozenset(names | ({"/dev/stdin"} if "-" in names else set()))


def _has_cache_mount(install: Install) -> bool:
    hit, run = install.found, as_run(install.instruction)
    variables = {"uv": "UV", "poetry": "POETRY", "pipenv": "PIP", "pip": "PIP"}
    prefix = variables.get(hit.tool, "PIP")
    if run is None or hit.has("--no-cache", "--no-cache-dir") or hit.on(f"{prefix}_NO_CACHE"):
        return False
    if prefix == "PIP" and (hit.value("PIP_NO_CACHE_DIR") or "") not in ("", "0", "off", "false"):
        return False
    user = install.state.user
    home = hit.value("HOME") or ("/root" if user in (None, "root", "0", "0:0", "root:root") else None)
    own = {"uv": "uv", "poetry": "pypoetry", "pipenv": "pip"}.get(hit.tool, "pip")
    named = next(iter(hit.texts("--cache-dir")), None) or hit.value(f"{prefix}_CACHE_DIR")
    if named is None and hit.value("XDG_CACHE_HOME"):
        named = f"{hit.value('XDG_CACHE_HOME')}/{own}"
    for mount in run.mounts:
        target = expand(mount.target or "", install.state.env)
        if mount.type != "cache" or not target:
            continue
        path = PurePosixPath(target)
        if named or home:
            cache = PurePosixPath(named or f"{home}/.cache/{own}")
            if cache.is_relative_to(path):
                return True
        elif re.fullmatch(rf"/home/[^/]+/\.cache(/{own})?", target):
            return True
    return False


def _compiles(install: Install) -> bool:
    hit = install.found
    if hit.tool == "uv":
        off = hit.has("--no-compile-bytecode", "--no-compile")
        return not off and (hit.has("--compile-bytecode", "--compile") or hit.on("UV_COMPILE_BYTECODE"))
    return (hit.tool == "pip" and not hit.has("--no-compile")) or hit.has("--compile")


def _is_dev(install: Install) -> bool:
    hit = install.found
    chosen = tuple("/".join(PurePosixPath(one).parts[-2:]) for one in requirement_files(install))
    chosen = tuple(one for one in chosen if one != "dev/stdin")
    chosen += hit.texts("--group", "--extra", "--extras", "--with", "--categories")
    folders = [one for one in (*hit.texts(None), *hit.texts("--editable")) if "[" in one]
    chosen += tuple(one.partition("[")[2].rstrip("]") for one in folders if one.startswith((".", "/")))
    if any("$" in one or _DEV.search(one.lower()) for one in chosen):
        return True
    names = {re.split(r"[\[=<>~!@ ]", one)[0].lower() for one in hit.texts(None)}
    if names & _DEV_TOOLS or hit.has("--dev", "--all-groups", "--only-dev", "--all-extras", "--with-dev"):
        return True
    if any(one.dynamic and one.option is None for one in hit.arguments):
        return True
    if hit.tool == "uv" and hit.verb in ("sync", "run"):
        return _syncs_dev(install)
    if hit.tool == "poetry":
        return hit.verb != "add" and _poetry_dev(install)
    return hit.tool == "pipenv" and hit.on("PIPENV_DEV")


def _syncs_dev(install: Install) -> bool:
    hit = install.found
    if hit.has("--no-default-groups", "--only-group") or hit.on("UV_NO_DEFAULT_GROUPS"):
        return False
    no_dev = hit.has("--no-dev") or hit.on("UV_NO_DEV") or "dev" in hit.texts("--no-group")
    data = project(install)
    if data is None:
        return not no_dev
    table = data.get("tool", {}).get("uv", {})
    groups = set(data.get("dependency-groups", {})) | ({"dev"} if "dev-dependencies" in table else set())
    default = table.get("default-groups", ["dev"])
    taken = groups if default == "all" else groups & set(default)
    taken -= set(hit.texts("--no-group")) | ({"dev"} if no_dev else set())
    return any(_DEV.search(name) for name in taken) or "dev" in taken


def _poetry_dev(install: Install) -> bool:
    hit = install.found
    if hit.has("--no-dev", "--only", "--only-root"):
        return any(_DEV.search(one) for one in hit.texts("--only"))
    data = project(install)
    if data is None:
        return True
    poetry = data.get("tool", {}).get("poetry", {})
    groups = {name for name, one in poetry.get("group", {}).items() if not one.get("optional")}
    groups |= {"dev"} if poetry.get("dev-dependencies") else set()
    without = {name for one in hit.texts("--without") for name in one.split(",")}
    return any(_DEV.search(name) for name in groups - without)


def _user(build: Build) -> str | None:
    for facts in reversed(build.stages[-1].lineage if build.stages else ()):
        for instruction in reversed(facts.instructions):
            word = as_user(instruction)
            if word is not None:
                return word.text
    # Without a USER only another Dockerfile of the repository can tell, which makes the base.
    return build.stages[-1].final.user if build.stages else None

"""What a developer changes before an image is built again: a source file, or what the packages come from.

Nothing here means anything to Python, uv, pip, poetry or pipenv: comments, and blanks where a file has none.
All that differs is what a builder compares, the file's digest.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.build import (
    bind_mounts,
    installs,
    managed_calls,
    manager_root,
    starts,
    uv_installs,
)
from uvmigrate.build.rebuilt import needed_stages
from uvmigrate.dockerfile import as_run, parse
from uvmigrate.source import Edit, apply_edits, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.build import Build, Copied, Install, ManagedCall, StageFacts, UvInstall
    from uvmigrate.verify.subjects import Side

#: Python files that are no part of what an image runs.
_ASIDE = lazy_pattern(r"setup\.py|conftest\.py|noxfile\.py|test_.*\.py|.*_test\.py")
_TESTS = frozenset({"test", "tests", "testing"})
#: ``app.main``, also as ``app.main:app``.
_MODULE = lazy_pattern(r"(?P<module>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)(?::[\w.]+(?:\(.*\))?)?")
_IMPORT = lazy_pattern(rb"^[ \t]*(?:import|from)[ \t]+([A-Za-z_]\w*)", re.MULTILINE)
#: The manifests of a folder that pip installs, the ones that the build asks first.
_PROJECT = ("setup.py", "pyproject.toml", "setup.cfg")
_LOCKS = {"poetry": ("poetry.lock", "pyproject.toml"), "pipenv": ("Pipfile.lock", "Pipfile")}
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def source_file(before: Side, after: Side) -> PurePosixPath | None:
    """A Python file of the application that both images hold, relative to the repository.

    The one that the start command names, else one near the top. None where no COPY brings any.
    """
    found = [path for path in _copied(before) & _copied(after) if _is_source(path)]
    for name in _started(before):
        named = [path for path in found if path.parts[-len(name.parts) :] == name.parts]
        if named:
            return min(named, key=lambda path: (len(path.parts), path))
    return min(found, key=lambda path: (path.name == "__init__.py", len(path.parts), path), default=None)


def imported_in(build: Build) -> dict[str, PurePosixPath]:
    """The modules that sources of a build's folder import by their full names, each with one that does."""
    found: dict[str, PurePosixPath] = {}
    repo = build.context.repo
    for path in repo:
        if _is_source(path) and path.is_relative_to(build.context.folder):
            for name in _IMPORT.findall(repo.get(path) or b""):
                found.setdefault(name.decode(), path)
    return found


def manifests(side: Side) -> tuple[PurePosixPath, ...]:
    """The files that the image's packages come from, relative to the repository; none where not known.

    Of several that an install reads together, the one that people change with a dependency: the lock, where
    there is one.
    """
    stages = needed_stages(side.build, side.stage)
    found: list[PurePosixPath] = []
    for managed in managed_calls(side.build):
        if managed.call.stage in stages and not managed.is_idle:
            found += _of_manager(managed)
    for install in installs(side.build):
        if install.stage in stages and install.managed is None:
            found += _of_pip(install)
    for synced in uv_installs(side.build):
        if synced.call.stage in stages:
            found += _of_uv(synced)
    folder = side.build.context.folder
    return tuple(dict.fromkeys(folder / path for path in found))


def touched(name: str, data: bytes, stamp: str) -> bytes | None:
    """A file's bytes with *stamp* at their end, such that its reader sees nothing new.

    None for UTF-16, in which this would be no comment.
    """
    if data.startswith(_UTF16):
        return None
    if name == "Pipfile.lock":
        # JSON has no comments.
        bits = "".join(f"{byte:08b}" for byte in stamp.encode())
        return data + b"\n" + bits.replace("0", " ").replace("1", "\t").encode() + b"\n"
    return data + f"\n# uvmigrate {stamp}\n".encode()


def with_own_caches(data: bytes, stamp: str) -> bytes:
    """A Dockerfile whose cache mounts are those of *stamp* alone, so that they are empty at first.

    RUNs that share one share it still. Everything else stays as it is, to the byte.
    """
    edits = []
    for stage in parse(data).stages:
        for instruction in stage.instructions:
            run = as_run(instruction)
            for mount in run.mounts if run else ():
                if mount.type == "cache" and mount.flag.value_span is not None:
                    value = mount.flag.value_span.of(data)
                    edits.append(Edit(mount.flag.value_span, _with_own_id(value, mount.target, stamp)))
    return apply_edits(data, edits)


def _with_own_id(value: bytes, target: str | None, stamp: str) -> bytes:
    own, count = re.subn(rb"(?i)((?:^|[,\"'])\s*id=[^,\"']*)", rb"\g<1>-" + stamp.encode(), value)
    # BuildKit calls a cache without a name by its target (`dispatchRunMounts`).
    return own if count else value + f",id={target or ''}-{stamp}".encode()


def _copied(side: Side) -> frozenset[PurePosixPath]:
    """The files that COPY and bind mounts bring to the image or the stages that it is made of."""
    context = side.build.context
    named = {
        match
        for copied in _brought(side.build, side.stage)
        for source in copied.sources
        for match in context.matches(source)
    }
    everything = context.repo.below(context.folder)
    return frozenset(
        path
        for path in everything
        for relative in [path.relative_to(context.folder)]
        if (relative in named or not named.isdisjoint(relative.parents)) and context.has(relative)
    )


def _brought(build: Build, stage: StageFacts) -> Iterator[Copied]:
    for facts in needed_stages(build, stage):
        yield from (copied for copied in facts.final.copies if copied.origin is None)
        for instruction, state in zip(facts.instructions, facts.states, strict=False):
            mounted = bind_mounts(state, instruction)
            yield from (copied for copied in mounted if copied.origin is None)


def _is_source(path: PurePosixPath) -> bool:
    return path.suffix == ".py" and not _ASIDE.fullmatch(path.name) and _TESTS.isdisjoint(path.parts)


def _started(side: Side) -> Iterator[PurePosixPath]:
    """The ends of paths that the words of the start commands may mean, in their order."""
    final = side.stage.final
    for start in starts(side.build, side.stage):
        for word in start.command.words:
            text = word.text or ""
            if text.endswith(".py"):
                full = final.absolute(text)
                located = side.stage.locate(full, final) if full is not None else None
                yield located or PurePosixPath(text.lstrip("/"))
            elif found := _MODULE.fullmatch(text):
                path = PurePosixPath(*found["module"].split("."))
                yield path.with_suffix(".py")
                if ":" not in text:
                    yield path / "__main__.py"
                if text != path.name:
                    # One name alone is mostly that of a program.
                    yield path / "__init__.py"


def _of_manager(managed: ManagedCall) -> Iterator[PurePosixPath]:
    root = manager_root(managed.call, managed.tool)
    context = managed.call.stage.context
    names = _LOCKS[managed.tool.tool] if root is not None else ()
    there = (root / name for name in names if root is not None and context.has(root / name))
    yield from list(there)[:1]


def _of_pip(install: Install) -> Iterator[PurePosixPath]:
    yield from (path for path in install.files if path is not None)
    context = install.stage.context
    for project in install.projects:
        there = (project.folder / name for name in _PROJECT if project.folder is not None)
        yield from [path for path in there if context.has(path)][:1]


def _of_uv(install: UvInstall) -> Iterator[PurePosixPath]:
    if install.uv.verb == "sync":
        yield from (path for path in install.files.values() if path.name == "uv.lock")
        return
    yield from install.files.values()
    if install.builds is not None:
        call = install.call
        places = (call.locate(str(install.builds / name)) for name in _PROJECT)
        yield from [path for path in places if path is not None][:1]

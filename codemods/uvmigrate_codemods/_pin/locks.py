"""The lock that ``uv sync`` installs from: asked for where it is missing, and held to where nothing says so.

``--locked`` fails where uv.lock does not fit pyproject.toml any more; without it (or ``--frozen``) uv makes
another lock inside the image and says nothing (uv docs, "Locking and syncing").
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    Change,
    Edit,
    LockRequest,
    NamedTuple,
    Pyproject,
    Refusal,
    as_copy,
    is_set,
    read_pyproject,
    replace_words,
    uv_installs,
)
from uvmigrate_codemods._workspace import MANIFEST, member_manifests, root_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Build, Context, Repo, UvInstall

LOCK = "uv.lock"
#: With one of these, somebody has said what is to become of the lock.
_FLAGS = ("--locked", "--frozen", "--script", "--upgrade", "--upgrade-package", "--upgrade-group")
_VARIABLES = ("UV_LOCKED", "UV_FROZEN")
_UNREADABLE = ("syntax error", "unreadable heredoc", "unknown construct")


class _Sync(NamedTuple):
    """A ``uv sync``: ``root`` is the folder of its lock in the repository, ``image_root`` in the image."""

    build: Build
    install: UvInstall
    root: PurePosixPath
    image_root: PurePosixPath

    @property
    def line(self) -> int:
        return self.build.line(self.install.call.command.span.start)

    def has(self, path: PurePosixPath) -> bool:
        """Whether the file, relative to the lock's folder, is in the image when the command runs."""
        call = self.install.call
        return call.stage.locate(self.image_root / path, call.state, call.instruction) is not None


def hold_to_locks(context: Context, builds: list[Build]) -> Iterator[Change | Refusal]:
    """Locks that are missing, one change for each project; then one for each sync that names no lock."""
    missing: dict[PurePosixPath, list[_Sync]] = defaultdict(list)
    syncs = [sync for build in builds for sync in _syncs(context.repo, build)]
    for sync in syncs:
        if sync.root / LOCK not in context.repo:
            missing[sync.root].append(sync)
    refused = set()
    for root, users in missing.items():
        outcome = _request(context, root, users)
        if isinstance(outcome, Refusal):
            refused.add(root)
        yield outcome
    for sync in syncs:
        if not _says(sync.install) and sync.root not in refused:
            yield _hold(context.repo, sync)


def _syncs(repo: Repo, build: Build) -> Iterator[_Sync]:
    for install in uv_installs(build):
        if install.uv.verb == "sync" and install.project is not None and not install.uv.has("--script"):
            folder = install.project.path.parent
            root = root_of(repo, folder)
            manifest = next(place for place in install.files if place.name == MANIFEST)
            depth = len(folder.relative_to(root).parts)
            yield _Sync(build, install, root, manifest.parents[depth])


def _request(context: Context, root: PurePosixPath, users: list[_Sync]) -> Change | Refusal:
    project = read_pyproject(context.repo, root / MANIFEST)
    if isinstance(project, Pyproject) and project.dynamic and not context.settings.allow_build:
        fields = ", ".join(project.dynamic)
        because = f"{root / LOCK} is missing, and {fields} is dynamic: uv lock would run the project's code"
        instead = f"run `uv lock` in the folder {root} and commit {LOCK}, or pass --allow-build"
        return Refusal(users[0].build.path, users[0].line, "lock-missing", because, instead)
    bases = [sync.install.call.stage.base for sync in users]
    versions = [base.python for base in bases if base is not None and base.python is not None]
    python = context.settings.python or (".".join(map(str, min(versions))) if versions else None)
    note = f"{root / LOCK} is made: it decides from now on which versions are installed, so commit it"
    builds = tuple(dict.fromkeys(sync.build.path for sync in users))
    return Change(notes=(note,), locks=(LockRequest(root, python),), builds=builds)


def _says(sync: UvInstall) -> bool:
    """Whether the command, or a variable, says what is to be done with the lock."""
    call = sync.call
    exported = any(word.raw.startswith(_VARIABLES) for one in call.script.everything for word in one.words)
    given = exported or any(is_set(call, name) for name in _VARIABLES)
    return given or sync.uv.has(*_FLAGS) or call.nested in _UNREADABLE


def _hold(repo: Repo, sync: _Sync) -> Change | Refusal:
    edits, path = [], sync.root / LOCK
    if not sync.has(PurePosixPath(LOCK)):
        beside = _beside_manifest(sync)
        if beside is None:
            because = f"{path} does not reach this uv sync, so that uv makes another one in the image"
            instead = f"copy it beside {MANIFEST}, and let no ignore file keep it out"
            return Refusal(sync.build.path, sync.line, "lock-not-copied", because, instead)
        edits.append(beside)
    if _lacks_members(repo, sync):
        flag, note = "--frozen", f"--frozen: members of the workspace come later, so {path} cannot be checked"
    else:
        flag, note = "--locked", f"--locked: the build fails where {path} does not fit {MANIFEST} any more"
    uv = sync.install.uv
    edits.append(replace_words(uv.command, uv.after - 1, uv.after, f"sync {flag}"))
    return Change({sync.build.path: tuple(edits)}, notes=(note,), builds=(sync.build.path,))


def _beside_manifest(sync: _Sync) -> Edit | None:
    """The lock beside pyproject.toml in the COPY that brings it, where both go into a folder."""
    context = sync.build.context
    lock = sync.root.relative_to(context.folder) / LOCK if sync.root.is_relative_to(context.folder) else None
    if lock is None or context.ignore.ignores(lock):
        return None
    for facts in sync.install.call.stage.lineage:
        for instruction in facts.instructions:
            copy = as_copy(instruction)
            if copy is None or copy.from_ is not None or instruction.exec_form is not None:
                continue
            for word in copy.sources if copy.dest.raw.endswith(("/", ".")) else ():
                if PurePosixPath(word.raw) == lock.with_name(MANIFEST):
                    text = " " + word.raw.removesuffix(MANIFEST) + LOCK
                    return Edit.insert(word.span.end, text.encode(errors="surrogateescape"))
    return None


def _lacks_members(repo: Repo, sync: _Sync) -> bool:
    """Whether members of the workspace are not in the image yet: without them no lock can be checked."""
    return not all(sync.has(path) for path in member_manifests(repo, sync.root))

"""Makes the locks that a migration asks for, in a folder of its own, and compares them with the old pins.

uv docs, "Locking and syncing". ``uv lock`` runs with ``--no-build``: no code of a package is run to learn its
metadata. It sees the repository's manifests only, never its code.
"""

from __future__ import annotations

import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from uvmigrate.apply.compare import differences
from uvmigrate.apply.lockers import HostUv
from uvmigrate.apply.manifests import copy_manifests, needs_code
from uvmigrate.apply.problems import LockError
from uvmigrate.project import Pyproject, read_lock, read_pyproject

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import PurePosixPath

    from uvmigrate.apply.lockers import Locker
    from uvmigrate.codemod import LockRequest, Settings
    from uvmigrate.plan import Migration
    from uvmigrate.source import Repo


def lock(
    migration: Migration,
    settings: Settings,
    progress: Callable[[str], None],
    locker: Locker | None = None,
) -> dict[PurePosixPath, bytes]:
    """The bytes of every uv.lock that *migration* asks for, by path; nothing in the repository is written.

    *progress* is called with one line of text before and after each. Without a *locker* it is this machine's
    uv that locks. Raises LockError where uv or a Python
    is missing, where locking would run code of the repository and *settings* do not allow that, where uv
    fails, and where a lock would change a pinned version or accept other files.
    """
    requests: dict[PurePosixPath, list[LockRequest]] = {}
    for request in migration.locks:
        requests.setdefault(request.folder, []).append(request)
    code = {folder: needs_code(migration.after, folder) for folder in requests}
    for reasons in code.values():
        if reasons and not settings.allow_build:
            why = "; ".join(reasons)
            raise LockError(f"{why}: uv would run the repository's code to learn it: pass --allow-build")
    if not requests:
        return {}
    uv = locker or HostUv.find()
    locks = {}
    for folder, wanted in requests.items():
        root = migration.after.root
        place = folder if folder.name or root is None else root.name
        progress(f"locking {place} with uv {uv.version} …")
        made = _made(uv, migration.after, wanted, settings, sources=bool(code[folder]))
        count = _compared(wanted, made)
        pins = {name for request in wanted for name in request.pins}
        progress(f"locked {count} packages" + (f", pinned versions kept: {len(pins)}" if pins else ""))
        locks[folder / "uv.lock"] = made
    return locks


def _made(
    uv: Locker, repo: Repo, wanted: Sequence[LockRequest], settings: Settings, *, sources: bool
) -> bytes:
    folder = wanted[0].folder
    project = read_pyproject(repo, folder / "pyproject.toml")
    python = next((request.python for request in wanted if request.python), settings.python)
    # A lock is for every Python that the project allows, and the same whichever of them makes it; only
    # building asks for the right one.
    bound = isinstance(project, Pyproject) and project.requires_python and not settings.allow_build
    options = [] if settings.allow_build else ["--no-build"]
    if python and not bound:
        options += ["--python", python]
    constraints = tuple(dict.fromkeys(text for request in wanted for text in request.constraints))
    with tempfile.TemporaryDirectory(prefix="uvmigrate-") as temporary:
        root = Path(temporary).resolve()
        copy_manifests(repo, folder, root, sources=sources)
        manifest = root / folder / "pyproject.toml"
        if constraints:
            original = manifest.read_bytes()
            manifest.write_bytes(_constrained(original, constraints))
            uv.lock(root, folder, options, python)
            manifest.write_bytes(original)
        uv.lock(root, folder, options, python)
        try:
            return (root / folder / "uv.lock").read_bytes()
        except FileNotFoundError:
            raise LockError(
                f"{folder} is a member of a workspace: its lock belongs to the workspace's root"
            ) from None


def _constrained(manifest: bytes, constraints: Sequence[str]) -> bytes:
    """The manifest with *constraints* added to those of ``[tool.uv]``; its layout is not kept."""
    import tomlkit

    data = tomllib.loads(manifest.decode())
    settings = data.setdefault("tool", {}).setdefault("uv", {})
    settings["constraint-dependencies"] = [*settings.get("constraint-dependencies", []), *constraints]
    return tomlkit.dumps(data).encode()


def _compared(wanted: Sequence[LockRequest], made: bytes) -> int:
    """The number of packages in the lock. Raises LockError for every difference from what was wanted."""
    try:
        different = dict.fromkeys(text for request in wanted for text in differences(request, made))
        count = sum(map(len, read_lock(made).values()))
    except ValueError as error:
        raise LockError(f"uv made a {wanted[0].path} that cannot be read: {error}") from error
    if different:
        # uv was held to all other versions, so these are what no package of theirs requires.
        orphans = all(text.endswith(", not locked") for text in different)
        advice = ": nothing requires it, so take it out of the old lock, or declare it" if orphans else ""
        raise LockError(f"{wanted[0].path} would change what is installed: {'; '.join(different)}{advice}")
    return count

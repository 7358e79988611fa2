"""Makes the locks that a migration asks for, in a folder of its own, and compares them with the old pins.

uv docs, "Locking and syncing". ``uv lock`` runs with ``--no-build``: no code of a package is run to learn its
metadata. It sees the repository's manifests only, never its code.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from uvmigrate.apply.compare import differences
from uvmigrate.apply.manifests import copy_manifests, needs_code
from uvmigrate.apply.problems import LockError, one_line
from uvmigrate.project import Pyproject, read_lock, read_pyproject

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import PurePosixPath

    from uvmigrate.codemod import LockRequest, Settings
    from uvmigrate.plan import Migration
    from uvmigrate.source import Repo

#: Seconds that one ``uv lock`` may take: building packages without wheels can take long.
TIMEOUT = 1800
#: The variables of uv that say where packages and interpreters come from (uv docs, "Environment variables").
#: All others would change the result, or stop uv from locking, because of the shell it is called from.
_KEPT = (
    "UV_CACHE_DIR",
    "UV_CONCURRENT_",
    "UV_CONFIG_FILE",
    "UV_CREDENTIALS_DIR",
    "UV_DEFAULT_INDEX",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_GITHUB_TOKEN",
    "UV_HTTP_",
    "UV_INDEX",
    "UV_INSECURE_HOST",
    "UV_KEYRING_PROVIDER",
    "UV_LOCK_TIMEOUT",
    "UV_MANAGED_PYTHON",
    "UV_NATIVE_TLS",
    "UV_NO_CACHE",
    "UV_NO_CONFIG",
    "UV_NO_MANAGED_PYTHON",
    "UV_OFFLINE",
    "UV_PYTHON_CACHE_DIR",
    "UV_PYTHON_DOWNLOADS",
    "UV_PYTHON_INSTALL_DIR",
    "UV_PYTHON_INSTALL_MIRROR",
    "UV_PYTHON_PREFERENCE",
    "UV_REQUEST_TIMEOUT",
    "UV_SYSTEM_CERTS",
)
_NO_INTERPRETER = re.compile(r"No interpreter found for (?:Python )?(\S+)")
_NO_WHEEL = re.compile(r"(?:Wheels are required for|Building source distributions for) `([^`]+)`")


def lock(
    migration: Migration, settings: Settings, progress: Callable[[str], None]
) -> dict[PurePosixPath, bytes]:
    """The bytes of every uv.lock that *migration* asks for, by path; nothing in the repository is written.

    *progress* is called with one line of text before and after each. Raises LockError where uv or a Python
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
    uv = _Uv.find()
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


def _made(uv: _Uv, repo: Repo, wanted: Sequence[LockRequest], settings: Settings, *, sources: bool) -> bytes:
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


@dataclass(frozen=True, slots=True)
class _Uv:
    """The uv that locks: the path of its binary, and its version."""

    path: str
    version: str

    @classmethod
    def find(cls) -> _Uv:
        """The uv on PATH, else that of the PyPI package; LockError where there is none."""
        path = shutil.which("uv") or _packaged_uv()
        try:
            done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=60, check=True)
        except (OSError, subprocess.SubprocessError) as error:
            raise LockError(f"uv does not run: {error}") from error
        return cls(path, done.stdout.removeprefix("uv ").partition(" ")[0].strip())

    def lock(self, root: Path, folder: PurePosixPath, options: Sequence[str], python: str | None) -> None:
        """Run ``uv lock`` in *folder* of *root*. Raises LockError with uv's own message."""
        manifest = folder / "pyproject.toml"
        command = [self.path, "lock", "--quiet", "--no-progress", "--color", "never", *options]
        try:
            done = subprocess.run(
                command,
                cwd=root / folder,
                env=_environment(os.environ),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise LockError(f"uv lock took more than {TIMEOUT // 60} minutes for {manifest}") from error
        except OSError as error:
            raise LockError(f"uv does not run: {error}") from error
        if done.returncode:
            said = done.stderr.decode(errors="replace").replace(f"{root}{os.sep}", "").replace(str(root), ".")
            raise LockError(_explained(one_line(said).removeprefix("error: "), manifest, python))


def _packaged_uv() -> str:
    try:
        import uv

        return uv.find_uv_bin()
    except (ImportError, FileNotFoundError):
        raise LockError("uv is missing: pip install uv") from None


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment, without what is meant for its own projects.

    Interpreters are not downloaded unless the caller's environment says so.
    """
    kept = {
        name: value
        for name, value in given.items()
        if name not in ("CONDA_PREFIX", "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV")
        and (not name.startswith("UV_") or name.startswith(_KEPT))
    }
    return {"UV_PYTHON_DOWNLOADS": "never", **kept}


def _explained(said: str, manifest: PurePosixPath, python: str | None) -> str:
    """What people read where ``uv lock`` failed: uv's own words, and what to do about what is known."""
    missing = _NO_INTERPRETER.search(said)
    # A launcher on PATH may promise a Python that it does not have (pyenv's shims do).
    if missing is not None or (python and "Failed to inspect Python interpreter" in said):
        version = python or (missing[1] if missing else "")
        install = f"install it (`uv python install {version}`)"
        return f"no Python {version} here for uv to lock with: {install}"
    names = ", ".join(dict.fromkeys(_NO_WHEEL.findall(said)))
    advice = f"; to let uv build {names}, which runs its code, pass --allow-build" if names else ""
    return f"uv lock failed for {manifest}: {said}{advice}"

"""What runs ``uv lock``: the uv of this machine, or something else that is a `Locker`."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from uvmigrate.apply.problems import LockError, one_line
from uvmigrate.source import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path, PurePosixPath

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
_NO_INTERPRETER = lazy_pattern(r"No interpreter found for (?:Python )?(\S+)")
_NO_WHEEL = lazy_pattern(r"(?:Wheels are required for|Building source distributions for) `([^`]+)`")


class Locker(Protocol):
    """Something that runs ``uv lock``."""

    @property
    def version(self) -> str:
        """The version of its uv, for people."""
        ...

    def lock(self, root: Path, folder: PurePosixPath, options: Sequence[str], python: str | None) -> None:
        """Make ``uv.lock`` of the project in *folder* of *root*, or keep what it holds as far as it can.

        *options* are those of ``uv lock``; *python* is the version that is wished for (``3.12``). Raises
        LockError with uv's own message.
        """
        ...


@dataclass(frozen=True, slots=True)
class HostUv:
    """The uv that locks: the path of its binary, and its version."""

    path: str
    version: str

    @classmethod
    def find(cls) -> HostUv:
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
    """What people read where this machine's uv could not lock."""
    missing = _NO_INTERPRETER.search(said)
    # A launcher on PATH may promise a Python that it does not have (pyenv's shims do).
    if missing is not None or (python and "Failed to inspect Python interpreter" in said):
        version = python or (missing[1] if missing else "")
        install = f"install it (`uv python install {version}`)"
        return f"no Python {version} here for uv to lock with: {install}, or lock with --lock-in-container"
    return lock_failed(said, manifest)


def lock_failed(said: str, manifest: PurePosixPath) -> str:
    """What people read where ``uv lock`` failed: uv's own words, and what to do about what is known."""
    names = ", ".join(dict.fromkeys(_NO_WHEEL.findall(said)))
    advice = f"; to let uv build {names}, which runs its code, pass --allow-build" if names else ""
    return f"uv lock failed for {manifest}: {said}{advice}"

"""Wheels of a test's own, and uv on a project that knows nothing else."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

from uv import find_uv_bin

from uvmigrate.project import read_lock

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def wheel(folder: Path, name: str, version: str, *requires: str) -> Path:
    """An empty but valid wheel (PEP 427) in *folder*, and its path."""
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    files = {
        f"{info}/METADATA": metadata + "".join(f"Requires-Dist: {text}\n" for text in requires),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
        record += f"{path},sha256={digest},{len(text)}\n"
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(made, "w") as archive:
        for path, text in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            archive.writestr(path, text)
    return made


def lock(
    project: Path, wheels: Path, constraints: Iterable[str] = (), *, here: bool = False
) -> dict[str, set[str | None]]:
    """The versions in the lock that uv makes of *project* with nothing but *wheels* to choose from.

    *constraints* hold for this lock only, as a first lock's do. A project that names no Python is locked for
    the first that uv finds; *here* it is that of the tests.
    """
    manifest = project / "pyproject.toml"
    original = manifest.read_text()
    if constraints:
        listed = ", ".join(f"'''{text}'''" for text in constraints)
        assert "[tool.uv]\n" in original
        manifest.write_text(
            original.replace("[tool.uv]\n", f"[tool.uv]\nconstraint-dependencies = [{listed}]\n")
        )
    command = [find_uv_bin(), "lock", "--no-build", "--no-cache", "--offline", "--no-index"]
    command += ["--python", sys.executable] if here else []
    done = subprocess.run(
        [*command, "--find-links", str(wheels)], cwd=project, capture_output=True, text=True, check=False
    )
    manifest.write_text(original)
    assert done.returncode == 0, done.stderr
    packages = read_lock((project / "uv.lock").read_bytes())
    return {name: {package.version for package in found} for name, found in packages.items()}


def installed(project: Path, *options: str) -> set[str]:
    """What ``uv sync`` with these options would install, as ``name==version``."""
    command = [
        find_uv_bin(),
        "export",
        "--frozen",
        "--offline",
        "--no-hashes",
        "--no-annotate",
        "--no-header",
    ]
    done = subprocess.run([*command, *options], cwd=project, capture_output=True, text=True, check=True)
    return {line.partition(" ;")[0] for line in done.stdout.splitlines()}

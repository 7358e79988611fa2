"""A real uv in a project that needs nothing from anywhere: all dependencies are folders beside it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

from uv import find_uv_bin

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_LIBRARY = '[project]\nname = "{}"\nversion = "1"\nrequires-python = ">=3.9"\n'


class Offline(NamedTuple):
    """The project that `lay_out` made."""

    folder: Path

    def call(self, *words: str) -> str:
        """What a call of uv says; it must succeed."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("UV_")}
        environment |= {"UV_PYTHON": sys.executable, "UV_NO_CONFIG": "1", "UV_OFFLINE": "1"}
        environment |= {"UV_CACHE_DIR": str(self.folder.parent / "cache")}
        command = [find_uv_bin(), *words]
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    def installed(self, *options: str) -> set[str]:
        """What ``uv sync`` would install into a new environment."""
        shown = self.call("sync", "--locked", "--dry-run", *options)
        return set(re.findall(r"^ \+ ([a-z]+)", shown, flags=re.MULTILINE))

    def exported(self, *options: str) -> set[str]:
        """What ``uv export`` lists."""
        shown = self.call("export", "--locked", *options)
        return set(re.findall(r"^\.\./([a-z]+)", shown, flags=re.MULTILINE))


def lay_out(root: Path, manifest: bytes, packages: Iterable[str]) -> Offline:
    """A locked project in *root*; the manifest's ``[tool.uv.sources]`` must stand last, and is filled."""
    sources = []
    for name in packages:
        (root / name).mkdir()
        (root / name / "pyproject.toml").write_text(_LIBRARY.format(name))
        sources.append(f'{name} = {{ path = "../{name}", package = true }}\n')
    project = Offline(root / "app")
    project.folder.mkdir()
    (project.folder / "pyproject.toml").write_bytes(manifest + "".join(sources).encode())
    project.call("lock")
    return project

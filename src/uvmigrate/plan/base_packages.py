"""setuptools, which the base's own Python may bring and an environment by uv does not.

The official images up to Python 3.11 hold it, and ``python -m venv`` puts it into every environment there. A
distribution installs it together with its pip.
Newer setuptools than 80 have no ``pkg_resources`` any more (setuptools' history, v82).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.build import modules_holding
from uvmigrate.commands import read_pip, requirement_name
from uvmigrate.project import Requirement, closure
from uvmigrate.source import Search, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.build import Build
    from uvmigrate.build.installs import Install

_IMPORTS = lazy_pattern(
    rb"(?m)^[ \t]*(?:import|from)[ \t]+(?:pkg_resources|setuptools)\b",
    words=(b"pkg_resources", b"setuptools"),
)
_MODULES = Search(".py", b"pkg_resources", b"setuptools")
_NEWEST = "setuptools<81"


def missing_setuptools(build: Build, found: tuple[Install, ...]) -> str | None:
    """The requirement that the sources have and no file declares, because the base fulfilled it, or None."""
    asked = {requirement_name(text) for install in found for text in install.packages}
    asked |= set(_required(found))
    given = _installed(build)
    if "setuptools" in asked or not (given or any(_brings_setuptools(install) for install in found)):
        return None
    pinned = next((text for text in given if requirement_name(text) != text), None)
    return (pinned or _NEWEST) if _imported(build) else None


def _brings_setuptools(install: Install) -> bool:
    base = install.stage.base
    if base is not None and base.kind == "distribution":
        return True
    return base is not None and base.kind == "python" and (base.python is None or base.python < (3, 12))


def _required(found: tuple[Install, ...]) -> Iterator[str]:
    for install in found:
        folder = install.stage.context.folder
        for path in install.files:
            for file in closure(install.stage.context.repo, folder / path) if path is not None else ():
                yield from (line.name for line in file.lines if isinstance(line, Requirement))


def _installed(build: Build) -> list[str]:
    """What ``pip install setuptools…`` of the Dockerfile names; it counts as no install of the project's."""
    read = (read_pip(call.command) for call in build.calls(b"setuptools"))
    texts = (text for pip in read if pip is not None for text in pip.values(None))
    return [text for text in texts if requirement_name(text) == "setuptools"]


def _imported(build: Build) -> bool:
    context = build.context
    found = (context.repo.get(context.folder / path, b"") for path in modules_holding(context, _MODULES))
    return any(map(_IMPORTS.search, found))

"""Where the environment of a build is to lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.build import made_venvs, uncovered
from uvmigrate.codemod import VENV

if TYPE_CHECKING:
    from uvmigrate.build import Build
    from uvmigrate.build.installs import Install
    from uvmigrate.codemod import Settings

#: Where the environment lies if a service mounts something over the usual place.
_ELSEWHERE = "/venv"


def place_of_venv(build: Build, found: tuple[Install, ...], settings: Settings) -> str:
    """The environment's place: the one that the build makes already, the chosen one, or a default.

    Where a service mounts something over one that the build makes, `compose-venv` finds it another place.
    """
    existing = sorted({str(venv.path) for venv in made_venvs(build)})
    if existing:
        return existing[0]
    chosen = settings.venv or uncovered(build, (VENV, _ELSEWHERE)) or VENV
    if chosen.startswith("/"):
        return chosen
    workdir = next((i.call.state.workdir for i in found if i.call.state.workdir), None)
    return str(workdir / chosen) if workdir else VENV

"""Installs by another manager than pip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.build.installs import INSTALL_WORDS
from uvmigrate.plan.obstacles.refusals import refuse_call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.build import Build
    from uvmigrate.build.installs import Install
    from uvmigrate.codemod import Refusal


_OTHER_MANAGERS = {
    "poetry": "poetry",
    "pipenv": "pipenv",
    "pdm": "pdm",
    "conda": "conda",
    "mamba": "conda",
    "micromamba": "conda",
    "hatch": "hatch",
    "rye": "rye",
    "easy_install": "easy_install",
    "pip-sync": "pip-tools",
    "pip-compile": "pip-tools",
}


def managers(build: Build, _: tuple[Install, ...]) -> Iterator[Refusal]:
    """A refusal for each install by a manager that is not switched."""
    for call in build.calls(*INSTALL_WORDS):
        name = (call.command.name or "").rpartition("/")[2]
        argv = call.command.argv
        manager = _OTHER_MANAGERS.get(name)
        if name.startswith("python") and argv[1:3] in (("-m", "pipenv"), ("-m", "poetry"), ("-m", "pdm")):
            manager = argv[2]
        if manager is not None:
            because = f"{manager} installs here, and this version only switches pip"
            yield refuse_call(build, call, "other-manager", because, "migrate this image by hand for now")
        elif "setup.py" in argv and {"install", "develop"} & set(argv):
            because = "setup.py installs itself here, and this version only switches pip"
            yield refuse_call(
                build, call, "other-manager", because, "use `pip install .` first, then run uvmigrate again"
            )

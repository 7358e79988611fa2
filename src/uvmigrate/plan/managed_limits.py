"""What the project of a manager asks of the images that are to install it with uv."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.build import installs, interpreter_of
from uvmigrate.plan.obstacles.refusals import refuse_call

if TYPE_CHECKING:
    from collections.abc import Iterable

    from uvmigrate.build import Build
    from uvmigrate.codemod import Refusal, Settings
    from uvmigrate.plan.managed_wishes import ManagedWish
    from uvmigrate.project import Converted

#: The first uv that locks and syncs a pyproject.toml without ``[project]`` (0.11 stops at it; tried).
_GROUPS_ALONE = (0, 12)


def beyond_limits(
    wish: ManagedWish, converted: Converted, builds: Iterable[Build], settings: Settings
) -> Refusal | None:
    """Why the image of a wish cannot install the project, or None. *builds* are all of the repository."""
    if converted.python is not None and wish.python not in (None, converted.python):
        return _other_python(wish, converted.python)
    if converted.main_group is None or converted.python is None:
        return None
    refusal = _unsure_python(wish, converted.python, settings)
    if refusal is not None:
        return refusal
    version = re.search(r":v?(\d+)\.(\d+)", settings.uv_reference)
    if version is not None and (int(version[1]), int(version[2])) < _GROUPS_ALONE:
        because = f"setup.py declares the project, and {settings.uv_reference} installs no groups without one"
        return _refused(wish, "metadata", because, "let it be uv 0.12 or a newer one (--uv-version)")
    other = next((build for build in builds if _installs(build, wish)), None)
    if other is not None:
        because = f"{other.path} installs with pip the project that setup.py declares beside the Pipfile"
        return _refused(wish, "mixed-managers", because, "install it in all images, or in none")
    return None


def _other_python(wish: ManagedWish, python: tuple[int, int]) -> Refusal:
    asked, there = (".".join(map(str, version)) for version in (python, wish.python or ()))
    because = (
        f"the project is for Python {asked}, and the image has {there}, which uv does not install it for"
    )
    return _refused(wish, "other-python", because, "let the image and the Pipfile name one Python")


def _unsure_python(wish: ManagedWish, python: tuple[int, int], settings: Settings) -> Refusal | None:
    """A refusal where uv may find another Python first: without ``requires-python`` it takes any."""
    calls = [*(install.call for install in wish.members), *(managed.call for managed in wish.exports)]
    for call in calls:
        found = interpreter_of(call.stage).version
        if found is None and settings.python is None:
            because = (
                "setup.py declares the project, and which Python uv would lock and install with is not known"
            )
            return refuse_call(wish.build, call, "other-python", because, "say it with --python")
        if found not in (None, python):
            return _other_python(wish._replace(python=found), python)
    return None


def _installs(build: Build, wish: ManagedWish) -> bool:
    """Whether pip installs the folder of a wish itself: uv would be told of setup.py's project there."""
    return any(
        one.folder is not None and build.context.folder / one.folder == wish.folder
        for install in installs(build)
        for one in install.projects
    )


def _refused(wish: ManagedWish, code: str, because: str, instead: str) -> Refusal:
    call = wish.members[0].call if wish.members else wish.exports[0].call
    return refuse_call(wish.build, call, code, because, instead)

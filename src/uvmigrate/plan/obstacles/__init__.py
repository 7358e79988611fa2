"""What keeps a build that installs with pip from being switched at all: each with line, code and advice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.build import keeps, mentions_managers
from uvmigrate.plan.obstacles.bases import bases
from uvmigrate.plan.obstacles.calls import calls
from uvmigrate.plan.obstacles.hidden import hidden
from uvmigrate.plan.obstacles.isolation import isolation
from uvmigrate.plan.obstacles.managers import managers
from uvmigrate.plan.obstacles.mixed import beside_uv, mixed, stays
from uvmigrate.plan.obstacles.parts import parts
from uvmigrate.plan.obstacles.paths import links, paths
from uvmigrate.plan.obstacles.pythons import pythons
from uvmigrate.plan.obstacles.settings import pip_settings
from uvmigrate.plan.obstacles.starters import starting_obstacle
from uvmigrate.plan.obstacles.users import users_and_shells
from uvmigrate.plan.obstacles.wheels import wheels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from uvmigrate.build import Build
    from uvmigrate.build.installs import Install
    from uvmigrate.codemod import Refusal

__all__ = ["beside_uv", "hidden", "obstacle", "stays"]


def obstacle(build: Build, installs: tuple[Install, ...], venv: str) -> Refusal | None:
    """The first thing, in the order of the checks, that makes a switch of this build a guess, or None.

    *venv* is where the environment would lie.
    """
    checks: tuple[Callable[[Build, tuple[Install, ...]], Iterator[Refusal]], ...] = (
        managers,
        hidden,
        bases,
        lambda build, installs: users_and_shells(build, installs, venv),
        pip_settings,
        mixed,
        pythons,
        calls,
        isolation,
        wheels,
        parts,
        paths,
        links,
    )
    kept = bool(installs) and all(keeps(build, install) for install in installs)
    if kept or stays(build, installs):
        # Nothing leads past an environment that there is not.
        checks = tuple(check for check in checks if check not in (paths, links))
    found = next((refusal for check in checks for refusal in check(build, installs)), None)
    if found is not None or (kept and not mentions_managers(build)):
        return found
    return starting_obstacle(build, installs, "" if kept or stays(build, installs) else venv)

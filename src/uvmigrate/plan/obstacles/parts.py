"""Packages that one stage installs and another takes, in a way that is not followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.build import bind_mounts, carried, made_venvs
from uvmigrate.build.environment import into_home, into_system
from uvmigrate.plan.obstacles.refusals import refuse_at
from uvmigrate.source import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.build import Build
    from uvmigrate.build.installs import Install
    from uvmigrate.codemod import Refusal


#: Image paths that hold packages of the image's own Python, or those of ``pip install --user``.
_PACKAGES = lazy_pattern(r"/?(usr(/local(/lib(/python3.*)?)?)?)?/?$|/(root|home/[^/]+)/\.local(/.*)?$"
                       r"|/usr/local/lib/python3.*")  # fmt: skip
_HOMES = lazy_pattern(r"/?$|/(root|home/[^/]+)/\.local(/.*)?$")


def parts(build: Build, installs: tuple[Install, ...]) -> Iterator[Refusal]:
    """Parts of what pip installed that another stage takes in a way that is not followed."""
    known = {part.copied.instruction.span for part in carried(build, installs, made_venvs(build))}
    venvs = {venv.path for venv in made_venvs(build)}
    for facts in build.stages:
        for instruction, state in zip(facts.instructions, facts.states, strict=False):
            copies = (*bind_mounts(state, instruction), facts.copied(instruction))
            for copied in copies if instruction.span not in known else ():
                origin = facts.find(copied.origin) if copied is not None and copied.origin else None
                if copied is None or origin is None:
                    continue
                there = [install for install in installs if install.stage in origin.lineage]
                system = any(into_system(install, venvs) for install in there)
                # Into a home folder pip installs what the image's own Python is not touched by.
                pattern = _PACKAGES if system or not all(into_home(i, venvs) for i in there) else _HOMES
                taken = next((text for text in copied.sources if pattern.match(text)), None)
                if there and taken is not None:
                    because = f"{taken} is a part of what pip installed in another stage, or more than that"
                    instead = "copy the whole of site-packages, or the environment"
                    yield refuse_at(build, instruction.span.start, "unknown-part", because, instead)

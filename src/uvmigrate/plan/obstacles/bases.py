"""Base images that do not say what an install into them would need to know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.build import (
    interpreter_of,
    is_public,
    keeps,
    pip_settings,
    returning_user,
    roots_call,
    starts_as_root,
    version_of,
)
from uvmigrate.commands import upgrades_all
from uvmigrate.dockerfile import as_from
from uvmigrate.plan.obstacles.mixed import beside_uv
from uvmigrate.plan.obstacles.refusals import refuse_at, refuse_call
from uvmigrate.project import unpinned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.build import BaseImage, Build, Made
    from uvmigrate.build.installs import Install
    from uvmigrate.codemod import Refusal
    from uvmigrate.commands import PipCommand
    from uvmigrate.dockerfile import Instruction

_WRITE_USERS = "write USER root above the install, and the image's own USER below it"
_FALSE = ("0", "no", "false", "off", "n", "f", "")


def bases(build: Build, installs: tuple[Install, ...]) -> Iterator[Refusal]:
    """A refusal for each install on a base whose Python is too old, or of which too little is known."""
    for install in installs:
        base = install.stage.base
        line = install.stage.lineage[0].stage.from_.span.start
        if base is None and as_from(install.stage.lineage[0].stage.from_) is None:
            yield refuse_at(build, line, "base-unknown", "this FROM names no image", "write FROM IMAGE")
            return
        if base is None:
            because = "an ARG without a default says whether this is FROM an image or another stage"
            yield refuse_at(build, line, "base-unknown", because, "give the ARG a default")
            return
        version, python2 = version_of(build, install), interpreter_of(install.stage).python2
        asked = install.pip.version if install.pip is not None else ""
        if base.windows:
            yield refuse_at(
                build, line, "windows", "uv's image is for Linux containers", "migrate this image by hand"
            )
        elif version is not None and version < (3, 6):
            because = f"uv installs for Python 3.6 and newer, and this image has {version[0]}.{version[1]}"
            yield refuse_at(
                build, line, "python-too-old", because, "move the image to a supported Python first"
            )
        elif asked.startswith("2") or (python2 and not asked):
            because = "this is the pip of Python 2, and uv installs for Python 3.6 and newer"
            yield refuse_call(
                build, install.call, "python-too-old", because, "move the image to a supported Python first"
            )
        elif base.kind == "scratch":
            because = "scratch has no Python of its own, and where it comes from is not seen"
            yield refuse_at(build, line, "base-unknown", because, "migrate this image by hand")
        elif base.kind == "unknown":
            yield from _unknown(build, install)
        if install.pip is not None and keeps(build, install):
            yield from _into_image(build, install, install.pip)


def _unknown(build: Build, install: Install) -> Iterator[Refusal]:
    """What pip takes in its stride on a base of which only the name is known, and uv does not."""
    base = install.stage.base
    line = install.stage.lineage[0].stage.from_.span.start
    if base is None:
        return
    made = base.made
    if made is not None and made.user is not None:
        yield from _of_the_repository(build, install, base, made)
    elif not is_public(base):
        because = f"{base.reference} is not public, and its pip.conf may name an index: uv reads none"
        instead = "use an official python image, or migrate this image by hand"
        yield refuse_at(build, line, "base-unknown", because, instead)
    elif install.call.state.user is None and not starts_as_root(build, base):
        why = f": {made.why}" if made is not None else ", and uv installs only where that user may write"
        because = f"the user of {base.reference} is not known{why}"
        yield refuse_at(build, line, "base-unknown", because, _WRITE_USERS)


def _of_the_repository(build: Build, install: Install, base: BaseImage, made: Made) -> Iterator[Refusal]:
    """What the Dockerfiles that make a base say against it, or against being those that make it."""
    left = [name for name in made.pip if name not in install.call.state.exported]
    if left:
        line = install.stage.lineage[0].stage.from_.span.start
        because = f"the base has settings for pip, {', '.join(left)}, and uv reads none of them"
        yield refuse_at(build, line, "base-unknown", because, "set them in this Dockerfile, too")
    found = roots_call(build, base) if not starts_as_root(build, base) else None
    if found is not None:
        because = f"{found.command.name} is root's, and {made.by[0]} ends as {made.user} ({made.why})"
        yield refuse_call(build, found, "base-unknown", because, _WRITE_USERS)


def _names_home(build: Build) -> Instruction | None:
    """The first instruction that needs the place of pip's packages for a single user; PATH does not."""
    instructions = (instruction for facts in build.stages for instruction in facts.instructions)
    named = (i for i in instructions if i.keyword != "ENV" and "/.local" in i.arguments)
    return next(named, None)


def _into_image(build: Build, install: Install, pip: PipCommand) -> Iterator[Refusal]:
    """What uv cannot do in an image's own Python."""
    settings = {setting.option for setting in pip_settings(install)[0] if setting.value not in _FALSE}
    returns = returning_user(install.stage, install.call.instruction) is not None
    if (pip.has("--user") and not returns) or "--user" in settings:
        because = "--user installs for one user beside the image's own packages, and uv has no such place"
        yield refuse_call(build, install.call, "pip-option", because, "leave --user out")
    named = _names_home(build) if returns else None
    if named is not None:
        because = f"{named.keyword} names .local, and the packages go into the image's own Python"
        yield refuse_at(build, named.text_span.start, "pip-option", because, "leave .local to pip")
    if beside_uv(build) and install.call.state.path:
        because = "uv installs here too, and its environment may come first in PATH, where it has no pip"
        yield refuse_call(build, install.call, "mixed-uv-pip", because, "install everything with one of them")
    repo, folder = install.stage.context.repo, install.stage.context.folder
    files = [folder / path for path in install.files if path is not None]
    known = None not in install.files and not pip.dynamic and unpinned(repo, files) is not None
    upgrade = pip.has("--upgrade") and not upgrades_all(pip)
    if (upgrade and not known) or "--upgrade" in settings:
        because = "--upgrade: uv's upgrades dependencies, too, and which packages are named here is not known"
        yield refuse_call(build, install.call, "pip-option", because, "name the packages, or leave it out")

"""Installs that go to several places, or into another Python than the image's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.build import consumes_wheels, interpreter_of, made_venvs
from uvmigrate.build.environment import venv_of
from uvmigrate.build.installs import expanded
from uvmigrate.build.managed import environment_place
from uvmigrate.plan.obstacles.refusals import refuse_call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.build import Build, StageFacts
    from uvmigrate.build.installs import Install
    from uvmigrate.codemod import Refusal


def pythons(build: Build, installs: tuple[Install, ...]) -> Iterator[Refusal]:
    """Installs that go to several places, or into another Python than the image's own."""
    venvs = {venv.path for venv in made_venvs(build)}
    into: dict[bool, Install] = {}
    for install in installs:
        venv = venv_of(install, venvs)
        plain = install.tool.verb == "install" and not consumes_wheels(build, install, installs)
        elsewhere = any(install.tool.has(option) for option in ("--target", "--prefix"))
        if install.managed is not None:
            elsewhere = environment_place(install.call, install.managed) == "hidden"
        if plain and not elsewhere:
            into.setdefault(venv is not None, install)
        version = install.pip.version if install.pip is not None else ""
        if _other_version(install.stage, version):
            because = f"this installs for Python {version}, which is not the image's own"
            yield refuse_call(build, install.call, "other-python", because, "migrate this image by hand")
        folder = expanded(install.call, install.tool.folder)
        own = (folder or "").rstrip("/") in ("/usr/local/bin", "/root/.local/bin")
        known = own or install.tool.folder is None or install.managed is not None
        if venv is None and not known and (install.stage.base is None or install.stage.base.kind == "python"):
            because = f"{folder or install.tool.folder}pip belongs to another Python than the image's own"
            yield refuse_call(build, install.call, "other-python", because, "migrate this image by hand")
    for made in made_venvs(build):
        official = made.call.stage.base is not None and made.call.stage.base.kind == "python"
        if installs and official and _other_version(made.call.stage, made.version):
            because = f"this environment is for Python {made.version}, which is not the image's own"
            yield refuse_call(build, made.call, "other-python", because, "migrate this image by hand")
    if len(into) > 1:
        because = "packages go into an environment and into the image's own Python as well"
        yield refuse_call(build, into[False].call, "several-venvs", because, "install all of them into one")


def _other_version(stage: StageFacts, version: str) -> bool:
    """Whether a program's name asks for another Python than an environment would be made with."""
    own = interpreter_of(stage)
    if "." not in version or own.keeps or own.version is None:
        return False
    return version != ".".join(map(str, own.version))

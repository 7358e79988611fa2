"""pip configuration that changes what is installed, and that uv does not read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.commands import HARMLESS_VARIABLES
from uvmigrate.dockerfile import as_arg, as_copy, as_env, as_run
from uvmigrate.plan.obstacles.refusals import refuse_at, refuse_call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.build import Build
    from uvmigrate.build.installs import Install
    from uvmigrate.codemod import Refusal
    from uvmigrate.dockerfile import Instruction


def pip_settings(build: Build, _: tuple[Install, ...]) -> Iterator[Refusal]:
    """pip configuration that changes what is installed, and that uv does not read."""
    for facts in build.stages:
        for instruction in facts.instructions:
            for pair in (*(as_env(instruction) or ()), *(as_arg(instruction) or ())):
                if pair.key.startswith("PIP_") and pair.key not in HARMLESS_VARIABLES:
                    because = f"{pair.key} steers pip, and uv does not read it"
                    instead = "say it in the requirements file (--index-url, …) or migrate by hand"
                    yield refuse_at(build, pair.span.start, "pip-settings", because, instead)
                if pair.key in ("PYTHONUSERBASE", "PYTHONHOME"):
                    because = (
                        f"{pair.key} moves what pip installs, and an environment by uv knows nothing of it"
                    )
                    yield refuse_at(build, pair.span.start, "pip-settings", because, "do without it")
            yield from _pip_files(build, instruction)
            run = as_run(instruction)
            for mount in run.mounts if run else ():
                if mount.type == "secret" and re.search(r"pip", str(mount.options)):
                    because = "pip's configuration comes from a secret, and uv does not read it"
                    yield refuse_at(
                        build, mount.flag.span.start, "pip-settings", because, "migrate this image by hand"
                    )


def _pip_files(build: Build, instruction: Instruction) -> Iterator[Refusal]:
    copy = as_copy(instruction)
    if copy and any(re.search(r"(^|/)\.?pip(\.conf)?$", word.text) for word in (*copy.sources, copy.dest)):
        because = "pip.conf steers pip, and uv does not read it"
        instead = "say its indexes in the requirements file"
        yield refuse_at(build, instruction.span.start, "pip-settings", because, instead)


def exported(build: Build, installs: tuple[Install, ...]) -> Iterator[Refusal]:
    """pip's variables that the shell sets: for one install, or for all that follow in its RUN."""
    for install in installs:
        script = install.call.script
        before = [c for c in script.everything if c.span.start < install.call.command.span.start]
        exports = [word.raw.partition("=")[0] for c in before if c.name == "export" for word in c.words[1:]]
        own = [assignment.name for assignment in install.call.command.assignments]
        for name in (*own, *exports):
            if name.startswith("PIP_") and name not in HARMLESS_VARIABLES:
                because = f"{name} steers pip, and uv does not read it"
                yield refuse_call(build, install.call, "pip-settings", because, "use pip's option instead")

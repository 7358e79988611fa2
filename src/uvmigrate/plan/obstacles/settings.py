"""pip configuration that changes what is installed, and that cannot be said in uv."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.build import pip_settings as read_settings
from uvmigrate.build import uv_calls
from uvmigrate.commands import PipCommand, is_harmless, said_in_uv
from uvmigrate.dockerfile import as_arg, as_env
from uvmigrate.plan.obstacles.refusals import refuse_at
from uvmigrate.project import has_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.build import Build, PipSetting
    from uvmigrate.build.installs import Install
    from uvmigrate.codemod import Refusal

_INSTEAD = "say it in the requirements file (--index-url, …) or migrate by hand"
_WITH_NETRC = (
    "take the credentials out of the URL, and give them by a netrc file that the build mounts as a secret: "
    "--mount=type=secret,id=netrc,target=/root/.netrc"
)


def pip_settings(build: Build, installs: tuple[Install, ...]) -> Iterator[Refusal]:
    """pip configuration that changes what is installed, and that cannot be said in uv."""
    for facts in build.stages:
        for instruction in facts.instructions:
            for pair in (*(as_env(instruction) or ()), *(as_arg(instruction) or ())):
                if pair.key in ("PYTHONUSERBASE", "PYTHONHOME"):
                    because = (
                        f"{pair.key} moves what pip installs, and an environment by uv knows nothing of it"
                    )
                    yield refuse_at(build, pair.span.start, "pip-settings", because, "do without it")
    for install in installs:
        if install.managed is not None and install.managed.tool == "poetry":
            # poetry reads none of pip's settings; uv gets what poetry had.
            continue
        settings, unread = read_settings(install)
        for place in unread:
            yield refuse_at(build, place.at, "pip-settings", place.why, place.instead)
        for setting in settings:
            yield from _unsaid(build, install, setting)


def _unsaid(build: Build, install: Install, setting: PipSetting) -> Iterator[Refusal]:
    """Why a setting cannot be said in uv, if it cannot."""
    at, name = setting.span.start, f"{setting.name} in {setting.place}" if setting.place else setting.name
    said = said_in_uv(setting.option, setting.value)
    steers = not isinstance(said, str) and said.variables and setting.carrier != "inline"
    if steers and any(uv.verb not in ("", "venv") for _, uv in uv_calls(build)):
        because = (
            f"{name} would have to be a variable of uv's, and the commands of uv here would read it, too"
        )
        yield refuse_at(build, at, "pip-settings", because, "give it to pip alone: in front of its command")
    elif isinstance(said, str):
        instead = "name HTTPS_PROXY, which the builder knows" if setting.option == "--proxy" else _INSTEAD
        yield refuse_at(build, at, "pip-settings", f"{name} steers pip: {said}", instead)
    elif not isinstance(install.tool, PipCommand) and not is_harmless(setting.option):
        because = f"{name} steers pip, and is not read by what installs here"
        yield refuse_at(build, at, "pip-settings", because, "do without it")
    elif setting.carrier == "file" and said.variables and setting.value is not None:
        # It would have to be written anew.
        if any(map(has_credentials, setting.value.split())):
            because = f"{name} carries credentials, which uvmigrate does not copy"
            yield refuse_at(build, at, "credentials", because, _WITH_NETRC)
        elif set(setting.value) & set("$\"'\\`"):
            because = f"{name} holds a character that ENV would read differently"
            yield refuse_at(build, at, "pip-settings", because, _INSTEAD)
    elif setting.carrier == "secret" and len(said.variables) != 1:
        because = f"{name} is a secret, and uv takes it by another way"
        yield refuse_at(build, at, "pip-settings", because, _INSTEAD)

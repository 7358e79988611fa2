"""The build settings: the variables that stand above the first install."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from uvmigrate.codemod import install_variables, interpreter_of, made_venvs, pinned_python
from uvmigrate_codemods._switch.indexes import setting_variables

if TYPE_CHECKING:
    from uvmigrate.codemod import Install, StageFacts
    from uvmigrate_codemods._switch.draft import Draft

_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def build_settings(draft: Draft, stage: StageFacts, real: list[Install]) -> dict[str, str]:
    """The variables for the installs of *stage* and of the stages FROM it, by name."""
    target = draft.target
    own = [install for install in real if stage in install.stage.lineage or install.stage in stage.lineage]
    settings = {"UV_NO_CACHE": "1"}
    synced = stage.lineage[0].index not in target.pip_stages
    for install in own:
        settings |= setting_variables(install, synced=synced)
        settings |= install_variables(install.pip) if install.pip is not None else {}
        settings |= {"UV_PYTHON": version} if (version := _python(draft, install)) else {}
    if any(_trusts_system(install) for install in own):
        settings["UV_SYSTEM_CERTS"] = "1"
    if target.system and any(_breaks(install) for install in own):
        settings["UV_BREAK_SYSTEM_PACKAGES"] = "1"
    if not target.system:
        pip = stage.lineage[0].index in target.pip_stages
        name = "VIRTUAL_ENV" if pip else "UV_PROJECT_ENVIRONMENT"
        settings[name] = target.venv
        # ENV wins over ARG (Docker's reference, "ARG").
        draft.notes += [
            f"the environment stays at {target.venv}: `--build-arg {argument}=…` does not move it any more"
            for argument in _placing(draft, own, name)
        ]
    return settings


def _placing(draft: Draft, found: list[Install], name: str) -> list[str]:
    """The build arguments that placed an environment: *name*, and with what the path of a made one begins."""
    venv = draft.target.venv
    is_made = any(str(made.path) == venv for made in made_venvs(draft.build))
    values = {
        argument: value.rstrip("/")
        for state in (install.call.state for install in found)
        for argument, value in state.env.items()
        if argument not in state.exported
    }
    return [
        argument
        for argument, value in values.items()
        if argument == name or (is_made and value and f"{venv}/".startswith(f"{value}/"))
    ]


def _breaks(install: Install) -> bool:
    """Whether pip may install into a distribution's own Python: by a variable, or on a base that lets it.

    What lets it there is not seen: an older pip, a variable or a pip.conf of the base's.
    """
    base = install.stage.base
    own = base is None or base.kind in ("unknown", "preinstalled", "distribution")
    return own or "PIP_BREAK_SYSTEM_PACKAGES" in install.call.state.exported


def _trusts_system(install: Install) -> bool:
    """Whether certificates of one's own may be needed: pip reads the system's, uv has a set of its own."""
    call = install.call
    updates = any(
        found.command.name == "update-ca-certificates" and found.command.span.start < call.command.span.start
        for facts in install.stage.lineage
        for found in facts.calls(b"update-ca-certificates")
    )
    return updates or any(name in call.state.exported for name in _BUNDLES)


def _python(draft: Draft, install: Install) -> str | None:
    """The image's Python, where a ``.python-version`` in the image would make uv look for another."""
    call, base, version = install.call, install.stage.base, interpreter_of(install.stage).version
    if call.cwd is None or base is None or draft.target.system:
        return None
    read = [call.locate(str(folder / ".python-version")) for folder in (call.cwd, *call.cwd.parents)]
    located = next((path for path in read if path is not None), None)
    named = install.tool.values("--requirement")
    if located is None and named:
        located = call.locate(f"{PurePosixPath(named[0]).parent}/.python-version")
    data = draft.build.context.repo.get(draft.build.context.folder / located, b"") if located else b""
    asked = pinned_python(data)
    if asked is None or version is None:
        return None if asked is None else "3"
    exact = (base.tag or "").partition("-")[0] == ".".join(map(str, asked))
    return None if asked == version or exact else ".".join(map(str, version))

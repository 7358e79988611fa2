"""pip's settings where ``uv pip`` installs: uv's variables in their place, beside them, or as options.

pip takes the best version of all its indexes, and uv the first index that has the name; so an extra index
brings ``--index-strategy unsafe-best-match`` with it (uv docs, "Compatibility with pip").
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.codemod import (
    Edit,
    Said,
    Span,
    below,
    distrusted,
    has_credentials,
    pip_settings,
    said_in_uv,
    setting_values,
    starts,
)

if TYPE_CHECKING:
    from uvmigrate.codemod import Install, PipSetting
    from uvmigrate_codemods._switch.draft import Draft

BEST_MATCH = "--index-strategy unsafe-best-match"
#: What a reviewer should know wherever two indexes are searched at once.
_MIXED = (
    "the best version of all indexes is taken, as pip does it (unsafe-best-match): anybody could publish the "
    "name of a private package on a public index"
)


def setting_flags(install: Install) -> tuple[str, ...]:
    """The options that stand for settings which uv has no variable for."""
    flags: list[str] = []
    for setting, said in _said(install):
        flags += [flag for flag in said.flags if " " in flag or not install.tool.has(flag)]
        flags += [BEST_MATCH] if setting.option == "--extra-index-url" else []
    return tuple(flags)


def setting_variables(install: Install, *, synced: bool) -> dict[str, str]:
    """The build settings that pip's settings are, by name: those that pip has from a file, and those that
    uv calls and writes otherwise. A project holds the indexes itself."""
    found: dict[str, str] = {}
    for setting, said in _said(install):
        found |= dict(said.settings)
        if setting.carrier == "file" and not synced and setting.value is not None:
            found |= {name: _quoted(setting.value) for name in said.variables}
    if synced and install.pip is not None:
        settings = {setting.option: setting.value or "" for setting, _ in _said(install)}
        hosts = (*settings.get("--trusted-host", "").split(), *install.tool.values("--trusted-host"))
        urls = [
            url for option in ("--index-url", "--extra-index-url") for url in _urls(install, option, settings)
        ]
        told = distrusted(hosts, tuple(urls))
        found |= {"UV_INSECURE_HOST": _quoted(" ".join(dict.fromkeys(told)))} if told else {}
    return found


def _urls(install: Install, option: str, settings: dict[str, str]) -> tuple[str, ...]:
    return (*setting_values(option, settings.get(option, "")), *install.tool.values(option))


def _quoted(value: str) -> str:
    return f'"{value}"' if re.search(r"\s", value) else value


def _said(install: Install) -> list[tuple[PipSetting, Said]]:
    both = [(s, said_in_uv(s.option, s.value)) for s in pip_settings(install)[0]]
    return [(setting, said) for setting, said in both if isinstance(said, Said)]


def switch_settings(draft: Draft, installs: list[Install]) -> None:
    """Let uv's variables say what pip's say, for installs that stay with ``uv pip``."""
    done: set[int] = set()
    for install in installs:
        for setting, said in _said(install):
            if setting.option == "--extra-index-url":
                draft.notes.append(_MIXED)
            if said.variables and setting.span.start not in done:
                done.add(setting.span.start)
                _switch(draft, install, setting, said.variables, installs)
        if install.tool.has("--extra-index-url"):
            draft.notes.append(_MIXED)


def _switch(
    draft: Draft, install: Install, setting: PipSetting, variables: tuple[str, ...], found: list[Install]
) -> None:
    data, name = draft.data, setting.name
    match setting.carrier:
        case "ENV" if len(variables) == 1 and _is_ours(draft, setting, found):
            draft.add(Edit(setting.span, variables[0].encode()))
        case "ENV":
            pairs = " ".join(f"{variable}=${name}" for variable in variables)
            draft.add(Edit.insert(*below(draft.build.dockerfile, setting.instruction, f"ENV {pairs}")))
        case "ARG":
            lines = [f"ARG {variable}=${name}" for variable in variables]
            draft.add(Edit.insert(*below(draft.build.dockerfile, setting.instruction, *lines)))
        case "secret":
            at = setting.span.start + setting.span.of(data).index(b"env=" + name.encode()) + len(b"env=")
            draft.add(Edit(Span(at, at + len(name)), variables[0].encode()))
        case "inline" | "export":
            value = setting.span.of(data)[len(name) :]
            read = re.search(rb"\$\{?" + name.encode() + rb"\b", install.call.script.data)
            names = [name, *variables] if read is not None else variables
            draft.add(Edit(setting.span, b" ".join(each.encode() + value for each in names)))
        case "file":
            draft.notes.append(f"{setting.place or 'pip'}: what it says to pip stands in ENV for uv, too")


def _is_ours(draft: Draft, setting: PipSetting, found: list[Install]) -> bool:
    """Whether nothing but the installs reads a variable: then it can be uv's; not where it is a secret."""
    if setting.value is not None and any(map(has_credentials, setting.value.split())):
        draft.notes.append(
            f"{setting.name} carries credentials, which stay in the image: a netrc file as a secret would not"
        )
        return False
    rest = bytearray(draft.data)
    for install in found:
        span = install.call.command.span
        rest[span.start : span.end] = b" " * len(span)
    rest[setting.span.start : setting.span.end] = b" " * len(setting.span)
    named = re.compile(rb"\b" + setting.name.encode() + rb"\b")
    called = re.compile(r"\bpip[0-9.]*\b")
    running = (start for stage in draft.build.final_stages for start in starts(draft.build, stage))
    return not named.search(rest) and not any(
        called.search(word.raw) for start in running for word in start.command.words
    )

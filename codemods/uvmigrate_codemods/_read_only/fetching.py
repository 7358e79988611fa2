"""Programs that bring files when a service starts, and where they put them: curl, wget, tar, unzip, git."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.codemod import unwrap
from uvmigrate_codemods._commands import plain, program

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uvmigrate.codemod import Command
    from uvmigrate_codemods._read_only.places import Places

_CHANGING = frozenset("checkout clone fetch pull reset submodule".split())


def brought(places: Places, command: Command) -> str:
    """What a command brings to a place that it could not write to; "" where there is no such thing."""
    name, words = program(command), plain(unwrap(command))[1:]
    if name == "git":
        verb = next((word for word in words if word in _CHANGING), "")
        return f"git {verb} writes files when it starts" if verb else ""
    if name == "wget":
        if "--spider" in words:
            return ""
        return _file(places, name, _value(words, r"-[a-zA-Z]*?O", "--output-document") or ".")
    if name == "curl":
        if any(re.fullmatch(r"-[a-zA-Z]*O|--remote-name(-all)?", word) for word in words):
            return _file(places, name, ".")
        return _file(places, name, _value(words, r"-[a-zA-Z]*?o", "--output") or "-")
    extracts = name == "tar" and re.match(r"-?[a-zA-Z]*x|--extract|--get", words[0] if words else "")
    if extracts or (name == "unzip" and "-p" not in words and "-l" not in words):
        folder = _value(words, r"-C" if name == "tar" else r"-d", "--directory") or "."
        return _file(places, name, f"{folder}/file")
    return ""


def _value(words: Sequence[str], short: str, long: str) -> str | None:
    """The value of an option, in the word itself or the next one."""
    for word, following in zip(words, [*words[1:], ""], strict=False):
        option, equals, value = word.partition("=")
        if option == long:
            return value if equals else following
        found = re.fullmatch(rf"{short}(.*)", word)
        if found is not None and not word.startswith("--"):
            return found[1] or following
    return None


def _file(places: Places, name: str, text: str) -> str:
    if text == "-":
        return ""
    path = places.state.absolute(text if text != "." else "./file") if "$" not in text else None
    if path is not None and places.allow(path):
        return ""
    return f"{name} writes files when it starts, and there is no mount"

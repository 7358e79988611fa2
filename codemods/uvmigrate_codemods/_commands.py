"""What the commands that start a container write, as far as their words say, and which cannot be read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.codemod import ROOT, expand, lazy_pattern, unwrap

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import PurePosixPath

    from uvmigrate.codemod import Command, ShellWord, StageFacts, State

#: They write files wherever the project has told them to.
BUILDERS = frozenset(
    """collectstatic makemigrations compilemessages make npm npx yarn pnpm webpack sphinx-build
    sphinx-autobuild""".split()
)
#: They write: all of their operands, or the last one.
_WRITE_ALL = frozenset("mkdir touch rm rmdir tee truncate mkfifo mv".split())
_WRITE_LAST = frozenset("cp ln install".split())
_SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh"})
_BIN = lazy_pattern(r"(/usr|/usr/local)?/s?bin")
_HANDED_ON = frozenset({"$@", "${@}", "$*", "${*}"})


def plain(command: Command) -> list[str]:
    """The words of a command, without quotes where that is all that they are."""
    return [word.text if word.text is not None else word.raw for word in command.words]


def program(command: Command) -> str:
    """The name of the program that a command calls in the end, without its folder."""
    return (unwrap(command).name or "").rpartition("/")[2]


def meant(word: ShellWord, state: State) -> str | None:
    """What a word is once ENV is filled in; None where only the shell knows."""
    return word.text if word.text is not None else expand(word.raw.strip("\"'"), state.env)


def written(command: Command) -> Iterator[ShellWord]:
    """The words that name what a command of the system, or a redirection, makes, changes or removes."""
    inner = unwrap(command)
    name = program(command)
    operands = [word for word in inner.words[1:] if not word.raw.startswith("-")]
    if name in _WRITE_ALL:
        yield from operands
    elif name in _WRITE_LAST:
        yield from operands[-1:]
    elif name == "sed" and any(re.match(r"-[a-zA-Z]*i|--in-place", word.raw) for word in inner.words[1:]):
        yield from operands[1:]
    for redirect in command.redirects:
        target = redirect.target
        if target is not None and ">" in redirect.operator and not re.fullmatch(r"&?[0-9]|-", target.raw):
            yield target


def unread(command: Command, stage: StageFacts, state: State, environments: Collection[PurePosixPath]) -> str:
    """What is started and cannot be looked into: a script from elsewhere, a command in a variable; "" if not.

    *environments* are the image paths of those whose programs are known.
    """
    inner = unwrap(command)
    if not inner.words:
        return ""
    word = inner.words[0]
    if (word.text or "").rpartition("/")[2] in (*_SHELLS, ".", "source"):
        rest = inner.words[1:]
        named = next((other for other in rest if not other.raw.startswith("-")), None)
        if named is None:
            return ""
        if any(re.fullmatch(r"-\w*c", other.raw) for other in rest):
            # A text that is put together of others is not among the commands.
            hidden = named.text is None and re.search(r"\\|`|\$\(|^[^\"]", named.raw)
            return f"{named.raw} is only known when the container starts" if hidden else ""
        word = named
    if word.raw.strip("\"'") in _HANDED_ON:
        return ""
    text = meant(word, state)
    if text is None:
        return f"{word.raw} is only known when the container starts"
    is_script = text.endswith((".sh", ".bash"))
    if not is_script and ("/" not in text or word is not inner.words[0]):
        return ""
    known = _is_known(text, stage, state, environments, is_script=is_script)
    return "" if known else f"{text} is not a file of the build context"


def _is_known(
    text: str, stage: StageFacts, state: State, environments: Collection[PurePosixPath], *, is_script: bool
) -> bool:
    full = state.absolute(text)
    if full is None:
        return False
    on_path = () if "/" in text else ("usr/local/bin", "usr/bin", "bin")
    places = (full, *(ROOT / folder / text for folder in on_path))
    if any(stage.locate(place, state) is not None for place in places):
        return True
    installed = _BIN.fullmatch(str(full.parent)) or any(
        full.parent == place / "bin" for place in environments
    )
    return bool(installed) and not is_script

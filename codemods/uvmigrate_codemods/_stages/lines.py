"""Commands of apt and apk: which packages they name, and which others only tidy up behind them.

Sources: apt-get(8) and apt(8); the manual of apk-tools ("apk add", "apk del").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from uvmigrate.codemod import NamedTuple, lazy_pattern, unwrap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate.codemod import Command, Script
    from uvmigrate.codemod import ShellWord as Word

Verb = Literal["install", "remove", "autoremove", "update", "upgrade", "clean"]

_VERBS: dict[str, dict[str, Verb]] = {
    "apt": {
        "install": "install",
        "remove": "remove",
        "purge": "remove",
        "autoremove": "autoremove",
        "autopurge": "autoremove",
        "update": "update",
        "upgrade": "upgrade",
        "dist-upgrade": "upgrade",
        "full-upgrade": "upgrade",
        "clean": "clean",
        "autoclean": "clean",
    },
    "apk": {"add": "install", "del": "remove", "update": "update", "upgrade": "upgrade"},
}
_MANAGERS = {"apt-get": "apt", "apt": "apt", "apk": "apk"}
#: Options whose value is the next word.
_VALUED = frozenset(
    """-o --option -t --target-release --default-release -c --config-file -a --host-architecture
    --virtual --repository -X --root -p --keys-dir --repositories-file --arch""".split()
)
_GROUP = frozenset({"-t", "--virtual"})
#: What ends a package's name: a version, a release, an architecture, a tag of a repository.
_NAME = lazy_pattern(r"([A-Za-z0-9][A-Za-z0-9+._-]*)(?:[:/=<>~@].*)?")
_VARIABLE = lazy_pattern(r"\$(?:(\w+)|\{(\w+)\})")
#: Files that the managers keep for themselves, and uv and pip; and what often goes with them.
_UPKEEP = lazy_pattern(
    r"/var/(lib/(apt|dpkg)/|cache/(apt|apk|debconf)|lib/cache)|/etc/apk/cache|(/root|~)/\.cache"
)
_WITH_THEM = lazy_pattern(r"/(var/)?tmp/|/var/(cache|log)/|/usr/share/(man|doc)/")


class Packages(NamedTuple):
    """A command of a package manager.

    ``names`` are its packages: the index of each word, and the names in it without version and architecture;
    several where it is a variable of the same script, none where only the shell knows. ``group`` is the
    virtual package that apk puts them into, ``group_words`` the words that say so.
    """

    command: Command
    manager: Literal["apt", "apk"]
    verb: Verb
    names: tuple[tuple[int, tuple[str, ...]], ...]
    group: str | None = None
    group_words: tuple[int, ...] = ()

    def all(self) -> frozenset[str]:
        """All names that are known."""
        return frozenset(name for _, names in self.names for name in names)


def read_packages(command: Command, script: Script) -> Packages | None:
    """A plain use of apt-get, apt or apk in *script*; None for all else."""
    inner = unwrap(command)
    manager = _MANAGERS.get((inner.name or "").rpartition("/")[2])
    if manager is None:
        return None
    shift = len(command.words) - len(inner.words)
    operands: list[tuple[int, str | None]] = []
    group: str | None = None
    group_words: tuple[int, ...] = ()
    for index, value in _operands(command, shift + 1):
        raw = command.words[index].raw
        if manager == "apk" and value is not None and raw.partition("=")[0] in _GROUP:
            group = command.words[value].text if value != index else raw.partition("=")[2]
            group_words = tuple(range(index, value + 1))
        elif value is None:
            operands.append((index, command.words[index].text))
    verb = _VERBS[manager].get(operands[0][1] or "") if operands else None
    if verb is None:
        return None
    names = tuple((index, _names(command.words[index], script)) for index, _ in operands[1:])
    if verb in ("remove", "autoremove"):
        verb = "remove" if names else "autoremove"
    if verb == "install" and not names:
        return None
    return Packages(command, "apt" if manager == "apt" else "apk", verb, names, group, group_words)


def _operands(command: Command, first: int) -> Iterator[tuple[int, int | None]]:
    """The words behind the program: each with None, or for an option with the index of its value."""
    index = first
    while index < len(command.words):
        text = command.words[index].raw
        if not text.startswith("-"):
            yield index, None
        elif text in _VALUED and index + 1 < len(command.words):
            yield index, index + 1
            index += 1
        else:
            yield index, index
        index += 1


def _names(word: Word, script: Script) -> tuple[str, ...]:
    """The packages that a word names, itself or by a variable that the script has given a plain value."""
    if word.text is not None:
        texts = [word.text]
    else:
        variable = _VARIABLE.fullmatch(word.raw)
        values = [
            assignment.value
            for command in script.everything
            for assignment in command.assignments
            if variable is not None and assignment.name in variable.groups()
        ]
        texts = (values[0] or "").split() if len(values) == 1 else []
    found = [_package_name(text) for text in texts]
    return tuple(name for name in found if name) if all(found) else ()


def _package_name(text: str) -> str | None:
    # apk's virtual packages may begin with a dot.
    found = _NAME.fullmatch(text.removeprefix("."))
    return ("." if text.startswith(".") else "") + found[1] if found is not None else None


def tidies(command: Command) -> bool:
    """Whether a command only removes what package managers leave behind: ``rm -rf /var/lib/apt/lists/*``."""
    inner = unwrap(command)
    if (inner.name or "").rpartition("/")[2] != "rm":
        return False
    operands = [word.text for word in inner.words[1:] if not word.raw.startswith("-")]
    own = [text for text in operands if text is not None and _UPKEEP.match(text)]
    others = [text for text in operands if text not in own]
    return bool(own) and all(text is not None and _WITH_THEM.match(text) for text in others)

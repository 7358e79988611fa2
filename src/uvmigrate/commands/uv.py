"""uv command lines: read, for the codemods that refine what is on uv already.

Options of uv 0.13.8 (uv's reference, "Commands").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvmigrate.commands.options import Argument, Grammar, values
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from uvmigrate.shell import Command

GRAMMAR = Grammar(
    short={
        "-r": "--requirements",
        "-c": "--constraints",
        "-e": "--editable",
        "-p": "--python",
        "-q": "--quiet",
        "-v": "--verbose",
        "-n": "--no-cache",
        "-U": "--upgrade",
        "-P": "--upgrade-package",
        "-o": "--output-file",
        "-i": "--index-url",
        "-f": "--find-links",
        "-m": "--module",
        "-s": "--script",
        "-t": "--target",
        "-b": "--build-constraints",
        "-C": "--config-setting",
        "-w": "--with",
    },
    valued=frozenset(
        """--requirements --requirement --constraints --constraint --overrides --editable --python
        --upgrade-package --output-file --index-url --extra-index-url --index --default-index --find-links
        --extra --no-extra --group --no-group --only-group --package --project --directory --config-file
        --cache-dir --link-mode --target --prefix --reinstall-package --refresh-package --no-binary
        --only-binary --no-binary-package --no-build-package --index-strategy --keyring-provider --resolution
        --prerelease --exclude-newer --python-preference --python-platform --python-version --color
        --allow-insecure-host --no-install-package --config-setting --with --with-editable
        --with-requirements --env-file --build-constraints --torch-backend --no-build-isolation-package
        --format --prompt --trusted-host --cert --override --excludes --build-constraint --config-settings
        --config-settings-package --upgrade-group --exclude-newer-package --prerelease-package --fork-strategy
        --no-sources-package --no-editable-package --no-emit-package --output-format --out-dir --from
        --with-executables-from --annotation-style --custom-compile-command --optional --marker --bounds --rev
        --tag --branch --install-dir --mirror""".split()
    ),
)

#: Subcommands that have a subcommand of their own.
_NESTED = frozenset({"pip", "tool", "python", "cache", "self", "auth"})


class UvCommand(NamedTuple):
    """One call of uv. ``verb`` is ``sync``, ``pip install``, ``run`` …; for ``run`` the words of the program
    that it starts are operands. ``verb_index`` is the word that the verb begins at, ``after`` the next one.
    """

    command: Command
    verb: str
    verb_index: int
    after: int
    arguments: tuple[Argument, ...]

    def values(self, option: str | None) -> tuple[str, ...]:
        """The literal values of an option, or of the operands (None)."""
        return values(self.arguments, option)

    def has(self, *options: str) -> bool:
        """Whether one of the options is given."""
        return any(argument.option in options for argument in self.arguments)


def read_uv(command: Command) -> UvCommand | None:
    """The command as a call of uv (``uv``, ``/bin/uv``, ``python -m uv``), else None."""
    argv = command.argv
    if not argv or argv[0] is None:
        return None
    start = 1
    program = argv[0].rpartition("/")[2]
    if program.startswith("python") and argv[1:3] == ("-m", "uv"):
        start = 3
    elif program != "uv":
        return None
    index = start
    while index < len(argv) and (argv[index] or "").startswith("-"):
        name = argv[index] or ""
        index += 2 if "=" not in name and GRAMMAR.short.get(name, name) in GRAMMAR.valued else 1
    if index >= len(argv):
        return UvCommand(command, "", index, index, GRAMMAR.read(command, start))
    verb, after = argv[index] or "", index + 1
    if verb in _NESTED and after < len(argv) and argv[after] is not None:
        verb, after = f"{verb} {argv[after]}", after + 1
    leading = GRAMMAR.read(command, start)
    arguments = tuple(argument for argument in leading if argument.last <= index)
    return UvCommand(
        command,
        verb,
        index,
        after,
        arguments + GRAMMAR.read(command, after, stop=verb in ("run", "tool run")),
    )


def find_uv(command: Command) -> UvCommand | None:
    """The call of uv that a command hands on to, or is: ``tini -- uv run x``, ``gosu app uv run x``."""
    for index, word in enumerate(command.words):
        if word.text is not None and word.text.rpartition("/")[2] == "uv":
            return read_uv(command._replace(words=command.words[index:]))
    return None

"""The entry: which command was meant, and how everything ends."""

from __future__ import annotations

import contextlib
import errno
import gc
import os
import sys
from importlib import import_module

import click

from uvmigrate.cli.exits import CommandError, Exit
from uvmigrate.cli.terminal import fail, say

#: What the system says where nothing more can be written.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
#: The first words that choose another command than the migration itself, each with the module that has it
#: under its last word: a run imports only its own. A path of that name is ``./name``.
COMMANDS = {
    "bulk": "bulk",
    "bulk status": "bulk",
    "bulk retry": "bulk",
    "bulk export": "bulk",
    "codemods": "catalogue",
    "explain": "catalogue",
    "pr": "pr",
    "verify": "verify",
}


def main() -> None:
    """The console script ``uvmigrate``."""
    # A run ends before reference cycles fill the memory, and looking for them costs a tenth of its time.
    gc.disable()
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            # Closed by who started this (`>&-`): nobody reads.
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115, PTH123 (for as long as the process lives)
    code = run(sys.argv[1:])
    with contextlib.suppress(OSError):
        # Nobody may be reading any more.
        sys.stdout.flush()
        sys.stderr.flush()
    # Taking the whole interpreter apart would cost another tenth, and nothing waits for it.
    os._exit(code)


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code. Foreseeable errors become one line on standard error."""
    count = next((n for n in (2, 1) if " ".join(arguments[:n]) in COMMANDS and len(arguments) >= n), 0)
    words = " ".join(arguments[:count])
    name = f"uvmigrate {words}".strip()
    try:
        result = command(words).main(arguments[count:], prog_name=name, standalone_mode=False)
    except click.UsageError as error:
        fail(f"{error.format_message()} (see {name} --help)")
        return Exit.USAGE
    except CommandError as error:
        fail(str(error))
        return error.code
    except OSError as error:
        # click writes the help and the version itself; an error that names a file is about another.
        if error.errno not in _FULL or error.filename is not None:
            raise
        fail(f"standard output cannot be written: {error.strerror}")
        return Exit.ENVIRONMENT
    except (click.Abort, KeyboardInterrupt):
        say("interrupted")
        return Exit.INTERRUPTED
    return int(result or 0)


def command(words: str) -> click.Command:
    """The command that *words* of COMMANDS choose; the migration itself for no words."""
    module, name = (COMMANDS[words], words.split()[-1]) if words else ("migrate", "migrate")
    found: click.Command = getattr(import_module(f"uvmigrate.cli.{module}"), name)
    return found

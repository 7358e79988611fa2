"""What a RUN touches: whether it can stand before some folders are copied in, or has to follow them.

Certain only for commands that read and write nothing but what their words name. Everything else, above all
what runs a program of the repository or reads the working directory by itself, is *unknown*.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from uvmigrate.build.context import join, within
from uvmigrate.build.installs import expanded, installs_manager
from uvmigrate.commands import read_pip, read_uv
from uvmigrate.dockerfile import as_run
from uvmigrate.source import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from uvmigrate.build.model import Call, StageFacts
    from uvmigrate.dockerfile import Instruction
    from uvmigrate.shell import Word

#: *outside*: nothing in the folders; *inside*: only files in them; *unknown*: maybe both.
Reach = Literal["outside", "inside", "unknown"]

#: Their operands are names of packages, users or locales; one with a slash is a path.
_NAMED = frozenset(
    """apt-get apt apk dnf yum microdnf zypper apt-mark apt-key apt-cache add-apt-repository
    debconf-set-selections update-ca-certificates update-alternatives ldconfig locale-gen localedef
    dpkg-reconfigure useradd adduser groupadd addgroup usermod groupmod passwd chpasswd""".split()
)
#: They work on the system's packages: what they clean up belongs to the layer that they clean.
SYSTEM = frozenset("apt-get apt apk dnf yum microdnf zypper apt-mark".split())
#: They touch nothing.
_SILENT = frozenset("echo printf true false : sleep exit date id uname whoami which pwd".split())
#: They change the shell for the commands behind them, and touch nothing.
SHELL_STATE = frozenset("cd set export unset umask shopt ulimit trap".split())
#: Their operands are paths, and they touch nothing else; for some the first operand is not one.
_FILES = frozenset(
    "mkdir rmdir chmod chown chgrp cp mv ln rm touch cat ls tee dos2unix sed install stat".split()
)
_FIRST_IS_NO_PATH = frozenset({"chmod", "chown", "chgrp"})
#: Their operands are paths or addresses, and what they write is one of them.
_FETCHERS = frozenset({"curl", "wget", "gpg"})
_PYTHON = lazy_pattern(r"python[0-9.]*")
_WRITES_BY_NAME = lazy_pattern(r"-[a-zA-Z]*[OJ]|--remote-name.*")
_WGET_TO = lazy_pattern(r"-[a-zA-Z]*O(-|/\S*)?")
#: Verbs of uv that look at no file of the project.
_UV_ALONE = frozenset(
    {"", "venv", "python install", "python pin", "cache clean", "cache prune", "cache dir", "self update"}
    | {"tool install", "version", "pip uninstall", "pip list", "pip freeze", "pip check", "pip show"}
)
#: Options of ``uv pip install`` that make it read files.
_UV_READS = (
    "--requirements --requirement --editable --constraints --constraint --group --project --directory".split()
)


def reach(facts: StageFacts, run: Instruction, folders: Collection[PurePosixPath]) -> Reach:
    """How a RUN of the stage stands to what lies in *folders* (image paths)."""
    view = as_run(run)
    if view is None or view.exec_form is not None or not all(text.is_shell for text in view.scripts):
        return "unknown"
    if any(mount.type == "bind" and mount.options.get("from") is None for mount in view.mounts):
        return "unknown"
    calls = facts.calls_of(run)
    if not calls or any(opaque.why == "syntax error" for call in calls for opaque in call.script.opaque):
        return "unknown"
    found = {one for call in calls for one in command_reach(call, folders)}
    return "outside" if not found else found.pop() if len(found) == 1 else "unknown"


def command_reach(call: Call, folders: Collection[PurePosixPath]) -> set[Reach]:
    """The same of one command: empty where it touches nothing at all; more than one where it does both."""
    command = call.command
    program = (command.name or "").rpartition("/")[2]
    redirects = [r.target for r in command.redirects if r.target is not None and "<<" not in r.operator]
    found: set[Reach] = set()
    if any(word.raw not in ("/dev/null", "1", "2", "&1", "&2") for word in redirects):
        found |= {_place(call, word, folders) for word in redirects if word.raw not in ("1", "2", "&1", "&2")}
    if not command.words:
        return found
    if command.name is None or "$(" in "".join(word.raw for word in command.words[:1]):
        return {"unknown"}
    if program in _SILENT or program in SHELL_STATE or _activates(call):
        return found
    if program in ("[", "test"):
        files = any(word.text in ("-f", "-e", "-d", "-s", "-x", "-r", "-w", "-L") for word in command.words)
        return found | ({"unknown"} if files else set())
    if program in _FILES:
        return found | {_place(call, word, folders) for word in _paths(call, program)}
    if program in ("sh", "bash"):
        alone = command.piped and all((word.text or "?").startswith("-") for word in command.words[1:])
        return found | {"outside" if alone else "unknown"}
    return found | {"outside" if _stands_alone(call, program, folders) else "unknown"}


def _activates(call: Call) -> bool:
    """Whether a command reads an environment's ``activate`` into the shell."""
    words = call.command.words
    script = words[1].raw.strip("\"'") if len(words) == 2 else ""
    return call.command.name in (".", "source") and script.endswith("/bin/activate")


def _stands_alone(call: Call, program: str, folders: Collection[PurePosixPath]) -> bool:
    """Whether the command looks at nothing in the folders, as far as its words tell."""
    command, argv = call.command, call.command.argv
    operands = [word for word in command.words[1:] if not (word.text or word.raw).startswith("-")]
    uv, pip = read_uv(command), read_pip(command)
    if uv is not None:
        return uv.verb in _UV_ALONE or (
            uv.verb == "pip install"
            and not uv.has(*_UV_READS)
            and all(_is_name(text) for text in (a.value for a in uv.arguments if a.option is None))
        )
    if pip is not None:
        return pip.verb == "cache" or (
            pip.verb == "install" and (pip.upgrades_installers or installs_manager(pip))
        )
    if _PYTHON.fullmatch(program):
        return argv[1:3] == ("-m", "venv")
    if program in _NAMED:
        named = [word for word in operands if "/" in word.raw]
        return all(_place(call, word, folders) == "outside" for word in named)
    if program in _FETCHERS:
        by_name = any(_WRITES_BY_NAME.fullmatch(word.raw) for word in command.words[1:])
        if (program == "curl" and by_name) or (
            program == "wget" and not any(_WGET_TO.fullmatch(w.raw) for w in command.words)
        ):
            return False
        paths = [
            word for word in operands if "://" not in word.raw and (word.text or "").startswith(("/", "."))
        ]
        return all(_place(call, word, folders) == "outside" for word in paths)
    return False


def _is_name(text: str | None) -> bool:
    """Whether an operand of ``uv pip install`` is a requirement by name, and no path."""
    return (
        text is not None and not text.startswith((".", "/", "~", "-")) and ("/" not in text or "://" in text)
    )


def _paths(call: Call, program: str) -> Iterator[Word]:
    operands = [word for word in call.command.words[1:] if not (word.text or word.raw).startswith("-")]
    options = {word.text for word in call.command.words[1:]} - set(operands)
    skipped = program in _FIRST_IS_NO_PATH or (
        program == "sed" and not {"-e", "-f", "--expression"} & options
    )
    yield from operands[1:] if skipped else operands


def _place(call: Call, word: Word, folders: Collection[PurePosixPath]) -> Reach:
    """Where a path of a command lies."""
    text = word.text if word.text is not None else expanded(call, word.raw.strip("\"'"))
    if text is None or "$" in text or (call.cwd is None and not text.startswith("/")):
        return "unknown"
    if text.startswith("~"):
        return (
            "unknown" if any(folder.parts[1:2] in (("root",), ("home",)) for folder in folders) else "outside"
        )
    fixed = re.split(r"[*?\[{]", text, maxsplit=1)[0]
    if fixed != text:
        fixed = fixed.rpartition("/")[0] or ("/" if text.startswith("/") else ".")
    path = join(call.cwd or PurePosixPath("/"), fixed)
    if any(within(path, folder) for folder in folders):
        return "inside"
    return "unknown" if any(within(folder, path) for folder in folders) else "outside"

"""The statements of a stage's RUN instructions, and what each is to an install by uv."""

from __future__ import annotations

from itertools import groupby
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from uvmigrate.codemod import (
    SHELL_STATE,
    Call,
    Command,
    Instruction,
    NamedTuple,
    Opaque,
    Script,
    Span,
    as_run,
    command_reach,
    droppable,
    find_uv,
    installs_manager,
    lazy_pattern,
    parse_shell,
    read_pip,
    read_uv,
    unwrap,
)
from uvmigrate_codemods._stages.lines import Packages, read_packages, tidies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uvmigrate_codemods._stages.candidates import Candidate

#: *install*: uv's; *packages*, *removal*, *update*, *tidy*: those of a package manager; *state*: of the shell
#: for what follows it; *apart*: files and users that no install notices; *application*: its own programs, and
#: those of its front end; *unknown*: all else.
Role = Literal["install", "packages", "removal", "update", "tidy", "state", "apart", "application", "unknown"]

#: What an install leaves behind it, or prints: verbs of uv that are of no use where uv is not.
BUILD_VERBS = frozenset(
    {"", "sync", "venv", "lock", "export", "version", "self version", "help", "python find", "python list"}
    | {
        "pip install",
        "pip sync",
        "pip uninstall",
        "pip list",
        "pip freeze",
        "pip check",
        "pip show",
        "pip tree",
    }
    | {"cache clean", "cache prune", "cache dir"}
)
_USERS = frozenset("useradd adduser groupadd addgroup usermod groupmod passwd chpasswd chown chgrp".split())
_FILES = frozenset(
    "mkdir rmdir chmod cp mv ln rm touch cat ls tee install sed curl wget gpg dos2unix stat".split()
)
#: They change what lies there already: a program that they change is still no compiler.
_CHANGING = frozenset({"chmod", "sed", "dos2unix"})
_SILENT = frozenset("echo printf true false : sleep exit date id uname whoami which pwd test [".split())
#: Programs of an application, of its tests and of its front end.
_APPLICATION = lazy_pattern(
    r"python[0-9.]*|manage\.py|django-admin|flask|alembic|celery|playwright|spacy|pybabel|pytest"
    r"|node|npm|npx|yarn|pnpm|corepack|bower|gulp|grunt|webpack|vite|java"
)
_PYTHON_INSTALLS = frozenset({"pip", "ensurepip", "venv", "virtualenv", "build"})
#: Where the system keeps what an install reads: settings, certificates, users, headers, libraries.
_SETTINGS = """/root /etc/apt /etc/apk /etc/yum.repos.d /etc/ssl /etc/pki /etc/ca-certificates
    /etc/ca-certificates.conf /etc/ld.so.conf /etc/ld.so.conf.d /etc/ssh /etc/gitconfig /etc/pip.conf /etc/uv
    /etc/hosts /etc/resolv.conf /etc/environment /etc/profile.d /etc/passwd /etc/group /etc/odbc.ini
    /etc/odbcinst.ini /usr/include /usr/lib /lib /lib64 /usr/local/lib /usr/local/include
    /usr/share/ca-certificates /usr/local/share/ca-certificates"""
_PROGRAMS = "/bin /sbin /usr/bin /usr/sbin /usr/local/bin /usr/local/sbin /opt"
SETTINGS = frozenset(map(PurePosixPath, _SETTINGS.split()))
PROGRAMS = frozenset(map(PurePosixPath, _PROGRAMS.split()))


class Statement(NamedTuple):
    """One statement of a RUN. ``command`` is None for a construct such as ``if``, ``call`` its circumstances.

    Statements of one ``unit`` (the offset of its first) belong together: a pipeline, or a list with ``||``.
    """

    instruction: Instruction
    script: Script
    span: Span
    command: Command | None
    role: Role
    packages: Packages | None = None
    call: Call | None = None
    unit: int = -1

    @property
    def can_go(self) -> bool:
        """Whether the statement can be taken out of its script."""
        return self.command is not None and self.script.located and droppable(self.command)


def read_statements(candidate: Candidate) -> dict[int, tuple[Statement, ...]]:
    """The statements of every RUN of the stage that a shell runs, by the RUN's offset."""
    calls = {call.command.span: call for call in candidate.stage.calls() if call.nested is None}
    return {
        instruction.span.start: tuple(_of(candidate, instruction, calls))
        for instruction in candidate.stage.instructions
        if scripts_of(instruction)
    }


def scripts_of(instruction: Instruction) -> tuple[Script, ...]:
    """The shell texts of a RUN; none where another interpreter runs one of them."""
    run = as_run(instruction)
    if run is None or not all(text.is_shell for text in run.scripts):
        return ()
    return tuple(parse_shell(text.data, text.offset) for text in run.scripts)


def _of(candidate: Candidate, run: Instruction, calls: dict[Span, Call]) -> Iterator[Statement]:
    for script in scripts_of(run):
        read: list[Statement] = []
        for found in script.statements:
            if isinstance(found, Opaque):
                read.append(Statement(run, script, found.span, None, "unknown", unit=found.span.start))
                continue
            packages, call = read_packages(found, script), calls.get(found.span)
            role = _role(candidate, found, call, packages)
            unit = read[-1].unit if read and _goes_on(read[-1].command, found) else found.span.start
            read.append(Statement(run, script, found.span, found, role, packages, call, unit))
        for _, some in groupby(read, lambda statement: statement.unit):
            yield from _together(tuple(some))


def _goes_on(before: Command | None, command: Command) -> bool:
    """Whether a command belongs to the pipeline, or to the list with ``||``, of the one before it."""
    joiner = command.before.text if command.before is not None else None
    if before is None or joiner is None:
        return False
    return joiner in ("|", "|&") or (joiner in ("&&", "||") and before.guarded and command.guarded)


def _together(unit: tuple[Statement, ...]) -> tuple[Statement, ...]:
    """The statements of one unit with one role: where they differ, none can be told apart."""
    roles = {statement.role for statement in unit}
    if len(unit) == 1 or (len(roles) == 1 and roles <= {"install", "apart", "application", "unknown"}):
        return unit
    role: Role = "unknown"
    if roles <= {"apart", "application", "state", "tidy"}:
        role = "application" if "application" in roles else "apart"
    return tuple(statement._replace(role=role, packages=None) for statement in unit)


def _role(candidate: Candidate, command: Command, call: Call | None, packages: Packages | None) -> Role:
    if packages is not None:
        verbs: dict[str, Role] = {
            "install": "packages",
            "update": "update",
            "upgrade": "apart",
            "clean": "tidy",
        }
        return verbs.get(packages.verb, "removal")
    if tidies(command):
        return "tidy"
    uv, pip = find_uv(command), read_pip(command)
    if uv is not None and uv.verb in BUILD_VERBS and read_uv(command) is not None:
        return "install"
    if pip is not None and pip.upgrades_installers:
        return "application"
    if pip is not None and pip.verb == "install" and installs_manager(pip):
        return "install"
    if makes_folder(candidate, command):
        return "apart"
    program = (unwrap(command).name or "").rpartition("/")[2]
    if not command.words or program in SHELL_STATE or _activates(command):
        # An assignment without a command is one for those that follow.
        return "state"
    if program in _USERS:
        return "apart"
    if program in _SILENT | _FILES and call is not None:
        places = candidate.reads | SETTINGS | (frozenset() if program in _CHANGING else PROGRAMS)
        return "apart" if command_reach(call, places) <= {"outside"} else "unknown"
    runs = uv is not None or (_APPLICATION.fullmatch(program) and not _installs(unwrap(command)))
    return "application" if runs and not candidate.builds else "unknown"


def makes_folder(candidate: Candidate, command: Command) -> bool:
    """Whether a command makes the environment's folder for a user: ``install -d -o USER FOLDER``."""
    argv = command.argv
    return argv[:3] == ("install", "-d", "-o") and argv[4:] in (
        (str(candidate.venv),),
        ("-g", *argv[5:6], str(candidate.venv)),
    )


def _activates(command: Command) -> bool:
    """Whether a command reads an environment's ``activate`` into the shell."""
    script = command.words[1].raw.strip("\"'") if len(command.words) == 2 else ""
    return command.name in (".", "source") and script.endswith("/bin/activate")


def changes_owners(statement: Statement) -> bool:
    """Whether a command makes users or changes owners, which mean nothing to an install by root."""
    command = statement.command
    return command is not None and (unwrap(command).name or "").rpartition("/")[2] in _USERS


def _installs(command: Command) -> bool:
    argv = command.argv
    module = argv[2] if argv[1:2] == ("-m",) and len(argv) > 2 else None
    return module in _PYTHON_INSTALLS or any(text and text.endswith("setup.py") for text in argv)

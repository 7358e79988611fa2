"""pip command lines: read, and said in ``uv pip``.

What uv 0.13.8 accepts, refuses or reads differently was tried option by option against its ``pip install``
(pip's own reference: "pip install" and "pip wheel" in pip's documentation).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from uvmigrate.commands.options import Argument, Grammar, values
from uvmigrate.shell import quote, remove_words, replace_words
from uvmigrate.source import NamedTuple, lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from uvmigrate.shell import Command
    from uvmigrate.source import Edit

_EXECUTABLE = lazy_pattern(r"(?P<folder>.*/)?(?P<name>pip|python)(?P<version>[0-9.]*)(?:\.exe)?")
#: The tools that only serve to install: an upgrade of these alone is no install of the project's.
INSTALLERS = frozenset({"pip", "setuptools", "wheel"})
#: Options that name something to install.
_SOURCES = frozenset({"--requirement", "--editable", "--group", "--requirements-from-script"})
#: The other managers that people install with pip.
MANAGERS = frozenset({"uv", "poetry", "pipenv", "pip-tools", "virtualenv", "pipx", "pdm", "hatch"})

#: pip's settings that mean nothing to uv, or that pip's own options have a counterpart for.
HARMLESS_VARIABLES = frozenset(
    """PIP_NO_CACHE_DIR PIP_CACHE_DIR PIP_DISABLE_PIP_VERSION_CHECK PIP_ROOT_USER_ACTION PIP_NO_INPUT
    PIP_NO_COLOR PIP_QUIET PIP_NO_WARN_SCRIPT_LOCATION PIP_PREFER_BINARY PIP_NO_PYTHON_VERSION_WARNING
    PIP_PROGRESS_BAR PIP_DEFAULT_TIMEOUT PIP_TIMEOUT PIP_RETRIES PIP_BREAK_SYSTEM_PACKAGES PIP_VERSION
    PIP_EXISTS_ACTION PIP_USE_PEP517 PIP_COMPILE PIP_NO_COMPILE PIP_USER PIP_SRC
    PIP_UPGRADE_STRATEGY""".split()
)


class PipCommand(NamedTuple):
    """One call of pip.

    ``folder`` is the folder of the executable, variables in it as written; None when PATH finds it.
    """

    command: Command
    folder: str | None
    verb: str
    verb_index: int
    arguments: tuple[Argument, ...]
    version: str = ""

    def values(self, option: str | None) -> tuple[str, ...]:
        """The literal values of an option, or of the operands (None)."""
        return values(self.arguments, option)

    def has(self, option: str) -> bool:
        """Whether the option is given."""
        return any(argument.option == option for argument in self.arguments)

    @property
    def dynamic(self) -> tuple[Argument, ...]:
        """The arguments whose value only the shell knows."""
        return tuple(argument for argument in self.arguments if argument.dynamic)

    @property
    def has_more(self) -> bool:
        """Whether it installs something else than its operands: files, editable folders, groups."""
        return any(argument.option in _SOURCES for argument in self.arguments)

    @property
    def upgrades_installers(self) -> bool:
        """``pip install --upgrade pip setuptools wheel`` and the like: nothing but installing tools."""
        names = [requirement_name(value) for value in self.values(None)]
        only = bool(names) and all(name in INSTALLERS for name in names)
        return self.verb == "install" and only and not self.dynamic and not self.has_more


def requirement_name(text: str) -> str:
    """The normalised project name that a requirement begins with, without extras and version (PEP 503)."""
    found = re.match(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)", text)
    return re.sub(r"[-_.]+", "-", found[1]).lower() if found else ""


def read_pip(command: Command) -> PipCommand | None:
    """The command as a call of pip (``pip``, ``pip3``, ``/x/bin/pip``, ``python -m pip``), else None.

    ``python setup.py install`` is read as the ``pip install .`` that setuptools names in its place, and
    ``develop`` as ``pip install -e .``; the word of the verb is then the argument's, too.
    """
    argv = command.argv
    # The folder may be a variable ("$VIRTUAL_ENV/bin/pip"): it stays as it is written.
    match = _EXECUTABLE.fullmatch(argv[0] or command.words[0].raw.replace('"', "")) if argv else None
    if not match:
        return None
    start = 1
    if match["name"] == "python":
        while start < len(argv) and argv[start] in ("-I", "-E", "-s", "-u", "-B"):
            start += 1
        module = argv[start] if start < len(argv) else None
        if module == "setup.py" and argv[start + 1 :] in (("install",), ("develop",)):
            editable = "--editable" if argv[start + 1] == "develop" else None
            folder = Argument(editable, ".", start + 1, start + 2)
            return PipCommand(command, match["folder"], "install", start + 1, (folder,), match["version"])
        if module == "-mpip":
            start += 1
        elif module == "-m" and argv[start + 1 : start + 2] == ("pip",):
            start += 2
        else:
            return None
    arguments = GRAMMAR.read(command, start)
    verb = next((a for a in arguments if a.option is None), None)
    if verb is None:
        return PipCommand(command, match["folder"], "", start, arguments, match["version"])
    rest = tuple(argument for argument in arguments if argument is not verb)
    return PipCommand(command, match["folder"], verb.value or "", verb.first, rest, match["version"])


def is_setup(pip: PipCommand) -> bool:
    """Whether it is setup.py that installs itself."""
    return any(argument.first == pip.verb_index for argument in pip.arguments)


#: Replaced by UV_NO_CACHE or by a cache mount, which codemods of their own explain.
_CACHE = ("--no-cache-dir", "--cache-dir")
Action = Literal["keep", "drop", "flag", "variable", "refuse"]


class Meaning(NamedTuple):
    """What becomes of one pip option: an action, what it turns into, and why."""

    action: Action
    to: str = ""
    why: str = ""


_KEPT = """--requirement --constraint --build-constraint --editable --target --prefix --upgrade
    --force-reinstall --no-deps --no-build-isolation --config-settings --config-setting --no-compile
    --require-hashes --no-require-hashes --pre --no-binary --only-binary --index-url --extra-index-url
    --no-index --find-links --python-version --group --dry-run --quiet --verbose --keyring-provider
    --trusted-host --cert --no-color""".split()
#: Options that say nothing about what is installed.
MEANINGLESS = """--root-user-action --no-warn-script-location --no-warn-conflicts --no-input
    --no-python-version-warning --no-clean --require-virtualenv --debug --check-build-dependencies
    --exists-action --disable-pip-version-check --isolated --yes --compile --src --log --log-file --report
    --use-feature --use-deprecated --resume-retries --no-verify""".split()

#: Every option of ``pip install``; what is not here is refused as unknown.
OPTIONS: dict[str, Meaning] = {
    **{option: Meaning("keep") for option in _KEPT},
    **{option: Meaning("drop", why="uv has no use for it") for option in MEANINGLESS},
    "--no-dependencies": Meaning("flag", "--no-deps", "uv's name for it"),
    "--use-pep517": Meaning("drop", why="uv always builds by PEP 517"),
    "--no-cache-dir": Meaning("drop", why="UV_NO_CACHE or the cache mount keeps the cache out of the image"),
    "--cache-dir": Meaning("drop", why="pip's cache is no use to uv"),
    "--user": Meaning("drop", why="the virtual environment takes its place"),
    "--break-system-packages": Meaning("drop", why="the virtual environment is nobody else's"),
    "--ignore-installed": Meaning("drop", why="the virtual environment starts empty"),
    "--prefer-binary": Meaning("drop", why="uv has no such preference; pinned versions are not affected"),
    "--progress-bar": Meaning("flag", "--no-progress", "the only progress setting uv has"),
    "--timeout": Meaning("variable", "UV_HTTP_TIMEOUT", "uv takes the time-out from its environment"),
    "--default-timeout": Meaning("variable", "UV_HTTP_TIMEOUT", "uv takes the time-out from its environment"),
    "--retries": Meaning("variable", "UV_HTTP_RETRIES", "uv takes the retries from its environment"),
    "--proxy": Meaning("variable", "ALL_PROXY", "uv takes the proxy from its environment"),
    "--client-cert": Meaning("variable", "SSL_CLIENT_CERT", "uv takes it from its environment"),
    "--upgrade-strategy": Meaning("drop", why="the environment starts empty: nothing is there to upgrade"),
    "--uploaded-prior-to": Meaning("flag", "--exclude-newer", "uv's name for it"),
    "--python": Meaning("refuse", why="pip installs into another interpreter's environment"),
    "--root": Meaning("refuse", why="uv pip cannot install under another root"),
    "--ignore-requires-python": Meaning("refuse", why="uv pip never ignores requires-python"),
    "--global-option": Meaning("refuse", why="uv passes no options to setup.py"),
    "--install-option": Meaning("refuse", why="uv passes no options to setup.py"),
    "--build-option": Meaning("refuse", why="uv passes no options to setup.py"),
    "--no-use-pep517": Meaning("refuse", why="uv only builds by PEP 517"),
    "--egg": Meaning("refuse", why="uv installs no eggs"),
    "--process-dependency-links": Meaning("refuse", why="uv follows no dependency links"),
    "--platform": Meaning("refuse", why="uv names platforms differently (--python-platform)"),
    "--implementation": Meaning("refuse", why="uv names platforms differently (--python-platform)"),
    "--abi": Meaning("refuse", why="uv names platforms differently (--python-platform)"),
    "--build": Meaning("refuse", why="uv chooses its own build folder"),
    "--build-dir": Meaning("refuse", why="uv chooses its own build folder"),
    "--wheel-dir": Meaning("keep"),
    "--requirements-from-script": Meaning("refuse", why="uv reads script metadata with `uv sync --script`"),
}

GRAMMAR = Grammar(
    short={
        "-r": "--requirement",
        "-c": "--constraint",
        "-e": "--editable",
        "-t": "--target",
        "-U": "--upgrade",
        "-I": "--ignore-installed",
        "-i": "--index-url",
        "-f": "--find-links",
        "-C": "--config-settings",
        "-w": "--wheel-dir",
        "-d": "--dest",
        "-q": "--quiet",
        "-v": "--verbose",
        "-y": "--yes",
    },
    valued=frozenset(
        """--requirement --constraint --editable --target --index-url --extra-index-url --find-links
        --config-settings --config-setting --wheel-dir --dest --prefix --root --src --no-binary --only-binary
        --platform --python-version --implementation --abi --python --proxy --timeout --default-timeout
        --retries --trusted-host --cert --client-cert --cache-dir --log --log-file --report --progress-bar
        --root-user-action --exists-action --upgrade-strategy --use-feature --use-deprecated --global-option
        --install-option --build-option --keyring-provider --uploaded-prior-to --resume-retries --group
        --build-constraint --build --build-dir --requirements-from-script --format --path --exclude""".split()
    ),
    abbreviated=OPTIONS,
)


def unmappable(pip: PipCommand) -> tuple[Argument, str] | None:
    """The first option of a ``pip install`` that uv cannot honour, with the reason; None when all map."""
    for argument in pip.arguments:
        if argument.option is None:
            continue
        meaning = OPTIONS.get(argument.option)
        if meaning is None:
            return argument, "an option that uvmigrate does not know"
        if meaning.action == "refuse":
            return argument, meaning.why
        if meaning.action in ("variable", "flag") and argument.dynamic:
            return argument, "its value is only known to the shell"
    return None


def install_variables(pip: PipCommand) -> dict[str, str]:
    """The settings that uv takes from its environment and pip took as options: names to literal values."""
    found = {}
    for argument in pip.arguments:
        meaning = OPTIONS.get(argument.option or "")
        if meaning and meaning.action == "variable" and argument.value is not None:
            value = argument.value
            if meaning.to == "UV_HTTP_TIMEOUT":
                # uv takes whole seconds only.
                value = str(max(1, round(float(value)))) if re.fullmatch(r"\d+(\.\d*)?", value) else value
            found[meaning.to] = value
    return found


def uv_pip_edits(
    pip: PipCommand, source: bytes, *extra: str, system: bool = False, without: Collection[str] = ()
) -> tuple[Edit, ...]:
    """The edits that turn ``pip install …`` (or ``pip wheel …``) into ``uv pip install …``.

    Words that stay are not touched, nor are comments between them. *extra* words follow the verb. *source*
    is the whole file. With *system* the packages go on into the image's own Python. The options *without*
    go. Only for commands that `unmappable` passes.
    """
    own = {**(_SYSTEM if system else {}), **dict.fromkeys(without, Meaning("drop"))}
    ahead = [argument for argument in pip.arguments if argument.first < pip.verb_index]
    words = ["uv", "pip", "install", *extra]
    if is_setup(pip):
        words += ["-e", "."] if pip.has("--editable") else ["."]
    words += [text for argument in ahead if (text := _said_in_uv(pip, argument, own))]
    edits = [replace_words(pip.command, 0, pip.verb_index + 1, " ".join(words))]
    behind = [argument for argument in pip.arguments if argument.first > pip.verb_index]
    gone: set[int] = set()
    for first in dict.fromkeys(argument.first for argument in behind):
        together = [argument for argument in behind if argument.first == first]
        if len(together) > 1 and all(_meaning(pip, a, own).action == "keep" for a in together):
            continue
        last = max(argument.last for argument in together)
        said = " ".join(text for argument in together if (text := _said_in_uv(pip, argument, own)))
        if not said:
            gone.update(range(first, last))
        elif said != " ".join(word.raw for word in pip.command.words[first:last]):
            edits.append(replace_words(pip.command, first, last, said))
    return (*edits, *remove_words(pip.command, gone, source))


def python_option(pip: PipCommand) -> str:
    """``--python`` with the interpreter that a call of pip belongs to, for the image's own Python.

    ``--system`` would pass over an environment that PATH leads to, and ``--python python3`` would look for
    an environment alone. A path is taken as it is (tried with uv 0.13.8 as root, with the interpreter of a
    distribution, of an official image and of environments that PATH or VIRTUAL_ENV name).
    """
    name = (pip.command.words[0].text or pip.command.words[0].raw.replace('"', "")).rpartition("/")[2]
    program = name if name.startswith("python") else f"python{pip.version or 3}"
    if pip.folder is None:
        return f'--python "$(command -v {program})"'
    path = f"{pip.folder}{program}"
    return f'--python "{path}"' if "$" in path else f"--python {quote(path)}"


#: Options that mean nothing for a new environment, and something for the image's own Python.
_SYSTEM = {
    "--break-system-packages": Meaning("keep"),
    "--ignore-installed": Meaning("flag", "--reinstall", "uv's name for it"),
    "--upgrade": Meaning("drop", why="--upgrade-package says it, and leaves dependencies alone as pip does"),
    "--upgrade-strategy": Meaning("drop"),
    "--user": Meaning("drop", why="root installs into the image's own Python, for every user"),
}


def upgrades_all(pip: PipCommand) -> bool:
    """Whether pip upgrades dependencies as well, as uv's ``--upgrade`` always does."""
    return "eager" in pip.values("--upgrade-strategy")


def _meaning(pip: PipCommand, argument: Argument, own: Mapping[str, Meaning]) -> Meaning:
    """What becomes of an argument; *own* has what differs from the common meaning here."""
    option = argument.option or ""
    if pip.verb == "wheel" and option in ("--wheel-dir", "--no-deps", "--no-dependencies"):
        return Meaning("drop")
    if option == "--upgrade" and upgrades_all(pip):
        return OPTIONS[option]
    return own.get(option) or OPTIONS.get(option, Meaning("keep"))


def _said_in_uv(pip: PipCommand, argument: Argument, own: Mapping[str, Meaning]) -> str:
    """One argument as uv takes it; empty where it goes."""
    meaning = _meaning(pip, argument, own)
    if meaning.action in ("drop", "variable"):
        return ""
    if meaning.to == "--no-progress":
        return meaning.to if argument.value == "off" else ""
    if meaning.action == "flag":
        return meaning.to if argument.value is None else f"{meaning.to} {quote(argument.value)}"
    first, *values = [word.raw for word in pip.command.words[argument.first : argument.last]]
    option = argument.option or ""
    together = sum(other.first == argument.first for other in pip.arguments)
    if option and together > 1:
        # Several options share one word (-qUr FILE): each that stays is written by its long name.
        value = first[1 + together :] if option in GRAMMAR.valued and not values else ""
        first = f"{option}={value}" if value else option
    elif option and first.startswith("--"):
        # uv does not take abbreviated options.
        first = option + first[len(first.partition("=")[0]) :]
    return " ".join([first, *values])


def dropped_options(pip: PipCommand, system: bool = False) -> tuple[str, ...]:
    """One sentence for every option that does not survive `uv_pip_edits`, for the notes of a change."""
    notes = []
    for argument in pip.arguments:
        if system and argument.option in _SYSTEM:
            continue
        meaning = OPTIONS.get(argument.option or "")
        if meaning and meaning.action == "drop" and argument.option not in (*MEANINGLESS, *_CACHE):
            notes.append(f"{argument.option} goes: {meaning.why}")
    return tuple(dict.fromkeys(notes))

"""pipenv command lines, read, and its ``PIPENV_…`` variables.

Options of pipenv 2018, 2022, 2023 and 2026 (pipenv's documentation, "Commands" and "Configuration", and what
``--help`` of each says).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.commands.managers import Dialect, Setting
from uvmigrate.commands.options import Grammar

if TYPE_CHECKING:
    from uvmigrate.commands.managers import ManagerCommand
    from uvmigrate.shell import Command

_SHORT = {"-v": "--verbose", "-q": "--quiet", "-h": "--help"}
_VALUED = frozenset({"--python", "--pypi-mirror"})
_INSTALL = Grammar(
    _SHORT | {"-d": "--dev", "-e": "--editable", "-r": "--requirements", "-i": "--index", "-c": "--code"},
    _VALUED
    | set(
        """--editable --requirements --index --extra-index-url --code --categories --extras
        --extra-pip-args --config-settings --resolver""".split()
    ),
)
_LOCK = Grammar(
    _SHORT | {"-d": "--dev", "-r": "--requirements"},
    _VALUED | {"--categories", "--extra-pip-args", "--resolver", "--backend"},
)

DIALECT = Dialect(
    tool="pipenv",
    common=Grammar(_SHORT, _VALUED),
    of_verb={
        "install": _INSTALL,
        "sync": _INSTALL,
        "update": _INSTALL,
        "upgrade": _INSTALL,
        "uninstall": _INSTALL,
        "lock": _LOCK,
        "requirements": Grammar(_SHORT, _VALUED | {"--categories"}),
        "check": Grammar(
            _SHORT | {"-i": "--ignore"},
            _VALUED
            | {
                "--db",
                "--ignore",
                "--output",
                "--key",
                "--policy-file",
                "--project",
                "--save-json",
                "--categories",
            },
        ),
    },
    verbs=frozenset(
        """install sync update upgrade uninstall lock requirements run shell graph check verify clean open
        scripts remove audit""".split()
    ),
)


def read_pipenv(command: Command) -> ManagerCommand | None:
    """The command as a call of pipenv (``pipenv``, a path, ``python -m pipenv``), else None."""
    return DIALECT.read(command)


def find_pipenv(command: Command) -> ManagerCommand | None:
    """The call of pipenv that a command hands on to, or is: ``tini -- pipenv run x``."""
    return DIALECT.find(command)


_VENV = "uv makes its environment at a place of its own"
_OWN = "it says how pipenv itself works"
_LOCKED = "the lock holds the versions"
#: Variables that go, whatever their value is, without their ``PIPENV_``.
_DROPPED = {
    **dict.fromkeys(
        """NOSPIN HIDE_EMOJIS COLORBLIND YES QUIET VERBOSE VERBOSITY SPINNER SPINNER_OK_TEXT
        SPINNER_FAIL_TEXT SHELL SHELL_EXPLICIT SHELL_FANCY EMULATOR CACHE_DIR CACHE_VERSION CLEAR
        INSTALL_TIMEOUT TIMEOUT MAX_DEPTH NO_INHERIT MAX_ROUNDS MAX_SUBPROCESS RESOLVER RESOLVER_TIMEOUT_S
        RESOLVE_VCS PREFETCH_INDEX_MANIFESTS PYENV_ONLY PYENV_AUTO_INSTALL DONT_USE_PYENV DONT_USE_ASDF
        DONT_USE_PYMANAGER SKIP_VALIDATION COMPLETE ACTIVE VERSION PYUP_API_KEY SAFETY_DB
        DONT_LOAD_ENV""".split(),
        _OWN,
    ),
    **dict.fromkeys(
        """VENV_IN_PROJECT IGNORE_VIRTUALENVS CUSTOM_VENV_NAME VIRTUALENV_CREATOR VIRTUALENV_COPIES SYSTEM
        USE_SYSTEM BREAK_SYSTEM_PACKAGES""".split(),
        _VENV,
    ),
    **dict.fromkeys(["SKIP_LOCK", "IGNORE_PIPFILE"], _LOCKED),
}
#: Variables that are on or off, and what uv cannot say where they are on.
_SWITCHES = {
    "DEV": "it adds the development packages to every install",
    "SITE_PACKAGES": "the environment also sees the packages of the image",
}
_REFUSED = {
    "PIPFILE": "it names another Pipfile",
    "PYPI_MIRROR": "the lock names its index, and uv takes no other",
    "DEFAULT_CATEGORIES": "it chooses what every install installs",
    "DOTENV_LOCATION": "`pipenv run` sets the variables of that file",
    "EXTRA_PIP_ARGS": "it holds options of pip",
    "PYTHON": "pipenv works with another interpreter",
    "TEST_INDEX": "it replaces all indexes",
}
_RENAMED = {
    "REQUESTS_TIMEOUT": ("UV_HTTP_TIMEOUT", r"[1-9][0-9]*"),
    "MAX_RETRIES": ("UV_HTTP_RETRIES", r"[0-9]+"),
    "DEFAULT_PYTHON_VERSION": ("UV_PYTHON", r"[0-9]+(\.[0-9]+)*"),
    "KEYRING_PROVIDER": ("UV_KEYRING_PROVIDER", r"disabled|subprocess"),
}


def pipenv_variable(name: str, value: str | None) -> Setting | None:
    """What becomes of an environment variable with a value (None: only the build knows it).

    None for a variable that pipenv does not read, whatever it is called: it stays what it was.
    """
    if name == "WORKON_HOME":
        return Setting("drop", _VENV)
    key = name.removeprefix("PIPENV_")
    if key == name:
        return None
    # pipenv reads PIPENV_NO_X as the opposite of PIPENV_X.
    base = key.removeprefix("NO_")
    if key in _DROPPED or base in _DROPPED:
        return Setting("drop", _DROPPED.get(key) or _DROPPED[base], secret=key == "PYUP_API_KEY")
    if key in _REFUSED:
        return Setting("refuse", _REFUSED[key], secret=key in ("PYPI_MIRROR", "TEST_INDEX"))
    if key in _SWITCHES:
        off = value is not None and value.lower() in ("", "0", "false", "no", "off")
        return Setting("drop", "that is how uv works") if off else Setting("refuse", _SWITCHES[key])
    if key in _RENAMED:
        to, pattern = _RENAMED[key]
        if value is not None and re.fullmatch(pattern, value):
            return Setting("rename", "uv's name for it", (to,))
        return Setting("refuse", f"not every value of it is one for {to}")
    return None

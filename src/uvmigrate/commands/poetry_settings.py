"""poetry's settings, by ``poetry config``, ``poetry.toml`` and ``POETRY_…`` variables: what becomes of each.

poetry's documentation, "Configuration"; every setting is also a variable (``virtualenvs.in-project``,
``POETRY_VIRTUALENVS_IN_PROJECT``). What uv 0.13.8 takes for a value is tried against it in the tests.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvmigrate.commands.managers import Setting, Unsaid
from uvmigrate.source import lazy_pattern

if TYPE_CHECKING:
    from uvmigrate.commands.managers import ManagerCommand

_VENV = "uv makes its environment at a place of its own"
_CACHE = "poetry's files are no use to uv"
_OWN = "it says how poetry itself works"
_LOCK = "the lock holds the versions"
_PUBLISH = "only `poetry publish` reads it"
_CERTIFICATE = "uv has one set of certificates for all hosts (SSL_CERT_FILE, SSL_CLIENT_CERT)"
_KEYRING = "the credentials may come from a keyring"

#: Settings that go, whatever their value is.
_DROPPED = {
    "virtualenvs.create": _VENV,
    "virtualenvs.in-project": _VENV,
    "virtualenvs.path": _VENV,
    "virtualenvs.prompt": _VENV,
    "virtualenvs.prefer-active-python": _VENV,
    "virtualenvs.use-poetry-python": _VENV,
    "virtualenvs.options.always-copy": _VENV,
    "virtualenvs.options.no-pip": "uv's environments have no pip",
    "virtualenvs.options.no-setuptools": "uv's environments have no setuptools",
    "cache-dir": _CACHE,
    "data-dir": _CACHE,
    "python.installation-dir": "uv is told to take the Python of the image",
    "installer.parallel": _OWN,
    "installer.modern-installation": _OWN,
    "installer.re-resolve": _OWN,
    "installer.builtin-uninstall": _OWN,
    "experimental.new-installer": _OWN,
    "experimental.system-git-client": "uv always calls git",
    "system-git-client": "uv always calls git",
    "warnings.export": _OWN,
    "solver.lazy-wheel": _LOCK,
    "solver.min-release-age": _LOCK,
    "solver.min-release-age-exclude": _LOCK,
    "solver.min-release-age-exclude-source": _LOCK,
}
#: Settings whose whole numbers uv reads from a variable.
_RENAMED = {
    "installer.max-workers": "UV_CONCURRENT_DOWNLOADS",
    "requests.max-retries": "UV_HTTP_RETRIES",
    "requests.timeout": "UV_HTTP_TIMEOUT",
}
#: Settings of packages, which uv takes for all packages or for some.
_FORMATS = {
    "installer.no-binary": ("UV_NO_BINARY", "UV_NO_BINARY_PACKAGE"),
    "installer.only-binary": ("UV_NO_BUILD", "UV_NO_BUILD_PACKAGE"),
}
#: What may be on or off, and why uv cannot say what it means where it is on.
_SWITCHES = {
    "virtualenvs.options.system-site-packages": "the environment also sees the packages of the image",
    "keyring.enabled": _KEYRING,
}
#: Variables that are no settings: of poetry's installer, or habits.
_VARIABLES = frozenset(
    """POETRY_HOME POETRY_VERSION POETRY_PREVIEW POETRY_UNINSTALL POETRY_ACCEPT POETRY_NO_INTERACTION
    POETRY_NO_ANSI POETRY_CONFIG_DIR POETRY_ACTIVE""".split()
)
_BY_VARIABLE = {
    "POETRY_" + key.replace("-", "_").replace(".", "_").upper(): key
    for key in (*_DROPPED, *_RENAMED, *_FORMATS, *_SWITCHES)
}
_HTTP_BASIC = lazy_pattern(r"POETRY_HTTP_BASIC_(\w+)_(USERNAME|PASSWORD)")


def poetry_variable(name: str, value: str | None) -> Setting | None:
    """What becomes of an environment variable with a value (None: only the build knows it).

    None for a variable that poetry does not read, whatever it is called: it stays what it was.
    """
    if not name.startswith("POETRY_"):
        return None
    if name in _VARIABLES:
        return Setting("drop", "poetry is not installed any more")
    if name in _BY_VARIABLE:
        return _setting(_BY_VARIABLE[name], value)
    if name.startswith("POETRY_DYNAMIC_VERSIONING_"):
        return Setting("keep", "the build backend reads it")
    basic = _HTTP_BASIC.fullmatch(name)
    if basic:
        return _credentials(basic[1], basic[2])
    if name.startswith("POETRY_PYPI_TOKEN_"):
        return Setting("drop", _PUBLISH, secret=True)
    if re.fullmatch(r"POETRY_REPOSITORIES_\w+_URL", name):
        return Setting("drop", _PUBLISH, secret=True)
    if name.startswith("POETRY_CERTIFICATES_"):
        return Setting("refuse", _CERTIFICATE)
    if name.startswith("POETRY_INSTALLER_BUILD_CONFIG_SETTINGS_"):
        return Setting("refuse", "build settings of a package belong into the project's metadata")
    return None


def poetry_config(poetry: ManagerCommand) -> Setting | Unsaid:
    """What becomes of a ``poetry config …``.

    For ``rename``, the operands behind the key are the values, in the order of ``to``. Where it only shows
    or unsets something, it goes.
    """
    arguments = poetry.operands
    if any(argument.option is not None and argument.dynamic for argument in poetry.arguments):
        return Unsaid("an argument of it only the shell knows")
    if poetry.has("--list", "--unset", "--migrate") or not arguments:
        return Setting("drop", "there are no settings of poetry's any more")
    if arguments[0].value is None:
        return Unsaid("which setting it changes only the shell knows", arguments[0])
    if len(arguments) == 1:
        return Setting("drop", "there are no settings of poetry's any more")
    found = poetry_setting(arguments[0].value, arguments[1].value)
    if isinstance(found, Setting) and found.action == "rename" and len(found.to) != len(arguments) - 1:
        return Unsaid("it asks for what it is not told")
    return found


def poetry_setting(key: str, value: str | None) -> Setting | Unsaid:
    """What becomes of a setting (``virtualenvs.create``) with a value, the first of several.

    None is a value that only the shell knows.
    """
    if key in _BY_VARIABLE.values():
        return _setting(key, value)
    table, _, name = key.partition(".")
    if table in ("repositories", "repository", "repos", "repo", "pypi-token"):
        return Setting("drop", _PUBLISH, secret=True)
    if table == "http-basic" and name:
        return _credentials(re.sub(r"\W", "_", name).upper(), "USERNAME", "PASSWORD")
    if table == "certificates":
        return Setting("refuse", _CERTIFICATE)
    if key.startswith("installer.build-config-settings."):
        return Setting("refuse", "build settings of a package belong into the project's metadata")
    return Unsaid(f"{key} is no setting that uvmigrate knows")


def _setting(key: str, value: str | None) -> Setting:
    if key in _DROPPED:
        return Setting("drop", _DROPPED[key])
    if key in _RENAMED:
        if value is not None and not re.fullmatch("[1-9][0-9]*", value):
            return Setting("refuse", f"uv takes no {value!r} for {_RENAMED[key]}")
        return Setting("rename", "uv's name for it", (_RENAMED[key],))
    if value is None:
        return Setting("refuse", "its value only the build knows")
    if key in _SWITCHES:
        on = value.lower() in ("true", "1")
        return Setting("refuse", _SWITCHES[key]) if on else Setting("drop", "that is how uv works")
    names = [name for part in value.split(",") if (name := part.strip())]
    every, some = _FORMATS[key]
    if value.lower() in ("false", "0") or ":none:" in names or not names:
        return Setting("drop", "that is how uv works")
    if value.lower() in ("true", "1") or ":all:" in names:
        if key == "installer.only-binary":
            # The project itself is built all the same, and uv would refuse that.
            return Setting("refuse", "uv would not build the project itself either")
        return Setting("set", "uv's name for it", (every,), "1")
    return Setting("set", "uv's name for it", (some,), " ".join(names))


def _credentials(source: str, *parts: str) -> Setting:
    """uv takes them by the name of the index, which is that of poetry's source."""
    return Setting(
        "rename", "uv's name for it", tuple(f"UV_INDEX_{source}_{part}" for part in parts), secret=True
    )

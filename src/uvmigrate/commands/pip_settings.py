"""pip's settings: options of ``pip install`` that a variable or a configuration file gives, and uv's words.

pip's documentation ("Configuration"): ``PIP_INDEX_URL`` and ``index-url`` in a file are ``--index-url``; what
is no option of pip's is passed over, and so is an empty variable. uv reads none of them; what its own
variables take, and that they may be empty, was tried with uv 0.13.8.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from uvmigrate.commands.pip import HARMLESS_VARIABLES, MEANINGLESS, OPTIONS
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Options of some pip that `OPTIONS` does not name, as nobody gives them in a command of an image.
_OTHERS = frozenset(
    """--pypi-url --no-user
    --source --source-dir --source-directory --local-log --require-venv --no-dependencies
    --all-releases --only-final --only-deps --no-proxy-env --allow-external --allow-all-external
    --allow-unverified --download --download-cache --use-mirrors --mirrors --use-wheel --no-use-wheel
    --config-file""".split()
)
#: Options of which pip takes several values, with blanks between them in a variable or a file.
_SEVERAL = frozenset({"--extra-index-url", "--find-links", "--trusted-host", "--constraint"})
#: uv's variables that take the value of pip's as it is, whatever it is: empty, or several values.
_VARIABLES: Mapping[str, tuple[str, ...]] = {
    "--index-url": ("UV_DEFAULT_INDEX",),
    "--extra-index-url": ("UV_INDEX",),
    "--trusted-host": ("UV_INSECURE_HOST",),
    # pip applies it to the environments that it builds packages in, too.
    "--constraint": ("UV_CONSTRAINT", "UV_BUILD_CONSTRAINT"),
    "--build-constraint": ("UV_BUILD_CONSTRAINT",),
    # Its values have commas between them: only where it is known to be one.
    "--find-links": ("UV_FIND_LINKS",),
    "--client-cert": ("SSL_CLIENT_CERT",),
    "--keyring-provider": ("UV_KEYRING_PROVIDER",),
}
_SWITCHES = frozenset("--pre --require-hashes --no-deps --no-dependencies --no-index --upgrade".split())
_VALUED = frozenset({"--no-binary", "--only-binary", "--cert"})
_NUMBERS = {
    "--timeout": "UV_HTTP_TIMEOUT",
    "--default-timeout": "UV_HTTP_TIMEOUT",
    "--retries": "UV_HTTP_RETRIES",
}
_TRUE, _FALSE = frozenset("y yes t true on 1".split()), frozenset("n no f false off 0".split())
#: The bundles of the system's own certificates, by distribution.
_SYSTEM_BUNDLES = frozenset(
    """/etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem
    /etc/ssl/cert.pem /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem""".split()
)


class Said(NamedTuple):
    """What one setting of pip's is for uv: the variables that take its value, flags, and variables to set.

    All are empty for a setting that means nothing to uv.
    """

    variables: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()


def pip_option(variable: str) -> str | None:
    """The option that a variable gives to pip; None for one that pip does not know.

    ``--config-file`` stands for PIP_CONFIG_FILE, which is no option.
    """
    if not variable.startswith("PIP_") or variable in ("PIP_VERSION", "PIP_HELP"):
        return None
    return config_option(variable.removeprefix("PIP_"))


def config_option(name: str) -> str | None:
    """The option that a key of a configuration file gives to pip; None for one that pip does not know."""
    option = "--" + name.lower().replace("_", "-").removeprefix("--")
    return option if option in OPTIONS or option in _OTHERS else None


def is_harmless(option: str) -> bool:
    """Whether the option changes nothing of what an environment holds."""
    return option in MEANINGLESS or "PIP_" + option[2:].upper().replace("-", "_") in HARMLESS_VARIABLES


def said_in_uv(option: str, value: str | None) -> Said | str:
    """What a setting is for uv, or one clause on why it is nothing. *value* is None where it is not known."""
    if is_harmless(option):
        number = re.fullmatch(r"[1-9]\d*", value or "")
        return Said(settings=((_NUMBERS[option], number[0]),)) if number and option in _NUMBERS else Said()
    variables = _VARIABLES.get(option)
    if value is None:
        known = option in _VARIABLES and option not in ("--find-links", "--keyring-provider")
        return Said(variables or ()) if known else "what it says is only known when the image is built"
    if option in _SWITCHES:
        if value.lower() not in _TRUE | _FALSE:
            return f"{value} is neither true nor false"
        flag = "--no-deps" if option == "--no-dependencies" else option
        return Said(flags=(flag,)) if value.lower() in _TRUE else Said()
    if option == "--cert" and value in _SYSTEM_BUNDLES:
        return Said(settings=(("UV_SYSTEM_CERTS", "1"),))
    if option in _VALUED:
        plain = re.fullmatch(r"[\w./:,~+-]+", value)
        return Said(flags=(f"{option} {value}",)) if plain else f"{value} is not one value"
    if option == "--find-links" and len(value.split()) > 1:
        return "it holds several places, which uv writes in another way"
    if option == "--keyring-provider" and value not in ("disabled", "subprocess"):
        return f"uv has no keyring provider {value}"
    if variables is None:
        return "uv has no word for it"
    return Said(variables)


def setting_values(option: str, value: str) -> tuple[str, ...]:
    """The values of a setting: several only of an option that can be given several times."""
    return tuple(value.split()) if option in _SEVERAL else (value,)


def distrusted(hosts: tuple[str, ...], urls: tuple[str, ...]) -> tuple[str, ...]:
    """The trusted *hosts* that uv has to be told of: it asks an index without TLS (of *urls*) anyway."""
    plain = {urlsplit(url).netloc.rpartition("@")[2] for url in urls if url.startswith("http://")}
    secure = {urlsplit(url).hostname for url in urls if url.startswith("https://")}
    plain |= {host.partition(":")[0] for host in plain}
    return tuple(host for host in hosts if host not in plain or host.partition(":")[0] in secure)

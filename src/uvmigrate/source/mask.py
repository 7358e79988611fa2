"""Credentials are masked in whatever people see; bytes that are written are never masked."""

from __future__ import annotations

import re

from uvmigrate.source.patterns import lazy_pattern

_MASK = "***"
# Each pattern reads a text in one go, whatever it holds: a program's log may be made to take hours.
#: What stands before the last ``@`` of an authority (RFC 3986, 3.2), so that a raw ``@`` hides no rest.
_USERINFO = lazy_pattern(r"(?<![\w+.-])([\w+.-]++)://([^\s/?#'\"<>]*)@")
_PARAMETER = lazy_pattern(r"([?&;]([\w.-]++)=)[^&;\s#'\"<>]+")
_SECRET = lazy_pattern(r"token|key|secret|passw(?:or)?d|sig|auth|credential", re.IGNORECASE)

#: A value as it is written; one that the shell fills in is no secret, and one that is masked stays as it is.
_VALUE = r"(?![\"']?\$|\*{3}(?![^\s,\]}]))(?:\"[^\"]*\"|'[^']*'|[^\s;&|\"']+)"
_ENDS = (
    "TOKEN",
    "PASSWORD",
    "PASSWD",
    "SECRET",
    "SECRET_KEY",
    "APIKEY",
    "API_KEY",
    "ACCESS_KEY",
    "PRIVATE_KEY",
)
#: poetry's own variables have the name of an index behind.
_NAME = rf"(?:POETRY_PYPI_TOKEN_[A-Z0-9_]++|[A-Z0-9_]++(?:{'|'.join(f'(?<={end})' for end in _ENDS)}))"
_OPTION_ENDS = ("token", "password", "secret", "secret-key", "api-key", "access-key")
#: An option that is called a secret. Behind a blank stands no value of ``adduser --disabled-password``.
_OPTION = rf"(?<![\w-])--[a-z-]++(?:{'|'.join(f'(?<=-{end})' for end in _OPTION_ENDS)})"
#: What stands in each name of a variable, and in each option, that is called a secret.
_IN_NAMES, _IN_OPTIONS = ("TOKEN", "PASSW", "SECRET", "KEY"), ("token", "password", "secret", "key")
#: Where else secrets stand: variables, lines of settings, options, headers, what poetry is configured with.
#: Before each the words of which one is in whatever it matches: most texts have none of them.
_OTHERS = tuple(
    (words, lazy_pattern(f"({before}){_VALUE}"))
    for words, before in (
        (_IN_NAMES, rf"\b{_NAME}="),
        (_IN_NAMES, rf"\b(?:ENV|env)\s+{_NAME}\s+"),
        (_IN_NAMES, rf"\b{_NAME}(?:[\"']\s*:\s*|:\s+)"),
        (("login",), r"\blogin\s+\S+\s+password\s+"),
        (("--password", "--token"), r"--(?:password|token)[=\s]\s*"),
        (_IN_OPTIONS, rf"{_OPTION}="),
        # In exec form it is a text of its own, and so is its value.
        (_IN_OPTIONS, rf"{_OPTION}[\"']\s*,\s*"),
        (("curl",), r"(?<![\w-])curl\s(?:[^;&|]{0,200}\s)?(?:-u|--user)[=\s]\s*"),
        # npm's settings, and a header of HTTP with or without a scheme.
        (("_auth", "_password"), r"\b_(?:authToken|auth|password)="),
        (("uthorization",), r"\b[Aa]uthorization:\s*(?:[A-Za-z]++\s+)?+"),
        (("publish",), r"\bpoetry\s+publish\s(?:[^;&|]{0,200}\s)?-p[=\s]*"),
        (("http-basic",), r"(?<![\w.-])http-basic\.[\w.-]++[\"']?\s+\S+\s+"),
        (("pypi-token",), r"(?<![\w.-])pypi-token\.[\w.-]++[\"']?\s+"),
    )
)


def mask(text: str) -> str:
    """*text* with the credentials in it replaced by ``***``: those of every URL, and what is called a secret.

    A user without a password is a token to an index or a git host, and masked; only the user of an ssh URL
    (``git@``) is no secret and stays. Query parameters that are called a token, key, secret, password,
    signature or the like lose their values, and so do variables and options that are called so.
    """
    masked = _USERINFO.sub(_userinfo, text) if "://" in text else text
    masked = _PARAMETER.sub(_parameter, masked) if "=" in masked else masked
    for words, pattern in _OTHERS:
        if any(word in masked for word in words):
            masked = pattern.sub(rf"\g<1>{_MASK}", masked)
    return masked


def _userinfo(found: re.Match[str]) -> str:
    scheme, user = found[1], found[2]
    if scheme.lower().endswith("ssh") and ":" not in user:
        return found[0]
    return f"{scheme}://{_MASK}@"


def _parameter(found: re.Match[str]) -> str:
    return f"{found[1]}{_MASK}" if _SECRET.search(found[2]) else found[0]

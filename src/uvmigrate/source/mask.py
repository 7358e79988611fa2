"""Credentials are masked in whatever people see; bytes that are written are never masked."""

from __future__ import annotations

import re

_MASK = "***"
#: What stands before the last ``@`` of an authority (RFC 3986, 3.2), so that a raw ``@`` hides no rest.
_USERINFO = re.compile(r"\b([A-Za-z][\w+.-]*)://([^\s/?#'\"<>]*)@")
_SECRET_PARAMETER = re.compile(
    r"([?&;][\w.-]*(?:token|key|secret|passw(?:or)?d|signature|sig|auth|credential)[\w.-]*=)[^&;\s#'\"<>]+",
    re.IGNORECASE,
)


def mask(text: str) -> str:
    """*text* with the credentials of every URL in it replaced by ``***``.

    A user without a password is a token to an index or a git host, and masked; only the user of an ssh URL
    (``git@``) is no secret and stays. Query parameters that are called a token, key, secret, password,
    signature or the like lose their values.
    """
    return _SECRET_PARAMETER.sub(rf"\g<1>{_MASK}", _USERINFO.sub(_userinfo, text))


def _userinfo(found: re.Match[str]) -> str:
    scheme, user = found[1], found[2]
    if scheme.lower().endswith("ssh") and ":" not in user:
        return found[0]
    return f"{scheme}://{_MASK}@"

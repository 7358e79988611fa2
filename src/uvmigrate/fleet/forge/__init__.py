"""Servers that host repositories and take pull requests: GitHub and GitLab, behind one small protocol."""

from __future__ import annotations

import contextlib
import importlib
from typing import TYPE_CHECKING

from uvmigrate.fleet.forge.model import (
    Forge,
    ForgeRefused,
    ForgeUnavailable,
    Hosted,
    Kind,
    Proposal,
    Pull,
    Wish,
)
from uvmigrate.fleet.forge.patience import Patience
from uvmigrate.fleet.forge.places import Place, home, place_of
from uvmigrate.fleet.forge.tokens import Token, missing, token_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: The library of each forge, which comes with the extra of the forge's name.
_LIBRARIES: Mapping[Kind, str] = {"github": "gidgethub", "gitlab": "gidgetlab"}


@contextlib.contextmanager
def forge_at(place: Place, token: Token | None, patience: Patience | None = None) -> Iterator[Forge]:
    """The forge at a place, whose connections are closed at the end.

    Raises ForgeUnavailable where its library is not installed.
    """
    try:
        for name in (_LIBRARIES[place.kind], "httpx"):
            importlib.import_module(name)
    except ImportError:
        raise ForgeUnavailable(
            f"{place.host} needs the extra {place.kind}: install uvmigrate[{place.kind}]"
        ) from None
    from uvmigrate.fleet.forge.transport import Transport

    with contextlib.closing(Transport(place, token, patience or Patience())) as transport:
        if place.kind == "github":
            from uvmigrate.fleet.forge.github import GitHub

            yield GitHub(transport)
        else:
            from uvmigrate.fleet.forge.gitlab import GitLab

            yield GitLab(transport)


__all__ = [
    "Forge",
    "ForgeRefused",
    "ForgeUnavailable",
    "Hosted",
    "Kind",
    "Patience",
    "Place",
    "Proposal",
    "Pull",
    "Token",
    "Wish",
    "forge_at",
    "home",
    "missing",
    "place_of",
    "token_for",
]
